"""One connection, accepted as long as it belongs to the account that asked for it."""

import pulumi

from vpcep_pulumi import EndpointConnectionApproval

billing = EndpointConnectionApproval(
    "billing",
    service_id="4189d3c2-8882-4871-a3c2-d380272eed88",
    endpoint_id="705290f3-0d00-41f2-aedc-71f09844e879",
    expected_domain_id="6e9dfd51d1124e8d8498dce894923a0d",
    description="ticket 1234",
)

pulumi.export("status", billing.status)
