"""What ``diff`` compares to find out whether there is a change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.description import must_describe
from vpcep_pulumi.lifecycle.owner import is_foreign
from vpcep_pulumi.lifecycle.plan import MOST_REASONS
from vpcep_pulumi.lifecycle.schema import IDENTITY, REPEATED
from vpcep_pulumi.lifecycle.table import FULFILLED, Goal, live_of, status_for_state, step_for


def replaced_by(
    olds: Mapping[str, Any], news: Mapping[str, Any], unknown: object, identity: Iterable[str] = IDENTITY
) -> tuple[str, ...]:
    """The changed inputs that name another connection (or service), and so replace the resource.

    :param olds: the state's outputs.
    :param unknown: stands in the place of a value that a preview does not know yet.
    :param identity: the inputs that are the resource's identity.
    """
    return tuple(name for name in identity if news.get(name) not in (olds.get(name), unknown))


def inputs_changed(
    olds: Mapping[str, Any], news: Mapping[str, Any], unknown: object, repeated: Iterable[str] = REPEATED
) -> bool:
    """Whether an input that the connection does not show has changed, or any input is not known yet.

    The parameters are those of :func:`replaced_by`; ``repeated`` are the inputs that the outputs repeat.
    """
    return any(news.get(name) != olds.get(name) for name in repeated) or any(
        value is unknown for value in news.values()
    )


def has_drifted(approval: Approval, connection: Connection | None, olds: Mapping[str, Any]) -> bool:
    """Whether the live connection differs from what is declared, or from what the state has recorded.

    :param approval: what is declared; its connection was seen before.
    :param olds: the state's outputs.
    """
    return (
        step_for(approval.goal, live_of(connection), seen=True) not in FULFILLED
        or olds.get("status") != status_for_state(connection)
        or (olds.get("errors") or []) != failures(connection, approval.goal)
        or is_foreign(approval, connection)  # the update refuses it
        or must_describe(approval.description, connection, written=olds.get("description"))
    )


def failures(connection: Connection | None, goal: Goal | None) -> list[str]:
    """The first few reasons why a connection failed, in the API's words; none if any status is accepted.

    :param goal: what was to be reached; None if the connection is only read.
    """
    if connection is None or goal is Goal.AS_IT_STANDS:
        return []
    return [printable(str(error)) for error in connection.errors[:MOST_REASONS]]
