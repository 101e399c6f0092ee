"""Counts what is tried, and writes it into docs/faults.md: ``make figures``."""

from __future__ import annotations

import logging
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from docs.draw import DOCS, put
from tests.faults import test_hostile, test_kills
from tests.faults.conftest import Worlds
from tests.faults.machine import FIGURES, Machine, kinds_met
from tests.faults.policy_cases import CASES
from tests.faults.policy_search import explore as explore_policy
from tests.faults.search import explore
from tests.faults.test_search import START, START_OF_TWO

EXAMPLES, STEPS, SEED = 100, 40, 1
DEPTH = 12
"""Moves of the search with two approvals."""
DEPTHS = {2: 13, 3: 10}
"""Moves of the search with a policy, by the number of its connections."""


def stateful() -> list[tuple[str, str]]:
    """The stateful test, under a fixed seed."""
    once = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(seed(SEED)(Machine), settings=once)
    return [
        ("steps of the stateful test", f"{FIGURES['steps']:,}"),
        ("operations of the engine among them", f"{FIGURES['operations']:,}"),
        ("updates with the CLI's flags among them", f"{FIGURES['updates with flags']:,}"),
        ("operations with a policy among them", f"{FIGURES['operations with a policy']:,}"),
        ("decisions that were sent", f"{FIGURES['decisions']:,}"),
        ("faults that were met", f"{FIGURES['faults met']:,}, of {kinds_met()} kinds"),
        ("kills survived, at random", f"{FIGURES['kills survived']:,}"),
    ]


def kills() -> tuple[str, str]:
    """Every kill point."""
    count = 0
    with TemporaryDirectory() as folder:
        worlds = Worlds(Path(folder))
        for scenes in (test_kills.SCENES, test_kills.POLICY_SCENES):
            for scene, victim, creating_s in product(scenes, test_kills.VICTIMS, test_kills.CREATING):
                count += test_kills.kill_everywhere(worlds, scene, victim, creating_s, scenes)
    return "kills survived, one at every call to the API, before and after it", f"{count:,}"


def searched() -> list[tuple[str, str]]:
    """The exhaustive search."""
    one, two = explore(START, depth=100), explore(START_OF_TWO, depth=DEPTH)
    policies = [explore_policy(case, depth=DEPTHS[len(case.owners)]) for case in CASES.values()]
    states, transitions = sum(each.states for each in policies), sum(each.transitions for each in policies)
    return [
        ("exhaustive search, one approval", f"{one.states:,} states, {one.transitions:,} transitions: all there are"),
        (
            "exhaustive search, two approvals",
            f"{two.states:,} states, {two.transitions:,} transitions: all within {DEPTH} moves",
        ),
        (
            f"exhaustive search, {len(policies)} policies",
            f"{states:,} states, {transitions:,} transitions: all within {DEPTHS[2]} moves, or {DEPTHS[3]} with three "
            "connections",
        ),
    ]


def hostile() -> tuple[str, str]:
    """Answers that nobody would send."""
    test_hostile.test_an_approval_comes_to_one_of_our_own_ends()
    return "bad inputs: sequences of hostile answers", f"{test_hostile.EXAMPLES:,}"


def main() -> None:
    """Count, and write."""
    logging.disable(logging.ERROR)
    rows = [*stateful(), kills(), *searched(), hostile(), ("lost", "nothing")]
    text = "\n".join(["| tried | |", "|---|---|", *(f"| {name} | {figure} |" for name, figure in rows)])
    path = DOCS / "faults.md"
    path.write_text(put(path.read_text(encoding="utf-8"), "figures", text), encoding="utf-8")


if __name__ == "__main__":
    main()
