"""What an operation was asked to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.selection import NOTHING, Patterns, Selection


class Mode(Enum):
    """What becomes of a resource that the program declares."""

    UPDATE = "update"
    """It is made as declared."""
    REFRESH = "refresh"
    """It is read again, and nothing is made."""
    DESTROY = "destroy"
    """It is kept as it is until the program has said everything, then deleted."""


@dataclass(frozen=True)
class Options:
    """An operation's flags, as the CLI has them.

    :ivar replace: what to replace whatever its difference.
    :ivar selection: what the operation is confined to.
    :ivar continue_on_error: whether what does not depend on a failure is still done.
    """

    replace: Patterns = NOTHING
    selection: Selection = field(default_factory=Selection)
    continue_on_error: bool = False
    mode: Mode = Mode.UPDATE

    @property
    def confined(self) -> bool:
        """Whether a resource may be named that then needs one that is left out."""
        return bool(self.replace or self.selection.target)

    def replaces(self, urn: str, old: Resource | None) -> bool:
        """Whether a resource is to be replaced whatever its difference."""
        return urn in self.replace or (old is not None and old.taint)

    def problem(self, known: Collection[str]) -> str:
        """What is wrong with the flags; empty where nothing is.

        :param known: the URNs of the state. A refresh and a destroy can be confined to nothing else.
        """
        target, exclude = self.selection.target, self.selection.exclude
        if target and exclude:
            return "target and exclude cannot be used together"
        missing = [*target.missing(known), *exclude.missing(known)]
        return f"no resource named '{missing[0]}' found" if missing and self.mode is not Mode.UPDATE else ""


def unknown_target(urn: str) -> str:
    """What is said of a URN that names nothing."""
    hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
    return f"Target '{urn}' could not be found in the stack.{hint}"


def of(
    *,
    replace: Collection[str] = (),
    target: Collection[str] = (),
    exclude: Collection[str] = (),
    target_dependents: bool = False,
    continue_on_error: bool = False,
    mode: Mode = Mode.UPDATE,
) -> Options:
    """The options of flags as they are written."""
    selection = Selection(Patterns.of(target), Patterns.of(exclude), target_dependents)
    return Options(Patterns.of(replace), selection, continue_on_error, mode)
