"""Whether to send a request again, and when. Pure decisions; :mod:`vpcep_pulumi.api.client` turns the wheel.

A request that surely was not carried out may always be sent again. One that may have been is sent
again only where doing it twice is the same as doing it once; a POST is left to the caller, who
reads the connection back first. A refusal is never sent again, least of all a 401: five of those
lock an access key for five minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.errors import AnswerError, ApiError, RequestError, TransportError


class Trouble(Enum):
    """Why a request is sent again."""

    NETWORK = "no answer"
    SERVER = "the server failed"
    THROTTLED = "too many requests"


class Patience(NamedTuple):
    """How long to go on, in seconds.

    :ivar first: the longest first pause; each further one may be twice as long.
    :ivar longest: the longest pause.
    :ivar total: no further attempt once so much time has passed since the first.
    """

    first: float
    longest: float
    total: float


PATIENCE: Mapping[Trouble, Patience] = MappingProxyType(
    {
        Trouble.NETWORK: Patience(first=0.5, longest=8, total=45),
        Trouble.SERVER: Patience(first=1, longest=10, total=60),
        # The vendor advises 2 to 5 s; a quota of 200 calls in 5 minutes was seen.
        Trouble.THROTTLED: Patience(first=4, longest=30, total=400),
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
    """Seconds to wait before the next attempt: what the server asked for, else a jittered doubling.

    :param attempt: how many attempts there were, from 1.
    """
    patience = PATIENCE[trouble]
    if retry_after is not None:
        return min(max(retry_after, 0.0), patience.total)
    ceiling = min(patience.longest, patience.first * 2 ** min(attempt - 1, 16))
    return uniform(ceiling / 2, ceiling)
