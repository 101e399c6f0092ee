"""The resource that a program declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import Resource

from vpcep_pulumi.lifecycle.expiry import status_at
from vpcep_pulumi.lifecycle.schema import APPROVAL_TYPE, DEFAULTS, HIDDEN, RESOLVED, RULES
from vpcep_pulumi.lifecycle.table import Live, is_reached
from vpcep_pulumi.provider.dynamic import EndpointConnectionApprovalProvider
from vpcep_pulumi.provider.properties import PLANS_KEPT
from vpcep_pulumi.resources.arguments import as_input, given_inputs, problem_with, secret_names, spelled_out
from vpcep_pulumi.resources.configuration import keeps_plans
from vpcep_pulumi.resources.declarations import IDS, PLACE, Declaration, Declarations, declarations


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
    :ivar errors: why the declared status was not reached; empty if it was.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/AcceptOrRejectEndpoint.html
    """

    if TYPE_CHECKING:  # the SDK would read annotations for every instance, which takes longer than its check
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
        status: pulumi.Input[Literal["accepted", "rejected"]] = DEFAULTS["status"],
        expected_domain_id: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        expires_at: pulumi.Input[str] | None = None,
        region: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
        appear_timeout: pulumi.Input[float] = DEFAULTS["appear_timeout"],
        settle_timeout: pulumi.Input[float] = DEFAULTS["settle_timeout"],
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
        :param expires_at: from then on the desired status is ``rejected``: a time with a zone (RFC 3339), such as
            ``2027-06-30T00:00:00Z``. From a day before, each preview and each update warns of it.
        :param region: by default from the settings. Changing it replaces.
        :param project_id: the project of the service; by default from the settings, else looked up in IAM.
            Changing it replaces.
        :param profile: the name of a profile: an entry of ``vpcep:profiles`` in the stack configuration, else of
            KooCLI's file. The credential and the project come from it alone. Only the name is stored.
        :param appear_timeout: seconds to wait for a connection that is not there yet.
        :param settle_timeout: seconds to wait for a connection to reach the declared status.
        :raises pulumi.RunError: an argument is wrong, two approvals name the same connection, a secret stands in plain
            text in the stack's configuration, or a key of its namespace ``vpcep`` is not known. Raised later: a preview
            found that what is declared is not possible, or an update did not reach the declared status.
        """
        own = declarations()
        opts = spelled_out(opts, RULES)
        if opts.import_ is not None:
            raise pulumi.RunError(
                f"{resource_name}: Pulumi cannot import what a dynamic provider manages (pulumi/pulumi#16175). Leave "
                "import_ out: a connection that is as declared already is adopted, and nothing is sent"
            )
        given = given_inputs(
            resource_name,
            service_id=service_id,
            endpoint_id=endpoint_id,
            status=status,
            expected_domain_id=expected_domain_id,
            description=description,
            expires_at=expires_at,
            region=region,
            project_id=project_id,
            profile=profile,
            appear_timeout=appear_timeout,
            settle_timeout=settle_timeout,
        )
        identity = {name: given.get(name) for name in (*IDS, *PLACE)}
        plain = status if isinstance(status, str) and expires_at is None else None
        claim, claimed = own.declare(Declaration(resource_name, APPROVAL_TYPE, identity, opts, status=plain))
        previewed = pulumi.runtime.is_dry_run()
        inputs = {
            **given,
            **dict.fromkeys(name for name in RESOLVED if name not in given),
            **claimed,
            **secret_names(given, HIDDEN),
            **(own.previews.inputs() if previewed else {}),
            **({PLANS_KEPT: True} if keeps_plans() and not previewed else {}),
        }
        super().__init__(EndpointConnectionApprovalProvider(), resource_name, inputs, opts)
        if previewed:
            own.previews.watch(self, resource_name)
        else:
            # The SDK waits for every output that is used here, so use only one. ``_fail`` uses others if it needs them.
            self.errors.apply(
                lambda errors: self._answered(own, claim, resource_name, given, errors),
                run_with_unknowns=True,
            )

    def _answered(
        self, own: Declarations, claim: str, name: str, declared: Mapping[str, Any], errors: object
    ) -> pulumi.Output[None] | None:
        """Called when the engine has answered the registration. Fail if the update recorded errors.

        If the engine left the resource out of this operation, the errors are those of an earlier update, and count for
        nothing.
        """
        own.claims.tell("answered", claim)
        if isinstance(errors, Sequence) and errors and (own.claims.is_checked(claim) or not own.claims.is_shared):
            return self._fail(name, declared, errors, own.began)
        return None

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        region: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
    ) -> EndpointConnectionApproval:
        """Read a connection that is decided elsewhere.

        :param id: ``<service_id>/<endpoint_id>``. The update fails if there is no such connection.
        :param profile: the name of a profile, as in the constructor.
        :raises pulumi.RunError: the profile's name is malformed.
        """
        place = {"region": region, "project_id": project_id, "profile": profile}
        return _Existing(resource_name, id, {name: as_input(value) for name, value in place.items()}, opts)

    def _fail(
        self, name: str, declared: Mapping[str, Any], errors: Sequence[str], began: datetime
    ) -> pulumi.Output[None]:
        """Fail the update of a resource that is recorded with errors.

        If the provider failed instead, its outputs would be lost.
        """

        def fail(values: Sequence[str]) -> None:
            status, live, expires_at = values
            wish = status_at(status, expires_at, began)
            # The errors of a ``failed`` connection are the API's reasons. If it is declared rejected, that is reached.
            if not (live == Live.FAILED and is_reached(wish, live)):
                raise pulumi.RunError(
                    f"{name} is declared {wish}, which was not reached: {'; '.join(errors)}. "
                    "What was sent is recorded; the next update goes on from there"
                )

        return pulumi.Output.all(declared["status"], self.status, declared.get("expires_at")).apply(fail)


class _Existing(EndpointConnectionApproval, module="vpcep", name="EndpointConnectionApproval"):
    """An approval that is read and not declared: what ``get`` returns."""

    def __init__(
        self,
        resource_name: str,
        id_: pulumi.Input[str],
        place: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        id_ = as_input(id_)
        service_id, _, endpoint_id = id_.partition("/") if isinstance(id_, str) else (None, "", None)
        profile = place["profile"]
        is_known = profile is not None and not isinstance(profile, pulumi.Output)
        if is_known and (problem := problem_with("profile", profile)) is not None:
            raise pulumi.RunError(f"{resource_name}: {problem}")
        identity = {"service_id": service_id, "endpoint_id": endpoint_id, **place}
        declarations().declare(
            Declaration(resource_name, APPROVAL_TYPE, identity, opts or pulumi.ResourceOptions(), reads=True)
        )
        outputs = dict.fromkeys(("service_id", "endpoint_id", "status", *RESOLVED))
        Resource.__init__(
            self,
            EndpointConnectionApprovalProvider(),
            resource_name,
            {**outputs, **place, **secret_names(place, HIDDEN)},
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_)),
        )
