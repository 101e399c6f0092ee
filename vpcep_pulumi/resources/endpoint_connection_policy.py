"""The resource with which a program decides on all connections of a service."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pulumi
from pulumi.dynamic import Resource

from vpcep_pulumi.lifecycle.policy_schema import POLICY, POLICY_TYPE, problems
from vpcep_pulumi.provider.dynamic import EndpointConnectionPolicyProvider
from vpcep_pulumi.provider.properties import PLANS_KEPT, RETAINED
from vpcep_pulumi.resources.arguments import as_input, is_later, secret_names, spelled_out
from vpcep_pulumi.resources.configuration import keeps_plans
from vpcep_pulumi.resources.declarations import PLACE, Declaration, Declarations, declarations
from vpcep_pulumi.resources.rules import plain

Action = Literal["leave", "reject", "accept"]
SHOWN = (
    "service_id",
    "otherwise",
    "max_changes",
    "max_interruptions",
    "region",
    "project_id",
    "profile",
    "settle_timeout",
)
"""The arguments whose values messages show."""


class EndpointConnectionPolicy(Resource, module="vpcep", name="EndpointConnectionPolicy"):
    """The decisions on all connections to a VPC endpoint service, by rules.

    ::

        EndpointConnectionPolicy(
            "partners",
            service_id="4189d3c2-8882-4871-a3c2-d380272eed88",
            rules=[
                accept(domain_ids=["6e9dfd51d1124e8d8498dce894923a0d"], limit=5),
                reject(endpoint_ids=["705290f3-0d00-41f2-aedc-71f09844e879"]),
                leave(description="manual*"),
            ],
        )

    The first rule that matches a connection decides on it. A preview names each connection that is concerned, with its
    owner and the rule. A new consumer that a rule accepts shows up in the next preview, and so does a decision that
    somebody else took.

    Nobody is cut off by accident: up to ``max_interruptions`` accepted connections may be rejected in one operation, a
    destroy included; the default is none. What an approval of the same program declares is left to that approval.

    :ivar decided: by endpoint that the policy decides on: its live status.
    :ivar pending: the endpoints that wait for a decision, because the policy leaves them alone.
    :ivar failed: by endpoint that cannot be decided on, or was not: the reason. A consumer's own trouble is reported
        here, and does not fail the update.
    :ivar errors: why the rules were not carried out; empty if they were.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/AcceptOrRejectEndpoint.html
    """

    if TYPE_CHECKING:  # as for an approval
        service_id: pulumi.Output[str]
        region: pulumi.Output[str]
        project_id: pulumi.Output[str]
        decided: pulumi.Output[Mapping[str, str]]
        pending: pulumi.Output[Sequence[str]]
        failed: pulumi.Output[Mapping[str, str]]
        errors: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        service_id: pulumi.Input[str],
        rules: pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]],
        otherwise: pulumi.Input[Action] = POLICY.defaults["otherwise"],
        accept_anyone: pulumi.Input[bool] = POLICY.defaults["accept_anyone"],
        max_changes: pulumi.Input[int] | None = None,
        max_interruptions: pulumi.Input[int] = POLICY.defaults["max_interruptions"],
        region: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
        settle_timeout: pulumi.Input[float] = POLICY.defaults["settle_timeout"],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a policy.

        :param resource_name: the resource's name in Pulumi.
        :param service_id: the id of the VPC endpoint service (not its name). Changing it replaces.
        :param rules: what to do about which connections, made by :func:`accept`, :func:`reject` and :func:`leave`, or
            as objects with the same fields and an ``action``. The first that matches decides.
        :param otherwise: what to do about a connection that no rule matches. ``accept`` needs ``accept_anyone``.
        :param accept_anyone: allows ``otherwise``, and rules that name neither accounts nor endpoints, to accept.
        :param max_changes: with more connections to accept, reject or wait for than this, nothing is sent.
        :param max_interruptions: how many accepted connections one operation may reject. What has expired is not
            counted.
        :param region: by default from the settings. Changing it replaces.
        :param project_id: the project of the service; by default from the settings, else looked up in IAM.
            Changing it replaces.
        :param profile: the name of a profile: credential and project come from it alone.
        :param settle_timeout: seconds to wait for each connection to reach its status.
        :raises pulumi.RunError: an argument is wrong, or the program declares two policies of a service. Raised later:
            a preview refuses what would happen, or an update could not carry out all decisions.
        """
        own = declarations()
        opts = spelled_out(opts, POLICY.rules)
        if opts.import_ is not None:
            raise pulumi.RunError(f"{resource_name}: leave import_ out: what is accepted already is adopted")
        given = _given(
            resource_name,
            service_id=service_id,
            rules=rules,
            otherwise=otherwise,
            accept_anyone=accept_anyone,
            max_changes=max_changes,
            max_interruptions=max_interruptions,
            region=region,
            project_id=project_id,
            profile=profile,
            settle_timeout=settle_timeout,
        )
        identity = {name: given.get(name) for name in ("service_id", *PLACE)}
        claim, hidden = own.declare_policy(Declaration(resource_name, POLICY_TYPE, identity, opts))
        previewed = pulumi.runtime.is_dry_run()
        inputs = {
            **given,
            **dict.fromkeys(name for name in POLICY.resolved if name not in given),
            **hidden,
            **({RETAINED: True} if opts.retain_on_delete else {}),
            **secret_names(given, POLICY.names("hidden")),
            **(own.previews.inputs() if previewed else {}),
            **({PLANS_KEPT: True} if keeps_plans() and not previewed else {}),
        }
        super().__init__(EndpointConnectionPolicyProvider(), resource_name, inputs, opts)
        if previewed:
            own.previews.watch(self, resource_name)
        else:
            self.errors.apply(lambda errors: _answered(own, claim, resource_name, errors), run_with_unknowns=True)

    @staticmethod
    def get(resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> NoReturn:
        """Refused: a policy is no object of the API, so there is nothing to read.

        :raises pulumi.RunError: always.
        """
        del id, opts
        raise pulumi.RunError(
            f"{resource_name}: a policy cannot be read, because it is no object of the API. To read a service's "
            "connections, use get_connections; to read one, EndpointConnectionApproval.get"
        )


def _answered(own: Declarations, claim: str, name: str, errors: object) -> None:
    """Called when the engine has answered the registration. Fail if the update recorded errors.

    If the engine left the resource out of this operation, the errors are those of an earlier update.
    """
    own.claims.tell("answered", claim)
    if isinstance(errors, Sequence) and errors and (own.claims.is_checked(claim) or not own.claims.is_shared):
        raise pulumi.RunError(
            f"{name}: {'; '.join(errors)}. What was sent is recorded; the next update goes on from there"
        )


def _given(resource: str, **arguments: Any) -> dict[str, Any]:
    """The inputs that a program gives. Defaults of optional inputs stay out of states and previews.

    :raises pulumi.RunError: one of them is wrong.
    """
    given = {name: plain(value) if name == "rules" else as_input(value) for name, value in arguments.items()}
    wrong = problems(given, is_later)
    if wrong:
        raise pulumi.RunError(f"{resource}: {'; '.join(_told(name, given, why) for name, why in wrong.items())}")
    return {
        name: value
        for name, value in given.items()
        if value is not None and (is_later(value) or value != POLICY.defaults.get(name))
    }


def _told(name: str, given: Mapping[str, Any], reason: str) -> str:
    value = given.get(name)
    return f"{name} {reason}" + (f", not {reprlib.repr(value)}" if name in SHOWN and value is not None else "")
