"""Declare, in a Pulumi program, which VPC endpoints may connect to your VPC endpoint services on Huawei Cloud."""

from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval

__all__ = ["EndpointConnectionApproval", "VpcepError"]
