"""Policies in the programs of the stories with flags: what they decide about each endpoint, told once more in plain.

A node of a policy says what is to become of some endpoints (``decides``) and of all others (``rest``). All consumers of
a story belong to the account ``d1``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ACCOUNT = "d1"
ACTIONS = ("accept", "leave", "reject")
STATUSES = {"accept": "accepted", "reject": "rejected"}
PATIENT = 9
"""More interruptions than there are endpoints."""


def rules_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of a node, as a program writes them."""
    found: list[dict[str, Any]] = []
    for action in ACTIONS:
        endpoints = sorted(each for each, what in node["decides"].items() if what == action)
        if endpoints:
            found.append({"action": action, "endpoint_ids": endpoints})
    if node["rest"] == "accept":
        found.append({"action": "accept", "domain_ids": [ACCOUNT]})
    return found or [{"action": "leave", "description": "manual*"}]


def status_by(inputs: dict[str, Any], endpoint: str) -> str | None:
    """The status that the inputs of a policy declare of an endpoint; None: it is left as it is."""
    for rule in inputs.get("rules") or ():
        if endpoint in rule.get("endpoint_ids", ()) or ACCOUNT in rule.get("domain_ids", ()):
            return STATUSES.get(rule["action"])
    return STATUSES.get(inputs.get("otherwise") or "leave")


def inputs_of(node: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a node that decide."""
    otherwise = "reject" if node["rest"] == "reject" else "leave"
    return {"rules": rules_of(node), "otherwise": otherwise, "max_interruptions": node["max_interruptions"]}


def status_of(node: dict[str, Any], endpoint: str) -> str | None:
    """The status that a node declares of an endpoint; None: it is left as it is."""
    return status_by(inputs_of(node), endpoint)


@st.composite
def decisions(draw: st.DrawFn, endpoints: list[str]) -> dict[str, Any]:
    """What a policy decides, and how much it may interrupt."""
    some = draw(st.lists(st.sampled_from(endpoints), max_size=2, unique=True))
    return {
        "decides": {each: draw(st.sampled_from(ACTIONS)) for each in some},
        "rest": draw(st.sampled_from(["accept", "leave", "accept", "reject", "accept"])),
        "max_interruptions": draw(st.sampled_from([PATIENT, PATIENT, 0, 1, PATIENT])),
    }
