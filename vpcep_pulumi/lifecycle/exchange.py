"""What a decision wants, and what comes of it: the two halves of the talk with whoever drives it. Data alone."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import Action
from vpcep_pulumi.errors import RequestError, VpcepError


class Pace(NamedTuple):
    """How fast, how long and how often.

    :ivar pauses: seconds between two looks at a connection; the last one again and again.
    :ivar read_lag: seconds after an action in which a read may still show what stood before it.
    :ivar report_every: seconds after which a wait says again where it stands.
    :ivar most_attempts: how often an action is sent whose answers get lost.
    """

    pauses: tuple[float, ...] = (1.0, 1.0, 2.0, 3.0, 5.0)  # ``creating`` took 2 to 6 s
    read_lag: float = 15.0
    report_every: float = 10.0
    most_attempts: int = 3


PACE: Final = Pace()
READ_LAG: Final = PACE.read_lag
"""Seconds."""


class Look(NamedTuple):
    """Wanted: the connection as it stands.

    :ivar since: the oldest reading to believe, a time of the results' clock; None: a recent one will do.
    """

    since: float | None = None


class Send(NamedTuple):
    """Wanted: an action is sent.

    :ivar before: the connection as it stood before.
    """

    action: Action
    before: Connection | None


class Describe(NamedTuple):
    """Wanted: the description is written onto the connection.

    :ivar before: the connection as it stood before.
    """

    description: str
    before: Connection


class Pause(NamedTuple):
    """Wanted: so many seconds pass."""

    seconds: float


class Level(Enum):
    """How much a report matters."""

    PROGRESS = "progress"
    WARNING = "warning"


class Report(NamedTuple):
    """Wanted: the user is told."""

    level: Level
    message: str


Want: TypeAlias = Look | Send | Describe | Pause | Report


class Seen(NamedTuple):
    """What a look saw.

    :ivar connection: None where there is none.
    :ivar at: when it was known, in seconds of any clock that never goes back; the same for all results.
    """

    connection: Connection | None
    at: float


class Answered(NamedTuple):
    """What an action or a description was answered.

    :ivar connection: as the answer has it.
    """

    connection: Connection
    at: float


class Refused(NamedTuple):
    """The API could not be asked, or said no. Nothing was carried out.

    :ivar began: when it was asked.
    """

    error: RequestError
    at: float
    began: float


class Lost(NamedTuple):
    """No answer that can be read has come. What was sent may have been carried out.

    :ivar began: when it was sent: a reading from then on shows what became of it.
    """

    error: RequestError
    at: float
    began: float


class Done(NamedTuple):
    """A pause is over, or a report was made."""

    at: float


Result: TypeAlias = Seen | Answered | Refused | Lost | Done


class Outcome(NamedTuple):
    """What a decision came to.

    :ivar connection: as it was last seen; None where it is not there.
    :ivar sent: what was sent, with a ``?`` where it may not have been carried out. Not empty means that something may
        have changed remotely.
    :ivar error: why the goal was not reached; None where it was, or where the consumer has left.
    :ivar has_left: whether the consumer left meanwhile.
    """

    connection: Connection | None
    sent: tuple[str, ...]
    error: VpcepError | None
    has_left: bool
