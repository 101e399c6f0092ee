"""Forks an engine's child processes from one that has imported already what they need.

``python -u -m vpcep_pulumi.testing.fork_server``, with a Unix socket as standard input. A fork takes a tenth of the
time of a new interpreter that imports Pulumi's SDK. For each request, a line of JSON with four file descriptors (see
:class:`Request`), it forks. The child then is what ``python -u -m vpcep_pulumi.testing.child`` would be; where
something could make a difference (:func:`differs`), it becomes exactly that. The last descriptor gets the child's
process id at once, and its exit code when it has ended. The server ends with the engine's end of the socket.

The technique is that of ``multiprocessing``'s fork server: the process that forks has one thread, and has opened no
channel, file or client that a child could share.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vpcep_pulumi.testing import child

PRELOADED = ("pulumi.dynamic", "vpcep_pulumi.resources.endpoint_connection_approval", "vpcep_pulumi.provider.core")
"""What programs and hosts import in any case."""
READ_AT_START = (
    *("PYTHON", "LD_", "LC_", "LANG", "COVERAGE_", "OPENSSL_", "GLIBC_", "MALLOC_"),
    *("GRPC_", "PROTOCOL_BUFFERS_", "TEMPORARILY_DISABLE_PROTOBUF", "PYDANTIC_", "OTEL_", "TRACEPARENT", "PULUMI_OTEL"),
)
"""How the names of those variables begin that the interpreter and what is preloaded read once."""
ANSWER = struct.Struct("=q")
"""A process id, or an exit code: negative for a signal."""
DESCRIPTORS = 4
"""Standard input, output and error, and where answers go."""
PIECE_BYTES = 65536


@dataclass(frozen=True)
class Request:
    """What to start.

    :ivar arguments: for :mod:`vpcep_pulumi.testing.child`.
    :ivar folder: the working folder, absolute.
    :ivar environ: the whole environment.
    :ivar umask: of the engine now; the server's is of its start.
    :ivar limits: those of ``resource``, likewise: soft and hard, by number.
    """

    arguments: list[str]
    folder: str
    environ: dict[str, str]
    umask: int
    limits: dict[str, list[int]]

    def encoded(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"


def differs(request: Request, started_with: Mapping[str, str]) -> bool:
    """Whether a new interpreter could come to something else than a fork of this one.

    :param started_with: this process's environment.
    """
    if _read_at_start(request.environ) != _read_at_start(started_with):
        return True
    # An interpreter takes a relative entry as one of its working folder.
    if not all(map(is_fixed, request.environ.get("PYTHONPATH", os.sep).split(os.pathsep))):
        return True
    # The working folder comes first in the search for modules: one of its own would be taken instead.
    own = {entry.name.partition(".")[0] for entry in Path(request.folder).iterdir()}
    return any(not _is_from(request.folder, name) for name in own & (sys.modules.keys() - {"__main__"}))


def _is_from(folder: str, name: str) -> bool:
    """Whether a module that was imported is the one of a folder. (Then it is that of when this process began.)"""
    file = getattr(sys.modules[name], "__file__", None)  # built-in modules have none
    return file is not None and Path(file).parent in (Path(folder), Path(folder, name))


def is_fixed(entry: str) -> bool:
    """Whether an entry of ``PYTHONPATH`` means the same folder everywhere."""
    return Path(entry).is_absolute()


def bounds() -> tuple[int, dict[str, list[int]]]:
    """The umask and the limits of this process, as a request takes them."""
    status = Path("/proc/self/status").read_text(encoding="ascii")  # asking for it any other way would change it
    umask = next(int(line.split()[1], 8) for line in status.splitlines() if line.startswith("Umask:"))
    numbers = {value for name, value in vars(resource).items() if name.startswith("RLIMIT_")}
    return umask, {str(number): [*resource.getrlimit(number)] for number in numbers}


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}


class Server:
    """Forks on request.

    :param requests: where requests come from.
    """

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._answers: dict[int, int] = {}
        """By process id: the descriptor that its end is told to."""
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

    def run(self) -> Request | None:
        """Serve until the engine is gone: None. In a child: what it shall become."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wake in ready:
                    os.read(self._wake, PIECE_BYTES)
                    self._tell_ends()
                if self._requests in ready:
                    message, descriptors, _, _ = socket.recv_fds(self._requests, PIECE_BYTES, DESCRIPTORS)
                    while message and not message.endswith(b"\n"):
                        piece = self._requests.recv(PIECE_BYTES)
                        message = message + piece if piece else b""  # the engine has ended in the middle of it
                    if not message:
                        return None
                    request = self._fork(message, descriptors)
                    if request is not None:
                        break
        return request

    def _tell_ends(self) -> None:
        while self._answers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            answers = self._answers.pop(pid)
            _tell(answers, os.waitstatus_to_exitcode(status))
            os.close(answers)

    def _fork(self, message: bytes, descriptors: list[int]) -> Request | None:
        try:
            pid = os.fork() if len(descriptors) == DESCRIPTORS else None
        except OSError:
            pid = None
        if pid == 0:
            self._leave(descriptors)
            return Request(**json.loads(message))
        if pid is None:  # too many processes or descriptors: whoever asks does without
            for each in descriptors:
                os.close(each)
            return None
        *streams, answers = descriptors
        _tell(answers, pid)
        self._answers[pid] = answers
        for each in streams:
            os.close(each)
        return None

    def _leave(self, descriptors: list[int]) -> None:
        """In a child: what is the server's own is left behind."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Ctrl-C is the engine's alone: it lets its children finish what they are doing.
        os.setsid()
        for each in (*self._answers.values(), descriptors[-1], self._wake, self._waker):
            os.close(each)
        self._requests.detach()  # it is the descriptor that standard input takes now
        for number, source in enumerate(descriptors[:-1]):
            os.dup2(source, number)
            os.close(source)


def _tell(answers: int, number: int) -> None:
    with suppress(BrokenPipeError):
        os.write(answers, ANSWER.pack(number))


def become(request: Request) -> None:
    """In a child: do what was asked for, as a new interpreter would."""
    anew = differs(request, os.environ)
    os.umask(request.umask)
    for number, (soft, hard) in request.limits.items():
        with suppress(OSError, ValueError):  # higher than the server's: that is for its owner to raise
            resource.setrlimit(int(number), (soft, hard))
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environ)
    if anew:
        arguments = [sys.executable, "-u", "-m", child.__name__, *request.arguments]
        os.execv(sys.executable, arguments)  # noqa: S606 -- this interpreter, with arguments of our own
    time.tzset()
    tempfile.tempdir = None  # found by a variable, once
    sys.path[0] = request.folder
    sys.argv = [str(child.__file__), *request.arguments]
    child.main()


def main() -> None:
    """Import, serve, and become what was asked for."""
    for name in PRELOADED:
        importlib.import_module(name)
    request = Server(socket.socket(fileno=0)).run()
    if request is not None:
        become(request)


if __name__ == "__main__":
    main()
