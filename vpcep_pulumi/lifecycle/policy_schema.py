"""The inputs and outputs of a policy: one row for each property, as for an approval. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vpcep_pulumi.lifecycle.policy_rule import rules_problem
from vpcep_pulumi.lifecycle.schema import APPROVAL, Input, Output, Schema, count_problem

POLICY_TYPE = "pulumi-python:dynamic/vpcep:EndpointConnectionPolicy"
"""The type token of a policy, as states have it."""
OTHERWISE = ("leave", "reject", "accept")


def _otherwise(value: object) -> str | None:
    return None if value in OTHERWISE else 'must be "leave", "reject" or "accept"'


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _count(value: object) -> str | None:
    return count_problem(value, least=0)


POLICY = Schema(
    inputs=(
        APPROVAL.input("service_id"),
        Input(
            "rules",
            rules_problem,
            "what to do about which connections: the first rule that matches decides",
            required=True,
            repeated=True,
            hidden=True,
        ),
        Input(
            "otherwise",
            _otherwise,
            "what to do about a connection that no rule matches: `leave`, `reject`, or `accept`, which needs "
            "`accept_anyone`",
            default="leave",
            repeated=True,
        ),
        Input(
            "accept_anyone",
            _flag,
            "allows `otherwise` and rules that name neither accounts nor endpoints to accept",
            default=False,
            repeated=True,
        ),
        Input(
            "max_changes",
            _count,
            "with more connections to accept, reject or wait for than this, nothing is sent; by default any number",
            repeated=True,
        ),
        Input(
            "max_interruptions",
            _count,
            "how many *accepted* connections one operation may reject, a destroy included. What has expired is not "
            "counted",
            default=0,
            repeated=True,
        ),
        APPROVAL.input("region"),
        APPROVAL.input("project_id"),
        APPROVAL.input("profile"),
        APPROVAL.input("settle_timeout"),
    ),
    outputs=(
        Output("decided", "the endpoints that the policy decides on, each with its live status"),
        Output("pending", "the endpoints that wait for a decision, because the policy leaves them alone"),
        Output("failed", "the endpoints that cannot be decided on, or were not, each with the reason"),
        Output("errors", "why the rules were not carried out; empty where they were"),
    ),
)
"""Every property of a policy, in the order of the resource's arguments."""


def problems(inputs: Mapping[str, Any], is_unknown: Callable[[object], bool]) -> dict[str, str]:
    """What is wrong with the inputs of a policy, by input. No value is shown: it may be a secret.

    :param is_unknown: whether a value is not known yet; such a value is not checked.
    """
    found = {name: "is required" for name in POLICY.names("required") if inputs.get(name) is None}
    for name, rule in POLICY.rules.items():
        value = inputs.get(name)
        if value is None or is_unknown(value):
            continue
        reason = rules_problem(value, is_unknown) if name == "rules" else rule(value)
        if reason is not None:
            found[name] = reason
    if not found and not inputs.get("accept_anyone"):
        found = _anyone(inputs, is_unknown)
    return found


def _anyone(inputs: Mapping[str, Any], is_unknown: Callable[[object], bool]) -> dict[str, str]:
    """Where the policy accepts connections of accounts and endpoints that it does not name."""
    advice = "which accepts whoever asks. If that is meant, set accept_anyone=True"
    if inputs.get("otherwise") == "accept":
        return {"otherwise": f'is "accept", {advice}'}
    rules = inputs["rules"]
    for number, rule in enumerate(() if is_unknown(rules) else rules, 1):
        if not is_unknown(rule) and rule["action"] == "accept" and not {"domain_ids", "endpoint_ids"} & set(rule):
            return {"rules": f"rule {number} names neither domain_ids nor endpoint_ids, {advice}"}
    return {}
