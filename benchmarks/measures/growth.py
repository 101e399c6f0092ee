"""How the local engine's own share grows with the number of approvals: linearly, or large stacks could not use it.

The engine's share is the processor time of its own process. Program (the SDK, whose ``wait_for_rpcs`` is quadratic),
provider host and simulator have a process each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.results import Measure, Series
from benchmarks.served import served
from benchmarks.sizes import LOCAL, Sizes
from benchmarks.stack import approvals, new_stack

OPERATIONS = (("up of a new stack", "up"), ("preview", "preview"), ("destroy", "destroy"))


def shares(count: int) -> dict[str, float]:
    """The milliseconds of the engine for each approval, by operation."""
    found = {}
    with served() as simulator, new_stack(LOCAL, simulator.service(count), approvals(count)) as stack:
        for name, operation in OPERATIONS:
            began = time.process_time()
            stack.run(operation)
            found[name] = (time.process_time() - began) / count * 1000
    return found


def measure(sizes: Sizes) -> Iterator[Measure]:
    """The share of one approval, beside that in the smallest stack."""
    first, *others = sizes.growth
    taken = {count: shares(count) for count in sizes.growth}
    for name, _ in OPERATIONS:
        for count in others:
            ours, theirs = taken[count][name], taken[first][name]
            yield Measure(
                "growth",
                name,
                count,
                Series.of("each of so many approvals", "ms", [ours]),
                Series.of(f"each of {first:,}", "ms", [theirs]),
                Series.of("ratio", "x", [ours / theirs]),
            )
