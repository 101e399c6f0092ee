"""The stateful test for as long as it is told: ``python -m tests.faults.soak [--minutes 10] [--seed 1]``.

It goes through batches, each under a seed of its own: a batch that fails is replayed with ``--seed`` and ``--minutes 0``.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import FIGURES, Machine, kinds_met

EXAMPLES, STEPS = 20, 50
SETTINGS = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=[*HealthCheck]
)


def figures() -> str:
    """What was tried, as a line."""
    return (
        f"{FIGURES['steps']} steps, {FIGURES['operations']} operations of the engine, {FIGURES['decisions']} decisions, "
        f"{FIGURES['faults met']} faults of {kinds_met()} kinds, {FIGURES['kills survived']} kills survived: nothing lost"
    )


def main() -> None:
    """Go on until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    logging.disable(logging.ERROR)
    first = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    sys.stdout.write(f"seed {first}\n")
    end = time.monotonic() + given.minutes * 60
    number = first
    while number == first or time.monotonic() < end:
        try:
            run_state_machine_as_test(seed(number)(Machine), settings=SETTINGS)
        except BaseException:
            sys.stdout.write(f"seed {number} failed; replay it with --seed {number} --minutes 0\n")
            raise
        number += 1
    sys.stdout.write(f"{number - first} batches from seed {first}: {figures()}\n")


if __name__ == "__main__":
    main()
