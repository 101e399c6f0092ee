"""What the values of a resource, as its inputs or the state have them, declare. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.expiry import status_at
from vpcep_pulumi.lifecycle.policy import Policy
from vpcep_pulumi.lifecycle.policy_rule import rule_of
from vpcep_pulumi.lifecycle.table import Goal, goal_of


def approval_of(inputs: Mapping[str, Any], *, now: datetime) -> Approval:
    """The approval that checked inputs declare.

    :param now: when the operation began.
    """
    declared = str(inputs["status"])
    status = status_at(declared, inputs.get("expires_at"), now)
    return _approval(inputs, goal_of(status), has_expired=status != declared)


def approval_for(values: Mapping[str, Any], goal: Goal) -> Approval:
    """The approval that the state's outputs are about.

    :param goal: used instead of the ``status`` among them. In outputs, that is the live status, not the declared one.
    """
    return _approval(values, goal)


def _approval(values: Mapping[str, Any], goal: Goal, *, has_expired: bool = False) -> Approval:
    given = {each.name: values[each.name] for each in fields(Approval) if values.get(each.name) is not None}
    status = given.get("status") if goal is Goal.AS_IT_STANDS else goal
    return Approval(**{**given, "status": str(status), "goal": goal, "has_expired": has_expired})


def policy_of(values: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Policy:
    """The policy that checked inputs, or the state's outputs, declare. Counts come from Pulumi as floats.

    :param olds: the state's inputs or outputs, which hold the former rules; None if there is no state.
    """
    given = {each.name: values[each.name] for each in fields(Policy) if values.get(each.name) is not None}
    given |= {name: int(given[name]) for name in ("max_changes", "max_interruptions") if name in given}
    given["former_rules"] = tuple(map(rule_of, (olds or {}).get("rules") or ()))
    return Policy(**given | {"rules": tuple(map(rule_of, given["rules"]))})
