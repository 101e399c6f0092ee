"""Time that a test has stopped or moved: the simulator's and the engines' is their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

import freezegun
import grpc
import httpx
import pytest
import time_machine

from vpcep_pulumi import EndpointConnectionApproval
from vpcep_pulumi.testing import clock, grpc_clock
from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import EngineError, LocalEngine
from vpcep_pulumi.testing.engine.processes import Child
from vpcep_pulumi.testing.engines import Engine
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
ELSEWHERE = datetime(2031, 1, 1, tzinfo=UTC)


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


APPROVAL = """
from vpcep_pulumi import EndpointConnectionApproval

EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep")
"""
PAST = datetime(2001, 1, 1, tzinfo=UTC)
TO_THE_PAST: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "freezegun, to the past": partial(freezegun.freeze_time, PAST),
    "time-machine, to the past": partial(time_machine.travel, PAST, tick=False),
}


def declares():
    EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep")


class TestEngines:
    @pytest.fixture(params=["folder", "function"])
    def program(self, request, tmp_path):
        (tmp_path / "program").mkdir()
        (tmp_path / "program/__main__.py").write_text(APPROVAL)
        return tmp_path / "program" if request.param == "folder" else declares

    @staticmethod
    def comes_to_its_end(engine: Engine, simulator: Simulator) -> None:
        simulator.connect("svc", "ep")
        simulator.latency(0.05)
        assert list(engine.up().steps.values()) == ["create"]
        assert simulator.status("svc", "ep") == "accepted"
        simulator.reject("svc", "ep")
        assert list(engine.preview().steps.values()) == ["update"]
        assert engine.refresh().ok
        assert list(engine.destroy().steps.values()) == ["delete"]

    @pytest.mark.parametrize("mover", [*MOVERS, *TO_THE_PAST])
    def test_an_operation_ends(self, simulator, program, tmp_path, mover):
        environ = {**os.environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "p"}
        with {**MOVERS, **TO_THE_PAST}[mover]():
            self.comes_to_its_end(LocalEngine(program, tmp_path / "dev.json", environ=environ), simulator)

    @pytest.mark.skipif(not is_on_path(), reason="no pulumi CLI on PATH")
    @pytest.mark.parametrize("mover", ["freezegun", "time-machine"])
    def test_an_operation_of_the_cli_ends(self, simulator, program, tmp_path, mover):
        environ = {**os.environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "p"}
        with MOVERS[mover]():
            self.comes_to_its_end(CliEngine(program, tmp_path / "state", environ=environ), simulator)

    def test_a_state_in_use_is_said(self, moved, tmp_path):
        (tmp_path / "__main__.py").write_text("")
        said: list[str] = []

        def show(_text: str) -> None:
            if not said:
                said.append("")
                with pytest.raises(EngineError, match="another engine is at work"):
                    LocalEngine(tmp_path, tmp_path / "state/dev.json").up()
                said.append("refused")

        assert LocalEngine(tmp_path, tmp_path / "state/dev.json", show=show).up().ok
        assert said == ["", "refused"]

    @pytest.mark.parametrize("forked", [True, False], ids=["forked", "new"])
    def test_a_child_that_does_not_end_is_killed(self, moved, tmp_path: Path, forked):
        child = Child(
            *("host", "127.0.0.1:1"),
            cwd=tmp_path,
            environ=os.environ,
            line=lambda _line: None,
            forks=forked,
            grace=0.01,
        )
        assert child.first_line().isdigit()
        child.end()
        assert child.wait(0) is not None

    def test_another_call_of_grpc_has_its_time(self, moved):
        """A test's own: its deadline is not over before it is sent, and comes."""
        grpc_clock.keep_real()
        with grpc.insecure_channel("127.0.0.1:9") as channel:
            call: Any = channel.unary_unary("/a.B/C")
            with pytest.raises(grpc.RpcError) as error:
                call(b"", timeout=0.2, wait_for_ready=True)
        assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
