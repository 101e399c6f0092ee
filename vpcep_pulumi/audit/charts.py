"""The charts of the page: how old connections are, and which accounts they belong to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vpcep_pulumi.audit.connections import Row, age_of

AGES: Final = (
    (timedelta(days=1), "under a day"),
    (timedelta(days=7), "1 to 7 days"),
    (timedelta(days=30), "7 to 30 days"),
    (timedelta(days=90), "30 to 90 days"),
    (timedelta(days=365), "90 to 365 days"),
    (timedelta.max, "over a year"),
)
UNKNOWN: Final = "not known"
MOST_BARS: Final = 8
"""The most accounts that have a bar of their own."""
SEGMENTS: Final = ("accepted", "pendingAcceptance", "rejected", "other")
"""The parts of a bar, from the left."""
LENGTH: Final = 100.0
"""The length of the longest bar."""


@dataclass(frozen=True)
class Segment:
    """A part of a bar.

    :ivar kind: one of :data:`SEGMENTS`.
    :ivar x: where it begins.
    """

    kind: str
    x: float
    width: float
    count: int


@dataclass(frozen=True)
class Bar:
    """A bar with its label."""

    label: str
    total: int
    segments: tuple[Segment, ...]


def ages(rows: Iterable[Row], now: datetime) -> list[Bar]:
    """A bar for each span of ages."""
    counts: dict[str, Counter[str]] = {label: Counter() for label in (*(each for _, each in AGES), UNKNOWN)}
    for row in rows:
        age = age_of(row.connection, now)
        label = UNKNOWN if age is None else next(label for limit, label in AGES if age < limit)
        counts[label][_kind(row)] += 1
    return _bars([(label, found) for label, found in counts.items() if label != UNKNOWN or found])


def accounts(rows: Iterable[Row]) -> list[Bar]:
    """A bar for each account, those with the most connections first."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.connection.domain_id or UNKNOWN, Counter())[_kind(row)] += 1
    found = sorted(counts.items(), key=lambda each: (-each[1].total(), each[0]))
    rest = found[MOST_BARS:]
    if len(rest) > 1:
        total: Counter[str] = Counter()
        for _, each in rest:
            total.update(each)
        found = [*found[:MOST_BARS], (f"{len(rest)} more accounts", total)]
    return _bars(found)


def _kind(row: Row) -> str:
    return row.status if row.status in SEGMENTS else SEGMENTS[-1]


def _bars(counts: Sequence[tuple[str, Counter[str]]]) -> list[Bar]:
    most = max((each.total() for _, each in counts), default=0) or 1
    return [Bar(label, each.total(), _segments(each, LENGTH / most)) for label, each in counts]


def _segments(counts: Counter[str], unit: float) -> tuple[Segment, ...]:
    found: list[Segment] = []
    at = 0.0
    for kind in SEGMENTS:
        if counts[kind]:
            found.append(Segment(kind, round(at, 2), round(counts[kind] * unit, 2), counts[kind]))
            at += counts[kind] * unit
    return tuple(found)
