"""How the local engine's own share grows with the number of approvals: linearly, or large stacks could not use it.

    python -m benchmarks.engine_growth [--counts 100 1000 3000]

The engine's share is the processor time of its own process. Program (the SDK, whose ``wait_for_rpcs`` is quadratic),
provider host and simulator have a process each.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.against_noop import KINDS, PROGRAM, simulator
from benchmarks.pairs import show
from vpcep_pulumi.testing.engine import LocalEngine

OPERATIONS = ("preview", "up", "preview", "destroy")


def measured(count: int) -> list[tuple[str, float, float]]:
    """Operation, seconds by the clock, and seconds of the engine's own processor time."""
    module, kind = KINDS["approvals"]
    found = []
    with TemporaryDirectory() as folder, simulator(count) as environment:
        program = Path(folder, "program.py")
        program.write_text(PROGRAM.format(module=module, kind=kind, count=count), encoding="utf-8")
        engine = LocalEngine(program, Path(folder, "state.json"), environ={**os.environ, **environment})
        for operation in OPERATIONS:
            wall, own = time.perf_counter(), time.process_time()
            result = getattr(engine, operation)()
            found.append((operation, time.perf_counter() - wall, time.process_time() - own))
            if not result.ok:
                raise SystemExit(f"the {operation} failed: {result.errors()}")
    return found


def main() -> None:
    """Measure, and compare the share of one resource with that of the smallest stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1000, 3000])
    given = parser.parse_args()
    first: dict[int, float] = {}
    for count in given.counts:
        for number, (operation, wall, own) in enumerate(measured(count)):
            share = own / count * 1000
            first.setdefault(number, share)
            show(
                f"{count:5} approvals, {operation:8} {wall:6.1f} s, the engine's own {own:6.2f} s: "
                f"{share:.2f} ms each, ratio {share / first[number]:.2f}"
            )


if __name__ == "__main__":
    main()
