"""Whether to send a request again, and when. Pure decisions; :mod:`vpcep_pulumi.api.attempts` turns the wheel.

A request that surely was not carried out may always be sent again. One that may have been is sent
again only where doing it twice is the same as doing it once; a POST is left to the caller, who
reads the connection back first. What comes of something that is set up wrong (a certificate that is
not trusted) is not sent again; what may come of it (a connection that is refused), for seconds. A
refusal is never sent again, least of all a 401: five of those lock an access key for five minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.errors import (
    AnswerError,
    ApiError,
    HandshakeError,
    RequestError,
    TransportError,
    UnreachableError,
)


class Trouble(Enum):
    """Why a request is sent again."""

    NETWORK = "no answer"
    UNREACHABLE = "no connection"
    SERVER = "the server failed"
    THROTTLED = "too many requests"


NO_ANSWER = frozenset({Trouble.NETWORK, Trouble.UNREACHABLE})
"""Where nothing is known of the other side."""


class Patience(NamedTuple):
    """How long to go on, in seconds, and how often.

    :ivar first: the longest first pause; each further one may be twice as long.
    :ivar longest: the longest pause.
    :ivar total: no further attempt once so much time has passed since the first.
    :ivar attempts: how many attempts there are at the most, whatever the pauses come to.
    """

    first: float
    longest: float
    total: float
    attempts: int


PATIENCE: Mapping[Trouble, Patience] = MappingProxyType(
    {
        Trouble.NETWORK: Patience(first=0.5, longest=8, total=45, attempts=20),
        # A server may be starting; more often something is set up wrong, and whoever waits shall know it soon.
        Trouble.UNREACHABLE: Patience(first=0.5, longest=2, total=5, attempts=10),
        Trouble.SERVER: Patience(first=1, longest=10, total=60, attempts=20),
        # The vendor advises 2 to 5 s; a quota of 200 calls in 5 minutes was seen.
        Trouble.THROTTLED: Patience(first=4, longest=30, total=400, attempts=40),
    }
)


def trouble_of(method: str, error: RequestError) -> Trouble | None:
    """Why this request may be sent again, or None where it must not be.

    :param method: GET and PUT do the same when sent twice; POST does not.
    """
    again_is_harmless = method != "POST"
    if isinstance(error, ApiError):
        meaning = look_up(error.http_status, error.code).meaning
        if meaning is Meaning.THROTTLED:
            return Trouble.THROTTLED
        if meaning is Meaning.BUSY or (meaning is Meaning.BROKEN and again_is_harmless):
            return Trouble.SERVER
        return None
    if isinstance(error, HandshakeError):
        return None
    if isinstance(error, UnreachableError):
        return Trouble.UNREACHABLE
    if again_is_harmless or not error.maybe_done:
        if isinstance(error, TransportError):
            return Trouble.NETWORK
        if isinstance(error, AnswerError):
            return Trouble.SERVER
    return None


def pause(
    trouble: Trouble,
    attempt: int,
    *,
    retry_after: float | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float:
    """Seconds to wait before the next attempt: a jittered doubling, or longer where the server asks for longer.

    A server that asks for less is not obeyed: ``Retry-After: 0`` would make a busy loop.

    :param attempt: how many attempts there were, from 1.
    """
    patience = PATIENCE[trouble]
    ceiling = min(patience.longest, patience.first * 2 ** min(attempt - 1, 16))
    own = uniform(ceiling / 2, ceiling)
    return own if retry_after is None else min(max(retry_after, own), patience.total)


def is_over(trouble: Trouble, attempt: int, passed: float) -> bool:
    """Whether no further attempt is made.

    :param attempt: how many attempts there were, from 1.
    :param passed: seconds from the beginning of the first attempt to that of the next.
    """
    patience = PATIENCE[trouble]
    return attempt >= patience.attempts or passed > patience.total
