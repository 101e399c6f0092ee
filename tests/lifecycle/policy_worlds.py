"""Random rules, connections, claims and times of a policy: few accounts and days, so that they often meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.lifecycle.policy import Claimed, Policy
from vpcep_pulumi.lifecycle.policy_rule import rule_of, rules_problem
from vpcep_pulumi.lifecycle.table import Goal

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STATUSES = ("pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen")
ACCOUNTS, ENDPOINTS = ("d1", "d2"), tuple(f"ep{n}" for n in range(8))


def day(number: int) -> str:
    """A time as a rule has it: so many days after :data:`NOW`."""
    return (NOW + timedelta(days=number)).isoformat().replace("+00:00", "Z")


def made(number: int) -> str:
    """A time as the API writes it."""
    return f"{(NOW + timedelta(days=number)).replace(tzinfo=None).isoformat()}Z"


def connection(id_: str, status: str | None = "pendingAcceptance", **fields: Any) -> Connection:
    return Connection(id=id_, status=status, **{"domain_id": "d1", "created_at": made(-9), **fields})


def policy(*rules: dict[str, Any], **fields: Any) -> Policy:
    """A policy of rules as a program writes them."""
    assert rules_problem(rules) is None
    return Policy(
        **{"service_id": "svc", "region": "r", "project_id": "p", "rules": tuple(map(rule_of, rules)), **fields}
    )


accounts, endpoints, days = st.sampled_from(ACCOUNTS), st.sampled_from(ENDPOINTS), st.integers(-4, 4)
conditions = {
    "domain_ids": st.lists(accounts, min_size=1, max_size=2, unique=True),
    "endpoint_ids": st.lists(endpoints, min_size=1, max_size=5, unique=True),
    "description": st.sampled_from(["*", "a*", "ab", "?b", "[ab]*"]),
    "created_before": days.map(day),
    "created_after": days.map(day),
}
rules = st.one_of(
    st.fixed_dictionaries({"action": st.sampled_from(["reject", "leave"])}, optional=conditions),
    st.fixed_dictionaries(
        {"action": st.just("accept")}, optional={**conditions, "limit": st.integers(1, 3), "expires_at": days.map(day)}
    ),
)
connections = st.lists(
    st.builds(
        Connection,
        id=endpoints,
        status=st.sampled_from([*STATUSES, "pendingAcceptance", "pendingAcceptance", None]),
        domain_id=st.sampled_from([*ACCOUNTS, *ACCOUNTS, None]),
        description=st.sampled_from(["", "a", "ab", "b", None]),
        created_at=st.none() | days.map(made),
    ),
    unique_by=lambda each: each.id,
    max_size=len(ENDPOINTS),
)
policies = st.builds(
    Policy,
    service_id=st.just("svc"),
    rules=st.lists(rules, max_size=4).map(lambda found: tuple(map(rule_of, found))),
    region=st.just("r"),
    project_id=st.just("p"),
    otherwise=st.sampled_from(["leave", "reject", "accept"]),
)
claims = st.dictionaries(
    endpoints,
    st.one_of(
        st.builds(Claimed, st.just("'another'"), st.sampled_from([Goal.ACCEPTED, Goal.REJECTED, None])),
        st.just(Claimed("'another'", Goal.REJECTED, by_expiry=True)),
    ),
    max_size=3,
)
