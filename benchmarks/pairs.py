"""Runs two things in turn, so that a machine that slows down slows both, and tells their ratio."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median


def timed(do: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def in_pairs(names: tuple[str, str], measure: tuple[Callable[[], float], Callable[[], float]], *, rounds: int) -> float:
    """Measure A and B in turn, in an order that alternates, after one round that does not count.

    :param measure: each takes a measurement and returns its seconds.
    :returns: the median of the pairs' ratios, A by B.
    """
    taken: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        if number % 2:
            second, first = measure[1](), measure[0]()
        else:
            first, second = measure[0](), measure[1]()
        if number:
            taken.append((first, second))
            show(f"  round {number}: {names[0]} {first:6.2f} s, {names[1]} {second:6.2f} s, ratio {first / second:.3f}")
    for name, seconds in zip(names, zip(*taken, strict=True), strict=True):
        show(f"  {name:24} min {min(seconds):6.2f} s, median {median(seconds):6.2f} s, max {max(seconds):6.2f} s")
    ratio = median(first / second for first, second in taken)
    show(f"  ratio {names[0]} / {names[1]}, median of the pairs: {ratio:.3f}")
    return ratio


def show(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
