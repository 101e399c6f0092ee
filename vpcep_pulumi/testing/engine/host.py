"""The dynamic provider host, as the engine calls it.

The host works off four calls at a time; more would wait in its queue, out of reach of an interrupt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc

from vpcep_pulumi.testing import clock
from vpcep_pulumi.testing.engine.errors import EngineError, HostEnded, ProviderError
from vpcep_pulumi.testing.engine.processes import Child
from vpcep_pulumi.testing.engine.project import Target
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.values import Secret, Values, from_struct, to_struct
from vpcep_pulumi.testing.loopback import NO_PROXY

THREADS = 4
MESSAGE_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), NO_PROXY]
ENDED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Difference:
    """A provider's answer to ``diff``; ``changes`` is None where it leaves that to the engine."""

    changes: bool | None
    replaces: tuple[str, ...]
    delete_before_replace: bool


class Host:
    """A host process, started when it is first needed. Thread-safe.

    :param engine: the address of the engine's log.
    :param line: called with each line that it prints.
    :ivar configuration: what its provider is configured with, where that is not the stack's configuration.
    """

    def __init__(self, target: Target, *, engine: str, line: Callable[[str], None]) -> None:
        self._target, self._engine, self._line = target, engine, line
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(THREADS)
        self._child: Child | None = None
        self._channel: grpc.Channel | None = None
        self._stub: Any = None
        self._ended = False
        self.configuration: Values | None = None

    def check(self, olds: Values, news: Values) -> tuple[Values, list[tuple[str, str]]]:
        """The checked inputs, and the failures: property (or nothing) and reason."""
        request = proto.CheckRequest(olds=self._struct(olds), news=self._struct(news))
        answer = self._call(lambda stub: stub.Check(request))
        return from_struct(answer.inputs), [(each.property, each.reason) for each in answer.failures]

    def diff(self, id_: str, olds: Values, news: Values) -> Difference:
        """How the old outputs differ from the new inputs."""
        request = proto.DiffRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        answer = self._call(lambda stub: stub.Diff(request))
        changes = {proto.DiffResponse.DIFF_NONE: False, proto.DiffResponse.DIFF_SOME: True}.get(answer.changes)
        return Difference(changes, tuple(answer.replaces), answer.deleteBeforeReplace)

    def create(self, inputs: Values) -> tuple[str, Values]:
        """The new resource's id and outputs."""
        request = proto.CreateRequest(properties=self._struct(inputs))
        answer = self._call(lambda stub: stub.Create(request))
        return answer.id, from_struct(answer.properties)

    def read(self, id_: str, outputs: Values, inputs: Values) -> tuple[str, Values, Values | None]:
        """The id (empty where it is gone), the outputs, and the inputs where the provider gives them."""
        request = proto.ReadRequest(id=id_, properties=self._struct(outputs), inputs=self._struct(inputs))
        answer = self._call(lambda stub: stub.Read(request))
        return answer.id, from_struct(answer.properties), from_struct(answer.inputs) or None

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        """The new outputs."""
        request = proto.UpdateRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        return from_struct(self._call(lambda stub: stub.Update(request)).properties)

    def delete(self, resource: Resource) -> None:
        """Delete a resource."""
        request = proto.DeleteRequest(id=resource.id, properties=self._struct(resource.outputs))
        self._call(lambda stub: stub.Delete(request))

    def prepare(self) -> None:
        """Start the process now, so that it is ready when the program has come to its first resource."""
        with self._lock:
            if self._child is None:
                self._child = self._spawn()

    def finish(self, seconds: float) -> None:
        """Let the calls that are under way come to their end, for so long; then :meth:`end`."""
        if self._ended:
            return
        last = clock.monotonic() + seconds
        for _ in range(THREADS):
            self._turns.acquire(timeout=max(0, last - clock.monotonic()))
        self.end()

    def end(self) -> None:
        """End the process, if it was started; it is not started again."""
        with self._lock:
            if self._ended:
                return
            if self._channel is not None:
                self._channel.close()
            if self._child is not None:
                self._child.end()
            self._ended = True

    def _struct(self, values: Values) -> Any:
        return to_struct(values, secrets=False)

    def _call(self, call: Callable[[Any], Answer]) -> Answer:
        with self._turns:
            try:
                return call(self._started())
            except grpc.RpcError as error:
                if error.code() in ENDED:
                    raise HostEnded from None
                raise ProviderError(_details(error)) from None

    def _started(self) -> Any:
        with self._lock:
            if self._ended:
                raise HostEnded
            if self._stub is None:
                self._child = self._child or self._spawn()
                port = self._child.first_line()
                self._child.listen()
                if not port.isdigit():
                    raise EngineError(_no_port(port))
                self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=MESSAGE_OPTIONS)
                self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
                args = to_struct(self._arguments(), secrets=True)
                self._stub.Configure(proto.ConfigureRequest(args=args, acceptSecrets=True))
            return self._stub

    def _arguments(self) -> Values:
        if self.configuration is not None:
            return self.configuration
        config = self._target.config
        return {name: Secret(value) if name in config.secrets else value for name, value in config.values.items()}

    def _spawn(self) -> Child:
        target = self._target
        return Child(
            *("host", self._engine),
            cwd=target.project.folder,
            environ=target.variables(),
            line=self._line,
            apart=True,
        )


def _no_port(line: str) -> str:
    """What is said where the first line of standard output is not the port, as the CLI demands."""
    if not line:
        return "the dynamic provider host did not start: it ended at once"
    return (
        f"the dynamic provider host wrote an invalid port to stdout: {line!r}; nothing may print there before it does, "
        "no sitecustomize and no module at its import"
    )


def _details(error: grpc.RpcError) -> str:
    """The last line of the host's traceback: the provider's own words."""
    details = str(error.details()).strip()
    if not details.startswith("Traceback"):
        return details
    lines = details.split("\n")
    # A message of several lines begins after the last frame, which is indented.
    last = max(index for index, line in enumerate(lines) if line.startswith((" ", "Traceback")))
    return "\n".join(lines[last + 1 :]).partition(": ")[2] or lines[-1]
