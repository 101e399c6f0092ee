"""gRPC between engine, program and host is on this machine: no proxy of the environment is ever asked for it.

gRPC takes a proxy from ``grpc_proxy``, ``https_proxy`` and ``http_proxy``, for 127.0.0.1 as well. What it reaches
without is in ``no_grpc_proxy``, else in ``no_proxy``; the first is gRPC's alone, so nothing changes for HTTP.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

NO_PROXY = ("grpc.enable_http_proxy", 0)
"""An option of a channel: where it is made here, it needs no variable."""
VARIABLE = "no_grpc_proxy"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment whose gRPC reaches this machine directly; what it reached directly before, it still does."""
    return {**environ, VARIABLE: with_this_machine(environ.get(VARIABLE, environ.get("no_proxy", "")))}


def with_this_machine(listed: str) -> str:
    """A list of hosts that no proxy is asked for, with this machine."""
    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    return ",".join([*hosts, *(host for host in THIS_MACHINE if host not in hosts)])


class _Shared:
    """This process's variable, while functions run as programs: the first sets it, the last puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before: str | None = None

    def begin(self) -> None:
        with self._lock:
            if not self._running:
                self._before = os.environ.get(VARIABLE)
                os.environ.update(without_proxy(os.environ))
            self._running += 1

    def end(self) -> None:
        with self._lock:
            self._running -= 1
            if self._running:
                return
            if self._before is None:
                os.environ.pop(VARIABLE, None)
            else:
                os.environ[VARIABLE] = self._before


_shared = _Shared()


@contextmanager
def reached_directly() -> Iterator[None]:
    """The same for this process, where a function is the program: its channels are Pulumi's SDK's own."""
    _shared.begin()
    try:
        yield
    finally:
        _shared.end()
