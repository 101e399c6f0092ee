"""A program and its stack, on the local engine or on the pulumi CLI.

    python -m benchmarks.stack ENGINE FOLDER OPERATION

runs an operation on the stack of a folder: for measures that need a process of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pairs import timed
from benchmarks.served import ROOT, VARIABLE, Served
from benchmarks.sizes import CLI, LOCAL, Sizes
from vpcep_pulumi.testing.cli_engine import is_on_path
from vpcep_pulumi.testing.engine import LocalEngine

EMPTY = "import pulumi\n"
POLICY = f"""
import os
from vpcep_pulumi import EndpointConnectionPolicy, accept
EndpointConnectionPolicy("all", service_id=os.environ["{VARIABLE}"], rules=[accept(domain_ids=["d1"])])
"""
MANY = """
import os
from {module} import {kind}
for number in range({count}):
    {kind}(f"a{{number}}", service_id=os.environ["{variable}"], endpoint_id=f"ep{{number}}")
"""


def many(module: str, kind: str, count: int) -> str:
    """The program of so many resources of a kind."""
    return MANY.format(module=module, kind=kind, count=count, variable=VARIABLE)


def approvals(count: int) -> str:
    """The program of so many approvals."""
    return many("vpcep_pulumi", "EndpointConnectionApproval", count)


def engines(sizes: Sizes) -> list[str]:
    """Those of a run's engines that are there."""
    return [each for each in sizes.engines if each == LOCAL or is_on_path()]


class Stack:
    """A program and its stack, in a folder.

    :param environ: the variables of the program.
    """

    def __init__(self, engine: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.engine = engine
        self.folder = folder
        self._program, self._state = folder / "program", folder / "state"
        self._environ = {
            **environ,
            "PYTHONPATH": str(ROOT),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_BACKEND_URL": f"file://{self._state}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # The CLI starts "python3" where a project names no virtual environment.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), environ["PATH"])),
        }
        if not self._program.exists():
            self._program.mkdir()
            self._state.mkdir()
            (self._program / "Pulumi.yaml").write_text("name: benchmark\nruntime: python\n", encoding="utf-8")
            self.declare(EMPTY)
            if engine == CLI:
                self._pulumi("stack", "init", "dev")
        self._local = LocalEngine(self._program, self._state / "dev.json", environ=self._environ)

    def declare(self, text: str) -> None:
        """Put another program in the place of the last."""
        (self._program / "__main__.py").write_text(text, encoding="utf-8")

    def run(self, operation: str) -> None:
        """Run ``up``, ``preview`` or ``destroy``."""
        if self.engine == CLI:
            more = ["--yes", "--skip-preview"] if operation != "preview" else []
            self._pulumi(operation, *more, "--suppress-progress")
            return
        result = getattr(self._local, operation)()
        if not result.ok:
            raise RuntimeError(f"the {operation} failed: {result.errors()}")

    def timed(self, *operations: str) -> dict[str, float]:
        """Seconds of each operation, one after another."""
        return {operation: timed(partial(self.run, operation)) for operation in operations}

    def size(self) -> int:
        """Bytes of the state."""
        files = [each for each in self._state.rglob("*.json") if not {"backups", "history", "locks"} & set(each.parts)]
        return max(each.stat().st_size for each in files)

    def _pulumi(self, *arguments: str) -> None:
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(  # noqa: S603 -- our own command
            command, cwd=self._program, env=self._environ, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"`{' '.join(command)}` failed: {done.stdout}{done.stderr}")


@contextmanager
def new_stack(engine: str, environment: Mapping[str, str], text: str = EMPTY) -> Iterator[Stack]:
    """A new stack of a program."""
    with TemporaryDirectory() as folder:
        stack = Stack(engine, Path(folder), {**os.environ, **environment})
        stack.declare(text)
        yield stack


def up_and_preview(engine: str, simulator: Served, text: str, count: int) -> dict[str, float]:
    """Seconds of an ``up`` of a new stack, and of a preview right after: nothing has changed.

    :param count: connections of the service.
    """
    with new_stack(engine, simulator.service(count), text) as stack:
        return stack.timed("up", "preview")


if __name__ == "__main__":
    Stack(sys.argv[1], Path(sys.argv[2]), os.environ).run(sys.argv[3])
