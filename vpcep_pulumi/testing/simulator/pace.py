"""How fast everything goes: the service's clock, what is drawn of latency, and the quota. Thread-safe."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from vpcep_pulumi.testing.simulator.model import Settings, check_seconds
from vpcep_pulumi.testing.simulator.refusals import Refusal

FURTHEST_S = 1000 * 365 * 86_400.0
"""A thousand years: the most that time can have been advanced in all."""


class Pace:
    """Time and chance.

    :param clock: seconds since the epoch.
    :ivar settings: how the simulator behaves now.
    """

    def __init__(self, clock: Callable[[], float], settings: Settings) -> None:
        self._lock = threading.RLock()
        self._real_clock = clock
        self._ahead = 0.0
        self._taken: list[float] = []
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Behave so from now on; a seed starts its draws anew."""
        with self._lock:
            self.settings = settings
            self._random = random.Random(settings.seed)

    def now(self) -> float:
        """Seconds since the epoch, in the service."""
        return self._real_clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass, at once.

        :raises ValueError: it is negative, no number, or too far.
        """
        check_seconds("advance", seconds)
        with self._lock:
            if self._ahead + seconds > FURTHEST_S:
                raise ValueError(f"time was advanced by {self._ahead:.0f} seconds already: a thousand years at most")
            self._ahead += seconds

    def pass_with_request(self) -> None:
        """Let the time pass that passes with each request, as far as time goes."""
        with self._lock:
            self._ahead = min(self._ahead + self.settings.request_s, FURTHEST_S)

    def latency(self) -> float:
        """Seconds that the next answer takes."""
        return self.draw(self.settings.latency_s)

    def take_from_quota(self, request_id: str) -> None:
        """One more call.

        :raises Refusal: 429, the quota is used up.
        """
        with self._lock:
            if self.settings.quota is None:
                return
            now = self.now()
            self._taken = [at for at in self._taken if at > now - self.settings.quota_s]
            if len(self._taken) >= self.settings.quota:
                raise Refusal("APIGW.0308", request_id=request_id)
            self._taken.append(now)

    def draw(self, most: float) -> float:
        """With a seed something up to so many seconds, without one so many."""
        with self._lock:
            return self._random.uniform(0, most) if self.settings.seed is not None else most
