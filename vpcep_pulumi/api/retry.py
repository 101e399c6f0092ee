"""Decides whether to retry a request, and when. Pure; :mod:`vpcep_pulumi.api.attempts` makes the attempts.

- A request that was certainly not carried out may be retried. Throttling is an example.
- A request that may have been carried out is retried only if it is idempotent (GET, PUT). For a POST, the caller
  reads the connection back first.
- An error in the setup, such as an untrusted certificate, is not retried. An error that may be one, such as a refused
  network connection, is retried for a few seconds.
- Every other refusal of the API is final. A 401 in particular is never retried: five of them lock an access key for
  five minutes.
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
    """Why a request is retried."""

    NETWORK = "no answer"
    UNREACHABLE = "no connection"
    SERVER = "the server failed"
    THROTTLED = "too many requests"


NO_ANSWER = frozenset({RetryReason.NETWORK, RetryReason.UNREACHABLE})
"""The reasons that mean that no response came."""


class RetryBudget(NamedTuple):
    """The limits for the attempts of one request; times are in seconds.

    :ivar first: upper limit of the first pause. It doubles with each further pause.
    :ivar longest: upper limit of every pause, unless the server asks for a longer one.
    :ivar total: no attempt begins later than this after the first. It also limits a pause that the server asks for.
    :ivar attempts: the most attempts, however short the pauses are.
    """

    first: float
    longest: float
    total: float
    attempts: int


BUDGETS: Mapping[RetryReason, RetryBudget] = MappingProxyType(
    {
        RetryReason.NETWORK: RetryBudget(first=0.5, longest=8, total=45, attempts=20),
        # The server may be starting. More often, a setting is wrong, and the user should learn that soon.
        RetryReason.UNREACHABLE: RetryBudget(first=0.5, longest=2, total=5, attempts=10),
        RetryReason.SERVER: RetryBudget(first=1, longest=10, total=60, attempts=20),
        # The vendor advises 2 to 5 s; a quota of 200 calls in 5 minutes was seen.
        RetryReason.THROTTLED: RetryBudget(first=4, longest=30, total=400, attempts=40),
    }
)


def reason_to_retry(method: str, error: RequestError) -> RetryReason | None:
    """Why this request may be retried; None if it must not be.

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
    """A retry that a request's error allows.

    :ivar seconds: the pause before the next attempt.
    :ivar is_over: whether the budget has no time or no attempt left for it.
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
    """Whether, why and when to retry after a failed attempt; None if the request must not be retried.

    :param method: GET and PUT do the same when sent twice; POST does not.
    :param attempt: how many attempts there were, from 1.
    :param passed: seconds since the first attempt began.
    """
    reason = reason_to_retry(method, error)
    if reason is None:
        return None
    budget = BUDGETS[reason]
    asked = error.retry_after if isinstance(error, ApiError) else None
    seconds = pause(budget, attempt, asked=asked, uniform=uniform)
    return Retry(reason, seconds, attempt >= budget.attempts or passed + seconds > budget.total)


def pause(budget: RetryBudget, attempt: int, *, asked: float | None, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait before the next attempt: exponential backoff with jitter, or longer if the server asks for it.

    A shorter wait that the server asks for is ignored: ``Retry-After: 0`` would make a busy loop.

    :param asked: the seconds that the server asks for; None if it does not.
    """
    ceiling = min(budget.longest, budget.first * 2 ** min(attempt - 1, 16))
    own = uniform(ceiling / 2, ceiling)
    return own if asked is None else min(max(asked, own), budget.total)
