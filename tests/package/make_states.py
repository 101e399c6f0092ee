"""Makes a state that later versions have to work with, on the local engine: ``python tests/package/make_states.py F``.

``F`` is a folder below ``states``: a program, and the ``state.json`` that this writes beside it. A state that has been
released is never made anew: each release that changes what is stored adds a folder. To make one with the code of
another commit, put that commit's tree on ``PYTHONPATH``.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.simulator import Simulator

STATES = Path(__file__).parent / "states"
NOON = 1_795_953_600.0
"""2026-11-29, 12:00 UTC: when everything in these worlds was made and changed."""
OWNER = "6e9dfd51d1124e8d8498dce894923a0d"
PARTNER = "c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60"
REGION = "eu-west-101"
WORLD = {
    ("billing", "endpoint-1"): OWNER,
    ("billing", "endpoint-2"): OWNER,
    ("market", "partner-1"): PARTNER,
    ("market", "partner-2"): PARTNER,
    ("market", "stranger"): "e1a6a8a054c34a3e8ba91f2a0c0f4f52",
}
"""Each connection, and its account."""


def world() -> Simulator:
    """A simulator with those connections. Its clock stands still, so all dates are the same in every run; tokens do not mind."""
    simulator = Simulator.start(tokens=["token"], clock=lambda: NOON)
    for (service, endpoint), owner in WORLD.items():
        simulator.connect(service, endpoint, domain=owner)
    return simulator


def engine(folder: Path, state: Path, simulator: Simulator) -> LocalEngine:
    """An engine on a state, with the folder's program."""
    environ = {
        **os.environ,
        **simulator.environment,
        "HW_REGION_NAME": REGION,
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }
    return LocalEngine(folder, state, environ=environ)


def make(folder: Path) -> None:
    """Run the folder's program, and keep its state."""
    with TemporaryDirectory() as temporary, world() as simulator:
        state = Path(temporary) / "state.json"
        result = engine(folder, state, simulator).up()
        if not result.ok:
            raise SystemExit("; ".join(result.messages("error")))
        shutil.copyfile(state, folder / "state.json")


if __name__ == "__main__":
    make(STATES / sys.argv[1])
