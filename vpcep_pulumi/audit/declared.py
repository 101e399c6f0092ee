"""What stacks declare, each declaration with the place where it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.policy import Policy
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE

DECIDING: Final = frozenset({"status", "expires_at", "rules", "otherwise"})
"""The inputs that decide about connections. If one of them is sealed, nobody can tell what is declared."""
DOUBTS: Final = {
    "status": "its status is a secret: what it declares was not judged",
    "expires_at": "its expires_at is a secret: what it declares was not judged",
    "rules": "its rules are a secret: what they decide was not judged",
    "otherwise": "its otherwise is a secret: what it decides was not judged",
    "max_changes": "its max_changes is a secret: whether `pulumi up` would be refused was not judged",
    "max_interruptions": "its max_interruptions is a secret: whether `pulumi up` would be refused was not judged",
    "expected_domain_id": "its expected_domain_id is a secret: whether the account is right was not judged",
    "description": "its description is a secret: whether the note is right was not judged",
}
"""By input: what could not be judged if the export does not show it."""
RECORDED: Final = (
    "its status is none that can be declared, so what it declares was not judged: a refresh recorded it; run "
    "`pulumi up`, then export again"
)
"""A refresh writes the live status over the declared one."""
ADVICE: Final = "make the export with `pulumi stack export --show-secrets`"


@dataclass(frozen=True)
class Source:
    """Where a declaration stands. Every text is fit to be shown.

    :ivar export: the file as it was named; ``-`` is standard input.
    :ivar stack: ``<project>/<stack>``.
    :ivar name: the resource's.
    :ivar urn: the resource's.
    """

    export: str
    stack: str
    name: str
    urn: str

    def __str__(self) -> str:
        kind = "policy" if POLICY_TYPE in self.urn else "approval"
        return f'{kind} "{self.name}" of {self.stack} ({self.export})'


@dataclass(frozen=True)
class Declaration:
    """A declaration of a stack.

    :ivar hidden: the inputs that the program gave as secrets: their values are in no message.
    :ivar sealed: those of them that the export does not show: their values are not known.
    :ivar is_recorded: whether a refresh has recorded the live status instead of the declared one, which is not known.
    """

    source: Source
    hidden: frozenset[str]
    sealed: frozenset[str]
    is_recorded: bool = field(default=False, kw_only=True)

    @property
    def is_known(self) -> bool:
        """Whether the export shows what is declared."""
        return not (self.sealed & DECIDING or self.is_recorded)

    @property
    def doubts(self) -> list[str]:
        """What could not be judged, because the export does not show it."""
        found = [f"{reason}; {ADVICE}" for name, reason in DOUBTS.items() if name in self.sealed]
        return [RECORDED, *found] if self.is_recorded else found


@dataclass(frozen=True)
class DeclaredApproval(Declaration):
    """An approval of a stack."""

    what: Approval

    @property
    def service_id(self) -> str:
        """The service."""
        return self.what.service_id


@dataclass(frozen=True)
class DeclaredPolicy(Declaration):
    """A policy of a stack."""

    what: Policy

    @property
    def service_id(self) -> str:
        """The service."""
        return self.what.service_id


Declared = DeclaredApproval | DeclaredPolicy


@dataclass(frozen=True)
class Unjudged:
    """Something that could not be judged.

    :ivar about: the export, or the resource in it.
    :ivar reason: why, and what to do.
    """

    about: str
    reason: str


@dataclass(frozen=True)
class Export:
    """What the export of a stack declares.

    :ivar name: the file as it was named.
    :ivar unjudged: what of it could not be read as a declaration.
    """

    name: str
    declared: tuple[Declared, ...]
    unjudged: tuple[Unjudged, ...] = ()
