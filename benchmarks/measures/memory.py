"""The largest process of a preview, and the size of the state.

The operation runs below a process of its own, which asks the system how large its largest child was. So neither other
measures nor the simulator count.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from benchmarks.pairs import MEBIBYTES, in_turn
from benchmarks.results import Measure, Series
from benchmarks.served import ROOT, served
from benchmarks.sizes import Sizes
from benchmarks.stack import EMPTY, POLICY, Stack, approvals, engines, new_stack

NOTHING = "an empty program"


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
    programs = {"one policy": (POLICY, sizes.large), "approvals": (approvals(most), most), NOTHING: (EMPTY, 0)}
    for engine in engines(sizes):
        things, bytes_of = {}, {}
        with served() as simulator, ExitStack() as stacks:
            for what, (text, count) in programs.items():
                environment = simulator.service(count)
                stack = stacks.enter_context(new_stack(engine, environment, text))
                stack.run("up")
                things[what] = partial(largest, stack, environment)
                bytes_of[what] = stack.size()
            rounds = in_turn(things, rounds=min(3, sizes.rounds), warm_up=False)
        case = f"largest process of a preview, {engine}"
        for what, (_, count) in programs.items():
            if what != NOTHING:
                yield rounds.compared("memory", case, count, pair=(what, NOTHING), quantity="bytes", unit=MEBIBYTES)
                kibibytes = Series.of("size", "KiB", [bytes_of[what] / 1024])
                yield Measure("memory", f"state of {what}, {engine}", count, kibibytes)
