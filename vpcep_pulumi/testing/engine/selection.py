"""What an operation is confined to: the CLI's ``--target``, ``--exclude`` and ``--target-dependents``. No I/O.

Source: "Targeted updates" in Pulumi's documentation, and pkg/resource/deploy/deployment.go of its engine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from vpcep_pulumi.testing.engine.graph import with_dependencies, with_dependents
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.urns import STACK

ANYTHING, PART = "**", "*"


@dataclass(frozen=True)
class Patterns:
    """URNs, some of them as patterns: ``**`` stands for anything, ``*`` for anything without a colon.

    :ivar literals: those that name one resource.
    """

    literals: tuple[str, ...] = ()
    expressions: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Patterns:
        """The patterns that were written so."""
        written = tuple(texts)
        return cls(
            tuple(each for each in written if PART not in each),
            tuple(_expression(each) for each in written if PART in each),
        )

    def __bool__(self) -> bool:
        return bool(self.literals or self.expressions)

    def __contains__(self, urn: str) -> bool:
        return urn in self.literals or any(each.fullmatch(urn) for each in self.expressions)

    def missing(self, known: Collection[str]) -> list[str]:
        """Those that name one resource each, and none that is known."""
        return [each for each in self.literals if each not in known]


def _expression(pattern: str) -> re.Pattern[str]:
    stretches = ("[^:]*".join(re.escape(part) for part in stretch.split(PART)) for stretch in pattern.split(ANYTHING))
    return re.compile(".*".join(stretches))


NOTHING = Patterns()


@dataclass(frozen=True)
class Selection:
    """What an operation is about: everything, or the targets, or all but what is excluded.

    :ivar dependents: whether what depends on a target is one, too.
    """

    target: Patterns = NOTHING
    exclude: Patterns = NOTHING
    dependents: bool = False
    _found: set[str] = field(default_factory=set)
    """The dependents that were found; resources are declared after what they depend on."""

    def includes(self, resource: Resource) -> bool:
        """Whether a declared resource takes part. Providers and the stack always do."""
        if self.target:
            chosen = self._chosen(resource)
            if chosen:
                self._found.add(resource.urn)
        else:
            chosen = resource.urn not in self.exclude
        return chosen or resource.is_provider or resource.type == STACK

    def to_refresh(self, entries: Iterable[Resource]) -> list[Resource]:
        """Those of the state that a refresh reads again."""
        found = set(self.target.literals)
        chosen: list[Resource] = []
        for each in entries:
            if self.target:
                named = each.urn in self.target
                if not named and not (self.dependents and any(urn in found for urn in each.depends_on())):
                    continue
                found.add(each.urn)
            elif each.urn in self.exclude:
                continue
            chosen.append(each)
        return chosen

    def deletable(self, entries: Collection[Resource]) -> set[str]:
        """The URNs that may be deleted: a target needs its dependents gone, what is kept needs what it depends on."""
        known = {each.urn for each in entries}
        if self.target:
            return with_dependents({urn for urn in known if urn in self.target}, entries)
        return known - with_dependencies({urn for urn in known if urn in self.exclude}, entries)

    def unasked(self, doomed: Iterable[Resource]) -> list[str]:
        """The URNs of what would have to be deleted for the sake of a target, and is none."""
        if not self.target or self.dependents:
            return []
        return [each.urn for each in doomed if each.urn not in self.target]

    def _chosen(self, resource: Resource) -> bool:
        if resource.urn in self.target:
            return True
        return self.dependents and any(urn in self.target or urn in self._found for urn in resource.depends_on())
