"""What an operation on a stack came to, whichever engine carried it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vpcep_pulumi.errors import VpcepError

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


class Steps(Mapping[str, str]):
    """What was, or would be, done to each resource, by URN: ``create``, ``update``, ``replace``, ``delete``.

    What stays the same, what is only read, and the stack itself are left out. A key that it is asked for, or compared
    with, may be shortened to the resource's name, or with ``…``, which stands for any part of a URN:
    ``steps["billing"]``, ``steps == {"urn…::billing": "update"}``.

    :raises ValueError: a key that it is asked for stands for several resources.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, steps: Mapping[str, str]) -> None:
        self._steps = dict(steps)

    def __getitem__(self, key: str) -> str:
        named = self._named(key)
        if len(named) > 1:
            raise ValueError(_ambiguous(key, named))
        if not named:
            known = ", ".join(sorted(self._steps)) or "nothing was done"
            raise KeyError(f"{key!r} stands for no resource that anything was done to: {known}")
        return self._steps[named[0]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return repr(self._steps)

    def __eq__(self, other: object) -> bool:
        return not self.differences(other) if isinstance(other, Mapping) else NotImplemented

    def differences(self, expected: Mapping[str, str]) -> list[str]:
        """How they differ from what was expected, a line each; nothing where they do not."""
        lines: list[str] = []
        known: set[str] = set()
        for key, step in expected.items():
            named = self._named(key)
            known.update(named)
            if not named:
                lines.append(f"{key}: {step} was expected, and nothing was done")
            elif len(named) > 1:
                lines.append(_ambiguous(key, named))
            elif self._steps[named[0]] != step:
                lines.append(f"{named[0]}: {step} was expected, it was {self._steps[named[0]]}")
        others = (urn for urn in self._steps if urn not in known)
        return [*lines, *(f"{urn}: {self._steps[urn]} was not expected" for urn in others)]

    def _named(self, key: str) -> list[str]:
        """The URNs that a key stands for."""
        return [key] if key in self._steps else [urn for urn in self._steps if _stands_for(key, urn)]


@dataclass(frozen=True)
class Result:
    """An operation's outcome.

    :ivar ok: whether it came to a good end.
    :ivar steps: what was (or in a preview, would be) done to each resource, by URN; where ``ok`` is false, what was
        begun.
    :ivar outputs: the stack's outputs as they are now, which a preview does not change; a secret one as an object
        whose repr does not show its ``value``.
    :ivar diagnostics: in the order in which they came.
    :ivar diff: what the engine showed, as text.
    :ivar interrupted: whether Ctrl-C ended it.
    """

    ok: bool
    steps: Steps
    outputs: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    diff: str = field(default="", repr=False)
    interrupted: bool = False

    def messages(self, severity: str) -> list[str]:
        """The diagnostics of one severity."""
        return [each.message for each in self.diagnostics if each.severity == severity]

    def errors(self) -> list[Diagnostic]:
        """What went wrong."""
        return [each for each in self.diagnostics if each.severity == "error"]


class OperationFailed(VpcepError):
    """An operation of a stack failed, or was refused in its preview already.

    :ivar result: what it came to.
    """

    def __init__(self, operation: str, result: Result) -> None:
        self.result = result
        errors = [f"{each.message} [{each.urn}]" if each.urn else each.message for each in result.errors()]
        super().__init__("\n".join([f"{operation} failed", *errors]))


def summary(steps: Iterable[tuple[str, str]]) -> Steps:
    """One step for each resource, of an engine's finer ones: (operation, URN), in their order.

    A replacement is three steps to an engine; a resource deleted for another's sake and created again is one, too.
    """
    found: dict[str, str] = {}
    for op, urn in steps:
        if op in UNCHANGED or any(part in urn for part in OF_THE_ENGINE):
            continue
        found[urn] = "replace" if op in REPLACES or found.get(urn) == "replace" else op
    return Steps(found)


def _stands_for(key: str, urn: str) -> bool:
    if "…" in key:
        return re.fullmatch(".*".join(map(re.escape, key.split("…"))), urn, re.DOTALL) is not None
    return key == _name(urn)


def _name(urn: str) -> str:
    """The resource's name, which may hold anything: ``urn:pulumi:stack::project::type::name``."""
    return "::".join(urn.split("::")[3:])


def _ambiguous(key: str, urns: list[str]) -> str:
    return f"{key} stands for {len(urns)} resources: {', '.join(urns)}"
