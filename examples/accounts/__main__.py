"""Every connection of a list of accounts to one service, accepted: `pulumi up` after a new one, or on a schedule.

pulumi config set service_id 4189d3c2-8882-4871-a3c2-d380272eed88
pulumi config set --path 'accounts[0]' 6e9dfd51d1124e8d8498dce894923a0d
"""

import pulumi

from vpcep_pulumi import EndpointConnectionApproval, get_connections

config = pulumi.Config()
accounts = config.require_object("accounts")

# Without any account get_connections fails: an empty list would take every approval back.
# What is accepted already is asked for as well: an approval that is not declared any more is deleted, and its
# connection is rejected.
for connection in get_connections(
    config.require("service_id"), status=["pendingAcceptance", "creating", "accepted"], domain_id=accounts
):
    EndpointConnectionApproval(
        connection.endpoint_id,
        service_id=connection.service_id,
        endpoint_id=connection.endpoint_id,
        expected_domain_id=connection.domain_id,
    )
