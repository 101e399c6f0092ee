"""Sends a request until that is over. Whether it is, and when, is decided in :mod:`vpcep_pulumi.api.retry`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from vpcep_pulumi.api import retry
from vpcep_pulumi.api.throttle import Throttle
from vpcep_pulumi.clock import Tempo
from vpcep_pulumi.errors import ApiError, RequestError

T = TypeVar("T")


class Attempts:
    """What all requests to one address have in common, however often each is sent. Thread-safe.

    :param warn: told, in one line, whenever a request has to wait.
    :param throttle: closed while a request that was throttled waits.
    :ivar has_answered: whether anybody has ever answered there.
    """

    def __init__(self, tempo: Tempo, throttle: Throttle, warn: Callable[[str], None]) -> None:
        self._tempo, self._throttle, self._warn = tempo, throttle, warn
        self.has_answered = False
        self._has_given_up = False

    def make(self, method: str, attempt: Callable[[], T]) -> T:
        """Make attempts until one succeeds, or what the last one raises is final.

        :param method: the request's.
        """
        began = self._tempo.monotonic()

        def trouble(state: tenacity.RetryCallState) -> tuple[retry.Trouble, RequestError] | None:
            error = state.outcome.exception() if state.outcome is not None else None
            if not isinstance(error, RequestError):
                return None
            kind = retry.trouble_of(method, error)
            return None if kind is None else (kind, error)

        def wait(state: tenacity.RetryCallState) -> float:
            if (known := trouble(state)) is None:
                return 0
            asked = known[1].retry_after if isinstance(known[1], ApiError) else None
            return retry.pause(known[0], state.attempt_number, retry_after=asked, uniform=self._tempo.uniform)

        def stop(state: tenacity.RetryCallState) -> bool:
            known = trouble(state)
            passed = self._tempo.monotonic() - began + state.upcoming_sleep
            return known is None or self._is_over(known[0], state.attempt_number, passed)

        def before_sleep(state: tenacity.RetryCallState) -> None:
            if (known := trouble(state)) is not None:
                self._tell(*known, state.upcoming_sleep)

        retrying = tenacity.Retrying(
            retry=lambda state: trouble(state) is not None,
            wait=wait,
            stop=stop,
            sleep=self._tempo.sleep,
            before_sleep=before_sleep,
            reraise=True,
        )
        answer: T = retrying(attempt)
        return answer

    def _is_over(self, kind: retry.Trouble, attempt: int, passed: float) -> bool:
        """Whether a request is not sent again.

        Where nobody has ever answered, one request is patient, and not each of hundreds in turn.
        """
        is_over = retry.is_over(kind, attempt, passed)
        if kind not in retry.NO_ANSWER or self.has_answered:
            return is_over
        self._has_given_up = self._has_given_up or is_over
        return self._has_given_up

    def _tell(self, kind: retry.Trouble, error: RequestError, seconds: float) -> None:
        """Say that a request waits before it is sent again; where that is for seconds only, the error says it all."""
        if kind is retry.Trouble.UNREACHABLE:
            return
        if kind is retry.Trouble.THROTTLED:
            self._throttle.close_for(seconds)
        others = "; every other request waits as well" if kind is retry.Trouble.THROTTLED else ""
        self._warn(f"{error}; trying again in {seconds:.1f} s{others}")
