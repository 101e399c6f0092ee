"""What is about to happen to the connections of a service, in words, and what the state records of them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.errors import ApiError, NotSettledError, RequestError, VpcepError
from vpcep_pulumi.lifecycle.expiry import time_left
from vpcep_pulumi.lifecycle.plan import situation
from vpcep_pulumi.lifecycle.policy import WORKS, Decision, Evaluation, Policy
from vpcep_pulumi.lifecycle.table import Goal, Live, live_of, status_for_state

LEFT = "__left"
"""The hidden output with the endpoints that are left to other resources. Pulumi does not show it."""
MOST_TOLD = 3
"""How many connections a message tells of in full."""
MOST_ERRORS = 5
"""How many different errors a message tells."""
MOST_NAMED = 10
"""How many endpoints a message names; the plan names all of them."""


@dataclass(frozen=True)
class Record:
    """What the state records of the connections.

    :ivar decided: by endpoint that the policy decides on: the live status.
    :ivar pending: the endpoints that wait for a decision.
    :ivar failed: by endpoint that cannot be decided on, or was not: the reason.
    :ivar left: the endpoints that another resource of the program declares. A delete must know them.
    """

    decided: Mapping[str, str]
    pending: tuple[str, ...]
    failed: Mapping[str, str]
    left: tuple[str, ...] = ()

    @classmethod
    def of_state(cls, olds: Mapping[str, Any]) -> Record:
        """What the state has recorded."""
        decided, failed = (dict(olds.get(name) or {}) for name in ("decided", "failed"))
        pending, left = (tuple(olds.get(name) or ()) for name in ("pending", LEFT))
        return cls(decided, pending, failed, left)

    def with_kept(self, kept: Mapping[str, str], declared: Collection[str]) -> Record:
        """With connections whose former entries are gone from the state.

        :param kept: by endpoint: the status that the former entry had recorded.
        :param declared: the endpoints that other resources declare.
        """
        left = {*self.left, *declared}.difference(kept)
        return replace(self, decided={**self.decided, **kept}, left=tuple(sorted(left)))

    def masked(self, mask: Callable[[str], str]) -> Record:
        """With the reasons as the state holds them: without secrets."""
        return replace(self, failed={id_: mask(reason) for id_, reason in self.failed.items()})

    def as_live(self, live: Mapping[str, Connection]) -> Record:
        """The same connections, as they are now; those that are gone are left out."""
        decided = {id_: status_for_state(live[id_]) for id_ in self.decided if id_ in live}
        pending = (id_ for id_ in self.pending if id_ in live and live_of(live[id_]) is Live.PENDING_ACCEPTANCE)
        failed = {id_: why for id_, why in self.failed.items() if id_ in live}
        return Record(decided, tuple(pending), failed, self.left)

    def outputs(self) -> dict[str, Any]:
        """As outputs."""
        found = {"decided": dict(self.decided), "pending": list(self.pending), "failed": dict(self.failed)}
        return found | {LEFT: list(self.left)} if self.left else found


def record_of(evaluation: Evaluation) -> Record:
    """What to record of the connections as they are."""
    found = evaluation.decisions
    return Record(
        {id_: status_for_state(each.connection) for id_, each in sorted(found.items()) if _is_decided(each)},
        tuple(sorted(id_ for id_, each in found.items() if _is_pending(each))),
        {id_: each.reason for id_, each in sorted(found.items()) if each.is_trouble},
        tuple(sorted(id_ for id_, each in found.items() if each.is_claimed)),
    )


@dataclass(frozen=True)
class PolicyPlan:
    """What is about to happen.

    :ivar words: by endpoint concerned, in the order of the ids.
    :ivar summary: ``900 receive, 3 reject``.
    """

    words: Mapping[str, str]
    summary: str


def plan_of(evaluation: Evaluation, before: Record) -> PolicyPlan:
    """What is about to happen to every connection that is concerned: it is decided on, or recorded otherwise.

    :param before: what the state has recorded.
    """
    return _plan(evaluation, _work(evaluation) | _news(evaluation, before, record_of(evaluation)))


def work_of(evaluation: Evaluation) -> PolicyPlan:
    """What is about to be sent or waited for. What is merely recorded otherwise is left out."""
    return _plan(evaluation, _work(evaluation))


def news_of(evaluation: Evaluation, before: Record, after: Record) -> str:
    """What is merely recorded otherwise, for a message; empty if that is nothing.

    :param after: what is going to be recorded.
    """
    found = _plan(evaluation, _news(evaluation, before, after)).words
    told = [f"{id_}: {words}" for id_, words in found.items()][:MOST_TOLD]
    more = [f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
    return "; ".join([*told, *more])


def _plan(evaluation: Evaluation, verbs: Mapping[str, str]) -> PolicyPlan:
    words = {id_: _words(verb, evaluation.decisions.get(id_)) for id_, verb in sorted(verbs.items())}
    counts = sorted(Counter(verbs.values()).items(), key=lambda each: (-each[1], each[0]))
    return PolicyPlan(words, ", ".join(f"{count} {verb}" for verb, count in counts))


def _work(evaluation: Evaluation) -> dict[str, str]:
    """By endpoint: the step that sends or waits."""
    return {each.endpoint_id: str(each.step) for each in evaluation.work}


def _news(evaluation: Evaluation, before: Record, after: Record) -> dict[str, str]:
    """By endpoint that needs no work, and whose record changes: how."""
    idle = {id_: each for id_, each in evaluation.decisions.items() if each.step not in WORKS}
    verbs = {id_: verb for id_ in idle if (verb := _verb(id_, before, after))}
    known = {*before.decided, *before.pending, *before.failed, *before.left}
    return verbs | {id_: "record" for id_ in known if id_ not in evaluation.decisions}


def refusals(policy: Policy, evaluation: Evaluation) -> list[str]:
    """Why what is declared is refused before anything is sent; empty if it is not."""
    found = [
        f"{_what(each.decision)} by {_why(each.decision)}, and declared {each.claimed.goal} by {each.claimed.holder}: "
        f'put leave(endpoint_ids=["{each.decision.endpoint_id}"]) before that rule, or remove one of them'
        for each in evaluation.conflicts[:MOST_NAMED]
    ]
    if len(evaluation.conflicts) > MOST_NAMED:
        found.append(f"and {len(evaluation.conflicts) - MOST_NAMED} more such connections")
    if policy.max_changes is not None and len(evaluation.work) > policy.max_changes:
        found.append(
            f"{len(evaluation.work)} connections would be accepted, rejected or waited for, and max_changes is "
            f"{policy.max_changes}: {named(each.endpoint_id for each in evaluation.work)}"
        )
    cut_off = evaluation.interruptions
    if len(cut_off) > policy.max_interruptions:
        found.append(
            f"{len(cut_off)} accepted connections would be rejected, and max_interruptions is "
            f"{policy.max_interruptions}: {named(each.endpoint_id for each in cut_off)}. Leave them alone with "
            "leave(endpoint_ids=[…]), or raise max_interruptions"
        )
    return found


def refused_delete(policy: Policy, endpoints: Iterable[str], *, before: int = 0) -> str | None:
    """Why the policy must not be deleted; None if it may.

    :param endpoints: the accepted connections that the delete would reject.
    :param before: how many this operation has rejected already.
    """
    found = list(endpoints)
    if not found or len(found) + before <= policy.max_interruptions:
        return None
    already = f" ({before} were already, in this operation)" if before else ""
    return (
        f"{policy.name}: its policy is not deleted, because {len(found)} accepted connections would be rejected"
        f"{already}, and max_interruptions is {policy.max_interruptions}: {named(found)}. Nothing was sent. To reject "
        "them, raise max_interruptions and run `pulumi up` first; to leave them accepted, set retain_on_delete and run "
        "`pulumi up` first"
    )


def warnings(policy: Policy, evaluation: Evaluation, now: datetime) -> list[str]:
    """What the user should know although nothing fails: rules that expire soon, or have expired.

    :param now: when the operation began.
    """
    counts: defaultdict[int, int] = defaultdict(int)
    expired: defaultdict[int, int] = defaultdict(int)
    for each in evaluation.decisions.values():
        if each.rule is not None and each.goal is Goal.ACCEPTED:
            counts[each.rule] += 1
        if each.rule is not None and each.has_expired and each.step in WORKS:
            expired[each.rule] += 1
    found = []
    for number, rule in enumerate(policy.rules, 1):
        if left := time_left(rule.expires_at, now):
            found.append(
                f"{policy.name}: rule {number} expires at {rule.expires_at}, in {left}: from then on it rejects what "
                f"it accepts now ({counts[number]})"
            )
        if expired[number]:
            found.append(f"{policy.name}: rule {number} expired at {rule.expires_at}: {expired[number]} to be rejected")
    return found


def failure_of(policy: Policy, failed: Mapping[str, VpcepError], most: int) -> NotSettledError:
    """One error for all connections whose decisions failed. Equal errors of several connections are told once.

    :param failed: by endpoint: its error.
    :param most: how many decisions there were.
    """
    told: dict[object, list[str]] = {}
    for id_, error in failed.items():
        told.setdefault(_kind(id_, error), []).append(id_)
    lines = [
        f"{failed[ids[0]]}" + (f" (and likewise {len(ids) - 1} more: {named(ids[1:])})" if len(ids) > 1 else "")
        for ids in list(told.values())[:MOST_ERRORS]
    ]
    if len(told) > MOST_ERRORS:
        rest = sum(len(ids) for ids in list(told.values())[MOST_ERRORS:])
        lines.append(f"and {rest} more, which `failed` names")
    return NotSettledError(f"{policy.name}: {len(failed)} of {most} connections failed: {'; '.join(lines)}")


def _kind(endpoint_id: str, error: VpcepError) -> object:
    """What two errors of different connections have in common if one stands for both."""
    if isinstance(error, ApiError):
        return error.code, error.http_status
    return type(error) if isinstance(error, RequestError) else str(error).replace(endpoint_id, "")


def named(endpoints: Iterable[str]) -> str:
    """The first few endpoints, and how many more there are."""
    found = list(endpoints)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{', '.join(found[:MOST_NAMED])}{more}"


def _is_decided(decision: Decision) -> bool:
    return decision.goal is not None and not decision.is_trouble


def _is_pending(decision: Decision) -> bool:
    return live_of(decision.connection) is Live.PENDING_ACCEPTANCE and not decision.is_claimed


def _verb(id_: str, before: Record, after: Record) -> str:
    """How the record of a connection changes; empty if it does not."""
    if id_ in after.decided:
        was_elsewhere = id_ in before.pending or id_ in before.failed or id_ in before.left
        changed = before.decided.get(id_) != after.decided[id_] or was_elsewhere
        return ("record" if id_ in before.decided else "adopt") if changed else ""
    if id_ in before.decided:
        return "leave"
    is_told = before.failed.get(id_) == after.failed.get(id_) and all(
        (id_ in then) == (id_ in now) for then, now in ((before.pending, after.pending), (before.left, after.left))
    )
    return "" if is_told else "leave"


def _words(verb: str, decision: Decision | None) -> str:
    if decision is None:
        return f"{verb}: the connection is absent: its consumer has left"
    about = decision.reason if decision.is_trouble and decision.goal is not None else _sentence(decision)
    return f"{verb}: {about}" if decision.is_claimed else f"{verb}: {about}; {_why(decision)}"


def _sentence(decision: Decision) -> str:
    return ": ".join(filter(None, [situation(decision.connection, dated=True), decision.reason]))


def _why(decision: Decision) -> str:
    return f"rule {decision.rule}" if decision.rule is not None else "otherwise"


def _what(decision: Decision) -> str:
    return f"connection {decision.endpoint_id} is to be {decision.goal}"
