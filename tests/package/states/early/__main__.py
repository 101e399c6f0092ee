"""Approvals accepted and rejected, as programs could have them before there were policies."""

import pulumi

from vpcep_pulumi import EndpointConnectionApproval

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
)
