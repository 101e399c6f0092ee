"""Whose a connection is: the rule of ``expected_domain_id``, for every look at it and every answer. Pure.

1. What belongs to another account than expected is never decided on, described or called reached, whatever its status.
2. An endpoint's owner never changes. So an answer that leaves the owner out belongs to whom an earlier one of the same
   operation named; where none has named anybody, it is nobody's, which is not the expected account.
3. A delete takes back what the state holds, whoever has it.
"""

from __future__ import annotations

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.text import shown_id
from vpcep_pulumi.errors import OwnerError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.table import Goal, Live, live_of

CHECKED_GOALS = frozenset({Goal.ACCEPTED, Goal.REJECTED, Goal.AS_IT_STANDS})
"""The goals for which it matters whose the connection is."""

CUT_OFF = 'to cut it off, declare status="rejected" without expected_domain_id'
"""What to do about a connection of another account that is accepted. Nothing of it is done by itself: what the account
would be judged by is the very answer that contradicts an earlier one."""


def owner_of(named: str | None, known: str | None) -> str | None:
    """The account that a connection belongs to; None where no answer has named one.

    :param named: by this answer; the API may leave it out.
    :param known: by an earlier answer of the same operation.
    """
    return named or known


def is_anothers(goal: Goal, expected: str | None, owner: str | None) -> bool:
    """Whether a connection belongs to another account than expected, or to nobody knows whom.

    :param expected: ``expected_domain_id``; None: any account will do.
    """
    return goal in CHECKED_GOALS and expected is not None and owner != expected


def is_foreign(approval: Approval, connection: Connection | None) -> bool:
    """Whether the connection belongs to another account than the approval expects, or to nobody knows whom."""
    if connection is None:
        return False
    return is_anothers(approval.goal, approval.expected_domain_id, owner_of(connection.domain_id, None))


def check_owner(approval: Approval, connection: Connection | None, done: str = "nothing is sent") -> None:
    """Refuse a connection of another account than expected, or of nobody knows whom.

    :param done: what the message says of what was sent.
    :raises OwnerError: it is.
    """
    if connection is not None and is_foreign(approval, connection):
        live = live_of(connection)
        raise OwnerError(
            f"{approval.name} {whose(approval, connection)}: {done}. "
            "Check endpoint_id, or expected_domain_id if that account is right"
            + (f"; the connection is {live}: {CUT_OFF}" if live in (Live.ACCEPTED, Live.CREATING) else "")
        )


def whose(approval: Approval, connection: Connection) -> str:
    """Whose the connection is, and whose it should be."""
    named = connection.domain_id
    owner = f"account {shown_id(named)}" if named else "an account that the API does not name"
    return f"belongs to {owner}, not to the expected {approval.expected_domain_id}"
