"""The two gRPC services that a program and its provider host talk to: the resource monitor and the engine's log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

from vpcep_pulumi.testing import grpc_clock
from vpcep_pulumi.testing.engine.decision import Registered
from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.errors import ProviderError, Unsupported, UnsupportedValue
from vpcep_pulumi.testing.engine.host import MESSAGE_OPTIONS
from vpcep_pulumi.testing.engine.registrations import goal_of, reading_of
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.steps import Steps, Stopped
from vpcep_pulumi.testing.engine.values import from_struct, plain, to_struct

FEATURES = {
    "secrets": "SECRETS",
    "aliasSpecs": "ALIAS_SPECS",
    "deletedWith": "DELETED_WITH",
    "replaceWith": "REPLACE_WITH",
    # These are refused below, by name. The SDK would say that the CLI is too old.
    "transforms": "TRANSFORMS",
    "resourceHooks": "RESOURCE_HOOKS",
}
"""What the SDK may rely on. Without the others it sends resources as ids."""
SEVERITIES = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
SHUTTING_DOWN = "Resource monitor has terminated, shutting down"
"""What the SDK makes of a monitor that ends: our own doing, and no news."""
THREADS = 64


class Log(engine_pb2_grpc.EngineServicer):
    """The engine's log."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: Any, context: Any) -> Any:
        """A line of the program's or of the provider's."""
        severity = SEVERITIES[request.severity]
        if severity != "debug" and SHUTTING_DOWN not in request.message:
            self._report.say(severity, request.message.rstrip("\n"), request.urn, shown=not request.ephemeral)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """The stack's URN, kept for the SDK."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """The stack's URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """What a program asks of the engine.

    :ivar finished: set when the program has said everything.
    :ivar released: set when it may end.
    """

    def __init__(self, deployment: Deployment, steps: Steps) -> None:
        self._deployment = deployment
        self._steps = steps
        self._stubs = steps.stubs
        self.finished = threading.Event()
        self.released = threading.Event()
        self._under_way = 0
        self._turn = threading.Condition()

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        """What the SDK may rely on; older ones ask for each feature."""
        names = [f"RESOURCE_MONITOR_FEATURE_{name}" for name in FEATURES.values()]
        return resource_pb2.DeploymentInfo(supportedFeatures=[getattr(resource_pb2, name) for name in names])

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """Whether the SDK may rely on a feature."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """A resource is declared."""
        found = self._answered(context, lambda: self._deployment.register(goal_of(request, self._stubs)))
        return resource_pb2.RegisterResourceResponse(
            urn=found.resource.urn,
            id=found.resource.id,
            object=to_struct(found.resource.outputs, secrets=True),
            unknown=found.unknown,
            result=_result(found),
        )

    def ReadResource(self, request: Any, context: Any) -> Any:
        """A resource is read that is made elsewhere."""
        found = self._answered(context, lambda: self._deployment.read(reading_of(request, self._stubs)))
        return resource_pb2.ReadResourceResponse(
            urn=found.resource.urn,
            properties=to_struct(found.resource.outputs, secrets=True),
            result=_result(found),
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """A component, or the stack, has its outputs."""
        self._answered(context, lambda: self._deployment.register_outputs(request.urn, from_struct(request.outputs)))
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """The program has said everything; it is kept until the rest is done."""
        self.finished.set()
        self.released.wait()
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """A function of a package. Only a test can say what it answers."""
        found = self._answered(context, lambda: self._stubs.call(request.tok, plain(from_struct(request.args))))
        return provider_pb2.InvokeResponse(**{"return": to_struct(found, secrets=True)})  # type: ignore[arg-type] # a keyword

    def Call(self, request: Any, context: Any) -> Any:
        """Refused."""
        return self._answered(context, lambda: _refuse(f"calls ({request.tok})"))

    def RegisterStackTransform(self, request: Any, context: Any) -> Any:
        """Refused."""
        return self._answered(context, lambda: _refuse("transforms"))

    def RegisterResourceHook(self, request: Any, context: Any) -> Any:
        """Refused."""
        return self._answered(context, lambda: _refuse("hooks"))

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        """A package whose SDK names it by a reference. What is asked of it is stubbed, or refused by its own name."""
        return resource_pb2.RegisterPackageResponse(ref=request.name)

    def wait_for_the_rest(self) -> None:
        """Wait until nothing that the program has asked for is under way."""
        with self._turn:
            self._turn.wait_for(lambda: not self._under_way)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._turn:
            self._under_way += 1
        try:
            yield
        finally:
            with self._turn:
                self._under_way -= 1
                self._turn.notify_all()

    def _answered(self, context: Any, ask: Callable[[], Any]) -> Any:
        """An answer, or the status that makes the SDK end the program."""
        try:
            with self._counted():
                return ask()
        except Stopped:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the operation ends")
        except (Unsupported, UnsupportedValue, ProviderError) as error:
            self._steps.report.say("error", str(error))
            self._steps.stopping.set()
            context.abort(grpc.StatusCode.UNAVAILABLE, "the operation ends")


def serve(add: Callable[[Any, Any], None], servicer: Any) -> tuple[grpc.Server, str]:
    """A server on loopback, and its address. The two services have one each: programs log while they wait."""
    grpc_clock.keep_real()
    server = grpc.server(ThreadPoolExecutor(THREADS), options=MESSAGE_OPTIONS)
    add(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def _refuse(what: str) -> NoReturn:
    raise Unsupported(what)


def _result(found: Registered) -> Any:
    return resource_pb2.Result.FAIL if found.failed else resource_pb2.Result.SUCCESS
