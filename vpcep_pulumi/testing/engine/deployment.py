"""One operation on a stack: what the program declares against what the state holds, resource by resource.

The order and the kinds of steps are those of Pulumi's engine (pkg/resource/deploy/step_generator.go).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.graph import deletion_order, dependents
from vpcep_pulumi.testing.engine.host import THREADS, Difference, ProviderError
from vpcep_pulumi.testing.engine.paths import ignoring
from vpcep_pulumi.testing.engine.report import Step
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.steps import StepFailed, Steps, Stopped
from vpcep_pulumi.testing.engine.values import UNKNOWN, Secret, Values, contains, marked, plain


@dataclass(frozen=True)
class Goal:
    """What the program declares for one resource.

    :ivar resource: its entry as declared, with the program's own inputs and without a URN.
    """

    name: str
    resource: Resource
    aliases: tuple[urns.Alias, ...] = ()
    delete_before_replace: bool | None = None
    replace_on_changes: tuple[str, ...] = ()


class Deployment:
    """An operation under way. Thread-safe: the program registers many resources at once.

    :param to_replace: the URNs to replace whatever their difference.
    """

    def __init__(self, project: str, stack: str, steps: Steps, to_replace: frozenset[str]) -> None:
        self._project, self._stack = project, stack
        self._steps, self._state, self._host, self._report = steps, steps.state, steps.host, steps.report
        self._to_replace = to_replace
        self._lock = threading.RLock()
        self._olds: dict[str, Resource] = {}
        self._seen: set[str] = set()
        self._former: dict[str, str] = {}
        """Of URNs that were found under a former one."""
        self._replaced: set[str] = set()
        self._condemned: set[str] = set()
        """Deleted for another's sake, to be created again when the program gets to them."""
        self._components: dict[str, Resource] = {}
        self._look_up()

    # What the program asks for.

    def register(self, goal: Goal) -> Resource:
        """A resource as it is after its step.

        :raises Stopped: the operation has failed or was interrupted.
        """
        with self._guarded(goal):
            urn, old = self._place(goal)
            new = replace(goal.resource, urn=urn)
            if new.custom:
                return self._custom(goal, new, old)
            self._components[urn] = found = self._steps.component(new, old)
            return found

    def read(self, goal: Goal) -> Resource:
        """A resource that is read and not made; its id is among the goal's."""
        with self._guarded(goal):
            urn, old = self._place(goal)
            return self._steps.read(replace(goal.resource, urn=urn, external=True), old)

    def register_outputs(self, urn: str, outputs: Values) -> None:
        """The outputs of a component, or of the stack."""
        current = self._components[urn]
        self._components[urn] = new = replace(current, outputs=outputs)
        self._state.put((new, current), changed=current.outputs != outputs)
        old = self._olds.get(self._former.get(urn, urn))
        self._report.outputs(Step("same", old, new))

    # What is left when the program has said everything, and what is done without it.

    def delete_the_rest(self) -> None:
        """Delete what the program no longer declares, and what was replaced; dependents first.

        :raises Stopped: a deletion failed, or the operation was interrupted.
        """
        for entry in [each for each in self._state.all() if each.pending_replacement]:
            self._state.remove(entry)  # it was deleted, and is not declared any more
        undeclared = set(self._state.resources)
        doomed = [each for each in self._state.all() if each.delete or each in undeclared]
        gone = {each.urn for each in doomed}
        for generation in deletion_order(doomed):
            self._in_parallel(generation, lambda each: self._steps.delete(each, gone))

    def refresh(self, *, counted: bool) -> None:
        """Read every resource, and take what is found for the state.

        :param counted: whether what has changed is a step.
        :raises Stopped: a reading failed, or the operation was interrupted.
        """
        found = [each for each in self._state.all() if each.custom]
        self._in_parallel(found, lambda each: self._steps.refresh(each, counted=counted))
        self._look_up()

    # What becomes of a resource.

    def _custom(self, goal: Goal, new: Resource, old: Resource | None) -> Resource:
        condemned, targeted = new.urn in self._condemned, new.urn in self._to_replace
        if old is None or old.external or condemned or targeted:
            new.inputs = self._check(goal, new, {}, goal.resource.inputs)
        else:
            declared = ignoring(goal.resource.inputs, old.inputs, new.ignore_changes)
            new.inputs = self._check(goal, new, old.inputs, declared)
        if old is None:
            return self._steps.create(new)
        if condemned:
            return self._create_again(new, old)
        if old.external:
            return self._replace_afterwards(new, old)
        difference = Difference(True, ("id",), False) if targeted else self._diff(goal, old, new)
        if difference.replaces or old.pending_replacement:
            return self._replace(goal, new, old, difference, checked=targeted)
        return self._steps.update(new, old) if difference.changes else self._steps.same(new, old)

    def _check(self, goal: Goal, new: Resource, olds: Values, news: Values) -> Values:
        inputs, failures = self._host.check(olds, news)
        for name, reason in failures:
            value = f": property {name} value {{{_shown(news.get(name))}}}" if name else ""
            self._report.say("error", f"{new.type} resource '{goal.name}'{value} has a problem: {reason}", new.urn)
        if failures:
            raise StepFailed
        return marked(inputs, news)

    def _diff(self, goal: Goal, old: Resource, new: Resource) -> Difference:
        if new.deleted_with in self._replaced:
            return Difference(True, ("deletedWith",), False)
        found = self._host.diff(old.id, old.outputs, new.inputs)
        if found.changes is not None:
            return found
        names = {*old.inputs, *new.inputs}
        changed = {name for name in names if plain(old.inputs.get(name)) != plain(new.inputs.get(name))}
        forced = tuple(sorted(name for name in changed if {name, "*"} & set(goal.replace_on_changes)))
        return replace(found, changes=bool(changed), replaces=found.replaces or forced)

    def _replace(self, goal: Goal, new: Resource, old: Resource, difference: Difference, *, checked: bool) -> Resource:
        if new.protect and old.protect:
            raise StepFailed(
                f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
        with self._lock:
            self._replaced.add(new.urn)
        if not checked:
            # What was made up for the old resource does not hold for a new one.
            new.inputs = self._check(goal, new, {}, goal.resource.inputs)
        if old.pending_replacement:
            return self._create_again(new, old)
        first = goal.delete_before_replace
        if not (difference.delete_before_replace if first is None else first):
            return self._replace_afterwards(new, old)
        for entry in [*reversed(self._to_replace_with(old)), old]:
            self._condemn(entry)
        return self._create_again(new, old)

    def _replace_afterwards(self, new: Resource, old: Resource) -> Resource:
        """Create now, delete when everything else is done."""
        found = self._steps.create(new, to_delete=old)
        self._report.step(Step("replace", old, new))
        return found

    def _create_again(self, new: Resource, old: Resource) -> Resource:
        """Create what was deleted before; the entry kept for it makes room."""
        self._report.step(Step("replace", old, new))
        return self._steps.create(new, instead_of=self._entry(old.urn))

    def _condemn(self, entry: Resource) -> None:
        """Delete a resource that will be created again."""
        if entry.urn in self._condemned:
            return
        if entry.protect and entry.urn not in self._seen:
            raise StepFailed(f'unable to replace resource "{entry.urn}" as it is currently marked for protection')
        self._condemned.add(entry.urn)
        self._steps.delete(entry, to_recreate=True)

    def _to_replace_with(self, root: Resource) -> list[Resource]:
        """The dependents that would be replaced by a change of what they depend on, in their order."""
        doomed: list[Resource] = []
        condemned = {root.urn}
        for entry in dependents(root, self._state.resources):
            if not entry.custom or entry.external or entry.urn in self._seen:
                continue
            unknown = {name for name, sources in entry.property_dependencies.items() if condemned & set(sources)}
            inputs = {name: UNKNOWN if name in unknown else value for name, value in entry.inputs.items()}
            if entry.deleted_with in condemned or (
                unknown and self._host.diff(entry.id, entry.outputs, inputs).replaces
            ):
                doomed.append(entry)
                condemned.add(entry.urn)
        return doomed

    # Names, order and failure.

    def _look_up(self) -> None:
        self._olds = {each.urn: each for each in self._state.all() if not each.delete}

    def _place(self, goal: Goal) -> tuple[str, Resource | None]:
        """A goal's URN, and the entry that it was before, under this name or a former one."""
        new = goal.resource
        with self._lock:
            if new.parent and new.parent not in self._seen:
                raise StepFailed(f"could not find parent resource {new.parent}")
            urn = urns.create(self._stack, self._project, new.parent, new.type, goal.name)
            if urn in self._seen:
                raise StepFailed(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            claimed = {name: holder for holder, name in self._former.items()}
            if urn in claimed:
                raise StepFailed(
                    f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{claimed[urn]}'"
                )
            self._seen.add(urn)
            former = urns.former(
                self._stack, self._project, new.parent, new.type, goal.name, goal.aliases, self._former
            )
            found = next((each for each in (urn, *former) if each in self._olds), None)
            if found is None:
                return urn, None
            if found != urn:
                # The engine's own message names the resource itself where the other is declared under that name.
                other = urn if found in self._seen else claimed.get(found)
                if other is not None:
                    raise StepFailed(
                        f"Duplicate resource alias '{found}' applied to resource with URN '{urn}' "
                        f"conflicting with resource with URN '{other}'"
                    )
                self._former[urn] = found
            return urn, self._entry(found)

    def _entry(self, urn: str) -> Resource:
        """An entry as it stands now: a step for another's sake may have changed it."""
        old = self._olds[urn]
        if urn not in self._condemned:
            return old
        return next(each for each in self._state.all() if each.urn == urn and each.pending_replacement)

    @contextmanager
    def _guarded(self, goal: Goal) -> Iterator[None]:
        """A failure ends the operation: what is under way is finished, nothing new is begun."""
        if self._steps.stopping.is_set():
            raise Stopped
        new = goal.resource
        try:
            if not self._state.can_hold(new.inputs):
                raise StepFailed("a secret would have to be written to the state: set PULUMI_CONFIG_PASSPHRASE")
            yield
        except (StepFailed, ProviderError, EngineError) as error:
            if str(error):
                urn = urns.create(self._stack, self._project, new.parent, new.type, goal.name)
                self._report.say("error", str(error), urn)
            self._steps.stopping.set()
            raise Stopped from None

    def _in_parallel(self, entries: list[Resource], do: Callable[[Resource], None]) -> None:
        """Do something with many at once; when one fails, those under way are finished."""

        def one(entry: Resource) -> None:
            if self._steps.stopping.is_set():
                return
            try:
                do(entry)
            except (StepFailed, ProviderError) as error:
                self._report.say("error", str(error), entry.urn)
                self._steps.stopping.set()
            except Stopped:
                return

        with ThreadPoolExecutor(THREADS) as pool:
            try:
                list(pool.map(one, entries))
            except KeyboardInterrupt:
                self._steps.interrupt()  # the pool waits for those that are under way
                raise
        if self._steps.stopping.is_set():
            raise Stopped


def _shown(value: Any) -> Any:
    return "[secret]" if contains(value, Secret) else value
