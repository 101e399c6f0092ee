"""Figures as text."""

from __future__ import annotations

from benchmarks.results import Series


def figure(number: float) -> str:
    """Three digits that count; no more than that repeats."""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:#.3g}".rstrip(".")


def value(series: Series) -> str:
    """The median with its unit, and the spread if there is one."""
    unit = "" if series.unit == "x" else f" {series.unit}"
    median = f"{figure(series.median)}{unit}"
    if series.least == series.most:
        return median
    return f"{median} ({figure(series.least)} to {figure(series.most)})"
