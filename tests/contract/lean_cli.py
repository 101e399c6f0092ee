"""The pulumi CLI with one process an operation, so that hundreds of stories can be told on it; and to be killed.

The Automation API calls the CLI six times for an ``up`` and looks for ``pip list``; this driver calls it once, and its
``python3`` knows of no packages. What is left of 2.9 s is 1.3 s. The CLI, its language host, the program and the
provider's host are the real ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent

from vpcep_pulumi.testing.cli_engine import diagnostics_of, steps_of
from vpcep_pulumi.testing.engine import EngineError
from vpcep_pulumi.testing.loopback import without_proxy
from vpcep_pulumi.testing.results import Diagnostic, Result, summary

PROJECT = "story"
MARK = "VPCEP_STORY"
"""A variable by which the processes of a stack are found, also when their engine is gone."""
PYTHON = f"""#!/bin/sh
case "$*" in "-m pip"*) echo "[]"; exit 0;; esac
exec "{sys.executable}" "$@"
"""
LOOK_SECONDS = 0.005
BETWEEN_SIGNALS_SECONDS = 0.2
"""Two Ctrl-C at once are one."""
LONGEST_SECONDS = 120.0
"""An operation of a few resources that takes longer hangs."""


class Hangs(Exception):
    """An operation did not come to an end."""


@dataclass
class Trouble:
    """What befalls the CLI in the middle of an operation.

    :ivar due: whether it is time.
    :ivar signals: to be sent to the CLI, each when the operation has not ended yet.
    :ivar hosts: whether the CLI's children die with it, as they do when the machine does.
    :ivar then: what happens afterwards.
    :ivar came: whether it came before the operation's end.
    """

    due: Callable[[], bool]
    signals: tuple[signal.Signals, ...]
    hosts: bool = False
    then: Callable[[], None] = lambda: None
    came: bool = field(default=False, init=False)


class LeanCli:
    """A stack on the real CLI. The program is the folder's ``__main__.py``."""

    def __init__(self, folder: Path, environ: Mapping[str, str], stack: str = "dev") -> None:
        self.program = folder / "program"
        self.stack = stack
        self.mark = uuid.uuid4().hex
        self._backend, self._events = folder / "backend", folder / "events"
        bin_ = folder / "bin"
        for made in (self.program, self._backend, bin_, folder / "home"):
            made.mkdir(parents=True, exist_ok=True)
        (bin_ / "python3").write_text(PYTHON)
        (bin_ / "python3").chmod(stat.S_IRWXU)
        (self.program / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        self.environ = {
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            **without_proxy(environ),
            "HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self._backend}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PATH": os.pathsep.join((str(bin_), environ.get("PATH", os.environ["PATH"]))),
            MARK: self.mark,
        }
        self.change("stack", "init", "--no-select")

    def preview(self, **flags: Any) -> Result:
        """``pulumi preview`` with flags: ``target=[urn]`` is ``--target urn``, ``refresh=True`` is ``--refresh``."""
        return self.run("preview", flags)

    def up(self, **flags: Any) -> Result:
        """``pulumi up``."""
        return self.run("up", flags)

    def refresh(self, **flags: Any) -> Result:
        """``pulumi refresh``."""
        return self.run("refresh", flags)

    def destroy(self, **flags: Any) -> Result:
        """``pulumi destroy``."""
        return self.run("destroy", flags)

    def run(self, what: str, flags: Mapping[str, Any], trouble: Trouble | None = None) -> Result:
        """An operation.

        :raises Hangs: it goes on and on; it was killed.
        """
        with contextlib.suppress(FileNotFoundError):
            self._events.unlink()
        arguments = [what, *_shown(flags), "--color=never", f"--event-log={self._events}", f"--stack={self.stack}"]
        if what != "preview":
            arguments += ["--yes", "--skip-preview"]
        code, text = self._watched(arguments, trouble)
        events = [EngineEvent.from_json(each) for each in self._logged()]
        diagnostics = diagnostics_of(events)
        if code and not any(each.severity == "error" for each in diagnostics):
            diagnostics.append(Diagnostic("error", text))
        return Result(ok=code == 0, steps=summary(steps_of(events)), diagnostics=tuple(diagnostics), diff=text)

    def change(self, *arguments: str) -> str:
        """Another command on the stack; what it said.

        :raises EngineError: it refused.
        """
        command = ["pulumi", *arguments, f"--stack={self.stack}", "--non-interactive"]
        done = subprocess.run(command, cwd=self.program, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EngineError(f"`{' '.join(command)}` failed: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def cancel(self) -> None:
        """Take the lock away that a killed engine has left behind."""
        self.change("cancel", "--yes")

    def move(self, stack: str) -> None:
        """Carry the state to another stack, by ``export`` and ``import --force``, and go on there."""
        self.change("stack", "export", f"--file={self._events}")
        self.stack = stack
        self.change("stack", "init", "--no-select")
        self.change("stack", "import", "--force", f"--file={self._events}")

    @property
    def state_path(self) -> Path:
        """The state's file."""
        return self._backend / ".pulumi" / "stacks" / PROJECT / f"{self.stack}.json"

    def state(self) -> list[dict[str, Any]]:
        """The entries of the state, as they lie on the disk."""
        latest = json.loads(self.state_path.read_text())["checkpoint"].get("latest") or {}
        return list(latest.get("resources") or [])

    def processes(self) -> list[int]:
        """What runs on behalf of this stack."""
        mark = f"{MARK}={self.mark}".encode()
        return [pid for pid in _pids() if mark in _environ(pid)]

    def reap(self) -> None:
        """End what an operation has left running."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _watched(self, arguments: Collection[str], trouble: Trouble | None) -> tuple[int, str]:
        output = self._events.with_suffix(".txt")
        with output.open("w+") as file:
            child = subprocess.Popen(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=self.program,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            end = time.monotonic() + LONGEST_SECONDS
            if trouble is not None:
                while child.poll() is None and not trouble.due() and time.monotonic() < end:
                    time.sleep(LOOK_SECONDS)
                self._befall(child, trouble)
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                self.reap()
                raise Hangs(f"pulumi {' '.join(arguments)} hangs; it said:\n{output.read_text()}") from None
        return child.returncode, output.read_text()

    def _befall(self, child: subprocess.Popen[bytes], trouble: Trouble) -> None:
        for each in trouble.signals:
            if child.poll() is None:
                if trouble.came:
                    time.sleep(BETWEEN_SIGNALS_SECONDS)
                trouble.came = True
                child.send_signal(each)
        if trouble.came and trouble.hosts:
            self.reap()
        trouble.then()

    def _logged(self) -> Iterator[dict[str, Any]]:
        """The events that were written whole: a kill may cut the last one."""
        if self._events.exists():
            for line in self._events.read_text().splitlines():
                with contextlib.suppress(json.JSONDecodeError):
                    yield json.loads(line)


def _shown(flags: Mapping[str, Any]) -> Iterator[str]:
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, list | tuple):
            yield from (f"{flag}={each}" for each in value)
        elif value is True:
            yield flag
        elif value:
            yield f"{flag}={value}"


def _pids() -> list[int]:
    folder = Path("/proc")
    return [int(each.name) for each in folder.iterdir() if each.name.isdigit()] if folder.is_dir() else []


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
