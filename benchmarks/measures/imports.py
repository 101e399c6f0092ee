"""How long imports take, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.pairs import MILLISECONDS, in_turn
from benchmarks.results import Measure
from benchmarks.served import ROOT
from benchmarks.sizes import Sizes

PAIRS = {
    "a program's imports": (
        ("import vpcep_pulumi; from vpcep_pulumi import EndpointConnectionApproval", "with this package"),
        ("import pulumi", "pulumi alone"),
    ),
    "the pytest plugin": (
        ("import pytest, vpcep_pulumi.testing.pytest_plugin", "with this plugin"),
        ("import pytest", "pytest alone"),
    ),
}
PROGRAM = "import time; began = time.perf_counter()\n{code}\nprint(time.perf_counter() - began)"


def imported(code: str) -> dict[str, float]:
    """The seconds of imports in a new process, without its start."""
    command = [sys.executable, "-c", PROGRAM.format(code=code)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 -- our own
    return {"seconds": float(done.stdout)}


def measure(sizes: Sizes) -> Iterator[Measure]:
    """What this package adds to the import of Pulumi, and of pytest."""
    for case, (ours, theirs) in PAIRS.items():
        things = {what: partial(imported, code) for code, what in (ours, theirs)}
        rounds = in_turn(things, rounds=sizes.quick_rounds)
        yield rounds.compared("imports", case, 1, pair=(ours[1], theirs[1]), quantity="seconds", unit=MILLISECONDS)
