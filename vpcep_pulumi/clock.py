"""Time and randomness, passed as an argument so that a test can control both."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """The sources of time and randomness.

    :ivar monotonic: seconds that never go back, fine enough that two requests in a row have different times.
    :ivar sleep: waits for the given seconds; may raise an exception to end the wait.
    :ivar uniform: a random number between two bounds.
    :ivar now: the date and time, with a time zone.
    """

    monotonic: Callable[[], float] = time.perf_counter  # time.monotonic has ticks of 16 ms on Windows
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = _now
