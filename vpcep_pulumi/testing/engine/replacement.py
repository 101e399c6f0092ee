"""Replacements: in the place of a resource comes another, before it is deleted or after."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.errors import StepFailed
from vpcep_pulumi.testing.engine.graph import dependents
from vpcep_pulumi.testing.engine.names import Names
from vpcep_pulumi.testing.engine.report import Step
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.steps import Steps
from vpcep_pulumi.testing.engine.values import UNKNOWN


class Replacements:
    """The replacements of an operation. Thread-safe.

    :ivar replaced: the URNs of what is replaced.
    :ivar condemned: those of what is deleted for another's sake, to be created again when the program gets to it.
    """

    def __init__(self, names: Names, steps: Steps) -> None:
        self._names, self._steps = names, steps
        self._lock = threading.RLock()
        self.replaced: set[str] = set()
        self.condemned: set[str] = set()

    def afterwards(self, new: Resource, old: Resource) -> Resource:
        """Create now, delete when everything else is done."""
        found = self._steps.create(new, to_delete=old)
        self._steps.report.step(Step("replace", old, new))
        return found

    def again(self, new: Resource, old: Resource) -> Resource:
        """Create what was deleted before; the entry kept for it makes room."""
        self._steps.report.step(Step("replace", old, new))
        return self._steps.create(new, instead_of=old)

    def before(self, new: Resource, old: Resource) -> Callable[[], Resource]:
        """Delete first, and with it what would be replaced for its sake.

        :raises StepFailed: something of that is protected.
        """
        doomed = [*reversed(self._with(old)), old]
        for entry in doomed[:-1]:
            if entry.protect and not entry.delete:
                raise StepFailed(
                    f'unable to replace resource "{entry.urn}" as part of replacing "{new.urn}" as it is currently '
                    "marked for protection. To unprotect the resource, remove the `protect` flag from the resource in "
                    "your Pulumi program and run `pulumi up`, or use the command:\n"
                    f"`pulumi state unprotect '{entry.urn}'`"
                )
        gone = {each.urn for each in doomed}

        def carry_out() -> Resource:
            for entry in doomed:
                self._condemn(entry, gone)
            return self.again(new, self._names.olds[old.urn])

        return carry_out

    def _condemn(self, entry: Resource, gone: set[str]) -> None:
        """Delete a resource that will be created again."""
        if entry.delete:
            self._steps.delete(entry, gone)
            return
        with self._lock:
            if entry.urn in self.condemned:
                return
            self.condemned.add(entry.urn)
        self._names.olds[entry.urn] = self._steps.delete_to_recreate(entry, gone)

    def _with(self, root: Resource) -> list[Resource]:
        """What would be replaced by a change of what it depends on, or is to be replaced with it, in its order."""
        doomed: list[Resource] = []
        condemned = {root.urn}
        for entry in dependents(root, self._steps.state.resources):
            if self._names.is_declared(entry.urn) or not entry.custom or entry.external:
                continue
            if entry.deleted_with in condemned or root.urn in entry.replace_with or self._is_replaced(entry, condemned):
                doomed.append(entry)
                condemned.add(entry.urn)
        return doomed

    def _is_replaced(self, entry: Resource, condemned: set[str]) -> bool:
        """Whether it needs another provider, or another resource in its place where inputs are not known any more."""
        if urns.provider_of(entry.provider) in condemned:
            return True
        unknown = {name for name, sources in entry.property_dependencies.items() if condemned & set(sources)}
        if not unknown or entry.is_provider:
            return False
        inputs = {name: UNKNOWN if name in unknown else value for name, value in entry.inputs.items()}
        return bool(self._steps.provider(entry).diff(entry.id, entry.outputs, inputs).replaces)
