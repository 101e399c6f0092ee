"""Child processes from the fork server: one server for all engines of this process.

Where there is none (it is Linux's way, and the server may have been killed), :func:`fork` says so, and a new
interpreter is started instead.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TextIO

from vpcep_pulumi.testing import fork_server
from vpcep_pulumi.testing.fork_server import ANSWER, Request


class Forked:
    """A process that the fork server has started, with the part of ``subprocess.Popen`` that an engine needs.

    :ivar pid: its process id.
    :param answers: tells its exit code.
    """

    def __init__(self, pid: int, stdin: TextIO, stdout: TextIO, stderr: TextIO | None, answers: int) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.pid = pid
        self._code: int | None = None
        self._watcher = threading.Thread(target=self._watch, args=(answers,), daemon=True)
        self._watcher.start()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative where a signal ended it.

        :raises subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        self._watcher.join(timeout)
        if self._watcher.is_alive():
            raise TimeoutExpired("a child process", timeout or 0)
        assert self._code is not None
        return self._code

    def kill(self) -> None:
        """End it now."""
        if self._watcher.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _watch(self, answers: int) -> None:
        code = os.read(answers, ANSWER.size)
        os.close(answers)
        self._code = ANSWER.unpack(code)[0] if code else -signal.SIGKILL


class _Server:
    """A fork server under way. Thread-safe."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, with arguments of our own
                [sys.executable, "-u", "-m", fork_server.__name__],
                cwd="/",
                env=dict(environ),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, request: Request, *, apart: bool) -> Forked | None:
        """The new process, or None where the server is gone."""
        (child_in, stdin), (stdout, child_out), (answers, child_answers) = os.pipe(), os.pipe(), os.pipe()
        ours, stderr, child_error = [stdin, stdout, answers], None, os.dup(child_out)
        if apart:
            os.close(child_error)
            stderr, child_error = os.pipe()
            ours.append(stderr)
        theirs = [child_in, child_out, child_error, child_answers]
        try:
            with self._lock:
                message = request.encoded()
                sent = socket.send_fds(self._socket, [message], theirs)
                self._socket.sendall(message[sent:])
                for each in theirs:
                    os.close(each)
                theirs.clear()
                pid = os.read(answers, ANSWER.size)
        except OSError:
            pid = b""
        if not pid:
            for each in (*theirs, *ours):
                os.close(each)
            return None
        return Forked(
            ANSWER.unpack(pid)[0],
            os.fdopen(stdin, "w", encoding="utf-8"),
            os.fdopen(stdout, encoding="utf-8", errors="replace"),
            None if stderr is None else os.fdopen(stderr, encoding="utf-8", errors="replace"),
            answers,
        )

    def end(self) -> None:
        """Have it end."""
        self._socket.close()
        if self.owner == os.getpid():
            self._process.wait()


_server: _Server | None = None
_lock = threading.Lock()


def fork(arguments: list[str], *, cwd: Path, environ: Mapping[str, str], apart: bool = False) -> Forked | None:
    """A child process from the fork server, or None where there is no such server.

    :param arguments: for :mod:`vpcep_pulumi.testing.child`.
    :param apart: whether its standard error has a pipe of its own.
    """
    if sys.platform != "linux":
        return None
    server = _running(environ)
    forked = server.fork(Request(arguments, str(cwd.resolve()), dict(environ)), apart=apart)
    if forked is None:
        _drop(server)
    return forked


def _running(environ: Mapping[str, str]) -> _Server:
    """This process's server; a process that was forked from one that had a server gets its own."""
    global _server  # noqa: PLW0603 -- the one thing that a process has one of
    with _lock:
        if _server is None or _server.owner != os.getpid():
            _server = _Server(environ)
            atexit.register(_drop, _server)
        return _server


def _drop(server: _Server) -> None:
    global _server  # noqa: PLW0603 -- see above
    with _lock:
        if _server is server:
            _server = None
    atexit.unregister(_drop)
    server.end()
