"""What a program may ask: the connections of a service. Queries only read, in previews as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pulumi

from vpcep_pulumi.api.statuses import DOCUMENTED
from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.schema import RULES
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
    status: Status | Sequence[Status] | None = None,
    domain_id: str | Sequence[str] | None = None,
    created_after: str | None = None,
    created_before: str | None = None,
    region: str | None = None,
    project_id: str | None = None,
) -> list[EndpointConnection]:
    """The connections of a service, those that were made last first.

    ::

        for each in get_connections(service_id, status="pendingAcceptance"):
            print(each.endpoint_id, "of account", each.domain_id, "waits since", each.created_at)

    To declare approvals from a query, ask for what is accepted already as well, as ``examples/accounts`` does: an
    approval that the program does not declare any more is deleted, and its connection is rejected.

    It waits for the API. With ids that are outputs, use :func:`get_connections_output`.

    :param service_id: the id of the VPC endpoint service, not its name.
    :param status: only connections with this status, or with one of these.
    :param domain_id: only connections of this account, or of one of these.
    :param created_after: only those that were made then or later: RFC 3339, with a zone.
    :param created_before: only those that were made earlier.
    :param region: by default from the settings.
    :param project_id: by default from the settings, else asked of IAM.
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
    )


def get_connections_output(
    service_id: pulumi.Input[str],
    *,
    status: pulumi.Input[Status | Sequence[Status] | None] = None,
    domain_id: pulumi.Input[str | Sequence[str] | None] = None,
    created_after: pulumi.Input[str | None] = None,
    created_before: pulumi.Input[str | None] = None,
    region: pulumi.Input[str | None] = None,
    project_id: pulumi.Input[str | None] = None,
) -> pulumi.Output[list[EndpointConnection]]:
    """As :func:`get_connections`, with outputs as arguments. What is not known yet gives an output that is not known.

    The program goes on while the API is asked.
    """
    ask = _query()

    async def asked(given: dict[str, Any]) -> list[EndpointConnection]:
        return await asyncio.get_running_loop().run_in_executor(None, partial(ask, **given))

    given: dict[str, Any] = {
        "service_id": service_id,
        "status": status,
        "domain_id": domain_id,
        "created_after": created_after,
        "created_before": created_before,
        "region": region,
        "project_id": project_id,
    }
    return pulumi.Output.all(**given).apply(asked)


def _query() -> Callable[..., list[EndpointConnection]]:
    """The query of the program that runs here."""
    operation = declarations().operation
    operation.read_configuration()

    def ask(**given: Any) -> list[EndpointConnection]:
        given = {name: value for name, value in given.items() if value is not None}
        _check(given)
        from vpcep_pulumi.lifecycle.selection import Selection, moment_of  # noqa: PLC0415 -- only a query needs it

        selection = Selection(
            _several(given.get("status")),
            _several(given.get("domain_id")),
            moment_of(given.get("created_after")),
            moment_of(given.get("created_before")),
        )
        try:
            found = operation.get().get_connections(
                given["service_id"], region=given.get("region"), project_id=given.get("project_id")
            )
        except VpcepError as error:
            raise pulumi.RunError(f"get_connections: {error}") from None
        return [_shown(given["service_id"], each) for each in selection.of(found)]

    return ask


def _check(given: dict[str, Any]) -> None:
    """Refuse wrong arguments before anything is sent.

    :raises pulumi.RunError: one of them is wrong.
    """
    wrong = [] if "service_id" in given else ["service_id is required"]
    for name, rule in (
        ("service_id", RULES["service_id"]),
        ("region", RULES["region"]),
        ("project_id", RULES["project_id"]),
        ("created_after", RULES["expires_at"]),
        ("created_before", RULES["expires_at"]),
    ):
        if name in given and (reason := rule(given[name])) is not None:
            wrong.append(f"{name} {reason}, not {given[name]!r}")
    wrong += [
        f"domain_id {reason}, not {each!r}"
        for each in _several(given.get("domain_id")) or ()
        if (reason := RULES["expected_domain_id"](each)) is not None
    ]
    wrong += [
        f"status must be one of {', '.join(sorted(DOCUMENTED))}, not {each!r}"
        for each in _several(given.get("status")) or ()
        if each not in DOCUMENTED
    ]
    if wrong:
        raise pulumi.RunError(f"get_connections: {'; '.join(wrong)}")


def _several(value: object) -> tuple[Any, ...] | None:
    if value is None:
        return None
    return (value,) if isinstance(value, str) or not isinstance(value, Sequence) else tuple(value)


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
