"""Time that a test has stopped or moved: the simulator's is its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import freezegun
import httpx
import pytest
import time_machine

from vpcep_pulumi.testing import clock
from vpcep_pulumi.testing.simulator import Simulator

CLIENT = """
import os, sys
from pydantic import SecretStr
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import AccessKey
from vpcep_pulumi.api.operations import act_on_connection
with Client(sys.argv[1], AccessKey("AK", SecretStr("secret-key")), trust_env=False) as client:
    print(client.send(act_on_connection("p", "svc", "ep", "receive")).status)
"""
"""In a process of its own, as the provider's host is: its clock is right."""
ELSEWHERE = datetime(2031, 1, 1, tzinfo=timezone.utc)


@contextmanager
def patched():
    """By hand, as some do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", ELSEWHERE.timestamp)
        patch.setattr(time, "monotonic", lambda: 5.0)
        yield


MOVERS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "freezegun": partial(freezegun.freeze_time, ELSEWHERE),
    "freezegun, ticking": partial(freezegun.freeze_time, ELSEWHERE, tick=True),
    "time-machine": partial(time_machine.travel, ELSEWHERE, tick=False),
    "time-machine, ticking": partial(time_machine.travel, ELSEWHERE),
    "monkeypatch": patched,
    "nothing": nullcontext,
}


@pytest.fixture(params=MOVERS)
def moved(request):
    with MOVERS[request.param]():
        if request.param != "nothing":
            assert abs(time.time() - ELSEWHERE.timestamp()) < 60
        yield


def real() -> float:
    """The time, from a process that nobody has tampered with."""
    found = subprocess.run(
        [sys.executable, "-Sc", "import time; print(time.time())"], capture_output=True, text=True, check=True
    )
    return float(found.stdout)


def test_the_clock_is_right(moved):
    before = clock.monotonic()
    assert abs(clock.now() - real()) < 60
    assert 0 < clock.monotonic() - before < 60


@pytest.mark.parametrize("mover", MOVERS)
@pytest.mark.parametrize("first", ["simulator", "time"])
def test_a_client_with_the_right_date_is_served_with_latency(mover, first):
    """However late time was moved. Latency and faults are waited for, and end."""
    order = [MOVERS[mover], _started] if first == "time" else [_started, MOVERS[mover]]
    with order[0]() as one, order[1]() as other:
        simulator = one if isinstance(one, Simulator) else other
        simulator.connect("svc", "ep")
        simulator.latency(0.01)
        simulator.fault("slow", seconds=0.05)
        command = [sys.executable, "-c", CLIENT, simulator.url]
        found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (found.stdout.strip(), found.stderr) == ("accepted", "")


def _started() -> Simulator:
    return Simulator.start(access_keys={"AK": "secret-key"})


def test_its_dates_are_real(moved):
    with Simulator.start() as simulator:
        said = parsedate_to_datetime(httpx.get(simulator.url).headers["date"]).timestamp()
        assert abs(said - real()) < 60
        assert abs(simulator.connect("svc").created_at - real()) < 60


def test_its_time_passes_when_it_is_told(moved):
    with Simulator.start(creating_s=3600) as simulator:
        simulator.connect("svc", "ep")
        simulator.world.act("svc", "ep", "receive")
        assert simulator.status("svc", "ep") == "creating"
        simulator.advance(3600)
        assert simulator.status("svc", "ep") == "accepted"
