"""Compares the live connections of one service with what is declared for it. Pure.

1. A connection is declared if an approval names it, if a rule of a policy is about it (``leave`` included: somebody has
   said so), or if a policy's ``otherwise`` accepts or rejects.
2. What `pulumi up` would do is asked of the very functions that it uses: those of an approval and of a policy. A policy
   knows the approvals of its own stack, and of no other.
3. Where an export does not show what is declared, nothing is said about what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.connections import age_of, age_words
from vpcep_pulumi.audit.declared import Declared, DeclaredApproval, DeclaredPolicy, Source
from vpcep_pulumi.audit.rules import Finding
from vpcep_pulumi.audit.single import approval_findings, decision_findings
from vpcep_pulumi.lifecycle.plan import situation
from vpcep_pulumi.lifecycle.policy import Claimed, Conflict, Decision, Evaluation, evaluate
from vpcep_pulumi.lifecycle.policy_plan import refusals
from vpcep_pulumi.lifecycle.schema import MOST
from vpcep_pulumi.lifecycle.table import HELD, Live, live_of, status_for_state

LIMITS: Final = frozenset({"max_changes", "max_interruptions"})
"""The inputs of a policy that limit what one update does."""
HIDDEN_LIMIT: Final = "a limit that is a secret"


@dataclass(frozen=True)
class Limits:
    """From when on something is a finding.

    :ivar expiring: how long before it expires.
    :ivar pending: how long a connection may wait for a decision.
    """

    expiring: timedelta = timedelta(days=1)
    pending: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Judged:
    """What was found about one service.

    :ivar declared_by: by endpoint: the declarations that decide about it.
    """

    findings: tuple[Finding, ...]
    declared_by: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Policy:
    """A policy, and what it decides.

    :ivar refused: why `pulumi up` would refuse it; empty if it would not.
    """

    declared: DeclaredPolicy
    decisions: Mapping[str, Decision]
    conflicts: Mapping[str, Conflict]
    refused: str


def judge(
    service_id: str,
    connections: Sequence[Connection] | None,
    declared: Iterable[Declared],
    now: datetime,
    limits: Limits,
) -> Judged:
    """Compare a service with what is declared for it.

    :param connections: each has an id; None: there is no such service.
    :param declared: the declarations for the service, of every stack.
    :param now: with a zone.
    """
    found = list(declared)
    approvals = [each for each in found if isinstance(each, DeclaredApproval)]
    policies = [each for each in found if isinstance(each, DeclaredPolicy)]
    if connections is None:
        return Judged(tuple(_no_service(service_id, found)))
    by_endpoint: dict[str, list[DeclaredApproval]] = {}
    for each in approvals:
        by_endpoint.setdefault(each.what.endpoint_id, []).append(each)
    evaluated = [_evaluated(each, connections, approvals, now) for each in policies if each.is_known]
    service = _Service(service_id, by_endpoint, evaluated, len(evaluated) < len(policies), now, limits)
    findings = [finding for each in connections for finding in service.findings(each)]
    there = {each.id for each in connections}
    findings += [_absent(each) for each in approvals if each.what.endpoint_id not in there]
    findings += _several_policies(service_id, policies)
    declared_by = {each.id or "": service.declared_by(each.id or "") for each in connections}
    return Judged(tuple(findings), declared_by)


def _evaluated(
    policy: DeclaredPolicy, connections: Sequence[Connection], approvals: Iterable[DeclaredApproval], now: datetime
) -> _Policy:
    claims = {
        each.what.endpoint_id: Claimed(each.source.name, each.what.goal if each.is_known else None)
        for each in approvals
        if each.source.export == policy.source.export
    }
    found = evaluate(policy.what, connections, now, claims)
    conflicts = {each.decision.endpoint_id: each for each in found.conflicts}
    return _Policy(policy, found.decisions, conflicts, _refused(policy, found))


def _refused(policy: DeclaredPolicy, found: Evaluation) -> str:
    """Why `pulumi up` would refuse the policy; empty if it would not, or if the export does not show it."""
    what = policy.what
    if "max_interruptions" in policy.sealed:
        what = replace(what, max_interruptions=MOST)
    reasons = refusals(what, found)
    if reasons and policy.hidden & LIMITS:
        reasons = refusals(replace(what, max_changes=None, max_interruptions=MOST), found) or [HIDDEN_LIMIT]
    return "; ".join(reasons)


@dataclass(frozen=True)
class _Service:
    """What is declared for a service, and how it is judged.

    :ivar approvals: by endpoint.
    :ivar has_unknown_policy: whether a policy decides in a way that its export does not show.
    """

    service_id: str
    approvals: Mapping[str, Sequence[DeclaredApproval]]
    policies: Sequence[_Policy]
    has_unknown_policy: bool
    now: datetime
    limits: Limits

    def findings(self, connection: Connection) -> Iterator[Finding]:
        """What is to be said about a connection."""
        finding = partial(
            Finding,
            service_id=self.service_id,
            endpoint_id=connection.id,
            domain_id=connection.domain_id,
            status=status_for_state(connection),
        )
        approvals = self.approvals.get(connection.id or "", ())
        decisions = [(each, each.decisions[connection.id or ""]) for each in self.policies]
        live = live_of(connection)
        found: list[Finding] = []
        for approval in approvals:
            found += approval_findings(approval, connection, self.now, self.limits.expiring, finding)
        for policy, decision in decisions:
            found += decision_findings(
                policy.declared, decision, self.now, self.limits.expiring, finding, refused=policy.refused
            )
        found += self._contested(connection, approvals, finding)
        if live is Live.FAILED:
            found.append(
                finding(
                    "failed",
                    message=situation(connection),
                    advice="ask its consumer to delete the endpoint and to connect again",
                    declared_by=self.declared_by(connection.id or ""),
                )
            )
        yield from found
        if live in HELD and not self._is_declared(approvals, decisions):
            yield finding(
                "undeclared",
                message=f"{situation(connection)}, and no stack declares it",
                advice="declare it, or reject it",
            )
        if live is Live.PENDING_ACCEPTANCE and "drift" not in {each.rule for each in found}:
            yield from self._waiting(connection, finding)

    def declared_by(self, endpoint_id: str) -> tuple[Source, ...]:
        """The declarations that decide about a connection."""
        named = [each.source for each in self.approvals.get(endpoint_id, ())]
        ruled = [each.declared.source for each in self.policies if _decides(each.decisions[endpoint_id])]
        return tuple(dict.fromkeys([*named, *ruled]))

    def _is_declared(
        self, approvals: Sequence[DeclaredApproval], decisions: Sequence[tuple[_Policy, Decision]]
    ) -> bool:
        """Whether a connection is declared, or may be: what is not known is no finding."""
        is_ruled = any(each.rule is not None or _decides(each) for _, each in decisions)
        return is_ruled or bool(approvals) or self.has_unknown_policy

    def _waiting(self, connection: Connection, finding: partial[Finding]) -> Iterator[Finding]:
        age = age_of(connection, self.now)
        if age is None or age > self.limits.pending:
            since = f"was made {age_words(age)} ago" if age is not None else "the API does not say since when"
            yield finding(
                "pending",
                message=f"{situation(connection)}, and {since}",
                advice="declare it accepted or rejected",
                declared_by=self.declared_by(connection.id or ""),
            )

    def _contested(
        self, connection: Connection, approvals: Sequence[DeclaredApproval], finding: partial[Finding]
    ) -> Iterator[Finding]:
        """The connection is declared more than once."""
        endpoint = connection.id or ""
        own = {each.source.export for each in approvals}
        conflicts = [each for each in self.policies if endpoint in each.conflicts]
        rivals = [
            each
            for each in self.policies
            if approvals and each.declared.source.export not in own and _decides(each.decisions[endpoint])
        ]
        sources = [each.source for each in approvals] + [each.declared.source for each in (*conflicts, *rivals)]
        if len(sources) > 1:
            how = "by several that want the opposite" if conflicts else "more than once"
            yield finding(
                "declared-twice",
                message=f"the connection is declared {how}: {_named(sources)}",
                advice="keep one of them; remove another with retain_on_delete, so that it does not reject",
                declared_by=tuple(sources),
            )


def _decides(decision: Decision) -> bool:
    return decision.goal is not None


def _several_policies(service_id: str, policies: Sequence[DeclaredPolicy]) -> Iterator[Finding]:
    if len(policies) > 1:
        sources = tuple(each.source for each in policies)
        yield Finding(
            "declared-twice",
            service_id,
            None,
            None,
            None,
            f"the service has {len(policies)} policies: {_named(sources)}",
            "put all rules into one policy; remove another with retain_on_delete, so that it does not reject",
            sources,
        )


def _no_service(service_id: str, declared: Iterable[Declared]) -> Iterator[Finding]:
    for each in declared:
        if isinstance(each, DeclaredApproval):
            yield _absent(each, "there is no such service")
        else:
            message = f"there is no such service, and {each.source} declares a policy for it"
            yield Finding("absent", service_id, None, None, None, message, "remove the policy", (each.source,))


def _absent(approval: DeclaredApproval, what: str = "there is no such connection") -> Finding:
    return Finding(
        "absent",
        approval.service_id,
        approval.what.endpoint_id,
        None,
        str(Live.ABSENT),
        f"{what}, and {approval.source} declares it",
        "remove the approval: its consumer has left",
        (approval.source,),
    )


def _named(sources: Iterable[Source]) -> str:
    return ", ".join(map(str, sources))
