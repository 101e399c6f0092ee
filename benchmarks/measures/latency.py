"""A policy that accepts many connections while each answer of the API takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.pairs import SECONDS, in_turn
from benchmarks.results import Measure
from benchmarks.served import served
from benchmarks.sizes import LOCAL, Sizes
from benchmarks.stack import EMPTY, POLICY, new_stack


def measure(sizes: Sizes) -> Iterator[Measure]:
    """``up`` of a new stack, beside that of a program without a resource."""

    def up(text: str) -> dict[str, float]:
        with (
            served(latency=sizes.latency) as simulator,
            new_stack(LOCAL, simulator.service(sizes.answers), text) as stack,
        ):
            return stack.timed("up")

    policy, empty = f"one policy, {sizes.latency * 1000:.0f} ms for each answer", "an empty program"
    things = {policy: partial(up, POLICY), empty: partial(up, EMPTY)}
    rounds = in_turn(things, rounds=sizes.rounds, warm_up=sizes.warm_up)
    yield rounds.compared("latency", f"up, {LOCAL}", sizes.answers, pair=(policy, empty), quantity="up", unit=SECONDS)
