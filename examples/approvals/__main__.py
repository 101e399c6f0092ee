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

import pulumi

from vpcep_pulumi import EndpointConnectionApproval

ARGUMENTS = set(inspect.signature(EndpointConnectionApproval).parameters) - {"resource_name", "opts"}

approvals = pulumi.Config().get_object("approvals") or {}

for name, declared in approvals.items():
    unknown = set(declared) - ARGUMENTS
    missing = {"service_id", "endpoint_id"} - set(declared)
    if unknown or missing:
        problem = f"does not take {sorted(unknown)}" if unknown else f"needs {sorted(missing)}"
        raise pulumi.RunError(f"approvals.{name} in the stack's configuration {problem}; it takes {sorted(ARGUMENTS)}")

decided = {name: EndpointConnectionApproval(name, **declared) for name, declared in approvals.items()}

pulumi.export("statuses", {name: approval.status for name, approval in decided.items()})
