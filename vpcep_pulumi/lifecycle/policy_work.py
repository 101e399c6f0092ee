"""How a policy's decisions are carried out: which ones, in which order, and with which arguments. Pure.

1. First everything that rejects, then, with the places that are really free by then, everything that accepts.
2. A connection that was not accepted when the policy decided to reject it is spared if it is accepted by then: its
   interruption was not planned, and so was not counted (``max_interruptions``). What expires as it was declared before
   is never spared.
3. Likewise, a connection that is still being created is only waited for. If somebody else rejects it meanwhile, its
   place may be taken (``limit``).
4. A delete rejects what the state or the rules say that the policy has accepted: an update that was killed has recorded
   nothing. A rule that has expired did accept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.expiry import seconds_left
from vpcep_pulumi.lifecycle.policy import Decision, Evaluation, Policy
from vpcep_pulumi.lifecycle.table import HELD, REJECTS, Goal, Live, Step, live_of


class Arguments(NamedTuple):
    """What :func:`~vpcep_pulumi.lifecycle.decide.decide` is given for one connection.

    :ivar seconds: for so long from now, something may be accepted.
    :ivar spares: whether a connection that is accepted by then must not be rejected.
    :ivar only_waits: whether a connection that is still being created is not accepted again.
    """

    approval: Approval
    seconds: float
    spares: bool
    only_waits: bool


def arguments_of(policy: Policy, decision: Decision, now: datetime) -> Arguments:
    """With which arguments a decision is carried out.

    :param now: when that begins.
    """
    spares = decision.goal is Goal.REJECTED and decision.counts and not decision.interrupts
    return Arguments(
        approval=_approval_of(policy, decision),
        seconds=seconds_left(decision.expires_at, now),
        spares=spares,
        only_waits=decision.step is Step.WAIT,
    )


def rejections(evaluation: Evaluation) -> list[Decision]:
    """What is carried out first."""
    return [each for each in evaluation.work if each.step in REJECTS]


def acceptances(evaluation: Evaluation, again: Evaluation) -> list[Decision]:
    """What is carried out then. What was not decided before is left alone.

    :param again: what the policy decides after the rejections.
    """
    return [
        each
        for each in evaluation.work
        if each.step not in REJECTS and again.decisions[each.endpoint_id].goal is Goal.ACCEPTED
    ]


def to_delete(evaluation: Evaluation, held: Collection[str]) -> list[str]:
    """The endpoints that the delete of a policy rejects, as far as no other resource declares them.

    :param evaluation: by the rules that the state holds.
    :param held: the endpoints that the state has recorded as accepted.
    """
    return [id_ for id_, each in sorted(evaluation.decisions.items()) if _is_to_reject(each, is_recorded=id_ in held)]


def cut_off(evaluation: Evaluation, endpoints: Iterable[str]) -> list[str]:
    """Those of the endpoints that a delete would cut off: ``max_interruptions`` counts them."""
    return [id_ for id_ in endpoints if evaluation.decisions[id_].counts]


def _is_to_reject(decision: Decision, *, is_recorded: bool) -> bool:
    live = live_of(decision.connection)
    if live is Live.UNDOCUMENTED:
        return is_recorded
    return live in HELD and (is_recorded or decision.goal is Goal.ACCEPTED or decision.has_expired)


def _approval_of(policy: Policy, decision: Decision) -> Approval:
    """The approval of one connection that a decision comes to. Its owner must not turn out to be another."""
    goal = decision.goal or Goal.AS_IT_STANDS
    return Approval(
        service_id=policy.service_id,
        endpoint_id=decision.endpoint_id,
        status=str(goal),
        goal=goal,
        region=policy.region,
        project_id=policy.project_id,
        profile=policy.profile,
        expected_domain_id=decision.connection.domain_id,
        expires_at=decision.expires_at,
        settle_timeout=policy.settle_timeout,
    )
