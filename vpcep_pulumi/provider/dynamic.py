"""The adapter that Pulumi's dynamic provider host calls: from Pulumi's values to the core's, and back.

The provider is pickled by reference into every stack's state. So do not rename or move this module or the class in it:
that breaks refresh and destroy of all existing stacks.

A program imports this module only for that reference. The provider itself is made only in the host.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime.rpc import wrap_rpc_secret

from vpcep_pulumi.errors import InputError, PartlyDone, SharedEventsError, VpcepError
from vpcep_pulumi.lifecycle.policy_schema import POLICY
from vpcep_pulumi.lifecycle.schema import HIDDEN
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.shared import events_of
from vpcep_pulumi.provider.clean_errors import clean_error
from vpcep_pulumi.provider.engine_log import engine_address
from vpcep_pulumi.provider.hidden import SECRET, Hidden, MaskedLog
from vpcep_pulumi.provider.unknown import UNKNOWN, Unknown

if TYPE_CHECKING:
    from vpcep_pulumi.operation.operation import Operation
    from vpcep_pulumi.provider.answers import Checked, Difference, Reading


CAN_BE_SECRET = (*HIDDEN, *POLICY.names("hidden"))
"""The inputs that are hidden if a program gives them as secrets."""


class _Core(Protocol):
    """The operations of one kind of resource on plain values."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Validate, resolve, plan."""

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        """Compare."""

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""

    def read(self, id_: str, props: Mapping[str, Any]) -> Reading:
        """What is live."""

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""

    def delete(self, olds: Mapping[str, Any]) -> None:
        """Undo."""


class _Process:
    """The objects that exist once in a process: a host process serves one operation."""

    lock: ClassVar = threading.Lock()
    operation: ClassVar[Operation | None] = None
    cores: ClassVar[dict[str, _Core]] = {}
    hidden: ClassVar = Hidden()


class _Provider(ResourceProvider):
    """Has no attributes: a reference to its class is all that is pickled into the state, and no secret."""

    serialize_as_secret_always = False
    kind: ClassVar[str]

    @classmethod
    def core(cls, operation: Operation) -> _Core:
        """Make what answers the engine's calls."""
        raise NotImplementedError

    def configure(self, req: ConfigureRequest) -> None:
        """Called once in a process, before anything else. It checks nothing: an error here cannot be shown cleanly."""
        with _Process.lock:
            if _Process.operation is None:
                _Process.operation = _new_operation(req)
            if self.kind not in _Process.cores:
                _Process.cores[self.kind] = self.core(_Process.operation)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate and resolve the inputs, and plan what is going to happen. See the core's ``check``."""
        checked = self._core().check(_from_pulumi(_olds), _from_pulumi(news))
        inputs = _to_pulumi(checked.inputs) | _secret_names(checked.inputs)
        return CheckResult(inputs, [_failure(each, news) for each in checked.failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with what is live. See the core's ``diff``."""
        try:
            found = self._core().diff(_from_pulumi(_olds), _from_pulumi(_news))
        except VpcepError as error:
            raise _clean(error) from None
        return DiffResult(changes=found.changes, replaces=list(found.replaces))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Accept or reject. What was sent is recorded, even if the declared status was not reached."""
        try:
            id_, values = self._core().create(_from_pulumi(props))
        except PartlyDone as part:
            # Do not raise: the outputs must be recorded. The resource in the program then fails the update.
            return CreateResult(part.id, _recorded(part.outputs))
        except VpcepError as error:
            raise _clean(error) from None
        return CreateResult(id_, _recorded(values))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read what is live. See the core's ``read``."""
        try:
            found = self._core().read(id_, _from_pulumi(props))
        except VpcepError as error:
            raise _clean(error) from None
        return ReadResult(found.id, _recorded(found.outputs), _recorded(found.inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Carry out what is declared now. The result is recorded as in ``create``."""
        try:
            values = self._core().update(_from_pulumi(_olds), _from_pulumi(_news))
        except PartlyDone as part:
            return UpdateResult(_recorded(part.outputs))
        except VpcepError as error:
            raise _clean(error) from None
        return UpdateResult(_recorded(values))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Reject, unless another resource of the program declares the connection. See the core's ``delete``."""
        try:
            self._core().delete(_from_pulumi(_props))
        except VpcepError as error:
            raise _clean(error) from None

    def _core(self) -> _Core:
        if self.kind not in _Process.cores:
            raise RuntimeError("the provider was not configured by a dynamic provider host")
        return _Process.cores[self.kind]


class EndpointConnectionApprovalProvider(_Provider):
    """The provider of ``EndpointConnectionApproval``."""

    kind = "approval"

    @classmethod
    def core(cls, operation: Operation) -> _Core:
        """Make what answers the engine's calls."""
        from vpcep_pulumi.provider.core import ApprovalProvider  # noqa: PLC0415 -- see `_claims`

        return ApprovalProvider(operation)


class EndpointConnectionPolicyProvider(_Provider):
    """The provider of ``EndpointConnectionPolicy``."""

    kind = "policy"

    @classmethod
    def core(cls, operation: Operation) -> _Core:
        """Make what answers the engine's calls."""
        from vpcep_pulumi.provider.policy import PolicyProvider  # noqa: PLC0415 -- see `_claims`

        return PolicyProvider(operation, masked=_Process.hidden.masked)


def _failure(failure: InputError, news: Mapping[str, Any]) -> CheckFailure:
    """A failure of ``check``. The engine prints the value of the property that it names, so a secret one is not named.

    Instead, the input's name stands in the reason.
    """
    reason = _Process.hidden.masked(failure.reason)
    if failure.property_name in (news.get(SECRET) or ()):
        return CheckFailure("", f"{failure.property_name}: {reason}")
    return CheckFailure(failure.property_name, reason)


def _claims(engine: str | None) -> Claims:
    """The claims of this operation. They are read before the slow imports: the program may end during those."""
    claims = Claims(events_of(engine, makes=False))
    with suppress(SharedEventsError):  # it is raised again when the claims are needed
        claims.is_checked("")
    return claims


def _new_operation(req: ConfigureRequest) -> Operation:
    engine = engine_address(sys.argv)
    claims = _claims(engine)
    from vpcep_pulumi.clock import Clock  # noqa: PLC0415 -- see above
    from vpcep_pulumi.operation.operation import Operation  # noqa: PLC0415
    from vpcep_pulumi.provider.engine_gone import watch  # noqa: PLC0415
    from vpcep_pulumi.provider.engine_log import EngineLog, wants_debug  # noqa: PLC0415
    from vpcep_pulumi.provider.interrupt import interruptible  # noqa: PLC0415
    from vpcep_pulumi.settings.keys import SETTINGS_CONFIG  # noqa: PLC0415

    config = {key: value for key in SETTINGS_CONFIG if isinstance(value := req.config.get(key), str)}
    log = MaskedLog(EngineLog(engine, prints_debug=wants_debug(os.environ)), _Process.hidden)
    ends = threading.Event()
    # At the end of the process, Python waits for the worker threads before it runs any public exit hook.
    threading._register_atexit(ends.set)  # type: ignore[attr-defined] # noqa: SLF001
    if engine is not None:
        # Without the engine, nobody records what this process does. So it ends at once, without waiting for threads.
        watch(engine, lambda: os._exit(1))
    clock = Clock(sleep=interruptible(ends.is_set))
    return Operation(config=config, environ=os.environ, home=Path.home(), clock=clock, log=log, claims=claims)


def _clean(error: VpcepError) -> Exception:
    return clean_error(_Process.hidden.masked(str(error)))


def _from_pulumi(values: Mapping[str, Any]) -> dict[str, Any]:
    _Process.hidden.meet(values)
    return {name: _mapped(value, PulumiUnknown, UNKNOWN) for name, value in values.items() if name != "__provider"}


def _to_pulumi(values: Mapping[str, Any]) -> dict[str, Any]:
    shown = _Process.hidden.masked_values(values)
    return {name: _mapped(value, Unknown, PULUMI_UNKNOWN) for name, value in shown.items()}


def _mapped(value: Any, unknown: type, marker: object) -> Any:
    """The value with every marker for what is not known yet, wherever it stands, replaced by another."""
    if isinstance(value, unknown):
        return marker
    if isinstance(value, list):
        return [_mapped(each, unknown, marker) for each in value]
    return {name: _mapped(each, unknown, marker) for name, each in value.items()} if isinstance(value, dict) else value


def _is_secret(name: str, value: object) -> bool:
    """Whether a value for the state repeats a secret input."""
    return (isinstance(value, str) or name in CAN_BE_SECRET) and value in _Process.hidden


def _recorded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the state. What repeats a secret input is marked as secret; the names of secret inputs are kept."""
    hidden = _Process.hidden
    shown = {
        name: wrap_rpc_secret(value) if _is_secret(name, value) else value
        for name, value in hidden.masked_values(values).items()
    }
    return shown | _secret_names(values)


def _secret_names(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the secrets among a resource's inputs or outputs, for the state; empty if there are none.

    They are kept among the inputs as well: with ``ignore_changes``, the engine takes the inputs from the state.
    """
    names = [name for name in CAN_BE_SECRET if values.get(name) in _Process.hidden]
    return {SECRET: names} if names else {}
