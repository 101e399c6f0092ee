"""Sends a request, with retries. :mod:`vpcep_pulumi.api.retry` decides whether and when to retry."""

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
    """Makes the attempts of all requests to one address. Thread-safe.

    :param warn: called with one line whenever a request waits for its next attempt.
    :param throttle: closed while a throttled request waits.
    :ivar has_answered: whether any response has ever come from this address.
    """

    def __init__(self, clock: Clock, throttle: Throttle, warn: Callable[[str], None]) -> None:
        self._clock, self._throttle, self._warn = clock, throttle, warn
        self.has_answered = False
        self._has_given_up = False

    def make(self, method: str, attempt: Callable[[], T]) -> T:
        """Call ``attempt`` until it succeeds, or until it raises an error that is not to be retried.

        :param method: the request's HTTP method.
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
        """Decide on the next attempt after a failed one; None: there is none, and the error is final.

        If the address has never answered, and one request has used up its retries, no other is retried. Otherwise
        hundreds of requests would wait for as long, one after the other.
        """
        again = retry.retry_after(method, error, attempt=attempt, passed=passed, uniform=self._clock.uniform)
        if again is None:
            return None
        if again.reason in retry.NO_ANSWER and not self.has_answered:
            self._has_given_up = self._has_given_up or again.is_over
            return None if self._has_given_up else again
        return None if again.is_over else again

    def _report(self, again: retry.Retry, error: BaseException | None) -> None:
        """Warn that a request waits for its next attempt; if it was throttled, close the throttle as well.

        An unreachable server is not reported: the wait takes only seconds, and the final error says everything.
        """
        if again.reason is RetryReason.UNREACHABLE:
            return
        is_throttled = again.reason is RetryReason.THROTTLED
        if is_throttled:
            self._throttle.close_for(again.seconds)
        others = "; every other request waits as well" if is_throttled else ""
        self._warn(f"{error}; trying again in {again.seconds:.1f} s{others}")
