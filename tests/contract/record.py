"""Records what the pulumi CLI makes of a fixed set of random programs, for the local engine to be held to without it.

    python -m tests.contract.record

The CLI must be on PATH. The stories are drawn anew, under a fixed seed: they change with ``programs.py`` and
hypothesis.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.contract.conftest import Deployment
from tests.contract.programs import Story, stories, told
from vpcep_pulumi.testing.simulator import Simulator

PATH = Path(__file__).parent / "recorded.json"
COUNT = 14
SEED = 1


def drawn(count: int, number: int) -> list[Story]:
    """So many stories, always the same for the same number."""
    found: list[Story] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(stories())
    def keep(story: Story) -> None:
        found.append(story)

    keep()
    return found


def main() -> None:
    """Record."""
    recorded = []
    for story in drawn(COUNT, SEED):
        with TemporaryDirectory() as folder, Simulator.start() as simulator:
            recorded.append({"story": story, "told": told(Deployment("cli", Path(folder), simulator), story)})
        sys.stdout.write(f"{len(recorded)} of {COUNT}\n")
    document = {
        "command": "python -m tests.contract.record",
        "pulumi": subprocess.check_output(["pulumi", "version"], text=True).strip(),
        "sdk": version("pulumi"),
        "seed": SEED,
        "recorded": recorded,
    }
    PATH.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
