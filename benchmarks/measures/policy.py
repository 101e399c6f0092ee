"""One policy against as many approvals as the service has connections."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from benchmarks.pairs import SECONDS, in_turn
from benchmarks.results import Measure
from benchmarks.served import served
from benchmarks.sizes import Sizes
from benchmarks.stack import POLICY, approvals, engines, up_and_preview

ONE, MANY = "one policy", "an approval for each connection"


def measure(sizes: Sizes) -> Iterator[Measure]:
    """``up`` of a new stack, and a preview when nothing has changed."""
    for engine, count in product(engines(sizes), sizes.counts):
        with served() as simulator:
            take = partial(up_and_preview, engine, simulator)
            things = {ONE: partial(take, POLICY, count), MANY: partial(take, approvals(count), count)}
            rounds = in_turn(things, rounds=sizes.rounds, warm_up=sizes.warm_up)
            for operation in ("up", "preview"):
                yield rounds.compared(
                    "policy", f"{operation}, {engine}", count, pair=(ONE, MANY), quantity=operation, unit=SECONDS
                )
