"""The engine's child processes: started in sessions of their own, ended for certain."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from vpcep_pulumi.testing.engine.forks import fork

CHILD = "vpcep_pulumi.testing.child"
GRACE_SECONDS = 5.0
"""How long a child may take to end before it is killed."""


def _new(arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], *, apart: bool) -> subprocess.Popen[str]:
    """The same from a new interpreter."""
    return subprocess.Popen(  # noqa: S603 -- this interpreter, with arguments of our own
        [sys.executable, "-u", "-m", CHILD, *arguments],
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Ctrl-C is the engine's alone: it lets its children finish what they are doing.
        start_new_session=True,
    )


class Child:
    """One child process.

    :param arguments: for :mod:`vpcep_pulumi.testing.child`.
    :param line: called with each line that it prints, from a thread.
    :param apart: whether standard error is read apart, and from the first line on: then no warning stands between
        the lines of standard output, or in one of them.
    :param forks: whether the fork server may start it; else it is a new interpreter.
    :param grace: seconds that it may take to end before it is killed.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        environ: Mapping[str, str],
        line: Callable[[str], None],
        apart: bool = False,
        forks: bool = True,
        grace: float = GRACE_SECONDS,
    ) -> None:
        forked = fork([*arguments], cwd=cwd, environ=environ, apart=apart) if forks else None
        self._process = forked or _new(arguments, cwd, environ, apart=apart)
        self._grace = grace
        self._line = line
        self._codes: list[int] = []
        self._waiter = threading.Thread(target=lambda: self._codes.append(self._process.wait()), daemon=True)
        self._waiter.start()
        self._reader = self._reading(self._process.stdout)
        self._error_reader = self._reading(self._process.stderr)
        if apart:
            self._error_reader.start()

    def first_line(self) -> str:
        """The first line that it prints; empty where it ended before."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def listen(self) -> None:
        """Hand on what it prints from now on."""
        self._reader.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, or None where it still runs after so many seconds."""
        # Not a wait with a limit of subprocess: that one reckons with a clock which tests may have stopped.
        self._waiter.join(seconds)
        if self._waiter.is_alive():
            return None
        for reader in (self._reader, self._error_reader):
            if reader.ident is not None:
                reader.join(self._grace)
        return self._codes[0]

    def end(self) -> None:
        """Ask it to end, then make it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.wait(self._grace) is None:
            self._process.kill()
            self.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _reading(self, stream: IO[str] | None) -> threading.Thread:
        def read() -> None:
            for line in stream or ():
                self._line(line.rstrip("\n"))

        return threading.Thread(target=read, daemon=True)
