"""The resource that a program declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.dynamic import Resource

from vpcep_pulumi.lifecycle.inputs import DEFAULT_APPEAR_TIMEOUT, DEFAULT_SETTLE_TIMEOUT
from vpcep_pulumi.lifecycle.table import is_reached
from vpcep_pulumi.provider.dynamic import EndpointConnectionApprovalProvider
from vpcep_pulumi.settings import SECRET_CONFIG

OUTPUT_ONLY = ("marker_id", "domain_id", "created_at", "updated_at", "errors")

_declared: WeakKeyDictionary[pulumi.Resource, dict[tuple[str, str], str]] = WeakKeyDictionary()
"""The connections that the program of each root stack has declared, and the approval's name."""


class EndpointConnectionApproval(Resource, module="vpcep", name="EndpointConnectionApproval"):
    """The decision on one connection to a VPC endpoint service: accept it, or reject it.

    ::

        EndpointConnectionApproval(
            "billing",
            service_id="4189d3c2-8882-4871-a3c2-d380272eed88",
            endpoint_id="705290f3-0d00-41f2-aedc-71f09844e879",
            expected_domain_id="6e9dfd51d1124e8d8498dce894923a0d",
        )

    Creating it accepts (or rejects) the connection, deleting it rejects it; ``retain_on_delete`` leaves the
    connection as it is. A preview compares with the connection's live status, so a decision that somebody
    else took shows up in it. Two approvals of one program must not name the same connection.

    :ivar status: the connection's live status: one of the API's, or ``absent``.
    :ivar marker_id: the connection's packet id: a number of 64 bits, as a string.
    :ivar domain_id: the account that the endpoint belongs to.
    :ivar created_at: when the connection was made, UTC, as the API writes it.
    :ivar updated_at: when it last changed, likewise.
    :ivar description: the note on the connection.
    :ivar errors: why the declared status was not reached; empty where it was.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/AcceptOrRejectEndpoint.html
    """

    service_id: pulumi.Output[str]
    endpoint_id: pulumi.Output[str]
    region: pulumi.Output[str]
    project_id: pulumi.Output[str]
    expected_domain_id: pulumi.Output[str | None]
    status: pulumi.Output[str]
    marker_id: pulumi.Output[str | None]
    domain_id: pulumi.Output[str | None]
    created_at: pulumi.Output[str | None]
    updated_at: pulumi.Output[str | None]
    description: pulumi.Output[str | None]
    errors: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        service_id: pulumi.Input[str],
        endpoint_id: pulumi.Input[str],
        status: pulumi.Input[str] = "accepted",
        expected_domain_id: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        region: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        appear_timeout: pulumi.Input[float] = DEFAULT_APPEAR_TIMEOUT,
        settle_timeout: pulumi.Input[float] = DEFAULT_SETTLE_TIMEOUT,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a decision.

        :param resource_name: the resource's name in Pulumi.
        :param service_id: the id of the VPC endpoint service (not its name). Changing it replaces.
        :param endpoint_id: the id of the consumer's VPC endpoint. Changing it replaces.
        :param status: ``accepted`` or ``rejected``.
        :param expected_domain_id: the account that the endpoint must belong to; another's is refused before
            anything is sent.
        :param description: a note to write onto the connection: at most 512 characters, no ``<`` or ``>``.
            Left out, the connection's own note is left alone.
        :param region: by default from the settings. Changing it replaces.
        :param project_id: the project of the service; by default from the settings, else asked of IAM.
            Changing it replaces.
        :param appear_timeout: seconds to wait for a connection that is not there yet.
        :param settle_timeout: seconds to wait for a connection to reach the declared status.
        :raises pulumi.RunError: two approvals name the same connection, or a secret stands in plain text
            in the stack's configuration; later, where the declared status was not reached.
        """
        _refuse_plain_secrets()
        super().__init__(
            EndpointConnectionApprovalProvider(),
            resource_name,
            {
                "service_id": service_id,
                "endpoint_id": _declare(resource_name, service_id, endpoint_id),
                "status": status,
                "expected_domain_id": expected_domain_id,
                "description": description,
                "region": region,
                "project_id": project_id,
                "appear_timeout": appear_timeout,
                "settle_timeout": settle_timeout,
                **dict.fromkeys(OUTPUT_ONLY),
            },
            opts,
        )
        if not pulumi.runtime.is_dry_run():
            reached = pulumi.Output.all(declared=status, live=self.status, errors=self.errors, id=self.id)
            reached.apply(lambda values: _fail_unless_reached(resource_name, values))

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        region: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
    ) -> EndpointConnectionApproval:
        """Read a connection that is decided elsewhere.

        :param id: ``<service_id>/<endpoint_id>``. The update fails where there is no such connection.
        """
        return _Existing(resource_name, id, region, project_id, opts)


class _Existing(EndpointConnectionApproval, module="vpcep", name="EndpointConnectionApproval"):
    """An approval that is read and not declared."""

    def __init__(
        self,
        resource_name: str,
        id_: pulumi.Input[str],
        region: pulumi.Input[str] | None,
        project_id: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        inputs = ("service_id", "endpoint_id", "status", "expected_domain_id", "description")
        Resource.__init__(
            self,
            EndpointConnectionApprovalProvider(),
            resource_name,
            {
                "region": region,
                "project_id": project_id,
                **dict.fromkeys((*inputs, "appear_timeout", "settle_timeout", *OUTPUT_ONLY)),
            },
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_)),
        )


def _declare(name: str, service_id: pulumi.Input[str], endpoint_id: pulumi.Input[str]) -> pulumi.Input[str]:
    """Note the connection, and hand its endpoint on only where no other approval of this program has it."""

    def note(service: object, endpoint: object) -> None:
        root = pulumi.runtime.get_root_resource()
        if root is None or not isinstance(service, str) or not isinstance(endpoint, str):
            return
        other = _declared.setdefault(root, {}).setdefault((service, endpoint), name)
        if other != name:
            raise pulumi.RunError(
                f"connection {endpoint} of service {service} is declared twice, by {other!r} and by {name!r}: "
                "remove one of them"
            )

    def hand_on(ids: object) -> pulumi.Output[str]:
        if isinstance(ids, Sequence) and len(ids) == 2:  # else neither is known yet
            note(*ids)
        return pulumi.Output.from_input(endpoint_id)

    if isinstance(service_id, str) and isinstance(endpoint_id, str):
        note(service_id, endpoint_id)
        return endpoint_id
    return pulumi.Output.all(service_id, endpoint_id).apply(hand_on, run_with_unknowns=True)


def _fail_unless_reached(name: str, values: dict[str, Any]) -> None:
    """The one way to fail an update whose resource is recorded: what was sent is not lost."""
    errors, live, declared = values["errors"] or [], values["live"], values["declared"]
    if errors or not is_reached(declared, live):
        reasons = "; ".join(errors) or f"connection {values['id']} is {live}"
        raise pulumi.RunError(
            f"{name} is declared {declared}, which was not reached: {reasons}. "
            "What was sent is recorded; the next update goes on from there"
        )


def _refuse_plain_secrets() -> None:
    """Plain configuration ends up, readable, in the state of every dynamic provider."""
    for key in SECRET_CONFIG:
        namespace, _, name = key.partition(":")
        if pulumi.Config(namespace).get(name) is not None and not pulumi.runtime.is_config_secret(key):
            raise pulumi.RunError(
                f"{key} stands in plain text in the stack's configuration, and would in the state. "
                f"Set it again with `pulumi config set --secret {key}`, or use the environment instead"
            )
