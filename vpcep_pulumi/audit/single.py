"""What one declaration says about one live connection. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.declared import DeclaredApproval, DeclaredPolicy
from vpcep_pulumi.audit.rules import Finding
from vpcep_pulumi.lifecycle.expiry import seconds_left
from vpcep_pulumi.lifecycle.owner import is_foreign
from vpcep_pulumi.lifecycle.plan import Plan, plan_for, situation
from vpcep_pulumi.lifecycle.policy import WORKS, Decision
from vpcep_pulumi.lifecycle.table import Goal, Live, Step, live_of

Make = Callable[..., Finding]
"""Makes a finding about the connection: takes the rule, the message, the advice and the declarations."""
EXCUSED: Final = frozenset({Live.FAILED, Live.DELETING})
"""Statuses that are the consumer's: they are not said once more for each declaration."""
DO: Final = {
    Step.RECEIVE: "accept it",
    Step.REJECT: "reject it",
    Step.WAIT: "wait until it is accepted",
    Step.WAIT_THEN_REJECT: "wait, then reject it",
}
REMEDY: Final = "change the rules, or what the refusal names, until a preview succeeds"


def approval_findings(
    approval: DeclaredApproval, connection: Connection, now: datetime, expiring: timedelta, finding: Make
) -> Iterator[Finding]:
    """What an approval's stack would do about its connection.

    :param expiring: how long before it expires that is told.
    """
    what, by = approval.what, (approval.source,)
    if "expected_domain_id" not in approval.sealed and is_foreign(what, connection):
        account = "an account that the API does not name" if not connection.domain_id else connection.domain_id
        expected = "a secret" if "expected_domain_id" in approval.hidden else what.expected_domain_id
        message = f"the connection belongs to {account}; expected by {approval.source}: {expected}"
        yield finding(
            "wrong-account",
            message=message,
            advice='correct the ids, or reject it: declare status="rejected" without expected_domain_id',
            declared_by=by,
        )
        return
    if not approval.is_known:
        return
    plan = plan_for(what, connection, seen=True, written=what.description)
    if plan.step is Step.IMPOSSIBLE and live_of(connection) not in EXCUSED:
        message = f"{situation(connection)}, a status that this version does not know; {approval.source} declares it"
        yield finding("undecidable", message=message, advice="upgrade vpcep-pulumi", declared_by=by)
    elif plan.step in DO or (plan.describes and "description" not in approval.sealed):
        yield _would_act(approval, plan, finding)
    elif what.goal is Goal.ACCEPTED and live_of(connection) not in EXCUSED:
        when = None if "expires_at" in approval.hidden else what.expires_at
        if is_soon(what.expires_at, now, expiring):
            yield _expiring(str(approval.source), when, finding, approval)


def _would_act(approval: DeclaredApproval, plan: Plan, finding: Make) -> Finding:
    what, by = approval.what, (approval.source,)
    doing = " and ".join(filter(None, [DO.get(plan.step), "write its note" if plan.describes else ""]))
    if what.has_expired and plan.step in DO:
        when = "" if "expires_at" in approval.hidden else f" at {what.expires_at}"
        message = f"{situation(plan.connection)}, although {approval.source} has expired{when}"
        return finding("expired", message=message, advice="run `pulumi up`: it rejects", declared_by=by)
    declared = f"{approval.source} declares it {what.status}" if plan.step in DO else f"{approval.source} has a note"
    return finding(
        "drift",
        message=f"{situation(plan.connection)}, and {declared}: `pulumi up` would {doing}",
        advice="run `pulumi up`, or change the declaration",
        declared_by=by,
    )


def decision_findings(
    policy: DeclaredPolicy, decision: Decision, now: datetime, expiring: timedelta, finding: Make, *, refused: str = ""
) -> Iterator[Finding]:
    """What a policy's stack would do about a connection.

    :param expiring: how long before its rule expires that is told.
    :param refused: why `pulumi up` would refuse the policy; empty if it would not.
    """
    by, secret = (policy.source,), "rules" in policy.hidden
    rule = f"rule {decision.rule}" if decision.rule is not None else "otherwise"
    why = f"{rule} of {policy.source}"
    told = situation(decision.connection)
    live = live_of(decision.connection)
    would = f"`pulumi up` would {f'be refused: {refused}' if refused else DO.get(decision.step, '')}"
    if decision.is_trouble and live not in EXCUSED:
        reason = f": {decision.reason}" if decision.reason and not secret else ""
        yield finding(
            "undecidable",
            message=f"{told}, and {why} cannot decide on it{reason}",
            advice="decide on it with an approval",
            declared_by=by,
        )
    elif decision.step in WORKS and decision.has_expired:
        message = f"{told}, although {why} has expired{f': {would}' if refused else ''}"
        advice = REMEDY if refused else "run `pulumi up`: it rejects"
        yield finding("expired", message=message, advice=advice, declared_by=by)
    elif decision.step in WORKS:
        message = f"{told}, and {why} decides otherwise: {would}"
        advice = REMEDY if refused else "run `pulumi up`, or change the rules"
        yield finding("drift", message=message, advice=advice, declared_by=by)
    elif decision.goal is Goal.ACCEPTED and is_soon(decision.expires_at, now, expiring) and live not in EXCUSED:
        yield _expiring(why, None if secret else decision.expires_at, finding, policy)


def is_soon(expires_at: str | None, now: datetime, within: timedelta) -> bool:
    """Whether something expires within a time from now, and has not yet."""
    return 0 < seconds_left(expires_at, now) <= within.total_seconds()


def _expiring(why: str, when: str | None, finding: Make, declared: DeclaredApproval | DeclaredPolicy) -> Finding:
    return finding(
        "expiring",
        message=f"{why} expires {f'at {when}' if when else 'soon'}",
        advice="prolong it, or leave it: from then on `pulumi up` rejects",
        declared_by=(declared.source,),
    )
