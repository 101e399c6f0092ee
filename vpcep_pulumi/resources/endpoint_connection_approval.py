"""The resource that a program declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from vpcep_pulumi.lifecycle.inputs import DEFAULT_APPEAR_TIMEOUT, DEFAULT_SETTLE_TIMEOUT, RULES
from vpcep_pulumi.lifecycle.table import Live, is_reached
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.provider.dynamic import EndpointConnectionApprovalProvider
from vpcep_pulumi.provider.hidden import SECRET, SECRETS
from vpcep_pulumi.resources.declarations import Declaration, declarations

TYPE = "pulumi-python:dynamic/vpcep:EndpointConnectionApproval"
RESOLVED = ("region", "project_id", "marker_id", "domain_id", "created_at", "updated_at", "description", "errors")
"""The outputs that a program need not give: the SDK makes attributes of what is named, and of nothing else."""


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

    if TYPE_CHECKING:  # the SDK would go through annotations for every instance, which takes longer than its check
        service_id: pulumi.Output[str]
        endpoint_id: pulumi.Output[str]
        region: pulumi.Output[str]
        project_id: pulumi.Output[str]
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
        :raises pulumi.RunError: the status is none of the two, two approvals name the same connection, or a secret
            stands in plain text in the stack's configuration; later, where the declared status was not reached.
        """
        own = declarations()
        opts = _spelled_out(opts)
        identity = {"service_id": service_id, "endpoint_id": endpoint_id, "region": region, "project_id": project_id}
        claim, claimed = own.declare(Declaration(resource_name, TYPE, identity, opts))
        inputs = {
            "service_id": service_id,
            "endpoint_id": endpoint_id,
            "status": _declarable(resource_name, status),
            **dict.fromkeys(RESOLVED),
            **claimed,
        }
        optional = {
            "expected_domain_id": (expected_domain_id, None),
            "description": (description, None),
            "region": (region, None),
            "project_id": (project_id, None),
            "appear_timeout": (appear_timeout, DEFAULT_APPEAR_TIMEOUT),
            "settle_timeout": (settle_timeout, DEFAULT_SETTLE_TIMEOUT),
        }
        # Defaults stay out of states and previews.
        inputs |= {name: given for name, (given, default) in optional.items() if given != default}
        inputs |= _secrets(inputs)
        super().__init__(EndpointConnectionApprovalProvider(), resource_name, inputs, opts)
        if not pulumi.runtime.is_dry_run():
            # One output a resource, for the SDK waits for them all: what else is needed is asked for where it is.
            self.errors.apply(
                lambda errors: self._answered(own.claims, claim, resource_name, status, errors), run_with_unknowns=True
            )

    def _answered(
        self, claims: Claims, claim: str, name: str, declared: pulumi.Input[str], errors: object
    ) -> pulumi.Output[None] | None:
        """The engine has answered the registration; what it left out has the errors of a former update."""
        claims.tell("answered", claim)
        if isinstance(errors, Sequence) and errors and (claims.is_checked(claim) or not claims.is_shared):
            return self._fail(name, declared, errors)
        return None

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

    def _fail(self, name: str, declared: pulumi.Input[str], errors: Sequence[str]) -> pulumi.Output[None]:
        """Fail the update of a resource that is recorded with errors: the one way that loses nothing."""

        def fail(values: Sequence[str]) -> None:
            wish, live = values
            # A connection that failed by itself bears the API's reasons; rejecting it leaves nothing to be done.
            if not (live == Live.FAILED and is_reached(wish, live)):
                raise pulumi.RunError(
                    f"{name} is declared {wish}, which was not reached: {'; '.join(errors)}. "
                    "What was sent is recorded; the next update goes on from there"
                )

        return pulumi.Output.all(declared, self.status).apply(fail)


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
        service_id, _, endpoint_id = id_.partition("/") if isinstance(id_, str) else (None, "", None)
        identity = {"service_id": service_id, "endpoint_id": endpoint_id, "region": region, "project_id": project_id}
        declarations().declare(Declaration(resource_name, TYPE, identity, opts or pulumi.ResourceOptions(), reads=True))
        outputs = dict.fromkeys(("service_id", "endpoint_id", "status", *RESOLVED))
        Resource.__init__(
            self,
            EndpointConnectionApprovalProvider(),
            resource_name,
            {**outputs, "region": region, "project_id": project_id},
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_)),
        )


def _spelled_out(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Options in which ``ignore_changes=["*"]`` names each input: the hidden ones must reach the provider."""
    own = copy(opts) if opts is not None else pulumi.ResourceOptions()
    if "*" in (own.ignore_changes or ()):
        own.ignore_changes = list(RULES)
    return own


def _secrets(inputs: Mapping[str, pulumi.Input[Any]]) -> dict[str, pulumi.Output[list[str]]]:
    """The hidden input that names secret inputs; none where none can be one."""
    given = {name: value for name in SECRETS if isinstance(value := inputs.get(name), pulumi.Output)}
    if not given:
        return {}
    checks: list[Any] = [value.is_secret() for value in given.values()]

    def named(found: Sequence[bool]) -> list[str]:
        return [name for name, is_secret in zip(given, found, strict=True) if is_secret]

    return {SECRET: pulumi.Output.all(*checks).apply(named)}


def _declarable(name: str, status: pulumi.Input[str]) -> pulumi.Input[str]:
    """The status, where it is one that can be declared.

    It is refused here because the provider cannot: there any other is one that a refresh found, and ``ignore_changes``
    kept.
    """

    def refuse_others(value: str) -> str:
        if (reason := RULES["status"](value)) is not None:
            raise pulumi.RunError(f"{name}: status {reason}")
        return value

    if isinstance(status, str):
        return refuse_others(status)
    return pulumi.Output.all(status).apply(lambda values: refuse_others(values[0]))
