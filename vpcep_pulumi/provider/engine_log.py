"""Writes to the engine's log from the process of the dynamic provider host.

There, ``pulumi.log`` has no engine and prints to stderr. But the engine's address is the last argument of
the process, and the engine accepts ``Log`` calls from it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from copy import copy

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

VARIABLE = "VPCEP_LOG"
"""The environment variable. ``debug`` prints each request to stderr, wherever the provider runs."""
NO_PROXY = (("grpc.enable_http_proxy", 0),)
"""The gRPC option that ignores a proxy in the environment: an engine is on this machine."""


class EngineLog:
    """A :class:`~vpcep_pulumi.log.Log` that the user sees under the stack.

    :param address: the engine's address, ``host:port``; None (outside of a host): print to stderr instead.
    :param prints_debug: whether :meth:`debug` prints to stderr; else it goes to the engine, which shows it on demand.
    """

    def __init__(self, address: str | None, *, prints_debug: bool = False) -> None:
        self._urn = ""
        self._prints_debug = prints_debug
        self._engine = (
            engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=NO_PROXY))
            if address is not None
            else None
        )

    def info(self, message: str) -> None:
        """Shown under the stack, and again at the end."""
        self._log(engine_pb2.INFO, message)

    def warning(self, message: str) -> None:
        """Shown as a warning, and again at the end."""
        self._log(engine_pb2.WARNING, message)

    def debug(self, message: str) -> None:
        """Shown on demand: with ``pulumi up --debug``, or with ``VPCEP_LOG=debug``."""
        if self._prints_debug:
            _print(f"vpcep: {message}")
        elif self._engine is not None:
            self._log(engine_pb2.DEBUG, message)

    def progress(self, message: str) -> None:
        """Shown while the operation runs, without the prefix ``vpcep:``, because its row may be narrow."""
        self._log(engine_pb2.INFO, message, ephemeral=True)

    def on(self, urn: str | None) -> EngineLog:
        """The same log, with its messages on a resource's row and among the resource's diagnostics."""
        row = copy(self)
        row._urn = urn or ""  # noqa: SLF001 -- of its own class
        return row

    def _log(self, severity: engine_pb2.LogSeverity.ValueType, message: str, *, ephemeral: bool = False) -> None:
        if self._engine is None:
            _print(message)
            return
        shown = message if ephemeral else f"vpcep: {message}"
        try:
            request = engine_pb2.LogRequest(severity=severity, message=shown, ephemeral=ephemeral, urn=self._urn)
            self._engine.Log(request, timeout=5)
        except grpc.RpcError:
            # An engine that is about to end accepts no messages. The operation itself must not fail because of that.
            if severity != engine_pb2.DEBUG:
                _print(message)


def _print(message: str) -> None:
    """Print to stderr, or do nothing if it is closed: the operation must not fail because its engine is gone."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{message}\n")


def wants_debug(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for debug lines on stderr."""
    return environ.get(VARIABLE, "").strip().lower() == "debug"


def engine_address(argv: Sequence[str]) -> str | None:
    """The engine's address among the arguments of a host process; None if there is none."""
    address = argv[-1] if len(argv) > 1 else ""
    host, _, port = address.rpartition(":")
    return address if host and port.isdigit() else None
