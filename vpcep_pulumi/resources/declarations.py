"""What the program of one stack has declared so far. Makes its claims, and refuses to declare a connection twice.

Source for what the SDK does: sdk/python/lib/pulumi/runtime/settings.py and resource.py.
"""

from __future__ import annotations

import secrets
import sys
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

import pulumi
from pulumi.runtime.mocks import MockEngine

from vpcep_pulumi.operation.claims import CLAIM_INPUT, Claims
from vpcep_pulumi.operation.keys import ConnectionKey, ServiceKey
from vpcep_pulumi.operation.shared import events_of
from vpcep_pulumi.resources.configuration import check_configuration
from vpcep_pulumi.resources.interrupts import hide_interrupts
from vpcep_pulumi.resources.previews import Previews
from vpcep_pulumi.resources.program_operation import ProgramOperation

IDS = ("service_id", "endpoint_id")
PLACE = ("region", "project_id", "profile")
"""The inputs that say where a connection is."""


@dataclass(frozen=True)
class Declaration:
    """One resource, as its constructor knows it.

    :ivar type: the resource's type token.
    :ivar inputs: those that name the connection; values may be outputs.
    :ivar reads: it is a ``.get``.
    :ivar status: the status that an approval declares, as far as it is known.
    """

    name: str
    type: str
    inputs: dict[str, pulumi.Input[str] | None]
    opts: pulumi.ResourceOptions
    reads: bool = False
    status: str | None = None

    @property
    def label(self) -> str:
        """The resource's name, for messages. A child is named with its parent: another may have the same name."""
        parent = self.opts.parent
        return repr(self.name) if parent is None else f"{self.name!r} (a child of {parent.pulumi_resource_name!r})"

    @property
    def place(self) -> tuple[object, ...]:
        """Region, project and profile; each is None unless the program gives it as a plain string."""
        given = (self.inputs[name] for name in PLACE)
        return tuple(each if isinstance(each, str) else None for each in given)

    @property
    def is_overridden(self) -> bool:
        """Whether the engine may use ids of the state instead of the program's, because of ``ignore_changes``."""
        return not {"*", *IDS, *PLACE}.isdisjoint(self.opts.ignore_changes or ())


class Declarations:
    """The declarations of one stack's program. Thread-safe.

    :param engine: the address of the operation's engine; None under Pulumi's mocks, which run no provider.
    """

    def __init__(self, engine: str | None) -> None:
        self.claims = Claims(events_of(engine, makes=True))
        self.previews = Previews()
        self.began = datetime.now(UTC)
        self._is_real = engine is not None
        self.operation = ProgramOperation(engine)
        self._program = secrets.token_hex(4)  # an operation may have several programs, as with component providers
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._holders: dict[tuple[object, ...], str] = {}

    def declare(self, declaration: Declaration) -> tuple[str, dict[str, Any]]:
        """Claim a connection: now if its ids are known, else as soon as they are.

        :returns: the claim's id, and the inputs to register: the hidden ones, and, if an id is not known yet, an
            ``endpoint_id`` that fails if another resource declares the connection.
        :raises pulumi.RunError: two resources declare it.
        """
        claim = f"{self._program}.{next(self._numbers)}"
        urn = self._urn(claim, declaration)
        hidden: dict[str, Any] = {} if urn is None else {CLAIM_INPUT: _joined(claim, urn)}
        fields = {"status": declaration.status, **_fields(declaration, urn)}
        key = None if declaration.is_overridden else _key(declaration.inputs)
        if declaration.is_overridden and not declaration.reads:
            fields["possible"] = _key(declaration.inputs)
        if key is not None:
            self._note(key, declaration)
            fields["connection"] = key
        if key is None and isinstance(declaration.inputs["service_id"], str):
            fields["within"] = ServiceKey(declaration.inputs["service_id"])
        self.claims.tell("declared", claim, reads=declaration.reads, **fields)
        if declaration.reads or declaration.is_overridden or (key is not None and key.service_id is not None):
            return claim, hidden
        # Only the ids: a region that a preview does not know yet must not make the endpoint unknown as well.
        ids = [declaration.inputs[name] for name in IDS]
        endpoint = pulumi.Output.all(*ids).apply(
            lambda values: self._resolved(claim, declaration, values), run_with_unknowns=True
        )
        return claim, {**hidden, "endpoint_id": endpoint}

    def declare_policy(self, declaration: Declaration) -> tuple[str, dict[str, Any]]:
        """Claim a service for a policy.

        :returns: the claim's id, and the hidden inputs to register.
        :raises pulumi.RunError: the program declares two policies of it.
        """
        claim = f"{self._program}.{next(self._numbers)}"
        urn = self._urn(claim, declaration)
        service = declaration.inputs["service_id"]
        known = service if isinstance(service, str) else None
        if known is not None:
            self._note_policy(known, declaration)
        self.claims.tell("declared", claim, service=ServiceKey(known), **_fields(declaration, urn))
        if known is None:
            pulumi.Output.from_input(service).apply(
                lambda resolved: self.claims.tell("resolved", claim, service=ServiceKey(resolved))
            )
        return claim, {} if urn is None else {CLAIM_INPUT: _joined(claim, urn)}

    def _note_policy(self, service_id: str, declaration: Declaration) -> None:
        """Refuse a second policy of a service. The provider finds those whose service is not known yet."""
        if not self._is_real:
            return
        with self._lock:
            place = (service_id, *declaration.place)
            other = self._holders.get(place)
            self._holders[place] = declaration.label
        if other is not None:
            raise pulumi.RunError(
                f"service {service_id} has two policies, {other} and {declaration.label}: put all rules into one"
            )

    def _resolved(self, claim: str, declaration: Declaration, values: object) -> pulumi.Input[str] | None:
        if isinstance(values, Sequence):  # else none of them is known yet
            key = _key({**declaration.inputs, **dict(zip(IDS, values, strict=True))})
            if key is not None:
                self._note(key, declaration)
                self.claims.tell("resolved", claim, connection=key)
        return declaration.inputs["endpoint_id"]

    def _note(self, key: ConnectionKey, declaration: Declaration) -> None:
        """Refuse a second declaration of a connection.

        Under Pulumi's mocks, it is not refused: there, one process runs many programs.
        """
        if declaration.reads or not self._is_real or key.service_id is None:
            return
        with self._lock:
            # The same ids in another region may be another connection. The provider decides that.
            place = (*key, *declaration.place)
            other = self._holders.get(place)
            self._holders[place] = declaration.label
        if other is not None:
            raise pulumi.RunError(
                f"connection {key.endpoint_id} of service {key.service_id} is declared twice, by {other} and by "
                f"{declaration.label}: remove one of them"
            )

    def _urn(self, claim: str, declaration: Declaration) -> str | pulumi.Output[str] | None:
        """The URN that the engine will give; an output if the parent's is not known yet; None if nothing is shared."""
        parent = declaration.opts.parent
        if not self.claims.is_shared:
            return None
        if parent is None or parent is pulumi.runtime.get_root_resource():
            return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{declaration.type}::{declaration.name}"

        def note(urn: str) -> str:
            self.claims.tell("named", claim, urn=urn)
            return urn

        named = pulumi.create_urn(declaration.name, declaration.type, parent).apply(note)
        # Drop the dependencies: a parent that depends on its children, as components do, would wait for itself.
        return pulumi.Output(set(), cast("Any", named.future()), named.is_known())


def _fields(declaration: Declaration, urn: str | pulumi.Output[str] | None) -> dict[str, Any]:
    """The fields of a claim that are known at once."""
    return {"name": declaration.label, **({"urn": urn} if isinstance(urn, str) else {})}


def _joined(claim: str, urn: str | pulumi.Output[str]) -> str | pulumi.Output[str]:
    return f"{claim} {urn}" if isinstance(urn, str) else urn.apply(lambda known: f"{claim} {known}")


MOST_WRAPPERS = 5
_lock = threading.Lock()
_declarations: weakref.WeakKeyDictionary[pulumi.Resource, Declarations] = weakref.WeakKeyDictionary()
"""The declarations of each root stack: a process may run several programs, one after the other or at once."""


def declarations() -> Declarations:
    """The declarations of the program that runs here.

    :raises pulumi.RunError: in the first call, if the stack configuration is not valid.
    """
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return Declarations(None)
    with _lock:
        if root not in _declarations:
            hide_interrupts()
            check_configuration()
            found = _declarations[root] = Declarations(_engine_address(pulumi.runtime.settings.get_engine()))
            weakref.finalize(root, found.operation.close)
            weakref.finalize(root, found.claims.close)  # at the exit of the process as well
        return _declarations[root]


def _engine_address(engine: object) -> str | None:
    """The address of this program's engine; None under mocks. The provider host has the same as its last argument.

    If it is not among this process's arguments, it is read from the SDK's gRPC stub, whose calls know their channel:
    the SDK keeps no address. Instrumentation, such as that of ``pulumi up --otel-traces``, wraps these calls.

    :raises pulumi.RunError: there is an engine, but its address cannot be found.
    """
    if engine is None or isinstance(engine, MockEngine):
        return None
    if "--engine" in sys.orig_argv[:-1]:
        return sys.orig_argv[sys.orig_argv.index("--engine") + 1]
    call = getattr(engine, "Log", None)
    for _ in range(MOST_WRAPPERS):
        target = getattr(getattr(call, "_channel", None), "target", None)
        if target is not None:
            return str(target().decode()).rpartition("/")[2]  # dns:///127.0.0.1:35701
        call = _wrapped(call)
    raise pulumi.RunError(
        "the address of Pulumi's engine cannot be found, so that the provider would not know what this program "
        "declares. Is gRPC instrumented in this process? Please report it"
    )


def _wrapped(call: Any) -> Any:
    """The call that OpenTelemetry's instrumentation, or an interceptor of gRPC's, wraps; None if neither does."""
    if hasattr(call, "_base_callable"):
        return call._base_callable  # noqa: SLF001 -- no public way leads there
    return call._thunk(call._method) if hasattr(call, "_thunk") else None  # noqa: SLF001


def _key(inputs: dict[str, Any]) -> ConnectionKey | None:
    """The key of the connection, without an address, which only the provider knows. None if no endpoint is known."""
    service, endpoint = (value if isinstance(value := inputs.get(name), str) else None for name in IDS)
    return None if endpoint is None else ConnectionKey(service, endpoint)
