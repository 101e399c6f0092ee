"""The exchange between a decision and its driver: what the decision wants, and the results. Data only."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import Action
from vpcep_pulumi.errors import RequestError, VpcepError


class Pace(NamedTuple):
    """The times and limits of a decision.

    :ivar pauses: seconds between two looks at a connection; the last one is used for all further pauses.
    :ivar read_lag: seconds after an action in which a read may still show the status before it.
    :ivar report_every: seconds between two progress reports of a wait.
    :ivar most_attempts: how often an action is sent at most, if its responses are lost.
    """

    pauses: tuple[float, ...] = (1.0, 1.0, 2.0, 3.0, 5.0)  # ``creating`` took 2 to 6 s
    read_lag: float = 15.0
    report_every: float = 10.0
    most_attempts: int = 3


PACE: Final = Pace()
READ_LAG: Final = PACE.read_lag
"""Seconds."""


class Look(NamedTuple):
    """Wanted: the live connection.

    :ivar since: a read that began earlier does not count. A time of the results' clock; None: any recent read counts.
    """

    since: float | None = None


class Send(NamedTuple):
    """Wanted: an action is sent.

    :ivar before: the connection as it stood before.
    :ivar until: from then on it is not sent any more. A time of the results' clock.
    """

    action: Action
    before: Connection | None
    until: float = math.inf


class Describe(NamedTuple):
    """Wanted: the description is written onto the connection.

    :ivar before: the connection as it stood before.
    """

    description: str
    before: Connection


class Pause(NamedTuple):
    """Wanted: wait for these seconds."""

    seconds: float


class Level(Enum):
    """How much a report matters."""

    PROGRESS = "progress"
    WARNING = "warning"


class Report(NamedTuple):
    """Wanted: a message to the user."""

    level: Level
    message: str


Want: TypeAlias = Look | Send | Describe | Pause | Report


class Seen(NamedTuple):
    """The result of a look.

    :ivar connection: None if there is none.
    :ivar at: the time of the result, in seconds of a clock that never goes back; the same clock for all results.
    """

    connection: Connection | None
    at: float


class Answered(NamedTuple):
    """The response to an action or a description.

    :ivar connection: as the response has it.
    """

    connection: Connection
    at: float


class Refused(NamedTuple):
    """The request could not be sent, or the API refused it. Nothing was carried out.

    :ivar began: when the request was made.
    """

    error: RequestError
    at: float
    began: float


class Lost(NamedTuple):
    """No usable response came. The request may have been carried out.

    :ivar began: when the request was made; a read from then on shows what became of it.
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

    :ivar connection: as it was last seen; None if there is none.
    :ivar sent: what was sent, with a ``?`` if it may not have been carried out. If this is not empty, something may
        have changed remotely.
    :ivar error: why the goal was not reached; None if it was, or if the consumer has left.
    :ivar has_left: whether the consumer left during this decision.
    """

    connection: Connection | None
    sent: tuple[str, ...]
    error: VpcepError | None
    has_left: bool
