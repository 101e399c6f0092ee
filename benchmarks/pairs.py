"""Measures things in turn, so that a machine that slows down slows all of them, and compares them round by round."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.results import Measure, Series

Take = Callable[[], Mapping[str, float]]
"""Takes a measurement: the value of each quantity, such as the seconds of ``up`` and of ``preview``."""


class Unit(NamedTuple):
    """How a quantity is shown, and how many of these are in one of those that were measured: seconds, bytes."""

    name: str
    scale: float


SECONDS, MILLISECONDS, MEBIBYTES = Unit("s", 1), Unit("ms", 1000), Unit("MiB", 1 / 1024**2)


def timed(do: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Rounds:
    """What was measured, a mapping from each thing to its quantities for each round."""

    taken: tuple[Mapping[str, Mapping[str, float]], ...]

    def values(self, what: str, quantity: str) -> list[float]:
        """A quantity of a thing in each round."""
        return [each[what][quantity] for each in self.taken]

    def compared(
        self,
        subject: str,
        case: str,
        count: int,
        *,
        pair: tuple[str, str],
        quantity: str,
        unit: Unit,
    ) -> Measure:
        """A measure of one thing, with another beside it."""
        ours, theirs = (self.values(what, quantity) for what in pair)
        return Measure(
            subject,
            case,
            count,
            Series.of(pair[0], unit.name, (each * unit.scale for each in ours)),
            Series.of(pair[1], unit.name, (each * unit.scale for each in theirs)),
            Series.of("ratio", "x", _ratios(ours, theirs)),
        )


def in_turn(things: Mapping[str, Take], *, rounds: int, warm_up: bool = True) -> Rounds:
    """Measure things in turn, in an order that is turned round each time.

    :param warm_up: whether a first round does not count. It fills caches.
    """
    found = []
    for number in range(-1 if warm_up else 0, rounds):
        names = list(things)[:: 1 if number % 2 else -1]
        taken = {name: things[name]() for name in names}
        if number >= 0:
            found.append(taken)
    return Rounds(tuple(found))


def _ratios(ours: list[float], theirs: list[float]) -> Iterator[float]:
    return (mine / other if other else 1.0 for mine, other in zip(ours, theirs, strict=True))
