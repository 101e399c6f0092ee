"""Programs that nobody thought of: both engines make the same of them.

``VPCEP_RANDOM_PROGRAMS`` says how many are tried on both (5 by default), ``VPCEP_RANDOM_SEED`` which.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.contract.conftest import Deployment
from tests.contract.programs import Story, told
from tests.contract.record import PATH, drawn
from vpcep_pulumi.testing.cli_engine import is_on_path
from vpcep_pulumi.testing.simulator import Simulator

RECORDED = json.loads(PATH.read_text())["recorded"]
COUNT = int(os.environ.get("VPCEP_RANDOM_PROGRAMS", "5"))
SEED = int(os.environ.get("VPCEP_RANDOM_SEED", "7"))


def run(engine: str, story: Story) -> list[dict[str, object]]:
    with TemporaryDirectory() as folder, Simulator.start() as simulator:
        return told(Deployment(engine, Path(folder), simulator), story)


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_the_local_engine_does_what_was_recorded_of_the_cli(number):
    recorded = RECORDED[number]
    assert run("local", recorded["story"]) == recorded["told"]


@pytest.mark.skipif(
    not is_on_path() and os.environ.get("VPCEP_REQUIRE_PULUMI") != "1", reason="there is no pulumi CLI on PATH"
)
@pytest.mark.parametrize("number", range(COUNT))
def test_cli_and_local_engine_do_the_same(number):
    story = drawn(COUNT, SEED)[number]
    assert run("local", story) == run("cli", story), json.dumps(story)
