"""What an approval does about a connection: the statuses, the table and the waits, as data.

The rules:

1. The step is a function of what is declared (the goal), of the connection's live status, and of
   whether this approval has seen the connection before. Nothing else.
2. Only ``receive`` and ``reject`` are ever sent, and only where the table says so.
3. An endpoint's id never comes back. A connection that was there and is gone has a consumer who
   left, which is no failure of the owner's; a connection that *failed* is.
4. A status this version does not know is never acted upon, in either direction.
5. A wait passes through a closed set of statuses and ends at a closed set; any other is an error
   that names it, at once.

No source documents which action is legal in which status; the table sends only what the vendor's
own clients are seen to send.
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
    """A connection's status as it stands: the API's six, and two of ours."""

    PENDING_ACCEPTANCE = "pendingAcceptance"
    CREATING = "creating"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETING = "deleting"
    ABSENT = "absent"
    """No such connection, or no such service any more."""
    UNDOCUMENTED = "undocumented"
    """A status that the API does not document, or none at all."""


class Goal(StrEnum):
    """What is declared for a connection."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"
    """No approval declares it any more."""
    AS_IT_STANDS = "as it stands"
    """``ignore_changes=["status"]`` keeps a status that a refresh recorded and that nobody can declare."""


class Step(StrEnum):
    """What is done next."""

    NOTHING = "nothing"
    ADOPT = "adopt"
    """Nothing is sent: the connection is as declared already."""
    RECORD = "record"
    """Nothing is sent: the connection may stay, but the state has it otherwise. A plan says so, never the table."""
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
"""What a program can declare, by the word for it."""

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
    """The statuses that a wait may see.

    :ivar pending: it goes on.
    :ivar target: it is over, and the table is asked again.
    """

    pending: frozenset[Live]
    target: frozenset[Live]


_ALWAYS_TARGET = {Live.FAILED, Live.DELETING, Live.UNDOCUMENTED}
_UNDECIDED = {Live.PENDING_ACCEPTANCE, Live.ACCEPTED, Live.REJECTED, Live.ABSENT, *_ALWAYS_TARGET}

WAITS: Mapping[Step, Wait] = MappingProxyType(
    {
        # Afterwards the opposite status is somebody else's doing: an error, not a second round.
        Step.RECEIVE: Wait(frozenset({Live.CREATING}), frozenset({Live.ACCEPTED, Live.ABSENT, *_ALWAYS_TARGET})),
        Step.REJECT: Wait(frozenset(), frozenset({Live.REJECTED, Live.ABSENT, *_ALWAYS_TARGET})),
        Step.WAIT: Wait(frozenset({Live.CREATING}), frozenset(_UNDECIDED)),
        Step.WAIT_THEN_REJECT: Wait(frozenset({Live.CREATING}), frozenset(_UNDECIDED)),
        Step.APPEAR: Wait(frozenset({Live.ABSENT}), frozenset({*_UNDECIDED, Live.CREATING} - {Live.ABSENT})),
    }
)
"""How long to watch after a step: nothing else may be seen on the way."""

SENDS = frozenset({Step.RECEIVE, Step.REJECT})
"""The steps that send a request, each the action of its own name."""

FULFILLED = frozenset({Step.NOTHING, Step.ADOPT, Step.LEFT})
"""The steps that leave nothing to be done."""

DESCRIBABLE = frozenset({Live.PENDING_ACCEPTANCE, Live.CREATING, Live.ACCEPTED, Live.REJECTED})
"""Connections that can bear a description."""


def live_of(connection: Connection | None) -> Live:
    """The live status of a connection; None is one that is not there. The API itself cannot say ``absent``."""
    if connection is None:
        return Live.ABSENT
    return Live(connection.status) if connection.status in DOCUMENTED else Live.UNDOCUMENTED


def goal_of(status: object) -> Goal:
    """What a status among an approval's inputs asks for.

    A program can declare two. Any other was live when a refresh recorded it, and ``ignore_changes`` keeps it.
    """
    return Goal(str(status)) if status in DECLARABLE else Goal.AS_IT_STANDS


def live_named(status: str) -> Live:
    """The live status that a state records."""
    return Live(status) if status in DOCUMENTED or status == Live.ABSENT else Live.UNDOCUMENTED


def recorded(connection: Connection | None) -> str:
    """The status that a state records: the API's word, as it may be shown, or one of ours."""
    live = live_of(connection)
    if connection is None or not connection.status or connection.status == Live.ABSENT:
        return str(live)
    return shown_id(connection.status)


def step_for(goal: Goal, live: Live, *, seen: bool) -> Step:
    """The step from where a connection stands towards what is declared.

    :param seen: whether this approval has seen the connection before.
    """
    cell = TABLE[live][goal]
    return cell.seen if seen else cell.never_seen


def is_reached(declared: str, status: str) -> bool:
    """Whether a connection that was seen may be left as it stands.

    :param declared: the status among the inputs.
    :param status: as the state records it.
    """
    return step_for(goal_of(declared), live_named(status), seen=True) in FULFILLED
