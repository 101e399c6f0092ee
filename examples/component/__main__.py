"""A team's endpoints, accepted together: none of them may belong to another account."""

from collections.abc import Mapping

import pulumi

from vpcep_pulumi import EndpointConnectionApproval

SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"


class Team(pulumi.ComponentResource):
    """The connections of one account to one service."""

    def __init__(self, name: str, domain_id: str, endpoints: Mapping[str, str]) -> None:
        super().__init__("acme:vpcep:Team", name)
        approvals = {
            what: EndpointConnectionApproval(
                f"{name}-{what}",
                service_id=SERVICE,
                endpoint_id=endpoint_id,
                expected_domain_id=domain_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for what, endpoint_id in endpoints.items()
        }
        self.statuses = {what: approval.status for what, approval in approvals.items()}
        self.register_outputs({"statuses": self.statuses})


payments = Team(
    "payments",
    "6e9dfd51d1124e8d8498dce894923a0d",
    {
        "production": "705290f3-0d00-41f2-aedc-71f09844e879",
        "staging": "0b0dd4c1-8c1f-4f4e-9d3a-1f4f1c1de2aa",
    },
)

pulumi.export("payments", payments.statuses)
