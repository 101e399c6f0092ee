"""What the policies of the stateful test say, by hand, and what always holds of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tests.faults.declared import Policy

Rule = dict[str, Any]
HELD = ("accepted", "creating")
TROUBLE = ("failed", "deleting", "frozen", "absent")
"""A consumer's own trouble, which is reported, and green."""
SOON = 500.0
"""Seconds after which the rules that expire do."""


def rules(expiry: str) -> list[tuple[Rule, ...]]:
    """Those that are declared, one set after the other."""
    return [
        ({"action": "accept", "domain_ids": ["d1"]},),
        ({"action": "accept", "domain_ids": ["d1"], "limit": 1},),
        ({"action": "accept", "domain_ids": ["d1", "d2"], "limit": 2},),
        ({"action": "reject", "endpoint_ids": ["ep0", "ep3"]}, {"action": "accept", "domain_ids": ["d1"], "limit": 1}),
        ({"action": "leave", "endpoint_ids": ["ep1"]}, {"action": "reject", "domain_ids": ["d1"]}),
        ({"action": "accept", "domain_ids": ["d1"], "expires_at": expiry},),
    ]


def rule_for(policy: Policy, endpoint: str, owner: str) -> Rule:
    """The rule that decides."""
    for each in policy.rules:
        if endpoint in each.get("endpoint_ids", [endpoint]) and owner in each.get("domain_ids", [owner]):
            return each
    return {"action": policy.otherwise}


def wish_of(policy: Policy | None, endpoint: str, owner: str, *, over: bool) -> str:
    """``accept``, ``reject`` or ``leave``.

    :param over: whether what expires has.
    """
    if policy is None:
        return "leave"
    rule = rule_for(policy, endpoint, owner)
    return "reject" if over and "expires_at" in rule else str(rule["action"])


def interrupted(decisions: Sequence[Any], policies_own: Collection[str]) -> set[str]:
    """The consumers that a policy has cut off."""
    return {
        each.id for each in decisions if each.action == "reject" and each.before in HELD and each.id in policies_own
    }


def beyond_the_limit(
    policy: Policy, decisions: Sequence[Any], was: Mapping[str, str], owners: Mapping[str, str], own: Collection[str]
) -> list[str]:
    """What the policy has accepted although its account had no place.

    :param was: the statuses before.
    :param own: the endpoints that nobody else declares.
    """
    live, found = dict(was), []
    for each in decisions:
        if each.action == "receive" and each.id in own:
            limit = rule_for(policy, each.id, owners[each.id]).get("limit")
            taken = sum(owners[id_] == owners[each.id] and live[id_] in HELD and id_ != each.id for id_ in live)
            if limit is not None and taken >= limit:
                found.append(each.id)
        live[each.id] = {"receive": "accepted", "reject": "rejected"}[each.action]
    return found
