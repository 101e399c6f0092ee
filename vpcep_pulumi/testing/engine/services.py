"""The two gRPC services that a program and its provider host talk to: the resource monitor and the engine's log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from vpcep_pulumi.testing import grpc_clock
from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.decision import Registered
from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.errors import Unsupported
from vpcep_pulumi.testing.engine.host import MESSAGE_OPTIONS
from vpcep_pulumi.testing.engine.names import Goal
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.steps import Steps, Stopped
from vpcep_pulumi.testing.engine.urns import DYNAMIC, PROVIDER
from vpcep_pulumi.testing.engine.values import UnsupportedValue, from_struct, from_value, to_struct

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
        found = self._answered(context, lambda: self._deployment.register(_goal(request)))
        return resource_pb2.RegisterResourceResponse(
            urn=found.resource.urn,
            id=found.resource.id,
            object=to_struct(found.resource.outputs, secrets=True),
            unknown=found.unknown,
            result=_result(found),
        )

    def ReadResource(self, request: Any, context: Any) -> Any:
        """A resource is read that is made elsewhere."""
        found = self._answered(context, lambda: self._deployment.read(_reading(request)))
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
        """Refused: functions of packages, stack references among them."""
        return self._answered(context, lambda: _refuse(f"invokes ({request.tok})"))

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
        """Refused."""
        return self._answered(context, lambda: _refuse(f"other packages ({request.name})"))

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
        except (Unsupported, UnsupportedValue) as error:
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


def _goal(request: Any) -> Goal:
    _refuse_what_only_the_cli_does(request)
    resource = Resource(
        urn="",
        type=request.type,
        custom=request.custom,
        inputs=from_struct(request.object),
        parent=request.parent,
        dependencies=sorted(request.dependencies),
        property_dependencies={
            name: sorted(each.urns) for name, each in sorted(request.propertyDependencies.items()) if each.urns
        },
        additional_secret_outputs=list(request.additionalSecretOutputs),
        ignore_changes=list(request.ignoreChanges),
        deleted_with=request.deletedWith,
        replace_with=list(request.replace_with),
        replacement_trigger=from_value(request.replacement_trigger),
        provider=request.provider,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
    )
    return Goal(
        request.name,
        resource,
        tuple(_alias(each) for each in request.aliases),
        request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        tuple(request.replaceOnChanges),
        tuple(name for name, field in INHERITED.items() if not _is_given(request, field)),
    )


def _is_given(request: Any, field: str) -> bool:
    value = getattr(request, field)
    return bool(value) if isinstance(value, str) else bool(request.HasField(field))


def _result(found: Registered) -> Any:
    return resource_pb2.Result.FAIL if found.failed else resource_pb2.Result.SUCCESS


def _reading(request: Any) -> Goal:
    if not request.type.startswith(DYNAMIC):
        raise Unsupported(f"resources of other packages ({request.type})")
    inputs = from_struct(request.properties)
    resource = Resource(
        urn="",
        type=request.type,
        custom=True,
        # An id that a preview cannot know yet is spelled as any unknown.
        id="" if request.id == rpc.UNKNOWN else request.id,
        inputs=inputs,
        parent=request.parent,
        dependencies=sorted(request.dependencies),
        provider=request.provider,
        additional_secret_outputs=list(request.additionalSecretOutputs),
    )
    return Goal(request.name, resource)


def _alias(alias: Any) -> urns.Alias:
    spec = alias.spec
    return urns.Alias(alias.urn, spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)


def _refuse_what_only_the_cli_does(request: Any) -> None:
    if request.custom and not request.type.startswith(DYNAMIC) and request.type != PROVIDER:
        raise Unsupported(f"resources of other packages ({request.type})")
    if request.remote:
        raise Unsupported(f"remote components ({request.type})")
    for field, what in REFUSED.items():
        value = getattr(request, field, None)
        if value.ByteSize() if isinstance(value, Message) else value:
            raise Unsupported(what)


REFUSED = {
    "importId": "imports",
    "version": "plugin versions",
    "pluginDownloadURL": "plugins to download",
    "packageRef": "other packages",
    "envVarMappings": "environment variables of providers",
    "transforms": "transforms",
    "hooks": "hooks",
    "state_migrations": "state migrations",
}
"""Fields of a registration that ask for what is not done here."""
INHERITED = {"protect": "protect", "retain_on_delete": "retainOnDelete", "deleted_with": "deletedWith"}
"""What a resource has from its parent where it does not say it itself, and the fields that say it."""


def _refuse(what: str) -> NoReturn:
    raise Unsupported(what)
