"""Nothing outlives a run, and whatever is killed, the state is read by the next one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.contract.conftest import ECHO, HEADER
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.simulator import Fault, Simulator

SECONDS = 30
"""How long something may take that takes no time."""
ENGINE = """
import sys
import threading
from pathlib import Path
from vpcep_pulumi.testing.engine import LocalEngine

folder, operation = sys.argv[1:]
engine = LocalEngine(Path(folder, "program"), Path(folder, "dev.json"), show=lambda text: print(text, end="", flush=True))
result = getattr(engine, operation)()
print("ok" if result.ok else "failed", flush=True)
"""
APPROVALS = """
one = Approval("one", service_id="svc", endpoint_id="ep1")
Approval("two", service_id="svc", endpoint_id="ep2", opts=pulumi.ResourceOptions(depends_on=[one]))
"""
HUNG = (
    ECHO
    + """
class Hung(EchoProvider):
    def create(self, props):
        import signal, threading
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        pulumi.log.info("it hangs")
        while True:
            threading.Event().wait()

class HungResource(dynamic.Resource):
    def __init__(self):
        super().__init__(Hung(), "hung", {})

HungResource()
"""
)


class Running:
    """An engine in a process of its own."""

    def __init__(self, folder: Path, environ: dict[str, str], operation: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ENGINE, str(folder), operation],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def until(self, word: str) -> None:
        """Read what it prints until a word comes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if word in line:
                return
        pytest.fail(f"{word!r} never came: {self.lines}")

    def rest(self) -> str:
        out, _ = self.process.communicate(timeout=SECONDS)
        return "".join(self.lines) + out

    def children(self) -> list[int]:
        """The processes of its program and of its hosts, forked or new."""
        (server,) = started_by(self.process.pid)
        return started_by(server)


def started_by(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def gone(pids: list[int]) -> bool:
    """Whether processes end, within reason."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], SECONDS)[0]:
                return False
        finally:
            os.close(handle)
    return True


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "program").mkdir()
    (tmp_path / "program/Pulumi.yaml").write_text("name: story\nruntime: python\n")
    return tmp_path


@pytest.fixture
def start(simulator: Simulator, project: Path, tmp_path: Path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for endpoint in ("ep1", "ep2"):
        simulator.connect("svc", endpoint, domain="d1")
    environ = {**os.environ, **simulator.environment, "TMPDIR": str(temporary), "PULUMI_CONFIG_PASSPHRASE": "p"}

    def start(program: str, operation: str = "up") -> Running:
        (tmp_path / "program/__main__.py").write_text(HEADER + program)
        return Running(tmp_path, environ, operation)

    yield start
    assert list(temporary.iterdir()) == []


@pytest.fixture
def engine(project: Path, tmp_path: Path, simulator: Simulator) -> LocalEngine:
    environ = {**os.environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "p"}
    return LocalEngine(tmp_path / "program", tmp_path / "dev.json", environ=environ)


def pending(folder: Path) -> list[str]:
    document = json.loads((folder / "dev.json").read_text())
    return [each["urn"].rpartition("::")[2] for each in document["deployment"]["pending_operations"]]


def names(steps) -> dict[str, str]:
    return {urn.rpartition("::")[2]: step for urn, step in steps.items()}


def hold(simulator: Simulator, kind: str, skip: int = 0) -> Fault:
    """Let every decision after some wait for its answer, for ever."""
    return simulator.fault(kind, "POST", skip=skip, times=1, seconds=3600)


def met(fault: Fault) -> None:
    """Wait until somebody has run into a fault."""
    while not fault.applied:
        os.sched_yield()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(("kind", "posts"), [("slow", 1), ("late", 0)], ids=["before", "after"])
def test_a_killed_engine_leaves_no_process_and_a_state_that_is_read(start, engine, simulator, how, kind, posts):
    """Killed at the second of two decisions, before and after the server has carried it out."""
    held = hold(simulator, kind, skip=1)
    running = start(APPROVALS)
    met(held)
    while kind == "late" and simulator.status("svc", "ep2") != "accepted":
        os.sched_yield()
    children = running.children()
    assert len(children) == 2
    children += started_by(running.process.pid)
    running.process.send_signal(how)
    running.rest()
    assert gone(children)
    preview = engine.preview()
    (warning,) = preview.messages("warning")
    assert warning.startswith("the last operation was interrupted while creating urn:pulumi:dev::story::")
    assert names(preview.steps) == {"two": "create"}
    simulator.clear_calls()
    assert engine.up().ok
    assert len(simulator.calls("POST")) == posts
    assert engine.up().messages("warning") == []
    assert engine.destroy().ok
    assert [simulator.status("svc", each) for each in ("ep1", "ep2")] == ["rejected", "rejected"]


def test_ctrl_c_ends_the_wait_and_keeps_what_was_done(start, engine, simulator, tmp_path):
    held = hold(simulator, "late", skip=1)
    running = start(APPROVALS)
    met(held)
    children = running.children()
    running.process.send_signal(signal.SIGINT)
    said = running.rest()
    assert "error: interrupted: what was not under way was not begun" in said
    assert said.endswith("failed\n")
    assert gone(children)
    assert pending(tmp_path) == ["two"]
    assert engine.up().ok
    assert pending(tmp_path) == []


@pytest.mark.parametrize("operation", ["destroy", "refresh"])
def test_ctrl_c_in_what_runs_no_program(start, simulator, tmp_path, operation):
    start(APPROVALS).rest()
    slow = simulator.fault("slow", seconds=3600)
    running = start(APPROVALS, operation)
    met(slow)
    children = running.children()
    assert len(children) == 1
    running.process.send_signal(signal.SIGINT)
    assert "error: interrupted" in running.rest()
    assert gone(children)


def test_a_hung_provider_is_ended(start, tmp_path):
    running = start(HUNG)
    running.until("it hangs")
    children = running.children()
    running.process.send_signal(signal.SIGINT)
    assert running.rest().endswith("failed\n")
    assert gone(children)
    assert pending(tmp_path) == ["hung"]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os._exit(3)", "error: an unhandled error occurred: program exited with non-zero exit code: 3"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "error: an unhandled error occurred: program exited with non-zero exit code: -9",
        ),
        ("raise SystemExit(4)", "error: an unhandled error occurred: program exited with non-zero exit code: 4"),
    ],
)
def test_a_program_that_ends_itself(start, tmp_path, program, said):
    running = start(f"{APPROVALS}\n{program}")
    text = running.rest()
    assert said in text
    assert text.endswith("failed\n")


def test_a_host_that_ends_itself(start, engine, tmp_path):
    crash = ECHO + "class Crash(EchoProvider):\n    def create(self, props):\n        import os; os._exit(1)\n"
    crash += "class CrashResource(dynamic.Resource):\n    def __init__(self):\n        super().__init__(Crash(), 'crash', {})\n"
    running = start(crash + "CrashResource()")
    text = running.rest()
    assert "error: the dynamic provider host has ended; what was under way may have been done" in text
    assert text.endswith("failed\n")
    assert pending(tmp_path) == ["crash"]
    (tmp_path / "program/__main__.py").write_text("")
    assert engine.up().ok
    assert pending(tmp_path) == []


def test_an_operation_leaves_no_thread(start, engine, tmp_path):
    """But those that it found."""
    (tmp_path / "program/__main__.py").write_text(HEADER + APPROVALS)
    before = set(threading.enumerate())
    assert engine.up().ok
    assert engine.preview().ok
    left = [each.name for each in set(threading.enumerate()) - before if not each.daemon]
    assert left == []
