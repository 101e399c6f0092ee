"""Child processes from the fork server: one server for all engines of this process.

Where there is none (it is Linux's way, and the server may have been killed), :func:`fork` says so, and a new
interpreter is started instead.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TextIO

from vpcep_pulumi.testing import fork_server
from vpcep_pulumi.testing.fork_server import ANSWER, Request, is_fixed

END_SECONDS = 5.0
"""How long a server may take to end before it is killed."""


class Forked:
    """A process that the fork server has started, with the part of ``subprocess.Popen`` that an engine needs.

    :ivar pid: its process id.
    :param answers: tells its exit code.
    """

    def __init__(self, pid: int, stdin: TextIO, stdout: TextIO, stderr: TextIO | None, answers: int) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.pid = pid
        self._code: int | None = None
        try:
            self._handle: int | None = os.pidfd_open(pid)
        except OSError:  # it has ended already
            self._handle = None
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
        if self._watcher.is_alive() and self._handle is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _watch(self, answers: int) -> None:
        code = os.read(answers, ANSWER.size)
        os.close(answers)
        if self._handle is not None:
            # Without a code the server is gone, and the process may live: nobody but the system knows its end.
            select.select([self._handle], [], [])
            os.close(self._handle)
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
                env=_without_relative_paths(environ),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, request: Request, *, apart: bool) -> Forked:
        """The new process.

        :raises OSError: there is none, and the server is of no use any more.
        """
        with ExitStack() as ours, ExitStack() as theirs:
            child_in, stdin = _pipe(theirs, ours)
            stdout, child_out = _pipe(ours, theirs)
            answers, child_answers = _pipe(ours, theirs)
            stderr, child_error = _pipe(ours, theirs) if apart else (None, child_out)
            with self._lock:
                message = request.encoded()
                sent = socket.send_fds(self._socket, [message], [child_in, child_out, child_error, child_answers])
                self._socket.sendall(message[sent:])
                theirs.close()  # with the server's own, the ends that tell of an end
                pid = os.read(answers, ANSWER.size)
            if not pid:
                raise OSError("the fork server has ended, or could not fork")
            ours.pop_all()
        return Forked(
            ANSWER.unpack(pid)[0],
            os.fdopen(stdin, "w", encoding="utf-8"),
            os.fdopen(stdout, encoding="utf-8", errors="replace"),
            None if stderr is None else os.fdopen(stderr, encoding="utf-8", errors="replace"),
            answers,
        )

    def end(self) -> None:
        """Have it end, also where processes that were forked from this one have a copy of its socket."""
        if self.owner == os.getpid():
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self.owner == os.getpid():
            with suppress(TimeoutExpired):
                self._process.wait(END_SECONDS)
                return
            self._process.kill()
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
    request = Request(arguments, str(cwd.resolve()), dict(environ), *fork_server.bounds())
    try:
        return server.fork(request, apart=apart)
    except OSError:
        _drop(server)
        return None
    except BaseException:
        # Half a request may stand in its socket.
        _drop(server)
        raise


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """A pipe, whose ends are closed with one stack each."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _without_relative_paths(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for a server that runs elsewhere: its search for modules begins at no folder of that place."""
    found = dict(environ)
    if "PYTHONPATH" in found:
        found["PYTHONPATH"] = os.pathsep.join(each for each in found["PYTHONPATH"].split(os.pathsep) if is_fixed(each))
    return found


def _running(environ: Mapping[str, str]) -> _Server:
    """This process's server; a process that was forked from one that had a server gets its own."""
    global _server  # noqa: PLW0603 -- the one thing that a process has one of
    with _lock:
        if _server is None or _server.owner != os.getpid():
            _server = _Server(environ)
        return _server


def _drop(server: _Server) -> None:
    global _server  # noqa: PLW0603 -- see above
    with _lock:
        if _server is server:
            _server = None
    server.end()


@atexit.register
def _end() -> None:
    """With this process, its server ends."""
    if _server is not None:
        _drop(_server)
