"""Stories with the CLI's own flags that nobody thought of: every promise is kept, on the real CLI.

``VPCEP_FLAG_STORIES`` says how many are told (3 by default), ``VPCEP_FLAG_SEED`` which. More of them, with the stories
that broke a promise kept for replay: ``python -m tests.contract.flag_stories``.
"""

from __future__ import annotations

import json
import os

import pytest

from tests.contract.flag_stories import drawn, tell
from vpcep_pulumi.testing.cli_engine import is_on_path

COUNT = int(os.environ.get("VPCEP_FLAG_STORIES", "3"))
SEED = int(os.environ.get("VPCEP_FLAG_SEED", "7"))


@pytest.mark.skipif(
    not is_on_path() and os.environ.get("VPCEP_REQUIRE_PULUMI") != "1", reason="there is no pulumi CLI on PATH"
)
@pytest.mark.parametrize("number", range(COUNT))
def test_every_promise_is_kept(number):
    story = drawn(number, SEED)
    told = tell(story)
    assert told.broken == [], "\n".join([*told.lines, json.dumps(story)])
