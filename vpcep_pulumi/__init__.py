"""Declare, in a Pulumi program, which VPC endpoints may connect to your VPC endpoint services on Huawei Cloud."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval

__all__ = ["EndpointConnectionApproval"]

if not TYPE_CHECKING:  # given a module's __getattr__, a type checker accepts any attribute name

    def __getattr__(name: str) -> Any:
        """Import the resource on first access: pytest loads this package in every run, and importing pulumi is slow."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval  # noqa: PLC0415

        return EndpointConnectionApproval


def __dir__() -> list[str]:
    return __all__
