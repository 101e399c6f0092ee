"""The command: the simulator that other programs start, and the demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

import vpcep_pulumi
from vpcep_pulumi.cli import demo
from vpcep_pulumi.cli.commands import app
from vpcep_pulumi.testing.results import Result, Steps

COMMAND = [sys.executable, "-c", "from vpcep_pulumi.cli import main; main()"]


@pytest.fixture
def served(request) -> Iterator[tuple[subprocess.Popen[str], str]]:
    arguments = getattr(request, "param", [])
    process = subprocess.Popen([*COMMAND, "simulator", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    yield process, line
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_simulator_says_when_it_is_ready(served):
    process, line = served
    assert line.startswith("listening on http://127.0.0.1:")
    url = line.removeprefix("listening on ")
    assert httpx.post(f"{url}/_simulator/services", json={"id": "svc"}).status_code == 201
    process.send_signal(signal.SIGINT)
    assert process.wait(10) in (0, -signal.SIGINT, 130)


@pytest.mark.parametrize("served", [["--seed", "7"]], indirect=True)
def test_a_seed_is_something_to_draw_from(served):
    url = served[1].removeprefix("listening on ")
    answer = httpx.put(f"{url}/_simulator/settings", json={})
    assert answer.json() == {"latency_s": 0.05, "creating_s": 2.0, "seed": 7}


def test_requests_are_logged_when_asked(tmp_path):
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "simulator", "--port", "0", "--log"], stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        httpx.get(f"{url}/v3/projects", params={"name": "cn-north-4"}, headers={"X-Auth-Token": "CANARY-token"})
        httpx.get(url)
        process.terminate()
        assert process.stdout.read() == "", "standard output is for other programs"
        process.wait(10)
        process.stdout.close()
    first, second = log.read_text().splitlines()
    assert re.fullmatch(r"GET /v3/projects\?name=cn-north-4 -> 200 [0-9a-f]{32} \d+ ms", first)
    assert re.fullmatch(r"GET / -> 200 \d+ ms", second)


def test_without_being_asked_nothing_is_logged(capfd):
    process = subprocess.Popen([*COMMAND, "simulator", "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    httpx.get(process.stdout.readline().strip().removeprefix("listening on "))
    process.terminate()
    process.wait(10)
    assert (process.stdout.read(), capfd.readouterr().err) == ("", "")
    process.stdout.close()


def test_a_port_in_use_is_said(simulator):
    result = CliRunner().invoke(app, ["simulator", "--port", simulator.url.rpartition(":")[2]])
    assert result.exit_code == 1
    assert "Address already in use" in result.output


CONNECTION = "the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d"


def test_the_demo_tells_the_whole_story():
    result = CliRunner(env={"VPCEP_ENGINE": "local"}).invoke(app, ["demo"])
    assert result.exit_code == 0, result.output
    for line in (
        "the local engine",
        f'plan              : "receive: {CONNECTION}, is pendingAcceptance (updated_at ',
        "nothing to do",
        f'+ plan              : "receive: {CONNECTION}, is rejected (updated_at ',
        '1f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d: "receive: the connection, owned by c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60',
        "The first connection is accepted; 4 of the partner's 4 are accepted; the stranger's is pendingAcceptance.",
        "The first connection is rejected; 0 of the partner's 4 are accepted; the stranger's is pendingAcceptance.",
        "What was asked of the API",
        "receive 705290f3-0d00-41f2-aedc-71f09844e879",
    ):
        assert line in result.output


def shown(picture: str) -> list[str]:
    """The lines of a picture, as far as they are visible."""
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', picture)[0]) - 20  # its frame
    lines: dict[float, str] = {}
    parts = re.findall(
        r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>(.*?)</text>', picture
    )
    for x, y, length, text in parts:
        if text.strip():
            assert float(x) + float(length) <= width, f"cut: {text}"
        lines[float(y)] = lines.get(float(y), "") + unescape(text).replace("\xa0", " ")
    return [lines[y].rstrip() for y in sorted(lines)]


def check_picture(picture: str) -> None:
    lines = shown(picture)
    assert len(lines) <= 30
    whole = re.sub(r"\s+", " ", " ".join(lines))
    assert re.search(rf'\+ plan : "receive: {CONNECTION}, is rejected \(updated_at [0-9T:Z-]+\)"', whole)
    for line in (
        "$ pulumi preview --diff",
        "$ pulumi up",
        "    billing: update",
        "    The connection is accepted again.",
    ):
        assert line in lines


def test_a_picture_shows_the_drift_and_cuts_nothing(tmp_path: Path):
    picture = tmp_path / "demo.svg"
    result = CliRunner(env={"VPCEP_ENGINE": "local"}).invoke(app, ["demo", "--picture", str(picture)])
    assert result.exit_code == 0, result.output
    check_picture(picture.read_text())


def test_the_readmes_picture_is_such_a_picture():
    check_picture((Path(__file__).parent.parent.parent / "docs/demo.svg").read_text())


@pytest.mark.parametrize(
    ("engine", "problem"),
    [("other", "VPCEP_ENGINE is 'other'; it takes local or pulumi"), ("pulumi", "there is no pulumi CLI on PATH")],
)
def test_an_engine_that_is_not_there_is_said(monkeypatch, engine, problem):
    monkeypatch.setenv("PATH", "")
    result = CliRunner(env={"VPCEP_ENGINE": engine}).invoke(app, ["demo"])
    assert result.exit_code == 1
    assert problem in result.output


@pytest.mark.parametrize(("tells", "step"), [("tell", "preview --diff"), ("tell_of_drift", "up")])
def test_a_step_that_goes_wrong_ends_the_demo(simulator, tells, step):
    class Broken:
        def up(self) -> Result:
            return Result(ok=False, steps=Steps({}))

        def preview(self) -> Result:
            return Result(ok=True, steps=Steps({}))

    story = demo._Story(Console(quiet=True), Broken(), simulator)  # type: ignore[arg-type]  # enough of an engine
    with pytest.raises(demo.DemoFailed, match=f"`pulumi {step}` "):
        getattr(story, tells)()


def test_the_version_is_told_with_what_it_runs_on():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith(f"vpcep-pulumi {vpcep_pulumi.__version__} (pulumi 3.")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in result.output


def test_without_the_extra_the_command_says_what_to_install(tmp_path):
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('no typer', name='typer')")
    found = subprocess.run(
        COMMAND, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stderr.strip() == "vpcep-pulumi needs typer: install it with `pip install 'vpcep-pulumi[cli]'`"
