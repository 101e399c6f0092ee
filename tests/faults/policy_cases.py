"""The small policies of the exhaustive search, and what each says about each connection, written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.lifecycle.policy import Claimed, Policy
from vpcep_pulumi.lifecycle.policy_rule import rule_of
from vpcep_pulumi.lifecycle.table import Goal, Live

P, C, A, R, F, D, GONE, UNDOCUMENTED = Live
EXPIRY = "2026-06-01T00:00:00Z"
MOMENT = datetime(2026, 6, 1, tzinfo=UTC)
LASTS = 1.0
"""Seconds for which what is going to expire still holds, where a decision begins."""
BEFORE = MOMENT - timedelta(seconds=LASTS)
IDS = ("a", "b", "c")
"""The endpoints, the oldest first."""
SETTLE = 2.0


@dataclass(frozen=True)
class Said:
    """What a policy says, by hand.

    :ivar wishes: for each connection: ``accept``, ``reject`` or ``leave``.
    :ivar limited: the connections whose acceptance is bounded: ``limit`` for their account.
    :ivar expiring: those whose acceptance expires.
    """

    policy: Policy
    wishes: tuple[str, ...]
    limited: frozenset[int] = frozenset()
    limit: int = 0
    expiring: frozenset[int] = frozenset()

    def wish(self, at: int, *, over: bool) -> str:
        """What it says about a connection.

        :param over: whether the moment of expiry has passed.
        """
        return "reject" if over and at in self.expiring else self.wishes[at]

    def cuts_off(self, at: int, *, over: bool) -> bool:
        """Whether to reject it, while it is accepted, is an interruption: what expires was declared to."""
        return self.wish(at, over=over) == "reject" and not (over and at in self.expiring)


@dataclass(frozen=True)
class Case:
    """A service, and what a team declares for it.

    :ivar owners: the account of each connection.
    :ivar starts: how each connection stands; GONE: it is still to appear.
    :ivar said: the policies that may be declared, one after the other.
    :ivar claims: by endpoint: what an approval beside the policy declares.
    """

    owners: tuple[str, ...]
    starts: tuple[Live, ...]
    said: tuple[Said, ...]
    claims: Mapping[str, Claimed] = field(default_factory=dict)

    @property
    def expires(self) -> bool:
        """Whether any rule does."""
        return any(each.expiring for each in self.said)

    @cache  # noqa: B019 -- the cases are few, and live as long as the process
    def connection(self, at: int, live: Live, owner: str | None = None) -> Connection:
        """A connection, as the API names it."""
        return Connection(
            id=IDS[at],
            status="frozen" if live is UNDOCUMENTED else live,
            domain_id=owner or self.owners[at],
            created_at=f"2026-01-0{at + 1}T00:00:00Z",
        )

    def __hash__(self) -> int:
        return id(self)


def _policy(*rules: dict[str, object], otherwise: str = "leave", most: int = 0) -> Policy:
    return Policy(
        service_id="svc",
        rules=tuple(map(rule_of, rules)),
        former_rules=tuple(map(rule_of, rules)),  # what expires was declared before
        region="r",
        project_id="p",
        otherwise=otherwise,
        max_interruptions=most,
        settle_timeout=SETTLE,
    )


def _accept(**conditions: object) -> dict[str, object]:
    return {"action": "accept", **conditions}


def _reject(*endpoints: str) -> dict[str, object]:
    return {"action": "reject", "endpoint_ids": list(endpoints)}


BOUND, TWO = frozenset({0, 1}), frozenset({0, 1, 2})
PLACE_IS_MADE = Case(
    ("d1", "d1"),
    (A, P),
    (
        Said(_policy(_reject("a"), _accept(domain_ids=["d1"], limit=1), most=1), ("reject", "accept"), BOUND, 1),
        Said(_policy(_accept(domain_ids=["d1"], limit=1)), ("accept", "accept"), BOUND, 1),
    ),
)
"""One is rejected, which makes a place for the other; or the account has one place, for whoever has it."""
NOBODY_IS_CUT_OFF = Case(
    ("d1", "d2"),
    (P, GONE),
    (
        Said(_policy(_accept(endpoint_ids=["a"]), otherwise="reject"), ("accept", "reject")),
        Said(_policy(_reject("a")), ("reject", "leave")),
    ),
)
"""What is rejected must not be accepted at that moment."""
EXPIRES = Case(
    ("d1", "d2"),
    (P, C),
    (
        Said(
            _policy(_accept(endpoint_ids=["a"], expires_at=EXPIRY), _reject("b"), most=1),
            ("accept", "reject"),
            expiring=frozenset({0}),
        ),
        Said(
            _policy(_accept(endpoint_ids=["a"], expires_at=EXPIRY)),
            ("accept", "leave"),
            expiring=frozenset({0}),
        ),
    ),
)
"""One that expires; and one that is to be rejected as soon as it can be, or left alone. Then nobody may be cut off."""
ONE_IS_CLAIMED = Case(
    ("d1", "d1", "d1"),
    (P, P, GONE),
    (Said(_policy(_accept(domain_ids=["d1"], limit=2), otherwise="reject"), ("claimed", "accept", "accept"), TWO, 2),),
    {"a": Claimed("'one'", Goal.ACCEPTED)},
)
"""An approval accepts the oldest, which takes one of the account's two places."""
THREE = Case(
    ("d1", "d1", "d2"),
    (P, A, GONE),
    (
        Said(
            _policy(_reject("b"), _accept(domain_ids=["d1", "d2"], limit=1), most=1),
            ("accept", "reject", "accept"),
            BOUND,
            1,
        ),
    ),
)
"""Two accounts, of which one has a place only once the other of its connections is rejected."""
CASES = {
    "a place is made": PLACE_IS_MADE,
    "nobody is cut off": NOBODY_IS_CUT_OFF,
    "one expires": EXPIRES,
    "one is claimed": ONE_IS_CLAIMED,
    "three": THREE,
}
