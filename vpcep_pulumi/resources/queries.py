"""What a program may ask: the connections of a service. Queries only read, in previews as well."""

from __future__ import annotations

import asyncio
import reprlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pulumi

from vpcep_pulumi.api.statuses import DOCUMENTED
from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.schema import RULES, Rule
from vpcep_pulumi.resources.arguments import ANY
from vpcep_pulumi.resources.declarations import declarations

if TYPE_CHECKING:
    from vpcep_pulumi.api.models import Connection

Status: TypeAlias = Literal["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting"]
"""The statuses that the API documents."""


@dataclass(frozen=True)
class EndpointConnection:
    """A connection to a VPC endpoint service, as it was when it was asked for.

    :ivar service_id: the service.
    :ivar endpoint_id: the consumer's endpoint.
    :ivar status: one of :data:`Status`, or whatever else the API says.
    :ivar domain_id: the account that the endpoint belongs to; None if the API does not name it.
    :ivar marker_id: the connection's packet id: a number of 64 bits, as a string.
    :ivar created_at: when the connection was made, UTC, as the API writes it.
    :ivar updated_at: when it last changed, likewise.
    :ivar description: the note on the connection.
    :ivar errors: why the connection failed.
    """

    service_id: str
    endpoint_id: str
    status: str
    domain_id: str | None = None
    marker_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    description: str | None = None
    errors: tuple[str, ...] = ()


def get_connections(
    service_id: str,
    *,
    status: Status | Collection[Status] = ANY,
    domain_id: str | Collection[str] = ANY,
    created_after: str = ANY,
    created_before: str = ANY,
    region: str | None = None,
    project_id: str | None = None,
    profile: str | None = None,
) -> list[EndpointConnection]:
    """The connections of a service, those that were made last first.

    ::

        for each in get_connections(service_id, status="pendingAcceptance"):
            print(each.endpoint_id, "of account", each.domain_id, "waits since", each.created_at)

    To declare approvals from a query, ask for what is accepted already as well, as ``examples/accounts`` does: an
    approval that the program does not declare any more is deleted, and its connection is rejected.

    It waits for the API. With ids that are outputs, use :func:`get_connections_output`.

    A condition that is given must not be None or empty: either would silently mean everything, or nothing.

    :param service_id: the id of the VPC endpoint service, not its name.
    :param status: only connections with this status, or with one of these.
    :param domain_id: only connections of this account, or of one of these.
    :param created_after: only those that were made then or later: RFC 3339, with a zone.
    :param created_before: only those that were made earlier.
    :param region: by default from the settings.
    :param project_id: by default from the settings, else asked of IAM.
    :param profile: the name of a profile: credential and project come from it alone.
    :raises pulumi.RunError: an argument is wrong, there is no such service, or the API could not be asked.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/vpcep_06_0206.html
    """
    return _query()(
        service_id=service_id,
        status=status,
        domain_id=domain_id,
        created_after=created_after,
        created_before=created_before,
        region=region,
        project_id=project_id,
        profile=profile,
    )


def get_connections_output(
    service_id: pulumi.Input[str],
    *,
    status: pulumi.Input[Status | Sequence[Status]] = ANY,
    domain_id: pulumi.Input[str | Sequence[str]] = ANY,
    created_after: pulumi.Input[str] = ANY,
    created_before: pulumi.Input[str] = ANY,
    region: pulumi.Input[str | None] = None,
    project_id: pulumi.Input[str | None] = None,
    profile: pulumi.Input[str | None] = None,
) -> pulumi.Output[list[EndpointConnection]]:
    """As :func:`get_connections`, with outputs as arguments. What is not known yet gives an output that is not known.

    The program goes on while the API is asked.
    """
    operation, ask = declarations().operation, _query(shows=False)

    async def asked(given: dict[str, Any]) -> list[EndpointConnection]:
        return await asyncio.get_running_loop().run_in_executor(operation.executor, partial(ask, **given))

    given: dict[str, Any] = {
        "service_id": service_id,
        "status": status,
        "domain_id": domain_id,
        "created_after": created_after,
        "created_before": created_before,
        "region": region,
        "project_id": project_id,
        "profile": profile,
    }
    return pulumi.Output.all(**{name: value for name, value in given.items() if value is not ANY}).apply(asked)


def _query(*, shows: bool = True) -> Callable[..., list[EndpointConnection]]:
    """The query of the program that runs here.

    :param shows: whether messages may show arguments. Those of outputs may be secrets.
    """
    operation = declarations().operation
    operation.read_configuration()

    def ask(**arguments: Any) -> list[EndpointConnection]:
        given = {
            name: value
            for name, value in arguments.items()
            if value is not ANY and not (value is None and name in OPTIONAL)
        }
        _check(given, shows=shows)
        from vpcep_pulumi.lifecycle.selection import Selection  # noqa: PLC0415 -- only a query needs it

        after, before = given.get("created_after"), given.get("created_before")
        selection = Selection(
            _several(given["status"]) if "status" in given else None,
            _several(given["domain_id"]) if "domain_id" in given else None,
            datetime.fromisoformat(after) if after is not None else None,
            datetime.fromisoformat(before) if before is not None else None,
        )
        try:
            found = operation.get().get_connections(given["service_id"], **{name: given.get(name) for name in OPTIONAL})
            return [_shown(given["service_id"], each) for each in selection.of(found)]
        except VpcepError as error:
            raise pulumi.RunError(f"get_connections: {error}") from None

    return ask


RULES_BY_ARGUMENT: dict[str, Rule] = {
    "service_id": RULES["service_id"],
    "region": RULES["region"],
    "project_id": RULES["project_id"],
    "profile": RULES["profile"],
    "created_after": RULES["expires_at"],
    "created_before": RULES["expires_at"],
    "domain_id": RULES["expected_domain_id"],
    "status": lambda value: (
        None if isinstance(value, str) and value in DOCUMENTED else f"must be one of {', '.join(sorted(DOCUMENTED))}"
    ),
}
OPTIONAL = ("region", "project_id", "profile")
"""The arguments that may be None: what the settings say, then."""
SEVERAL = ("status", "domain_id")
"""The arguments that take several values as well."""


def _check(given: dict[str, Any], *, shows: bool) -> None:
    """Refuse wrong arguments before anything is sent.

    :raises pulumi.RunError: one of them is wrong.
    """
    wrong = []
    for name, value in given.items():
        if isinstance(value, pulumi.Output):
            wrong.append(f"{name} is an output: use get_connections_output")
        elif value is None:
            wrong.append(f"{name} is None: leave it out to ask for all")
        elif name in SEVERAL and not _several(value):
            wrong.append(f"{name} is empty: nothing could be found")
        else:
            wrong += _problems(name, _several(value) if name in SEVERAL else (value,), shows=shows)
    if wrong:
        raise pulumi.RunError(f"get_connections: {'; '.join(wrong)}")


def _problems(name: str, values: tuple[Any, ...], *, shows: bool) -> list[str]:
    reasons = ((RULES_BY_ARGUMENT[name](value), value) for value in values)
    return [
        f"{name} {reason}" + (f", not {reprlib.repr(value)}" if shows else "")
        for reason, value in reasons
        if reason is not None
    ]


def _several(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)


def _shown(service_id: str, connection: Connection) -> EndpointConnection:
    return EndpointConnection(
        service_id,
        connection.id or "",
        str(connection.status or ""),
        connection.domain_id,
        connection.marker_id,
        connection.created_at,
        connection.updated_at,
        connection.description,
        tuple(map(str, connection.errors)),
    )
