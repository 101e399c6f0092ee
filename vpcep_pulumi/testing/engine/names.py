"""What each declared resource was before: under its URN, or under a former one. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.errors import StepFailed
from vpcep_pulumi.testing.engine.resource import Resource


@dataclass(frozen=True)
class Goal:
    """What the program declares for one resource.

    :ivar resource: its entry as declared, with the program's own inputs and without a URN.
    :ivar inherits: the options that it does not say; they are those of its parent.
    """

    name: str
    resource: Resource
    aliases: tuple[urns.Alias, ...] = ()
    delete_before_replace: bool | None = None
    replace_on_changes: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()


class Names:
    """The entries of a state by what the program calls them now.

    :ivar lock: to be held by whoever keeps entries; the program declares many resources at once.
    :ivar olds: the entries as they stand, but those that are only to be deleted.
    """

    def __init__(self, project: str, stack: str) -> None:
        self._project, self._stack = project, stack
        self.lock = threading.RLock()
        self.olds: dict[str, Resource] = {}
        self._seen: set[str] = set()
        self._kept: set[str] = set()
        self._former: dict[str, str] = {}
        """Of URNs that were found under a former one."""

    def look_up(self, entries: Iterable[Resource]) -> None:
        """Take the state's entries for what there is."""
        self.olds = {each.urn: each for each in entries if not each.delete}

    def urn(self, goal: Goal) -> str:
        """A goal's URN."""
        new = goal.resource
        return urns.create(self._stack, self._project, new.parent, new.type, goal.name)

    def place(self, goal: Goal) -> tuple[str, Resource | None]:
        """A goal's URN, and the entry that it was before, under this name or a former one.

        :raises StepFailed: another resource has that name, or its parent is not there.
        """
        with self.lock:
            return self._place(goal)

    def before(self, urn: str) -> str:
        """The URN under which a resource was found; the same where it has no former one."""
        return self._former.get(urn, urn)

    def is_declared(self, urn: str) -> bool:
        """Whether the program has declared a resource of that name so far, or one that had it."""
        return urn in self._seen or urn in self._former.values()

    def keep(self, entry: Resource) -> None:
        """An entry stays as it is, whether the program declares it or not."""
        self._kept.add(entry.urn)
        self.olds[entry.urn] = entry

    def needed(self, entry: Resource) -> Iterator[Resource]:
        """The entries that one depends on and that nobody has declared or kept yet, each after those it needs."""
        for urn in sorted(entry.depends_on()):
            old = self.olds.get(urn)
            if old is None or self.is_declared(urn) or urn in self._kept:
                continue
            self._kept.add(urn)
            yield from self.needed(old)
            yield old

    def known(self) -> set[str]:
        """Every URN that the program has declared so far."""
        with self.lock:
            return set(self._seen)

    def _place(self, goal: Goal) -> tuple[str, Resource | None]:
        new = goal.resource
        if new.parent and new.parent not in self._seen | self._kept:
            raise StepFailed(f"could not find parent resource {new.parent}")
        urn = self.urn(goal)
        if urn in self._seen:
            raise StepFailed(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        claimed = {name: holder for holder, name in self._former.items()}
        if urn in claimed:
            raise StepFailed(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{claimed[urn]}'"
            )
        self._seen.add(urn)
        former = urns.former(self._stack, self._project, new.parent, new.type, goal.name, goal.aliases, self._former)
        found = next((each for each in (urn, *former) if each in self.olds), None)
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
        return urn, self.olds[found]
