"""Decides on what the stack's configuration names: connections one by one, and services by rules.

config:
  vpcep:region: eu-west-101
  vpcep-approvals:approvals:
    billing:
      service_id: 4189d3c2-8882-4871-a3c2-d380272eed88
      endpoint_id: 705290f3-0d00-41f2-aedc-71f09844e879
      expected_domain_id: 6e9dfd51d1124e8d8498dce894923a0d
      description: ticket 1234
  vpcep-approvals:policies:
    partners:
      service_id: 9b1d0e5c-3c1b-4f0f-8a53-5a1f9d6d2f11
      rules:
        - action: accept
          domain_ids: [6e9dfd51d1124e8d8498dce894923a0d]
          limit: 5
"""

import inspect
import json
from typing import Any

import pulumi

from vpcep_pulumi import EndpointConnectionApproval, EndpointConnectionPolicy

KINDS: dict[str, Any] = {"approvals": EndpointConnectionApproval, "policies": EndpointConnectionPolicy}
"""What the configuration may hold, by its key."""
NUMBERS = {"appear_timeout", "settle_timeout", "max_changes", "max_interruptions", "limit"}
PLAIN = {"accept_anyone"}
SECRETS = {"expected_domain_id", "description", "rules"}
"""What may be secret. Ids are in the resource's id, which never is."""


def declared(key: str) -> dict[str, dict[str, Any]]:
    """The arguments of each resource of a kind, by its name.

    :raises pulumi.RunError: they are not what the resource takes.
    """
    try:
        found = pulumi.Config().get_object(key) or {}
    except pulumi.ConfigTypeError:
        found = None
    if not isinstance(found, dict):
        raise pulumi.RunError(f"{key} in the stack's configuration must be an object: a name for each of the {key}")
    return {name: arguments(key, name, given) for name, given in found.items()}


def arguments(key: str, name: str, given: Any) -> dict[str, Any]:
    """What the configuration says of one resource, as its arguments."""
    if not isinstance(given, dict):
        raise pulumi.RunError(f"{key}.{name} in the stack's configuration must be an object, not {json.dumps(given)}")
    parameters = inspect.signature(KINDS[key]).parameters
    takes = set(parameters) - {"resource_name", "opts"}
    needs = {each for each in takes if parameters[each].default is inspect.Parameter.empty}
    unknown, missing = set(given) - takes, needs - set(given)
    if unknown or missing:
        problem = f"does not take {sorted(unknown)}" if unknown else f"needs {sorted(missing)}"
        raise pulumi.RunError(f"{key}.{name} in the stack's configuration {problem}; it takes {sorted(takes)}")
    found = {each: argument(each, value) for each, value in given.items()}
    # Where a part of it is secret, the whole key is: Pulumi does not say which part.
    if pulumi.runtime.is_config_secret(f"{pulumi.get_project()}:{key}"):
        found |= {each: pulumi.Output.secret(found[each]) for each in SECRETS & set(found)}
    return found


def argument(name: str, value: Any) -> Any:
    """A value as the configuration means it.

    ``pulumi config set --path`` makes a number of ``description 4711``, and a text of ``appear_timeout 1.5``.
    """
    if isinstance(value, dict):
        return {each: argument(each, part) for each, part in value.items()}
    if isinstance(value, list):
        return [argument(name, part) for part in value]
    if name in PLAIN:
        return value
    return number(value) if name in NUMBERS else text(value)


def number(value: Any) -> Any:
    """A number that is written as a text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value  # the resource says what is wrong with it


def text(value: Any) -> Any:
    """A text that looks like a number or a boolean."""
    return json.dumps(value) if isinstance(value, int | float) else value


here = pulumi.get_project()
for key in pulumi.runtime.get_config_env():
    if key.startswith((f"{here}:", "vpcep-approvals:")) and key not in {f"{here}:{each}" for each in KINDS}:
        there_is = " and ".join(f"{here}:{each}" for each in KINDS)
        raise pulumi.RunError(f"{key} in the stack's configuration is read by nobody; there are {there_is}")
approvals, policies = declared("approvals"), declared("policies")
if not approvals and not policies:
    pulumi.log.warn(f"nothing is declared: {here}:approvals and {here}:policies in the configuration are empty")

decided = {name: EndpointConnectionApproval(name, **given) for name, given in approvals.items()}
ruled = {name: EndpointConnectionPolicy(name, **given) for name, given in policies.items()}

pulumi.export("statuses", {name: approval.status for name, approval in decided.items()})
if ruled:
    pulumi.export("decided", {name: policy.decided for name, policy in ruled.items()})
    pulumi.export("pending", {name: policy.pending for name, policy in ruled.items()})
