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

from vpcep_pulumi.errors import (
    AnswerError,
    ApiError,
    HandshakeError,
    RefusalKind,
    RequestError,
    TransportError,
    UnreachableError,
)


class RetryReason(Enum):
    """Why a request is sent again."""

    NETWORK = "no answer"
    UNREACHABLE = "no connection"
    SERVER = "the server failed"
    THROTTLED = "too many requests"


NO_ANSWER = frozenset({RetryReason.NETWORK, RetryReason.UNREACHABLE})
"""Where nothing is known of the other side."""


class RetryBudget(NamedTuple):
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


BUDGETS: Mapping[RetryReason, RetryBudget] = MappingProxyType(
    {
        RetryReason.NETWORK: RetryBudget(first=0.5, longest=8, total=45, attempts=20),
        # A server may be starting; more often something is set up wrong, and whoever waits shall know it soon.
        RetryReason.UNREACHABLE: RetryBudget(first=0.5, longest=2, total=5, attempts=10),
        RetryReason.SERVER: RetryBudget(first=1, longest=10, total=60, attempts=20),
        # The vendor advises 2 to 5 s; a quota of 200 calls in 5 minutes was seen.
        RetryReason.THROTTLED: RetryBudget(first=4, longest=30, total=400, attempts=40),
    }
)


def reason_to_retry(method: str, error: RequestError) -> RetryReason | None:
    """Why this request may be sent again, or None where it must not be.

    :param method: GET and PUT do the same when sent twice; POST does not.
    """
    again_is_harmless = method != "POST"
    if isinstance(error, ApiError):
        if error.kind is RefusalKind.THROTTLED:
            return RetryReason.THROTTLED
        if error.kind is RefusalKind.BUSY or (error.kind is RefusalKind.BROKEN and again_is_harmless):
            return RetryReason.SERVER
        return None
    if isinstance(error, HandshakeError):
        return None
    if isinstance(error, UnreachableError):
        return RetryReason.UNREACHABLE
    if again_is_harmless or not error.maybe_done:
        if isinstance(error, TransportError):
            return RetryReason.NETWORK
        if isinstance(error, AnswerError):
            return RetryReason.SERVER
    return None


class Retry(NamedTuple):
    """The decision to send a request again.

    :ivar seconds: to wait before.
    :ivar is_over: whether no time or no attempt is left for it.
    """

    reason: RetryReason
    seconds: float
    is_over: bool


def retry_after(
    method: str,
    error: RequestError,
    *,
    attempt: int,
    passed: float,
    uniform: Callable[[float, float], float] = random.uniform,
) -> Retry | None:
    """Whether to send a request again after an attempt that failed, why, and when; None where it must not be.

    :param method: GET and PUT do the same when sent twice; POST does not.
    :param attempt: how many attempts there were, from 1.
    :param passed: seconds since the beginning of the first.
    """
    reason = reason_to_retry(method, error)
    if reason is None:
        return None
    budget = BUDGETS[reason]
    asked = error.retry_after if isinstance(error, ApiError) else None
    seconds = pause(budget, attempt, asked=asked, uniform=uniform)
    return Retry(reason, seconds, attempt >= budget.attempts or passed + seconds > budget.total)


def pause(budget: RetryBudget, attempt: int, *, asked: float | None, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait before the next attempt: a jittered doubling, or longer where the server asks for longer.

    A server that asks for less is not obeyed: ``Retry-After: 0`` would make a busy loop.

    :param asked: the seconds that the server asks for.
    """
    ceiling = min(budget.longest, budget.first * 2 ** min(attempt - 1, 16))
    own = uniform(ceiling / 2, ceiling)
    return own if asked is None else min(max(asked, own), budget.total)
