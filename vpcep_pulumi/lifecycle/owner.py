"""Who owns a connection: the rule of ``expected_domain_id``. It is applied to every read and every response. Pure.

1. A connection of another account than expected is never decided on, never described, and never counts as reached,
   whatever its status is.
2. An endpoint's owner never changes. If a response does not name the owner, the owner is the one that an earlier
   response of the same operation named. If none has named an owner, the owner is unknown, which counts as another
   account than expected.
3. A delete rejects the connection that the state holds, whoever owns it.
"""

from __future__ import annotations

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.text import shown_id
from vpcep_pulumi.errors import OwnerError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.table import Goal, Live, live_of

CHECKED_GOALS = frozenset({Goal.ACCEPTED, Goal.REJECTED, Goal.AS_IT_STANDS})
"""The goals for which the owner is checked."""

CUT_OFF = 'to cut it off, declare status="rejected" without expected_domain_id'
"""The advice for an accepted connection of another account. The provider does not reject it by itself: its only reason
would be a response that contradicts an earlier one."""


def owner_of(named: str | None, known: str | None) -> str | None:
    """The account that owns a connection; None if no response has named one.

    :param named: the account that this response names; the API may leave it out.
    :param known: the account that an earlier response of the same operation named.
    """
    return named or known


def is_anothers(goal: Goal, expected: str | None, owner: str | None) -> bool:
    """Whether a connection belongs to another account than expected, or to an unknown one.

    :param expected: ``expected_domain_id``; None: any account is accepted.
    """
    return goal in CHECKED_GOALS and expected is not None and owner != expected


def is_foreign(approval: Approval, connection: Connection | None) -> bool:
    """Whether the connection belongs to another account than the approval expects, or to an unknown one."""
    if connection is None:
        return False
    return is_anothers(approval.goal, approval.expected_domain_id, owner_of(connection.domain_id, None))


def check_owner(approval: Approval, connection: Connection | None, done: str = "nothing is sent") -> None:
    """Refuse a connection of another account than expected, or of an unknown one.

    :param done: what was sent so far, for the message.
    :raises OwnerError: the connection belongs to such an account.
    """
    if connection is not None and is_foreign(approval, connection):
        live = live_of(connection)
        raise OwnerError(
            f"{approval.name} {whose(approval, connection)}: {done}. "
            "Check endpoint_id, or expected_domain_id if that account is right"
            + (f"; the connection is {live}: {CUT_OFF}" if live in (Live.ACCEPTED, Live.CREATING) else "")
        )


def whose(approval: Approval, connection: Connection) -> str:
    """Who owns the connection, and who should own it, for messages."""
    named = connection.domain_id
    owner = f"account {shown_id(named)}" if named else "an account that the API does not name"
    return f"belongs to {owner}, not to the expected {approval.expected_domain_id}"
