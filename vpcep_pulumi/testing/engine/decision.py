"""What becomes of a resource that the program declares: the step that leads there, chosen before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vpcep_pulumi.testing.engine.errors import StepFailed
from vpcep_pulumi.testing.engine.host import Difference
from vpcep_pulumi.testing.engine.names import Goal, Names
from vpcep_pulumi.testing.engine.options import Mode, Options
from vpcep_pulumi.testing.engine.paths import ignoring
from vpcep_pulumi.testing.engine.replacement import Replacements
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.steps import Steps
from vpcep_pulumi.testing.engine.values import Secret, Unknown, Values, contains, known, marked, plain


@dataclass(frozen=True)
class Registered:
    """What the program is told.

    :ivar unknown: it was left out, so that nobody knows what it would be.
    :ivar failed: it was not made, and the operation goes on without it.
    """

    resource: Resource
    unknown: bool = False
    failed: bool = False


Carry = Callable[[], Registered]
"""Makes the step."""


class LeftOut(Exception):
    """No error: a resource depends on one that failed."""


class Decisions:
    """The decisions of an operation. Thread-safe.

    :ivar failed: the URNs of what failed, and of what was left out for its sake.
    :ivar read: those of what was read again.
    """

    def __init__(self, options: Options, names: Names, steps: Steps) -> None:
        self._options, self._names, self._steps = options, names, steps
        self._replacements = Replacements(names, steps)
        self._skipped: set[str] = set()
        self._providers: set[str] = set()
        """The references of the providers that were declared."""
        self.failed: set[str] = set()
        self.read: set[str] = set()

    def of(self, goal: Goal, new: Resource, old: Resource | None) -> Carry:
        """What is to be done about a declared resource.

        :param new: its entry; its inputs are completed here.
        :raises LeftOut: it depends on what failed.
        :raises StepFailed: it cannot be made.
        :raises ProviderError: its provider failed.
        """
        mode = self._options.mode
        lacking = bool(new.depends_on() & self._skipped)
        if mode is Mode.REFRESH and (new.hosted or lacking):
            return lambda: self._read_again(new, old)
        if mode is Mode.DESTROY and (lacking or (new.hosted and old is None)):
            new.outputs = old.outputs if old is not None else {}
            return self._left_out(new)
        if mode is Mode.DESTROY and new.hosted and old is not None:
            new.inputs = old.inputs
            return lambda: Registered(self._steps.same(new, old))
        included = self._options.selection.includes(new)
        new.inputs = self._checked(goal, new, old, included=included)
        if not included and not self._is_condemned(new) and (old is None or not old.external):
            return self._left_out(new) if old is None else self._left_alone(old)
        step = self._step(goal, new, old)
        self._admit(new)
        return lambda: self._made(step)

    def ensure(self, provider: str) -> None:
        """A provider was asked already, whether the program declares it or not."""
        self._providers.add(provider)

    def _step(self, goal: Goal, new: Resource, old: Resource | None) -> Callable[[], Resource]:
        if old is None:
            return lambda: self._steps.create(new)
        if self._is_condemned(new):
            self._replacements.replaced.add(new.urn)
            return lambda: self._replacements.again(new, old)
        if old.external:
            return lambda: self._replacements.afterwards(new, old)
        found = self._difference(goal, old, new)
        if found.replaces or old.pending_replacement:
            return self._replacement(goal, new, old, found)
        if found.changes:
            return lambda: self._steps.update(new, old)
        return lambda: self._steps.same(new, old)

    def _made(self, step: Callable[[], Resource]) -> Registered:
        found = step()
        if found.is_provider:
            self._providers.add(found.reference)
        return Registered(found)

    # What a decision is made from.

    def _checked(self, goal: Goal, new: Resource, old: Resource | None, *, included: bool) -> Values:
        """The inputs that count."""
        declared = self._declared(goal)
        if not included:
            return {} if old is None else old.inputs
        if not new.custom:
            return declared
        if old is None or old.external or self._is_condemned(new) or self._options.replaces(new.urn, old):
            return self._check(goal, new, {}, declared)
        return self._check(goal, new, old.inputs, ignoring(declared, old.inputs, new.ignore_changes))

    def _declared(self, goal: Goal) -> Values:
        found: Values = goal.resource.inputs if self._steps.dry_run else known(goal.resource.inputs)
        return found

    def _check(self, goal: Goal, new: Resource, olds: Values, news: Values) -> Values:
        if new.is_provider:
            return news
        inputs, failures = self._steps.provider(new).check(olds, news)
        for name, reason in failures:
            value = f": property {name} value {{{_shown(news.get(name))}}}" if name else ""
            message = f"{new.type} resource '{goal.name}'{value} has a problem: {reason}"
            self._steps.report.say("error", message, new.urn)
        if failures:
            raise StepFailed
        return marked(inputs, news)

    def _difference(self, goal: Goal, old: Resource, new: Resource) -> Difference:
        """How a resource differs from what it was, and whether that takes another one in its place."""
        if contains(new.replacement_trigger, Unknown) and not self._steps.dry_run:
            raise StepFailed(f"replacement trigger contains unknowns for {new.urn}")
        for reason, holds in (
            ("replacementTrigger", _is_triggered(new.replacement_trigger, old.replacement_trigger)),
            ("id", self._options.replaces(new.urn, old)),
            ("replaceWith", bool(self._replacements.replaced & set(new.replace_with))),
            ("deletedWith", new.deleted_with in self._replacements.replaced),
        ):
            if holds:
                return Difference(True, (reason,), False)
        found = Difference(None, (), False)
        if new.hosted:
            found = self._steps.provider(new).diff(old.id, old.outputs, new.inputs)
        if found.changes is not None:
            return found
        names = {*old.inputs, *new.inputs}
        changed = {name for name in names if plain(old.inputs.get(name)) != plain(new.inputs.get(name))}
        forced = tuple(sorted(name for name in changed if new.hosted and {name, "*"} & set(goal.replace_on_changes)))
        return replace(found, changes=bool(changed), replaces=found.replaces or forced)

    def _replacement(self, goal: Goal, new: Resource, old: Resource, found: Difference) -> Callable[[], Resource]:
        if new.protect and old.protect:
            raise StepFailed(
                f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
        self._replacements.replaced.add(new.urn)
        if new.custom and not self._options.replaces(new.urn, old):
            # What was made up for the old resource does not hold for a new one.
            new.inputs = self._check(goal, new, {}, self._declared(goal))
        if old.pending_replacement:
            return lambda: self._replacements.again(new, old)
        first = goal.delete_before_replace
        if found.delete_before_replace if first is None else first:
            return self._replacements.before(new, old)
        return lambda: self._replacements.afterwards(new, old)

    # What is left out.

    def _admit(self, new: Resource) -> None:
        """Whether everything is there that a resource needs."""
        if new.depends_on() & self.failed:
            raise LeftOut
        for urn in sorted(new.depends_on() & self._skipped):
            if not self._options.confined:
                # The CLI makes it, and then refuses its own state, in which a dependency is missing.
                raise StepFailed(f"Resource '{new.urn}' depends on '{urn}' which is excluded and was never created.")
            # "was was" is what the CLI says.
            message = f"Resource '{new.urn}' depends on '{urn}' which was was not specified in --target list."
            self._steps.report.say("error", message, new.urn)
            if not self._steps.dry_run:
                raise StepFailed
            self._skipped.discard(urn)

    def _left_out(self, new: Resource) -> Carry:
        """It is not made, since the operation is about others."""
        if new.depends_on() & self.failed:
            raise LeftOut
        self._skipped.add(new.urn)
        return lambda: Registered(self._steps.skipped(new), unknown=True)

    def _left_alone(self, old: Resource) -> Carry:
        """It stays as it is, whatever the program says, and so does what it depends on."""
        if old.provider and old.provider not in self._providers:
            raise StepFailed(
                f"provider {old.provider} for resource {old.urn} has not been registered yet, this is due to a change "
                "of providers mixed with --target. Change your program back to the original providers"
            )
        self._admit(old)

        def carry_out() -> Registered:
            with self._names.lock:
                for each in [*self._names.needed(old), old]:
                    kept = self._steps.same(replace(each), each)
                    self._names.keep(kept)
            return Registered(kept)

        return carry_out

    def _read_again(self, new: Resource, old: Resource | None) -> Registered:
        found = old
        if old is not None and old.hosted and self._options.selection.includes(old):
            self.read.add(old.urn)
            found = self._steps.refresh(old, counted=True)
        return self._left_out(new)() if found is None else Registered(found)

    def _is_condemned(self, new: Resource) -> bool:
        return self._names.before(new.urn) in self._replacements.condemned


def _is_triggered(new: Any, old: Any) -> bool:
    if contains(new, Unknown) or contains(old, Unknown):
        return True
    return new is not None and old is not None and plain(new) != plain(old)


def _shown(value: Any) -> Any:
    return "[secret]" if contains(value, Secret) else value
