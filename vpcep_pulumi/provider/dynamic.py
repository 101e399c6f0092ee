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
from typing import TYPE_CHECKING, Any, ClassVar

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
from vpcep_pulumi.lifecycle.schema import HIDDEN
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.shared import events_of
from vpcep_pulumi.provider.clean_errors import clean_error
from vpcep_pulumi.provider.engine_log import engine_address
from vpcep_pulumi.provider.hidden import SECRET, Hidden, MaskedLog
from vpcep_pulumi.provider.unknown import UNKNOWN

if TYPE_CHECKING:
    from vpcep_pulumi.provider.core import ApprovalProvider


class _Process:
    """The objects that exist once in a process: a host process serves one operation."""

    lock: ClassVar = threading.Lock()
    provider: ClassVar[ApprovalProvider | None] = None
    hidden: ClassVar = Hidden()


class EndpointConnectionApprovalProvider(ResourceProvider):
    """Has no attributes: a reference to this class is all that is pickled into the state, and no secret."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Called once in a process, before anything else. It checks nothing: an error here cannot be shown cleanly."""
        with _Process.lock:
            if _Process.provider is None:
                _Process.provider = _new_provider(req)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate and resolve the inputs, and plan what is going to happen. See the core's ``check``."""
        checked = _provider().check(_from_pulumi(_olds), _from_pulumi(news))
        return CheckResult(_to_pulumi(checked.inputs), [_failure(each, news) for each in checked.failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with the live status. See the core's ``diff``."""
        try:
            found = _provider().diff(_from_pulumi(_olds), _from_pulumi(_news))
        except VpcepError as error:
            raise _clean(error) from None
        return DiffResult(changes=found.changes, replaces=list(found.replaces))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Accept or reject. What was sent is recorded, even if the declared status was not reached."""
        try:
            id_, values = _provider().create(_from_pulumi(props))
        except PartlyDone as part:
            # Do not raise: the outputs must be recorded. EndpointConnectionApproval then fails the update.
            return CreateResult(part.id, _recorded(part.outputs))
        except VpcepError as error:
            raise _clean(error) from None
        return CreateResult(id_, _recorded(values))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the live connection. See the core's ``read``."""
        try:
            found = _provider().read(id_, _from_pulumi(props))
        except VpcepError as error:
            raise _clean(error) from None
        return ReadResult(found.id, _recorded(found.outputs), _recorded(found.inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Carry out what is declared now. The result is recorded as in ``create``."""
        try:
            values = _provider().update(_from_pulumi(_olds), _from_pulumi(_news))
        except PartlyDone as part:
            return UpdateResult(_recorded(part.outputs))
        except VpcepError as error:
            raise _clean(error) from None
        return UpdateResult(_recorded(values))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Reject, unless another resource of the program declares the connection. See the core's ``delete``."""
        try:
            _provider().delete(_from_pulumi(_props))
        except VpcepError as error:
            raise _clean(error) from None


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


def _new_provider(req: ConfigureRequest) -> ApprovalProvider:
    engine = engine_address(sys.argv)
    claims = _claims(engine)
    from vpcep_pulumi.clock import Clock  # noqa: PLC0415 -- see above
    from vpcep_pulumi.operation.operation import Operation  # noqa: PLC0415
    from vpcep_pulumi.provider.core import ApprovalProvider  # noqa: PLC0415
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
    return ApprovalProvider(
        Operation(config=config, environ=os.environ, home=Path.home(), clock=clock, log=log, claims=claims)
    )


def _provider() -> ApprovalProvider:
    if _Process.provider is None:
        raise RuntimeError("the provider was not configured by a dynamic provider host")
    return _Process.provider


def _clean(error: VpcepError) -> Exception:
    return clean_error(_Process.hidden.masked(str(error)))


def _from_pulumi(values: Mapping[str, Any]) -> dict[str, Any]:
    _Process.hidden.meet(values)
    return {
        name: UNKNOWN if isinstance(value, PulumiUnknown) else value
        for name, value in values.items()
        if name != "__provider"
    }


def _to_pulumi(values: Mapping[str, Any]) -> dict[str, Any]:
    shown = _Process.hidden.masked_values(values)
    return {name: PULUMI_UNKNOWN if value is UNKNOWN else value for name, value in shown.items()}


def _recorded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the state. What repeats a secret input is marked as secret; the names of secret inputs are kept."""
    hidden = _Process.hidden
    shown = {
        name: wrap_rpc_secret(value) if isinstance(value, str) and value in hidden else value
        for name, value in hidden.masked_values(values).items()
    }
    names = [name for name in HIDDEN if values.get(name) in hidden]
    return shown | {SECRET: names} if names else shown
