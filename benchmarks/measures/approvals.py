"""Approvals against resources that do nothing: what this package adds to Pulumi's own time.

The API has no latency here. Beside a no-op of the same inputs stands one of the same outputs as well: an output costs
the SDK and the CLI (which writes the whole state at every step) a share of its own, whatever the provider does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from benchmarks.pairs import SECONDS, in_turn
from benchmarks.results import Measure
from benchmarks.served import served
from benchmarks.sizes import Sizes
from benchmarks.stack import approvals, engines, many, up_and_preview

APPROVALS, INPUTS, STATE = "approvals", "no-ops with the same inputs", "no-ops with the same state"


def programs(count: int) -> dict[str, str]:
    """The program of each kind of resource."""
    return {
        APPROVALS: approvals(count),
        INPUTS: many("benchmarks.noop", "NoOp", count),
        STATE: many("benchmarks.noop", "NoOpWithOutputs", count),
    }


def measure(sizes: Sizes) -> Iterator[Measure]:
    """``up`` of a new stack, and a preview when nothing has changed."""
    for engine, count in product(engines(sizes), sizes.counts):
        with served() as simulator:
            take = partial(up_and_preview, engine, simulator)
            things = {what: partial(take, text, count) for what, text in programs(count).items()}
            rounds = in_turn(things, rounds=sizes.rounds, warm_up=sizes.warm_up)
            for operation in ("up", "preview"):
                for other in (INPUTS, STATE):
                    yield rounds.compared(
                        "approvals",
                        f"{operation}, {engine}",
                        count,
                        pair=(APPROVALS, other),
                        quantity=operation,
                        unit=SECONDS,
                    )
