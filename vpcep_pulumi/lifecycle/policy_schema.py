"""The inputs and outputs of a policy: one row for each property, as for an approval. Pure."""

from __future__ import annotations

from vpcep_pulumi.lifecycle.policy_rule import rules_problem
from vpcep_pulumi.lifecycle.schema import APPROVAL, Input, Output, Schema, count_problem

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
