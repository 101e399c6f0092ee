"""How many requests a preview makes. A count, not a time: it is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Measure, Series
from benchmarks.served import served
from benchmarks.sizes import LOCAL, Sizes
from benchmarks.stack import POLICY, approvals, new_stack


def measure(sizes: Sizes) -> Iterator[Measure]:
    """Of a preview when nothing has changed."""
    few, lots = min(sizes.counts), max(sizes.counts)
    cases = [
        (f"{few:,} approvals", approvals(few), few),
        (f"{lots:,} approvals", approvals(lots), lots),
        (f"one policy of {sizes.large:,} connections", POLICY, sizes.large),
    ]
    for case, text, count in dict.fromkeys(cases):
        with served() as simulator, new_stack(LOCAL, simulator.service(count), text) as stack:
            stack.run("up")
            before = simulator.calls()
            stack.run("preview")
            found = simulator.calls() - before
        yield Measure("reads", case, count, Series.of("requests of a preview", "requests", [found]))
