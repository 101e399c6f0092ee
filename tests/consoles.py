"""Runs the ```console blocks of a page, and compares what they print.

The blocks of a page are one session, in their order. Its `pulumi` commands run on the local engine, its `curl` commands
and programs reach a simulator of the test's own. ``> file`` at the end of a command writes what it prints. In a block,
``…`` stands for any text, and on a line of its own for any lines. Times, durations, ports and request ids may differ.

Comments in a page say what a block cannot:

- ``<!-- not run: reason -->`` before a block: it is not run.
- ``<!-- file: approvals.yaml -->`` before a block of any language: it is a file of the session.
- ``<!-- project: examples/partners -->``: the session goes on in a copy of this project.
- ``<!-- meanwhile: reject <service> <endpoint> -->``: somebody else does that. A consumer connects with
  ``connect <service> <endpoint> <account> <days ago>``, of which the last two may be left out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from vpcep_pulumi.testing import Secret
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.results import Result
from vpcep_pulumi.testing.simulator import Simulator

ROOT = Path(__file__).parent.parent
PART = re.compile(
    r"^<!-- (?P<what>not run|file|project|meanwhile): (?P<text>.*?) -->$|^```(?P<language>\w+)\n(?P<block>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
COMMAND = [sys.executable, "-c", "from vpcep_pulumi.cli import main; main()"]
URL = "http://127.0.0.1:8080"
ERRORS = [{"error_code": "EndPoint.0002", "error_message": "the subnet has no address left"}]
"""Why a connection that a page lets fail has failed."""
OWNER = "6e9dfd51d1124e8d8498dce894923a0d"
IDS = re.compile(r'service_id="([^"]+)",\s*endpoint_id="([^"]+)"')
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b\d+(\.\d+)? ?m?s\b"), "<duration>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"(?<=-> \d{3} )[0-9a-f]{32}"), "<request id>"),
)
UNCHECKED_TIMES = ("expires_at", "expired at", "expires at")
OPERATIONS = ("preview", "up", "refresh", "destroy")


@dataclass(frozen=True)
class Part:
    """A comment or a block of a page.

    :ivar what: ``not run``, ``file``, ``project``, ``meanwhile``, or a block's language.
    """

    what: str
    text: str


@dataclass(frozen=True)
class Step:
    """A command of a block, and what it prints."""

    command: str
    printed: str


def parts(page: str) -> list[Part]:
    """The comments and blocks of a page, in their order."""
    return [Part(each["what"] or each["language"], each["text"] or each["block"] or "") for each in PART.finditer(page)]


def steps(block: str) -> list[Step]:
    """The commands of a block. A line that begins with ``> `` goes on with the command before it."""
    found: list[Step] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Step(line.removeprefix("$ "), ""))
        elif line.startswith("> ") and found and not found[-1].printed:
            found[-1] = Step(f"{found[-1].command}\n{line.removeprefix('> ')}", "")
        else:
            found[-1] = Step(found[-1].command, f"{found[-1].printed}{line}\n")
    return found


def reasons(page: str) -> dict[int, str]:
    """By number of a console block that is not run: why."""
    consoles = [(before, each) for before, each in pairwise([Part("", ""), *parts(page)]) if each.what == "console"]
    return {number: before.text for number, (before, _) in enumerate(consoles) if before.what == "not run"}


def matches(expected: str, printed: str) -> bool:
    """Whether a command printed what the page says."""
    pattern = ""
    for line in _told_apart(expected).splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(each) for each in line.rstrip().split("…")) + r"[ ]*\n"
    return re.fullmatch(pattern, _told_apart(printed)) is not None


def _told_apart(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    varied = "".join(f"{line}\n" for line in lines)
    for what, name in VARIES:
        varied = what.sub(name, varied)
    return varied


class Session:
    """One page's commands, in a folder of their own."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder, self.simulator = folder, simulator
        self.project = folder / "infra"
        self.environ = {
            **{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
            **simulator.environment,
            "HW_REGION_NAME": "eu-west-101",
            "PULUMI_CONFIG_PASSPHRASE": "documentation",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
            "TERM": "dumb",
            "NO_COLOR": "1",
        }
        self.config: dict[str, Any] = {}
        self.outputs: Mapping[str, Any] = {}
        self.code = 0
        self.begin()

    def begin(self) -> None:
        """A project without a program."""
        self.project.mkdir(exist_ok=True)
        (self.project / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")

    @property
    def state(self) -> Path:
        """The state of the project's stack."""
        return self.folder / f"{self.project.name}.json"

    def program(self, block: str, *, connects: bool) -> None:
        """A program of the page.

        :param connects: whether the consumers of its connections have asked already.
        """
        (self.project / "__main__.py").write_text(block)
        for service, endpoint in IDS.findall(block) if connects else ():
            if self.simulator.status(service, endpoint) == "absent":
                self.simulator.connect(service, endpoint, domain=OWNER)

    def copy(self, name: str) -> None:
        """Go on in a copy of a project of this repository."""
        self.project = self.folder / Path(name).name
        shutil.copytree(ROOT / name, self.project)

    def meanwhile(self, text: str) -> None:
        """Somebody else acts: ``connect``, ``accept``, ``reject``, ``leave`` or ``fail``."""
        what, service, endpoint, *more = text.split()
        if what == "connect":
            made = self.simulator.connect(service, endpoint, domain=more[0] if more else OWNER)
            made.created_at -= 86400 * int(more[1]) if len(more) > 1 else 0
        elif what == "fail":
            self.simulator.world.put(service, endpoint, "failed", ERRORS)
        else:
            getattr(self.simulator, what)(service, endpoint)

    def run(self, command: str) -> str:
        """What a command prints, on both of its streams."""
        text = re.sub(r"\$([A-Z]+)", lambda name: self.environ[name[1]], command.replace(URL, self.simulator.url))
        words = shlex.split(text.replace("\\\n", " "))
        if words[-2:-1] != [">"]:
            return COMMANDS[words[0]](self, words)
        (self.project / words[-1]).write_text(COMMANDS[words[0]](self, words[:-2]))
        return ""

    def export(self, words: list[str]) -> str:
        self.environ |= dict(each.split("=", 1) for each in words[1:])
        return ""

    def curl(self, words: list[str]) -> str:
        method, address, body = "GET", "", None
        rest = iter(words[1:])
        for word in rest:
            if word in ("-X", "--request"):
                method = next(rest)
            elif word == "--json":
                body, method = next(rest), "POST" if method == "GET" else method
            elif not word.startswith("-"):
                address = word
        response = httpx.request(method, address, content=body, headers={"Content-Type": "application/json"})
        self.code = 0
        return response.text + "\n"

    def echo(self, words: list[str]) -> str:
        assert words[1:] == ["$?"], words
        return f"{self.code}\n"

    def cat(self, words: list[str]) -> str:
        return "".join((self.project / each).read_text() for each in words[1:])

    def vpcep(self, words: list[str]) -> str:
        if words[1] == "simulator" and "--help" not in words:
            return self._served(words)
        return self._started([*COMMAND, *words[1:]])

    def _served(self, words: list[str]) -> str:
        """The first line of a simulator, which would go on for ever."""
        given = [*words[1:], "--port", "0"]
        with subprocess.Popen([*COMMAND, *given], env=self.environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.kill()
        return line

    def pytest(self, words: list[str]) -> str:
        (self.project.parent / "pytest.ini").write_text(
            "[pytest]\naddopts = -p no:cacheprovider -p no:schemathesis -W ignore\n"
        )
        environ = {name: each for name, each in self.environ.items() if not name.startswith("PYTEST")}
        return self._started([sys.executable, "-m", "pytest", *words[1:]], environ, self.project.parent)

    def _started(self, command: list[str], environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
        done = subprocess.run(
            command,
            env=environ or self.environ,
            cwd=folder or self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def pulumi(self, words: list[str]) -> str:
        if words[1] == "config":
            return self._configured(words[3:])
        if words[1:3] == ["stack", "output"]:
            value = self.outputs[words[3]]
            return f"{value if isinstance(value, str) else json.dumps(value, sort_keys=True)}\n"
        if words[1:3] == ["stack", "export"]:
            return self.state.read_text()
        assert words[1] in OPERATIONS, words
        return self._operated(words[1], words[2:])

    def _configured(self, words: list[str]) -> str:
        flags = [each for each in words if each.startswith("--")]
        key, value = (each for each in words if not each.startswith("--"))
        assert set(flags) <= {"--path", "--secret"}
        if "--path" not in flags:
            self.config[key] = Secret(value) if "--secret" in flags else value
            return ""
        assert "--secret" not in flags
        first, *between, last = key.split(".")
        place = self.config.setdefault(first, {})
        for each in between:
            place = place.setdefault(each, {})
        place[last] = value
        return ""

    def _operated(self, operation: str, flags: list[str]) -> str:
        target = [value for flag, value in pairwise(flags) if flag == "--target"]
        flags = [each for each in flags if each not in target]
        assert set(flags) <= {"--diff", "--yes", "--skip-preview", "--expect-no-changes", "--refresh", "--target"}, (
            flags
        )
        config = {
            key: each if isinstance(each, str | Secret) else json.dumps(each) for key, each in self.config.items()
        }
        stack = LocalEngine(self.project, self.state, environ=self.environ, config=config)
        do: Callable[..., Result] = getattr(stack, operation)
        more: dict[str, Any] = {"target": target} if target else {}
        result = do(**more, **({"refresh": True} if "--refresh" in flags else {}))
        self.outputs = result.outputs
        self.code = 0 if result.ok else 1
        # Without --diff, the CLI shows rows of its own, which end with the same summary.
        printed = result.diff if "--diff" in flags else result.diff[result.diff.rfind("Resources:") :]
        if "--expect-no-changes" in flags and dict(result.steps):
            self.code = 1
            printed += "\nerror: no changes were expected for preview but changes were proposed\n"
        return printed


COMMANDS: Mapping[str, Callable[[Session, list[str]], str]] = {
    "export": Session.export,
    "curl": Session.curl,
    "echo": Session.echo,
    "cat": Session.cat,
    "vpcep-pulumi": Session.vpcep,
    "pytest": Session.pytest,
    "pulumi": Session.pulumi,
}
"""By the first word of a command: how it is run."""


def played(page: str, session: Session) -> Iterator[tuple[int, Step, str]]:
    """Run a page's session: the number of a console block, the command with what the page says, what it printed."""
    found, skipped, number = parts(page), reasons(page), -1
    connects = "/_simulator/connections" not in page
    for before, part in pairwise([Part("", ""), *found]):
        if part.what == "meanwhile":
            session.meanwhile(part.text)
        elif part.what == "project":
            session.copy(part.text)
        elif before.what == "file":
            (session.folder / before.text).parent.mkdir(parents=True, exist_ok=True)
            (session.folder / before.text).write_text(part.text)
        elif part.what == "python" and "def test_" not in part.text and "import Simulator" not in part.text:
            session.program(part.text, connects=connects)
        elif part.what == "console":
            number += 1
            for step in steps(part.text) if number not in skipped else ():
                yield number, step, session.run(step.command)


def main() -> None:
    """Print what the commands of a page print: ``python -m tests.consoles docs/tutorial.md``."""
    page = Path(sys.argv[1]).read_text(encoding="utf-8")
    with TemporaryDirectory() as folder, Simulator.start() as simulator:
        for number, step, printed in played(page, Session(Path(folder), simulator)):
            verdict = "as the page says" if matches(step.printed, printed) else "NOT WHAT THE PAGE SAYS"
            sys.stdout.write(f"--- block {number}: {verdict}\n$ {step.command}\n{printed}\n")


if __name__ == "__main__":
    main()
