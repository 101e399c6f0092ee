"""What an operation on a stack came to, whichever engine carried it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

UNCHANGED = frozenset({"same", "read"})
REPLACES = frozenset({"create-replacement", "replace", "delete-replaced"})
OF_THE_ENGINE = ("::pulumi:pulumi:Stack::", "::pulumi:providers:")
"""Parts of the URNs of what no program declares itself."""


@dataclass(frozen=True)
class Diagnostic:
    """A line of an engine's diagnostics.

    :ivar severity: ``info``, ``warning`` or ``error``.
    :ivar urn: the resource that it is about; empty for the stack.
    """

    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True)
class Result:
    """An operation's outcome.

    :ivar ok: whether it came to a good end.
    :ivar steps: what was (or in a preview, would be) done to each resource, by URN: ``create``, ``update``,
        ``replace``, ``delete``. What stays the same, what is only read, and the stack itself are left out.
    :ivar outputs: the stack's outputs as they are now, which a preview does not change; a secret one as an object
        whose repr does not show its ``value``.
    :ivar diagnostics: in the order in which they came.
    :ivar diff: what the engine showed, as text.
    """

    ok: bool
    steps: Mapping[str, str]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    diff: str = field(default="", repr=False)

    def messages(self, severity: str) -> list[str]:
        """The diagnostics of one severity."""
        return [each.message for each in self.diagnostics if each.severity == severity]


def summary(steps: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """One step for each resource, of an engine's finer ones: (operation, URN), in their order.

    A replacement is three steps to an engine; a resource deleted for another's sake and created again is one, too.
    """
    found: dict[str, str] = {}
    for op, urn in steps:
        if op in UNCHANGED or any(part in urn for part in OF_THE_ENGINE):
            continue
        found[urn] = "replace" if op in REPLACES or found.get(urn) == "replace" else op
    return MappingProxyType(found)
