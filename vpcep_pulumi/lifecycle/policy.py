"""What a policy decides about the connections of a service. Pure: a function of rules, connections and time.

1. The first rule that matches decides; if none matches, ``otherwise`` does.
2. A connection that another resource of the program declares is left to that resource. If the policy would decide the
   opposite, that is a conflict.
3. ``limit`` counts the accepted connections of an account on the whole service, whatever accepted them. The oldest are
   accepted first. What is accepted already is never interrupted by a limit.
4. A rule that has expired rejects what it would accept.
5. If the API leaves out what a rule depends on, the connection is left as it is, and reported.
6. What is done about a connection is looked up in the table of an approval that has seen it
   (:mod:`~vpcep_pulumi.lifecycle.table`). What is impossible is the consumer's trouble: it is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.times import moment_of
from vpcep_pulumi.lifecycle.expiry import status_at
from vpcep_pulumi.lifecycle.plan import impossible
from vpcep_pulumi.lifecycle.policy_rule import GOALS, PolicyRule
from vpcep_pulumi.lifecycle.schema import DEFAULTS
from vpcep_pulumi.lifecycle.table import HELD, REJECTS, Goal, Live, Step, live_of, step_for

WAITING: Final = frozenset({Live.PENDING_ACCEPTANCE, Live.REJECTED})
"""The statuses of a connection that can be accepted."""
WORKS: Final = frozenset({Step.RECEIVE, Step.REJECT, Step.WAIT, Step.WAIT_THEN_REJECT})
"""The steps that send something, or wait for something."""
NO_CLAIMS: Final[Mapping[str, Claimed]] = MappingProxyType({})
LAST = datetime.max.replace(tzinfo=UTC)
"""When a connection was made whose time the API leaves out: it comes last."""


@dataclass(frozen=True)
class Policy:
    """What is declared for a service, with every value known.

    :ivar settle_timeout: seconds.
    :ivar former_rules: those that the state holds. What they say about expiry was declared before.
    """

    service_id: str
    rules: Sequence[PolicyRule]
    region: str
    project_id: str
    profile: str | None = None
    otherwise: str = "leave"
    max_changes: int | None = None
    max_interruptions: int = 0
    settle_timeout: float = DEFAULTS["settle_timeout"]
    former_rules: Sequence[PolicyRule] = ()

    @property
    def name(self) -> str:
        """The service, for messages."""
        return f"service {self.service_id}"


@dataclass(frozen=True)
class Claimed:
    """A connection that another resource of the program declares.

    :ivar holder: the resource's name, for messages.
    :ivar goal: what it declares; None if that is not known.
    :ivar by_expiry: whether it declares so only because it has expired.
    """

    holder: str
    goal: Goal | None
    by_expiry: bool = False


@dataclass(frozen=True)
class Decision:
    """What the policy decides about one connection.

    :ivar goal: None: it is left as it is.
    :ivar rule: the number of the rule that decided, from 1; None: ``otherwise``, or nothing the policy says.
    :ivar step: what is done about it.
    :ivar reason: what to say besides; may be empty.
    :ivar expires_at: when the rule that accepts expires; None: never.
    :ivar has_expired: whether the rule has expired, and so rejects.
    :ivar is_trouble: whether the connection cannot be decided on. If there is no goal either, the API left out what
        the rules depend on.
    :ivar is_claimed: whether it is left to another resource of the program, which declares it.
    :ivar counts: whether it is an interruption to reject it if it is accepted. That is not so if the state has declared
        already that it expires.
    """

    connection: Connection
    goal: Goal | None
    rule: int | None = None
    step: Step = Step.NOTHING
    reason: str = ""
    expires_at: str | None = None
    has_expired: bool = False
    is_trouble: bool = False
    is_claimed: bool = False
    counts: bool = True

    @property
    def endpoint_id(self) -> str:
        """The consumer's endpoint."""
        return self.connection.id or ""

    @property
    def interrupts(self) -> bool:
        """Whether it cuts off a consumer that was accepted, without notice."""
        return self.step in REJECTS and live_of(self.connection) in HELD and self.counts


@dataclass(frozen=True)
class Conflict:
    """A connection about which the policy and another resource of the program want the opposite."""

    decision: Decision
    claimed: Claimed


@dataclass(frozen=True)
class Evaluation:
    """What the policy decides about every connection of the service.

    :ivar decisions: by endpoint.
    :ivar conflicts: where another resource declares the opposite.
    """

    decisions: Mapping[str, Decision]
    conflicts: tuple[Conflict, ...] = ()
    work: tuple[Decision, ...] = field(init=False)
    """The decisions that send or wait: those that reject first, so that a limit's places are free."""

    def __post_init__(self) -> None:
        work = sorted((each for each in self.decisions.values() if each.step in WORKS), key=_order)
        object.__setattr__(self, "work", tuple(work))

    @property
    def undecided(self) -> frozenset[str]:
        """The endpoints about which nobody knows what the rules say."""
        return frozenset(id_ for id_, each in self.decisions.items() if each.is_trouble and each.goal is None)

    @property
    def expired(self) -> frozenset[str]:
        """The endpoints about which a rule decides that has expired."""
        return frozenset(id_ for id_, each in self.decisions.items() if each.has_expired)

    def of(self, goal: Goal) -> frozenset[str]:
        """The endpoints with a goal, those with a conflict included."""
        contested = (each.decision for each in self.conflicts)
        return frozenset(each.endpoint_id for each in (*self.decisions.values(), *contested) if each.goal is goal)

    @property
    def interruptions(self) -> tuple[Decision, ...]:
        """The decisions that cut off a consumer that was accepted."""
        return tuple(each for each in self.work if each.interrupts)


def evaluate(
    policy: Policy,
    connections: Iterable[Connection],
    now: datetime,
    claims: Mapping[str, Claimed] = NO_CLAIMS,
    *,
    rejected: bool = False,
) -> Evaluation:
    """Decide about every connection.

    :param connections: those of the service; each has an id.
    :param now: when the operation began.
    :param claims: by endpoint: what other resources of the program declare.
    :param rejected: whether the rejections have been carried out: then what is still accepted takes a place.
    """
    found = [_first(policy, each, now) for each in connections]
    conflicts = tuple(
        Conflict(each, claims[each.endpoint_id])
        for each in found
        if each.endpoint_id in claims and _contradict(each, claims[each.endpoint_id])
    )
    left = [
        Decision(each.connection, None, is_claimed=True, reason=f"declared by {claims[each.endpoint_id].holder}")
        if each.endpoint_id in claims
        else each
        for each in found
    ]
    bounded = _bounded(policy, left, claims, rejected=rejected)
    return Evaluation({each.endpoint_id: _with_step(each) for each in bounded}, conflicts)


def _first(policy: Policy, connection: Connection, now: datetime) -> Decision:
    """What the first rule that matches says; limits are applied later."""
    for number, rule in enumerate(policy.rules, 1):
        matches = rule.matches(connection)
        if matches is None:
            lacking = rule.lacks(connection)
            reason = f"left as it is, because the API does not name its {lacking}, which rule {number} depends on"
            return Decision(connection, None, number, reason=reason, is_trouble=True)
        if not matches:
            continue
        goal = GOALS[rule.action]
        if goal is not Goal.ACCEPTED:
            return Decision(connection, goal, number)
        if status_at("accepted", rule.expires_at, now) == "rejected":
            reason, known = f"it expired at {rule.expires_at}", rule == _deciding(policy.former_rules, connection)
            return Decision(connection, Goal.REJECTED, number, reason=reason, has_expired=True, counts=not known)
        return Decision(connection, goal, number, expires_at=rule.expires_at)
    return Decision(connection, GOALS[policy.otherwise])


def _deciding(rules: Sequence[PolicyRule], connection: Connection) -> PolicyRule | None:
    """The first rule that is about a connection; None if none is, or if that is not known."""
    for rule in rules:
        matches = rule.matches(connection)
        if matches is not False:
            return rule if matches else None
    return None


def _contradict(decision: Decision, claimed: Claimed) -> bool:
    """Whether both want the opposite. What has expired leaves the connection to the other one."""
    by_expiry = decision.has_expired or claimed.by_expiry
    return not by_expiry and {decision.goal, claimed.goal} == {Goal.ACCEPTED, Goal.REJECTED}


def _bounded(
    policy: Policy, found: Sequence[Decision], claims: Mapping[str, Claimed], *, rejected: bool
) -> list[Decision]:
    """Apply the limits: what has no place among an account's accepted connections is left as it is."""
    limits = {number: rule.limit for number, rule in enumerate(policy.rules, 1) if rule.limit is not None}
    if not limits:
        return list(found)
    asks = [
        each
        for each in found
        if each.goal is Goal.ACCEPTED and each.rule in limits and live_of(each.connection) in WAITING
    ]
    asking = {each.endpoint_id for each in asks}
    taken = Counter(
        each.connection.domain_id
        for each in found
        if each.endpoint_id not in asking and _takes(each, claims, rejected=rejected)
    )
    refused: dict[str, Decision] = {}
    lacks = taken[None] + taken[""] > 0
    for each in sorted(asks, key=lambda each: (each.rule, *_age(each.connection))):
        limit = limits[each.rule or 0]
        if lacks or not each.connection.domain_id:
            reason = "left as it is, because the API does not name every account, which limit needs"
            refused[each.endpoint_id] = replace(each, goal=None, expires_at=None, reason=reason, is_trouble=True)
        elif taken[each.connection.domain_id] < limit:
            taken[each.connection.domain_id] += 1
        else:
            reason = f"left as it is: its account has {limit} accepted connections, the limit"
            refused[each.endpoint_id] = replace(each, goal=None, expires_at=None, reason=reason)
    return [refused.get(each.endpoint_id, each) for each in found]


def _takes(decision: Decision, claims: Mapping[str, Claimed], *, rejected: bool) -> bool:
    """Whether a connection takes one of its account's places: it is accepted and may stay, or is to be accepted."""
    live = live_of(decision.connection)
    if live in HELD:
        return rejected or decision.goal is not Goal.REJECTED
    claimed = claims.get(decision.endpoint_id)
    accepts = decision.goal is Goal.ACCEPTED if claimed is None else claimed.goal is not Goal.REJECTED
    return live in WAITING and accepts


def _age(connection: Connection) -> tuple[datetime, str]:
    return moment_of(connection.created_at) or LAST, connection.id or ""


def _with_step(decision: Decision) -> Decision:
    """The decision with the table's step. What is impossible is the consumer's trouble."""
    live = live_of(decision.connection)
    if decision.goal is None:
        return decision
    step = step_for(decision.goal, live, seen=True)
    if step in (Step.IMPOSSIBLE, Step.LEFT):
        return replace(decision, is_trouble=True, reason=impossible(decision.goal, decision.connection))
    return decision if step is Step.NOTHING else replace(decision, step=step)


def _order(decision: Decision) -> tuple[bool, datetime, str]:
    return (decision.step not in REJECTS, *_age(decision.connection))
