"""Until when an approval holds: the rule of ``expires_at``. Pure.

From that moment on, what is declared accepted is to be rejected. The moment is compared once an operation, with the
time at which the operation began: a preview and the update that follows it agree, unless the moment lies between them.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

WARNED = timedelta(days=1)
"""How long before the moment each preview and each update warns of it."""


def is_over(expires_at: str | None, now: datetime) -> bool:
    """Whether the moment has come.

    :param expires_at: RFC 3339, with a zone; None: it never comes.
    :param now: aware.
    """
    return expires_at is not None and now >= datetime.fromisoformat(expires_at)


def time_left(expires_at: str | None, now: datetime) -> str:
    """How long it holds, in words, where that is not long; empty otherwise, and where it is over."""
    if expires_at is None:
        return ""
    left = datetime.fromisoformat(expires_at) - now
    if not timedelta(0) < left <= WARNED:
        return ""
    minutes = int(left.total_seconds() // 60)
    if minutes < 2:
        return "less than two minutes"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def seconds_left(expires_at: str | None, now: datetime) -> float:
    """How many seconds it still holds: negative after the moment, infinite without one."""
    return math.inf if expires_at is None else (datetime.fromisoformat(expires_at) - now).total_seconds()
