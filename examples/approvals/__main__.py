"""Decides on the connections that the stack's configuration names.

config:
  vpcep:region: eu-west-101
  vpcep-approvals:approvals:
    billing:
      service_id: 4189d3c2-8882-4871-a3c2-d380272eed88
      endpoint_id: 705290f3-0d00-41f2-aedc-71f09844e879
      expected_domain_id: 6e9dfd51d1124e8d8498dce894923a0d
      description: ticket 1234
"""

import inspect
import json
from typing import Any

import pulumi

from vpcep_pulumi import EndpointConnectionApproval

ARGUMENTS = set(inspect.signature(EndpointConnectionApproval).parameters) - {"resource_name", "opts"}
NUMBERS = {"appear_timeout", "settle_timeout"}
SECRETS = {"expected_domain_id", "description"}
"""What may be secret. Ids are in the resource's id, which never is."""
KEY = "approvals"


def approvals() -> dict[str, dict[str, Any]]:
    """The arguments of each approval, by its name.

    :raises pulumi.RunError: they are not what an approval takes.
    """
    here = pulumi.get_project()
    for key in pulumi.runtime.get_config_env():
        if key.startswith((f"{here}:", "vpcep-approvals:")) and key != f"{here}:{KEY}":
            raise pulumi.RunError(f"{key} in the stack's configuration is read by nobody; there is {here}:{KEY}")
    try:
        found = pulumi.Config().get_object(KEY) or {}
    except pulumi.ConfigTypeError:
        found = None
    if not isinstance(found, dict):
        raise pulumi.RunError(f"{KEY} in the stack's configuration must be an object: a name for each approval")
    if not found:
        pulumi.log.warn(f"nothing is declared: {here}:{KEY} in the stack's configuration is empty")
    return {name: arguments(name, declared) for name, declared in found.items()}


def arguments(name: str, declared: Any) -> dict[str, Any]:
    """What the configuration says of one approval, as its arguments.

    ``pulumi config set --path`` makes a number of ``description 4711``, and a text of ``appear_timeout 1.5``.
    """
    if not isinstance(declared, dict):
        raise pulumi.RunError(
            f"{KEY}.{name} in the stack's configuration must be an object, not {json.dumps(declared)}"
        )
    unknown, missing = set(declared) - ARGUMENTS, {"service_id", "endpoint_id"} - set(declared)
    if unknown or missing:
        problem = f"does not take {sorted(unknown)}" if unknown else f"needs {sorted(missing)}"
        raise pulumi.RunError(f"{KEY}.{name} in the stack's configuration {problem}; it takes {sorted(ARGUMENTS)}")
    given = {each: number(value) if each in NUMBERS else text(value) for each, value in declared.items()}
    # Where a part of it is secret, the whole key is: Pulumi does not say which part.
    if pulumi.runtime.is_config_secret(f"{pulumi.get_project()}:{KEY}"):
        given |= {each: pulumi.Output.secret(given[each]) for each in SECRETS & set(given)}
    return given


def number(value: Any) -> Any:
    """A number that is written as a text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value  # the approval says what is wrong with it


def text(value: Any) -> Any:
    """A text that looks like a number or a boolean."""
    return json.dumps(value) if isinstance(value, int | float) else value


decided = {name: EndpointConnectionApproval(name, **declared) for name, declared in approvals().items()}

pulumi.export("statuses", {name: approval.status for name, approval in decided.items()})
