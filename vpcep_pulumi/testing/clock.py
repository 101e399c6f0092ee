"""The real time, in a process whose tests have stopped or moved theirs.

freezegun replaces ``time.time`` and ``time.monotonic``, and leaves ``time.clock_gettime`` alone. time-machine moves
every clock that shows the date, and has an escape hatch.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress


def now() -> float:
    """Seconds since the epoch, whatever tests have made of it."""
    mover = sys.modules.get("time_machine")
    if mover is not None and mover.escape_hatch.is_travelling():
        with suppress(ValueError):  # another thread has just come back
            return float(mover.escape_hatch.time.time())
    return time.time() if sys.platform == "win32" else time.clock_gettime(time.CLOCK_REALTIME)


def monotonic() -> float:
    """Seconds that only ever grow, likewise."""
    return time.monotonic() if sys.platform == "win32" else time.clock_gettime(time.CLOCK_MONOTONIC)
