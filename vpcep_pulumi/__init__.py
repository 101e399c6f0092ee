"""Declare, in a Pulumi program, which VPC endpoints may connect to your VPC endpoint services on Huawei Cloud."""

from typing import TYPE_CHECKING, Any

from vpcep_pulumi.errors import VpcepError

if TYPE_CHECKING:
    from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval

__all__ = ["EndpointConnectionApproval", "VpcepError"]


def __getattr__(name: str) -> Any:
    """Import the resource where it is asked for: pytest loads this package in every run, and pulumi takes its time."""
    if name != "EndpointConnectionApproval":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval  # noqa: PLC0415

    return EndpointConnectionApproval


def __dir__() -> list[str]:
    return __all__
