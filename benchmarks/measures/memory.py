"""The largest process of a preview, and the size of the state.

The operation runs below a process of its own, which asks the system how large its largest child was. So neither other
measures nor the simulator count.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product

from benchmarks.pairs import MEBIBYTES, in_turn
from benchmarks.results import Measure, Series
from benchmarks.served import ROOT, served
from benchmarks.sizes import Sizes
from benchmarks.stack import POLICY, Stack, approvals, engines, new_stack


def largest(stack: Stack, environment: Mapping[str, str]) -> dict[str, float]:
    """The bytes of the largest process of a preview."""
    inner = [sys.executable, "-m", "benchmarks.stack", stack.engine, str(stack.folder), "preview"]
    command = [sys.executable, "-m", "benchmarks.largest", *inner]
    environ = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True)  # noqa: S603
    return {"bytes": float(done.stdout)}


def measure(sizes: Sizes) -> Iterator[Measure]:
    """A policy of a large service, and as many approvals as are measured elsewhere; nothing has changed."""
    most = max(sizes.counts)
    cases = [("one policy", POLICY, sizes.large), ("approvals", approvals(most), most)]
    for engine, (what, text, count) in product(engines(), cases):
        with served() as simulator:
            environment = simulator.service(count)
            with new_stack(engine, environment, text) as stack, new_stack(engine, environment) as empty:
                stack.run("up")
                empty.run("up")
                size = stack.size()
                pair = (what, "an empty program")
                things = {
                    name: partial(largest, each, environment) for name, each in zip(pair, (stack, empty), strict=True)
                }
                rounds = in_turn(things, rounds=min(3, sizes.rounds), warm_up=False)
        case = f"largest process of a preview, {engine}"
        yield rounds.compared("memory", case, count, pair=pair, quantity="bytes", unit=MEBIBYTES)
        yield Measure("memory", f"state of {what}, {engine}", count, Series.of("size", "KiB", [size / 1024]))
