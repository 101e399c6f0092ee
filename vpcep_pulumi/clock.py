"""Time and chance, as an argument of whoever needs them: a test drives both."""

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
    """Time and chance, as arguments.

    :ivar monotonic: seconds, never going back, and fine enough to tell a request from the one before it.
    :ivar sleep: waits for so many seconds; may raise to end a wait.
    :ivar uniform: a number between two.
    :ivar now: the date and the time, aware.
    """

    monotonic: Callable[[], float] = time.perf_counter  # time.monotonic has ticks of 16 ms on Windows
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = _now
