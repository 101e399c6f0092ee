"""What the audit finds: its rules, with what each means and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vpcep_pulumi.audit.declared import Source


class Severity(StrEnum):
    """How much a finding matters. The worst comes first."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Rule:
    """A kind of finding.

    :ivar id: stable: other programs rely on it.
    :ivar help: what it means, in a few sentences.
    """

    id: str
    severity: Severity
    title: str
    help: str


_ALL: Final = (
    Rule(
        "undeclared",
        Severity.ERROR,
        "Accepted, and declared by nobody",
        "The connection is accepted, but no stack declares it, and no rule of a policy is about it. Declare it, or "
        "reject it.",
    ),
    Rule(
        "drift",
        Severity.ERROR,
        "Declared, and not so",
        "The connection is not as a stack declares it. The next `pulumi up` of that stack would change it, or is "
        "refused.",
    ),
    Rule(
        "wrong-account",
        Severity.ERROR,
        "Of another account than expected",
        "The connection belongs to another account than its approval expects, so `pulumi up` refuses it.",
    ),
    Rule(
        "expired",
        Severity.ERROR,
        "Accepted, although that has expired",
        "The declaration has expired, but the connection is not rejected yet. The next `pulumi up` rejects it, "
        "or is refused.",
    ),
    Rule(
        "declared-twice",
        Severity.ERROR,
        "Declared more than once",
        "Several declarations decide about the connection. If one of them is removed, its stack rejects the "
        "connection, although the other still declares it. Keep one.",
    ),
    Rule(
        "undecidable",
        Severity.WARNING,
        "Cannot be decided on",
        "What is declared cannot be applied to the connection: the API leaves out what a rule depends on, or sends a "
        "status that this version does not know.",
    ),
    Rule(
        "expiring",
        Severity.WARNING,
        "Expires soon",
        "The declaration expires soon. From then on, `pulumi up` rejects the connection.",
    ),
    Rule(
        "failed",
        Severity.WARNING,
        "Failed",
        "The connection could not be made. Its consumer must delete the endpoint and connect again.",
    ),
    Rule(
        "pending",
        Severity.WARNING,
        "Waits for a decision",
        "The consumer has waited for a decision for longer than allowed. Declare the connection accepted or rejected.",
    ),
    Rule(
        "absent",
        Severity.WARNING,
        "Declared, but not there",
        "There is no such connection, or no such service: its consumer has left. Remove the declaration.",
    ),
)
RULES: Final[Mapping[str, Rule]] = MappingProxyType({each.id: each for each in _ALL})
"""Every rule, by its id, the worst first."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. Every text is fit to be shown, and holds no secret.

    :ivar rule: the id of its rule.
    :ivar endpoint_id: None if it is about a whole service.
    :ivar domain_id: the consumer's account; None if it is not known.
    :ivar status: the live status; ``absent`` if there is no such connection; None for a whole service.
    :ivar message: what is so.
    :ivar advice: what to do.
    :ivar declared_by: the declarations that it is about.
    """

    rule: str
    service_id: str
    endpoint_id: str | None
    domain_id: str | None
    status: str | None
    message: str
    advice: str
    declared_by: tuple[Source, ...] = ()

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return RULES[self.rule].severity

    @property
    def order(self) -> tuple[int, str, str]:
        """The worst rules first, then by service and endpoint."""
        return list(RULES).index(self.rule), self.service_id, self.endpoint_id or ""
