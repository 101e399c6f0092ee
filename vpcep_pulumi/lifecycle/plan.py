"""What is about to happen, in words: the ``plan`` of a preview. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vpcep_pulumi.api.models import LONGEST_NOTE, Connection, printable
from vpcep_pulumi.api.text import visible
from vpcep_pulumi.lifecycle.table import DESCRIBABLE, Goal, Live, Step, live_of, step_for

ACTION: Mapping[Goal, str] = MappingProxyType({Goal.ACCEPTED: "receive", Goal.REJECTED: "reject"})

RECORD = "record"
DESCRIBE = "describe"


def plan_for(
    goal: Goal,
    connection: Connection | None,
    *,
    seen: bool,
    describe: bool,
    previous: str | None,
) -> str | None:
    """The plan to show, or None where nothing is to be done and nothing to be recorded.

    What the state recorded is not known here. Where a connection may stay although it is not as declared, the
    plan says ``record``, and the diff, which knows what was recorded, decides whether that is an update.

    :param seen: whether the approval exists already.
    :param describe: whether the description has to be written (:func:`must_describe`).
    :param previous: the plan among the stored inputs.
    """
    live = live_of(connection)
    words = _words(goal, live, seen=seen)
    if describe:
        words = f"{words} and {DESCRIBE}" if words not in (None, RECORD) else DESCRIBE
    if words is None:
        return None
    plan = f"{words}: {situation(connection)}"
    if live is Live.ABSENT and seen:
        plan += ": its consumer has left, remove this approval"
    elif live is Live.ABSENT:
        plan = f"{words}: there is no such connection yet; once it appears, {ACTION[goal]}"
    # Two plans in a row with the same words would be an update that shows nothing.
    return plan.replace(" is ", " is again ", 1) if plan == previous and not is_record(plan) else plan


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


def situation(connection: Connection | None) -> str:
    """Where a connection stands, in words: ``the connection is rejected, owned by 4d2f…``."""
    live = live_of(connection)
    if connection is None:
        return "the connection is absent"
    status = live if live is not Live.UNDOCUMENTED else repr(printable(connection.status or "", 64))
    owner = f", owned by {printable(connection.domain_id, 64)}" if connection.domain_id else ""
    reasons = f" ({'; '.join(printable(str(error)) for error in connection.errors)})" if connection.errors else ""
    return f"the connection is {status}{reasons}{owner}"


def impossible(goal: Goal, connection: Connection | None) -> str:
    """Why what is declared cannot be, and what to do about it."""
    live = live_of(connection)
    wish = {Goal.ACCEPTED: "accepted", Goal.REJECTED: "rejected", Goal.DELETED: "rejected"}[goal]
    advice = {
        Live.FAILED: "its consumer must delete the endpoint and connect again, which gives a new endpoint id",
        Live.DELETING: "its consumer is deleting the endpoint; declare the one that replaces it",
    }.get(live, "this version does not know that status; upgrade vpcep-pulumi, or decide in the console")
    return f"{situation(connection)} and cannot be {wish}: {advice}"


def is_record(plan: object) -> bool:
    """Whether a plan says that nothing is sent."""
    return isinstance(plan, str) and plan.startswith(RECORD)


def _words(goal: Goal, live: Live, *, seen: bool) -> str | None:
    step = step_for(goal, live, seen=seen)
    if step is Step.APPEAR:
        return "wait"
    if step is Step.LEFT:
        return RECORD
    if step is not Step.NOTHING:
        return str(step)
    if not seen:
        return "adopt"
    return RECORD if live != Live(str(goal)) else None
