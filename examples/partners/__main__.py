"""A service with many consumers: partners are accepted by account, one of them until a date.

pulumi config set service_id 4189d3c2-8882-4871-a3c2-d380272eed88
"""

import pulumi

from vpcep_pulumi import EndpointConnectionPolicy, accept, leave, reject

config = pulumi.Config()

policy = EndpointConnectionPolicy(
    "partners",
    service_id=config.require("service_id"),
    rules=[  # the first that matches decides
        leave(description="manual*"),  # decided in the console
        reject(endpoint_ids=["705290f3-0d00-41f2-aedc-71f09844e879"]),
        accept(domain_ids=["6e9dfd51d1124e8d8498dce894923a0d"], limit=5),
        accept(domain_ids=["c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60"], expires_at="2027-06-30T00:00:00Z"),
    ],
    max_interruptions=1,
)

pulumi.export("decided", policy.decided)
pulumi.export("pending", policy.pending)
