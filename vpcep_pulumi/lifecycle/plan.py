"""What is about to happen, as a value and in words: the ``plan`` of a preview. Pure.

The words of a plan are ours; what comes from the API stands in them as an id (:func:`~vpcep_pulumi.api.text.shown_id`)
or in quotes, ASCII only and short (:func:`quoted`). So nobody's error text can pass for an owner or for our own words,
whoever's account comes first and is not pushed out of sight, and two accounts never look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from urllib.parse import urlsplit

from vpcep_pulumi.api.models import LONGEST_NOTE, Connection
from vpcep_pulumi.api.text import escaped, shown_id, visible
from vpcep_pulumi.lifecycle.table import DESCRIBABLE, Goal, Live, Step, live_of, recorded, step_for

ACTION: Mapping[Goal, str] = MappingProxyType({Goal.ACCEPTED: "receive", Goal.REJECTED: "reject"})
WISH: Mapping[Goal, str] = MappingProxyType(
    {Goal.ACCEPTED: "accepted", Goal.REJECTED: "rejected", Goal.DELETED: "rejected"}
)

RECORD = "record"
DESCRIBE = "describe"

MOST_REASONS = 3
"""How many of a connection's errors are shown."""
LONGEST_REASON = 100
LONGEST_STATUS = 40
LONGEST_HOST = 100


@dataclass(frozen=True)
class Plan:
    """What is about to happen to one connection.

    :ivar step: the table's.
    :ivar verb: what is done: ``receive``, ``wait, then reject``, ``adopt``, ``record``, ``receive and describe``, …
    :ivar connection: as it stands; None where it is not there.
    :ivar reason: what there is to say beside how it stands; empty where there is nothing.
    """

    step: Step
    verb: str
    connection: Connection | None
    reason: str = ""


def plan_for(
    goal: Goal,
    connection: Connection | None,
    *,
    declared: str,
    seen: bool,
    describe: bool,
) -> Plan | None:
    """The plan to show, or None where nothing is to be done and nothing to be recorded.

    What the state recorded is not known here. Where a connection may stay although it is not as declared, the
    plan says ``record``, and the diff, which knows what was recorded, decides whether that is an update.

    :param declared: the status among the inputs.
    :param seen: whether the approval exists already.
    :param describe: whether the description has to be written (:func:`must_describe`).
    """
    step = step_for(goal, live_of(connection), seen=seen)
    verb = _verb(step, connection, declared=declared, seen=seen)
    if describe:
        verb = f"{verb} and {DESCRIBE}" if verb not in (None, RECORD) else DESCRIBE
    if verb is None:
        return None
    if step is Step.APPEAR:
        return Plan(step, verb, connection, f"there is no such connection yet; once it appears, {ACTION[goal]}")
    has_left = connection is None and seen
    return Plan(step, verb, connection, "its consumer has left, remove this approval" if has_left else "")


def words(plan: Plan, *, previous: object = None) -> str:
    """A plan as a preview shows it: ``receive: the connection, owned by 6e9d…, is rejected``.

    :param previous: the plan among the stored inputs, where plans are stored (``vpcep:plans``). Two in a row with the
        same words would be an update that shows nothing, so the second one says ``again``.
    """
    said = _sentence(plan)
    return _sentence(plan, again=" again") if said == previous and plan.verb != RECORD else said


def must_describe(declared: str | None, connection: Connection | None, *, written: str | None) -> bool:
    """Whether the declared description has to be written onto the connection.

    :param declared: None where the program leaves descriptions alone.
    :param written: what was declared last time: answers may leave the description out.
    """
    if declared is None or connection is None or live_of(connection) not in DESCRIBABLE:
        return False
    known = connection.description if connection.description is not None else written
    # A live description is kept as it can be shown; the declared one may hold a line break.
    return visible(declared, LONGEST_NOTE) != visible(known or "", LONGEST_NOTE)


def situation(connection: Connection | None, *, again: str = "") -> str:
    """Whose a connection is and where it stands: ``the connection, owned by 4d2f…, is rejected``.

    Why is said of a connection that failed, and of no other.
    """
    live = live_of(connection)
    if connection is None:
        return f"the connection is{again} absent"
    owner = (
        f"owned by {shown_id(connection.domain_id)}" if connection.domain_id else "whose owner the API does not name"
    )
    status = live if live is not Live.UNDOCUMENTED else quoted(connection.status or "", LONGEST_STATUS)
    why = reasons(connection) if live is Live.FAILED else ""
    return f"the connection, {owner}, is{again} {status}{why}"


def reasons(connection: Connection) -> str:
    """The first few of a connection's errors, in brackets; empty where it has none."""
    if not connection.errors:
        return ""
    shown = [quoted(str(error), LONGEST_REASON) for error in connection.errors[:MOST_REASONS]]
    more = len(connection.errors) - len(shown)
    return f" ({'; '.join([*shown, f'and {more} more'] if more else shown)})"


def impossible(goal: Goal, connection: Connection | None) -> str:
    """Why what is declared cannot be, and what to do about it."""
    live = live_of(connection)
    advice = {
        Live.FAILED: "its consumer must delete the endpoint and connect again, which gives a new endpoint id",
        Live.DELETING: "its consumer is deleting the endpoint; declare the one that replaces it",
    }.get(live, "this version does not know that status; upgrade vpcep-pulumi, or decide in the console")
    return f"{situation(connection)} and cannot be {WISH[goal]}: {advice}"


def not_in_time(step: Step, connection: Connection | None, seconds: float) -> str:
    """What is said where a wait has taken too long, and what to do about it."""
    if step is Step.APPEAR:
        return (
            f"check endpoint_id: after {seconds:.0f} s there is no such connection. "
            "If it is still to come, raise appear_timeout, or run it again later"
        )
    return f"after {seconds:.0f} s {situation(connection)}; raise settle_timeout, or run it again later"


def endpoint_note(region: str, endpoint: str) -> str:
    """What a preview says, once, where requests go to anything but the region's own host.

    :param endpoint: its address; only the host and the port of it are shown.
    """
    host = "".join(c if c.isascii() and (c.isalnum() or c in ".:-[]") else escaped(c) for c in _host(endpoint))
    host = host if len(host) <= LONGEST_HOST else f"{host[:LONGEST_HOST]}…"
    return (
        f"requests for region {shown_id(region)} go to {host}, not to the region's own host: "
        "it sees the requests' credentials, and this preview shows what it answers"
    )


def quoted(text: str, longest: int) -> str:
    """Somebody else's text in a message of ours: in single quotes, which it cannot end.

    ASCII only: letters of other scripts pass for ours, and some of them turn the line's direction around.

    :param longest: the most characters, without the quotes.
    """
    pieces = [_piece(character) for character in " ".join(text[: 4 * longest].split())]
    ends = list(accumulate(map(len, pieces)))
    if not pieces or ends[-1] <= longest:
        return f"'{''.join(pieces)}'"
    return f"'{''.join(piece for piece, end in zip(pieces, ends, strict=True) if end < longest)}…'"


def _sentence(plan: Plan, *, again: str = "") -> str:
    parts = ("" if plan.step is Step.APPEAR else situation(plan.connection, again=again), plan.reason)
    return ": ".join([plan.verb, *filter(None, parts)])


def _verb(step: Step, connection: Connection | None, *, declared: str, seen: bool) -> str | None:
    if step is Step.APPEAR:
        return "wait"
    if step is Step.LEFT:
        return RECORD
    if step is not Step.NOTHING:
        return str(step)
    if not seen:
        return "adopt"
    return RECORD if recorded(connection) != declared else None


def _piece(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    return character if character.isascii() and character.isprintable() else escaped(character)


def _host(endpoint: str) -> str:
    """Host and port: what stands before an ``@`` may be a password."""
    try:
        return urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").netloc.rpartition("@")[2]
    except ValueError:
        return ""
