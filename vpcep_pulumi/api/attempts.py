"""Sends a request until that is over. Whether it is, and when, is decided in :mod:`vpcep_pulumi.api.retry`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from vpcep_pulumi.api import retry
from vpcep_pulumi.api.retry import RetryReason
from vpcep_pulumi.api.throttle import Throttle
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import RequestError

T = TypeVar("T")


class Attempts:
    """What all requests to one address have in common, however often each is sent. Thread-safe.

    :param warn: told, in one line, whenever a request has to wait.
    :param throttle: closed while a request that was throttled waits.
    :ivar has_answered: whether anybody has ever answered there.
    """

    def __init__(self, clock: Clock, throttle: Throttle, warn: Callable[[str], None]) -> None:
        self._clock, self._throttle, self._warn = clock, throttle, warn
        self.has_answered = False
        self._has_given_up = False

    def make(self, method: str, attempt: Callable[[], T]) -> T:
        """Make attempts until one succeeds, or what the last one raises is final.

        :param method: the request's.
        """
        began = self._clock.monotonic()
        again: retry.Retry | None = None

        def is_made_again(state: tenacity.RetryCallState) -> bool:
            nonlocal again
            error = state.outcome.exception() if state.outcome is not None else None
            again = None
            if isinstance(error, RequestError):
                passed = self._clock.monotonic() - began
                again = self._decide(method, error, attempt=state.attempt_number, passed=passed)
            return again is not None

        def before_sleep(state: tenacity.RetryCallState) -> None:
            assert again is not None
            assert state.outcome is not None
            self._report(again, state.outcome.exception())

        retrying = tenacity.Retrying(
            retry=is_made_again,
            wait=lambda _state: again.seconds if again is not None else 0,
            sleep=self._clock.sleep,
            before_sleep=before_sleep,
        )
        answer: T = retrying(attempt)
        return answer

    def _decide(self, method: str, error: RequestError, *, attempt: int, passed: float) -> retry.Retry | None:
        """The decision on a request whose last attempt has failed; None: what it raised is final.

        Where nobody has ever answered, one request is patient, and not each of hundreds in turn.
        """
        again = retry.retry_after(method, error, attempt=attempt, passed=passed, uniform=self._clock.uniform)
        if again is None:
            return None
        if again.reason in retry.NO_ANSWER and not self.has_answered:
            self._has_given_up = self._has_given_up or again.is_over
            return None if self._has_given_up else again
        return None if again.is_over else again

    def _report(self, again: retry.Retry, error: BaseException | None) -> None:
        """Say that a request waits before it is sent again; where that is for seconds only, the error says it all."""
        if again.reason is RetryReason.UNREACHABLE:
            return
        is_throttled = again.reason is RetryReason.THROTTLED
        if is_throttled:
            self._throttle.close_for(again.seconds)
        others = "; every other request waits as well" if is_throttled else ""
        self._warn(f"{error}; trying again in {again.seconds:.1f} s{others}")
