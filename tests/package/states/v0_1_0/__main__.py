"""Approvals accepted and rejected, one that is a secret's, and a policy."""

import pulumi

from vpcep_pulumi import EndpointConnectionApproval, EndpointConnectionPolicy, accept

EndpointConnectionApproval(
    "accepted",
    service_id="billing",
    endpoint_id="endpoint-1",
    description="ticket 1234",
)
EndpointConnectionApproval(
    "rejected",
    service_id="billing",
    endpoint_id="endpoint-2",
    status="rejected",
    expected_domain_id=pulumi.Output.secret("6e9dfd51d1124e8d8498dce894923a0d"),
    expires_at="2999-01-01T00:00:00Z",
)
EndpointConnectionPolicy(
    "partners",
    service_id="market",
    rules=[accept(domain_ids=["c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60"], limit=5)],
    max_interruptions=2,
)
