"""What an approval does about a connection: the statuses, the table and the waits, as data.

The rules:

1. The step is a function of what is declared (the goal), of the connection's live status, and of
   whether this approval has seen the connection before. Nothing else.
2. Only ``receive`` and ``reject`` are ever sent, and only where the table says so.
3. An endpoint's id is never used again. If a connection was there and is gone, its consumer has
   left. That is not an error; a connection that *failed* is one.
4. In a status that the API does not document, nothing is sent: neither ``receive`` nor ``reject``.
5. Each wait lists the statuses in which it goes on, and those in which it is over. Any other status
   is an error that names it, at once.

No source documents which action is legal in which status. The table sends only what the vendor's
own clients were seen to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from vpcep_pulumi.api.statuses import DOCUMENTED
from vpcep_pulumi.api.text import shown_id

if TYPE_CHECKING:
    from vpcep_pulumi.api.models import Connection


class Live(StrEnum):
    """A connection's live status: one of the API's six, or of two of our own."""

    PENDING_ACCEPTANCE = "pendingAcceptance"
    CREATING = "creating"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETING = "deleting"
    ABSENT = "absent"
    """There is no such connection, or its service no longer exists."""
    UNDOCUMENTED = "undocumented"
    """The API sent a status that it does not document, or none at all."""


class Goal(StrEnum):
    """What is declared for a connection."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"
    """No approval declares it any more."""
    AS_IT_STANDS = "as it stands"
    """``ignore_changes=["status"]`` keeps a status that a refresh recorded, and that a program cannot declare."""


class Step(StrEnum):
    """What is done next."""

    NOTHING = "nothing"
    ADOPT = "adopt"
    """Nothing is sent: the connection is as declared already."""
    RECORD = "record"
    """Nothing is sent: the connection may stay, but the state has another status. In plans only, not in the table."""
    RECEIVE = "receive"
    REJECT = "reject"
    WAIT = "wait"
    WAIT_THEN_REJECT = "wait, then reject"
    APPEAR = "wait for it to appear"
    LEFT = "nothing, its consumer has left"
    IMPOSSIBLE = "impossible"


class Cell(NamedTuple):
    """The steps for a connection that this approval has never seen, and for one that it has."""

    never_seen: Step
    seen: Step


def _always(step: Step) -> Cell:
    return Cell(step, step)


DECLARABLE = frozenset({Goal.ACCEPTED, Goal.REJECTED})
"""The goals that a program can declare, under the same names."""

_NOTHING = _always(Step.NOTHING)
_REACHED = Cell(Step.ADOPT, Step.NOTHING)
_REJECT = _always(Step.REJECT)
_LATER = _always(Step.WAIT_THEN_REJECT)
_NEVER = _always(Step.IMPOSSIBLE)

TABLE: Mapping[Live, Mapping[Goal, Cell]] = MappingProxyType(
    {
        live: MappingProxyType(dict(zip(Goal, cells, strict=True)))
        for live, *cells in (
            # live, accepted, rejected, deleted, as it stands
            (Live.PENDING_ACCEPTANCE, _always(Step.RECEIVE), _REJECT, _REJECT, _REACHED),
            (Live.CREATING, _always(Step.WAIT), _LATER, _LATER, _REACHED),
            (Live.ACCEPTED, _REACHED, _REJECT, _REJECT, _REACHED),
            (Live.REJECTED, _always(Step.RECEIVE), _REACHED, _NOTHING, _REACHED),
            (Live.FAILED, _NEVER, _REACHED, _NOTHING, _REACHED),
            (Live.DELETING, Cell(Step.IMPOSSIBLE, Step.LEFT), _REACHED, _NOTHING, _REACHED),
            (Live.ABSENT, Cell(Step.APPEAR, Step.LEFT), Cell(Step.APPEAR, Step.LEFT), _NOTHING, _REACHED),
            (Live.UNDOCUMENTED, _NEVER, _NEVER, _NEVER, _REACHED),
        )
    }
)
"""The step for every live status (row) and goal (column)."""


class Wait(NamedTuple):
    """The statuses that a wait may see. Any other is an error.

    :ivar pending: those in which the wait goes on.
    :ivar target: those in which it is over, and the table is applied again.
    """

    pending: frozenset[Live]
    target: frozenset[Live]


_ALWAYS_TARGET = {Live.FAILED, Live.DELETING, Live.UNDOCUMENTED}
_UNDECIDED = {Live.PENDING_ACCEPTANCE, Live.ACCEPTED, Live.REJECTED, Live.ABSENT, *_ALWAYS_TARGET}

WAITS: Mapping[Step, Wait] = MappingProxyType(
    {
        # After an action, the opposite status is somebody else's decision: an error, not a reason to send it again.
        Step.RECEIVE: Wait(frozenset({Live.CREATING}), frozenset({Live.ACCEPTED, Live.ABSENT, *_ALWAYS_TARGET})),
        Step.REJECT: Wait(frozenset(), frozenset({Live.REJECTED, Live.ABSENT, *_ALWAYS_TARGET})),
        Step.WAIT: Wait(frozenset({Live.CREATING}), frozenset(_UNDECIDED)),
        Step.WAIT_THEN_REJECT: Wait(frozenset({Live.CREATING}), frozenset(_UNDECIDED)),
        Step.APPEAR: Wait(frozenset({Live.ABSENT}), frozenset({*_UNDECIDED, Live.CREATING} - {Live.ABSENT})),
    }
)
"""By step: how long to poll the connection."""

SENDS = frozenset({Step.RECEIVE, Step.REJECT})
"""The steps that send a request: the action of the same name."""

REJECTS = frozenset({Step.REJECT, Step.WAIT_THEN_REJECT})
"""The steps that reject."""

HELD = frozenset({Live.ACCEPTED, Live.CREATING})
"""The statuses of a connection that was accepted: to reject it interrupts its consumer."""

FULFILLED = frozenset({Step.NOTHING, Step.ADOPT, Step.LEFT})
"""The steps after which nothing is left to do."""

DESCRIBABLE = frozenset({Live.PENDING_ACCEPTANCE, Live.CREATING, Live.ACCEPTED, Live.REJECTED})
"""The live statuses in which a connection can have a description."""


def live_of(connection: Connection | None) -> Live:
    """The live status of a connection; None means that there is none. ``absent`` from the API is undocumented."""
    if connection is None:
        return Live.ABSENT
    return Live(connection.status) if connection.status in DOCUMENTED else Live.UNDOCUMENTED


def goal_of(status: object) -> Goal:
    """The goal for the ``status`` among an approval's inputs.

    A program can declare two. Any other was the live status when a refresh recorded it, and ``ignore_changes`` keeps
    it.
    """
    return Goal(str(status)) if status in DECLARABLE else Goal.AS_IT_STANDS


def live_named(status: str) -> Live:
    """The live status for a status that the state has recorded."""
    return Live(status) if status in DOCUMENTED or status == Live.ABSENT else Live.UNDOCUMENTED


def status_for_state(connection: Connection | None) -> str:
    """The status that the state records: the API's, made fit to be shown, or one of our own."""
    live = live_of(connection)
    if connection is None or not connection.status or connection.status == Live.ABSENT:
        return str(live)
    return shown_id(connection.status)


def step_for(goal: Goal, live: Live, *, seen: bool) -> Step:
    """The next step from a live status towards a goal.

    :param seen: whether this approval has seen the connection before.
    """
    cell = TABLE[live][goal]
    return cell.seen if seen else cell.never_seen


def is_reached(declared: str, status: str) -> bool:
    """Whether a connection that was seen before may be left as it is.

    :param declared: the status among the inputs.
    :param status: the status that the state has recorded.
    """
    return step_for(goal_of(declared), live_named(status), seen=True) in FULFILLED
