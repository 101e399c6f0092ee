"""What is going to happen to a connection, and how a preview learns about it.

There are two problems:

- The state must not keep a plan. Otherwise, the next preview would show it as removed, and a destroy would show it too.
- If ``check`` fails, the CLI interrupts the program, and the program's traceback stands above the message.

So the resource tells the provider that it is declared in a preview (``__preview``). Then ``check`` does not fail, but
adds the plan and a refusal (``refused``) to the checked inputs. When they come back, the resource raises the refusal.
In an update, ``check`` fails, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.expiry import time_left
from vpcep_pulumi.lifecycle.owner import check_owner
from vpcep_pulumi.lifecycle.plan import plan_for, verb, words
from vpcep_pulumi.lifecycle.schema import IDENTITY
from vpcep_pulumi.lifecycle.table import REJECTS, Goal, Step, live_of, status_for_state, step_for
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.answers import Checked, Planned
from vpcep_pulumi.provider.properties import PLAN, PLANS_KEPT, PREVIEW, REFUSED, RETAINED, VERB
from vpcep_pulumi.provider.unknown import UNKNOWN
from vpcep_pulumi.provider.values import Values, is_held


def planned(operation: Operation, approval: Approval, olds: Mapping[str, Any]) -> Planned | None:
    """What is going to happen; None if nothing is.

    :raises InputError: what is declared is impossible.
    """
    seen = is_held(olds, approval)
    connection = operation.get_connection(approval, seen=seen)
    check_owner(approval, connection)
    plan = plan_for(approval, connection, seen=seen, written=olds.get("description") if seen else None)
    left = time_left(approval.expires_at, operation.now) if approval.goal is Goal.ACCEPTED else ""
    if left:
        operation.log_of(approval).warning(
            f"{approval.name} expires at {approval.expires_at}, in {left}: from then on it is to be rejected"
        )
    if approval.has_expired and plan.step in (*REJECTS, Step.APPEAR):
        operation.log_of(approval).warning(f"{approval.name} expired at {approval.expires_at}: it is to be rejected")
    if plan.step is Step.IMPOSSIBLE:
        raise InputError("", f"{approval.name}: {plan.reason}")
    if step_for(approval.goal, live_of(connection), seen=seen) is Step.LEFT:
        operation.log_of(approval).warning(
            f"{approval.name} is {status_for_state(connection)}: its consumer has left; remove this approval"
        )
    return Planned(words(plan, previous=olds.get(PLAN) if seen else None), verb(plan)) if plan.is_update else None


def inputs_for(checked: Checked, news: Mapping[str, Any]) -> Values:
    """The inputs that ``check`` found; in a preview, with the plan and a refusal.

    :param news: the program's inputs.
    """
    inputs = dict(checked.inputs) | ({RETAINED: True} if news.get(RETAINED) else {})
    if checked.plan is not None and (news.get(PREVIEW) or news.get(PLANS_KEPT)):
        inputs |= {PLAN: checked.plan.words, VERB: checked.plan.verb}
    if news.get(PREVIEW) and checked.failures:
        inputs[REFUSED] = "; ".join(map(str, checked.failures))
    return inputs


def unknown_plan(olds: Mapping[str, Any], inputs: Values) -> Planned:
    """The plan if not all inputs are known yet. It names the connection in the state that may be rejected."""
    unknown = [name for name in IDENTITY if inputs.get(name) is UNKNOWN]
    if not olds or not unknown:
        return Planned(UNKNOWN, "not known yet")
    return Planned(
        f"not known before the update: {', '.join(unknown)}. If it becomes another connection, "
        f"connection {olds.get('endpoint_id')} of service {olds.get('service_id')} is rejected",
        "not known yet",
    )
