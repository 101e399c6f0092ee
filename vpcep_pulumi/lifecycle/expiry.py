"""Until when an approval holds: the rule of ``expires_at``. Pure.

From that moment on, what is declared accepted is to be rejected. The moment is compared once an operation, with the
time at which the operation began: a preview and the update that follows it agree, unless the moment lies between them.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

WARNED = timedelta(days=1)
"""How long before the moment each preview and each update warns of it."""


def status_at(status: str, expires_at: str | None, now: datetime) -> str:
    """The status that is desired at a time: ``rejected`` instead of ``accepted`` once that has expired.

    :param status: the declared one.
    :param expires_at: RFC 3339, with a zone; None: it never expires.
    :param now: with a zone.
    """
    return "rejected" if status == "accepted" and seconds_left(expires_at, now) <= 0 else status


def seconds_left(expires_at: str | None, now: datetime) -> float:
    """How many seconds it still holds: none or less from the moment on, infinitely many if it never expires."""
    return math.inf if expires_at is None else (datetime.fromisoformat(expires_at) - now).total_seconds()


def time_left(expires_at: str | None, now: datetime) -> str:
    """How long it still holds, in words, if that is a day or less; empty otherwise, and from the moment on."""
    seconds = seconds_left(expires_at, now)
    if not 0 < seconds <= WARNED.total_seconds():
        return ""
    minutes = int(seconds // 60)
    if minutes < 2:
        return "less than two minutes"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
