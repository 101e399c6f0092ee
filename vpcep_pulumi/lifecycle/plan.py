"""What is about to happen to a connection, as a value and in words: the ``plan`` of a preview. Pure.

Text from the API stands in a plan only as an id (:func:`~vpcep_pulumi.api.text.shown_id`) or in quotes, ASCII only and
short (:func:`quoted`). So an error text cannot be mistaken for an owner or for our own words. The owner comes first, so
no text can push it out of sight. Two different accounts never look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from urllib.parse import urlsplit

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.text import escaped, shown_id
from vpcep_pulumi.api.times import TIME
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.description import must_describe
from vpcep_pulumi.lifecycle.table import Goal, Live, Step, live_of, status_for_state, step_for

ACTION: Mapping[Goal, str] = MappingProxyType({Goal.ACCEPTED: "receive", Goal.REJECTED: "reject"})
TARGET_STATUS: Mapping[Goal, str] = MappingProxyType(
    {Goal.ACCEPTED: "accepted", Goal.REJECTED: "rejected", Goal.DELETED: "rejected"}
)

DESCRIBE = "describe"

MOST_REASONS = 3
"""How many of a connection's errors are shown."""
LONGEST_REASON = 100
LONGEST_STATUS = 40
LONGEST_HOST = 100


@dataclass(frozen=True)
class Plan:
    """What is about to happen to one connection.

    :ivar step: what is done about its status.
    :ivar connection: the live connection; None if there is none.
    :ivar reason: what to say besides the connection's status; may be empty.
    :ivar describes: whether the declared description is written as well.
    """

    step: Step
    connection: Connection | None
    reason: str = ""
    describes: bool = False

    @property
    def is_update(self) -> bool:
        """Whether anything is sent, waited for or recorded."""
        return self.step is not Step.NOTHING or self.describes


def plan_for(approval: Approval, connection: Connection | None, *, seen: bool, written: str | None) -> Plan:
    """What is about to happen.

    The status that the state has recorded is not known here. If a connection may stay although its status is not the
    declared one, the step is ``record``. ``diff`` knows the recorded status, and decides whether that is an update.

    :param seen: whether the approval has seen the connection before.
    :param written: the description that was declared last time.
    """
    goal = approval.goal
    step = step_for(goal, live_of(connection), seen=seen)
    describes = must_describe(approval.description, connection, written=written)
    if step is Step.IMPOSSIBLE:
        return Plan(step, connection, impossible(goal, connection))
    expiry = f"it expired at {approval.expires_at}" if approval.has_expired else ""
    if step is Step.APPEAR:
        then = ": ".join(filter(None, [ACTION[goal], expiry]))
        return Plan(step, connection, f"there is no such connection yet; once it appears, {then}")
    is_otherwise = step is Step.NOTHING and not describes and status_for_state(connection) != approval.status
    if step is Step.LEFT or is_otherwise:
        reason = "its consumer has left, remove this approval" if connection is None else ""
        return Plan(Step.RECORD, connection, reason)
    return Plan(step, connection, expiry, describes=describes)


def verb(plan: Plan) -> str:
    """What is done: ``receive``, ``wait, then reject``, ``adopt``, ``record``, ``receive and describe``, …"""
    if plan.describes:
        return DESCRIBE if plan.step is Step.NOTHING else f"{plan.step} and {DESCRIBE}"
    return str(plan.step)


def words(plan: Plan, *, previous: object = None) -> str:
    """A plan as a preview shows it: ``receive: the connection, owned by 6e9d…, is rejected``.

    :param previous: the plan among the stored inputs, if plans are stored (``vpcep:plans``). If the new plan had the
        same words, the preview would show an update without any difference. So the new one says ``again``.
    """
    said = _sentence(plan)
    return _sentence(plan, again=" again") if said == previous and plan.step is not Step.RECORD else said


def situation(connection: Connection | None, *, again: str = "", dated: bool = False) -> str:
    """A connection's owner and status in words: ``the connection, owned by 4d2f…, is rejected``.

    If the connection has failed, the reasons follow.

    :param dated: say when the connection last changed, if the API names a time.
    """
    live = live_of(connection)
    if connection is None:
        return f"the connection is{again} absent"
    owner = (
        f"owned by {shown_id(connection.domain_id)}" if connection.domain_id else "whose owner the API does not name"
    )
    status = live if live is not Live.UNDOCUMENTED else quoted(connection.status or "", LONGEST_STATUS)
    why = reasons(connection) if live is Live.FAILED else ""
    return f"the connection, {owner}, is{again} {status}{_last_change(connection) if dated else ''}{why}"


def reasons(connection: Connection) -> str:
    """The first few of a connection's errors, in brackets; empty if it has none."""
    if not connection.errors:
        return ""
    shown = [quoted(str(error), LONGEST_REASON) for error in connection.errors[:MOST_REASONS]]
    more = len(connection.errors) - len(shown)
    return f" ({'; '.join([*shown, f'and {more} more'] if more else shown)})"


def impossible(goal: Goal, connection: Connection | None) -> str:
    """Why the connection cannot reach the declared status, and what to do about it."""
    live = live_of(connection)
    advice = {
        Live.FAILED: "its consumer must delete the endpoint and connect again, which gives a new endpoint id",
        Live.DELETING: "its consumer is deleting the endpoint; declare the one that replaces it",
    }.get(live, "this version does not know that status; upgrade vpcep-pulumi, or decide in the console")
    return f"{situation(connection)} and cannot be {TARGET_STATUS[goal]}: {advice}"


def not_in_time(step: Step, connection: Connection | None, seconds: float) -> str:
    """The message for a wait that has timed out: how the connection stands, and what to do about it."""
    if step is Step.APPEAR:
        return (
            f"check endpoint_id: after {seconds:.0f} s there is no such connection. "
            "If it is still to come, raise appear_timeout, or run it again later"
        )
    return f"after {seconds:.0f} s {situation(connection)}; raise settle_timeout, or run it again later"


def endpoint_note(region: str, endpoint: str) -> str:
    """The warning that requests go to another host than the region's own. It is given once in an operation.

    :param endpoint: the other address; only its host and port are shown.
    """
    host = "".join(c if c.isascii() and (c.isalnum() or c in ".:-[]") else escaped(c) for c in _host(endpoint))
    host = host if len(host) <= LONGEST_HOST else f"{host[:LONGEST_HOST]}…"
    return (
        f"requests for region {shown_id(region)} go to {host}, not to the region's own host: "
        "it sees the requests' credentials, and this preview shows what it answers"
    )


def quoted(text: str, longest: int) -> str:
    """Untrusted text for a message of ours: in single quotes, which the text cannot end.

    The result is ASCII only: letters of other scripts may look like ours, and some change the line's direction.

    :param longest: the most characters, not counting the quotes.
    """
    pieces = [_piece(character) for character in " ".join(text[: 4 * longest].split())]
    ends = list(accumulate(map(len, pieces)))
    if not pieces or ends[-1] <= longest:
        return f"'{''.join(pieces)}'"
    return f"'{''.join(piece for piece, end in zip(pieces, ends, strict=True) if end < longest)}…'"


def _last_change(connection: Connection) -> str:
    """The API's ``updated_at``, in brackets: the time when the status or the description changed."""
    time = connection.updated_at or ""
    return f" (updated_at {time})" if TIME.fullmatch(time) else ""


def _sentence(plan: Plan, *, again: str = "") -> str:
    if plan.step is Step.APPEAR:
        return f"wait: {plan.reason}"
    return ": ".join([verb(plan), situation(plan.connection, again=again, dated=True), *filter(None, [plan.reason])])


def _piece(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    return character if character.isascii() and character.isprintable() else escaped(character)


def _host(endpoint: str) -> str:
    """Host and port, without what stands before an ``@``: it may be a password."""
    try:
        return urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").netloc.rpartition("@")[2]
    except ValueError:
        return ""
