"""A program under way: a folder or a file in a process of its own, a function in a thread of this one."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from pulumi.automation._server import LanguageServer  # the Automation API's way to run a function
from pulumi.runtime.proto import language_pb2

from vpcep_pulumi.testing.child import SHOWN
from vpcep_pulumi.testing.engine.host import THREADS
from vpcep_pulumi.testing.engine.processes import GRACE_SECONDS, Child
from vpcep_pulumi.testing.engine.project import ORGANIZATION, Function, Target
from vpcep_pulumi.testing.loopback import reached_directly

NOT_FINISHED = (
    "the program ended without having said that it is finished: the engine was out of its reach, "
    "or the connection to it broke"
)


@dataclass(frozen=True)
class Addresses:
    """Where a program finds its engine."""

    monitor: str
    log: str


class Watched:
    """A function as program, so that no failure of its own is lost.

    Pulumi's SDK takes gRPC's ``UNAVAILABLE`` for an engine that has ended, whoever raises it, and says that the program
    has come to a good end: what it did not declare would be deleted.

    :ivar returned: whether it has come to its end.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self.returned = False

    async def __call__(self) -> None:
        """Run it."""
        self.returned = False
        try:
            result = self._function()
            if inspect.isawaitable(result):
                await result
        except grpc.RpcError as error:
            raise RuntimeError(f"the program failed: {_details(error)}") from error
        self.returned = True


def _details(error: grpc.RpcError) -> str:
    details = getattr(error, "details", None)
    return str(details() if callable(details) else error)


class FunctionProgram:
    """A function. What it prints goes where this process prints, and one that hangs cannot be ended."""

    def __init__(self, function: Function, target: Target, addresses: Addresses, *, dry_run: bool) -> None:
        self._server: Any = LanguageServer(Watched(function))
        self._request = language_pb2.RunRequest(
            project=target.project.name,
            stack=target.stack,
            organization=ORGANIZATION,
            args=[addresses.log],
            monitor_address=addresses.monitor,
            config=target.config.values,
            configSecretKeys=sorted(target.config.secrets),
            parallel=THREADS,
            dryRun=dry_run,
        )
        self._code = SHOWN
        self._thread = threading.Thread(target=self._run, name="program", daemon=True)
        self._thread.start()

    def wait(self) -> int:
        """Its exit code, as a process would have had it."""
        self._thread.join()
        return self._code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        # Where the engine is out of reach, the server cannot even say so.
        with reached_directly(), suppress(grpc.RpcError):
            if not self._server.Run(self._request, None).error:
                self._code = 0


def start(
    target: Target, addresses: Addresses, *, dry_run: bool, line: Callable[[str], None]
) -> Child | FunctionProgram:
    """Start a program.

    :param line: called with each line that its process prints.
    """
    program = target.project.program
    if not isinstance(program, Path):
        return FunctionProgram(program, target, addresses, dry_run=dry_run)
    arguments = (str(program), addresses.monitor, addresses.log, "true" if dry_run else "false", str(THREADS))
    child = Child("program", *arguments, cwd=target.project.folder, environ=target.variables(), line=line)
    child.listen()
    return child
