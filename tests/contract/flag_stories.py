"""Tells random stories with the CLI's own flags on the real CLI, and asks each operation for every promise.

    python -m tests.contract.flag_stories --count 100 --seed 7 --workers 2
    python -m tests.contract.flag_stories --replay story.json

What is promised, and what exactly is asserted: :mod:`tests.contract.flag_promises`. What a story is:
:mod:`tests.contract.flag_scenes`. The exit code is 1 where a promise was broken; each such story is kept as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.contract.flag_scenes import Story, stories
from tests.contract.flag_teller import Teller, Told
from vpcep_pulumi.testing.simulator import Simulator


def drawn(number: int, base: int) -> Story:
    """A story, always the same for the same two numbers.

    Hypothesis draws the simplest one first, and variations of what it drew later on: it is the second of a seed.
    """
    found: list[Story] = []

    @seed(base * 100_000 + number)
    @settings(
        max_examples=2, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(stories())
    def keep(story: Story) -> None:
        found.append(story)

    keep()
    return found[-1]


def tell(story: Story) -> Told:
    """One story, on a simulator and a stack of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Simulator.start() as simulator:
        return Teller(Path(folder), simulator).tell(story)


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell them, and count."""
    parser = argparse.ArgumentParser(description="random stories with the CLI's own flags, on the real CLI")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first story")
    parser.add_argument("--replay", type=Path, help="a story that was kept")
    parser.add_argument("--keep", type=Path, help="a folder for the stories that broke a promise")
    parser.add_argument("--verbose", action="store_true", help="say what each operation came to")
    given = parser.parse_args(arguments)
    numbers = [0] if given.replay else list(range(given.first, given.first + given.count))
    told_stories = [
        json.loads(given.replay.read_text()) if given.replay else drawn(number, given.seed) for number in numbers
    ]
    keep = given.keep or Path(tempfile.gettempdir(), f"flag-stories-{given.seed}")
    operations = broken = spoilt = 0
    with ProcessPoolExecutor(given.workers) as pool:
        for number, story, told in zip(numbers, told_stories, pool.map(tell, told_stories), strict=True):
            operations += told.operations
            broken += len(told.broken)
            spoilt += told.spoilt
            end = "; ".join(told.broken) or ("ended by the CLI's own error" if told.spoilt else "kept")
            sys.stdout.write(f"story {number}: {told.operations} operations, {end}\n")
            if told.broken or given.verbose:
                sys.stdout.write("".join(f"    {line}\n" for line in told.lines))
            if told.broken:
                keep.mkdir(parents=True, exist_ok=True)
                kept = keep / f"{number}.json"
                kept.write_text(json.dumps(story, indent=1))
                sys.stdout.write(f"    kept as {kept}\n")
            sys.stdout.flush()
    if spoilt:
        sys.stdout.write(f"ended by the CLI's own error: {spoilt}\n")
    seeded = f"seed {given.seed}" if not given.replay else str(given.replay)
    sys.stdout.write(f"stories: {len(numbers)}, operations: {operations}, promises broken: {broken} ({seeded})\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
