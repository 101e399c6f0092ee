"""Declare, in a Pulumi program, which VPC endpoints may connect to your VPC endpoint services on Huawei Cloud."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vpcep_pulumi.resources.approvals_from import approvals_from
    from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval
    from vpcep_pulumi.resources.endpoint_connection_policy import EndpointConnectionPolicy
    from vpcep_pulumi.resources.queries import EndpointConnection, get_connections, get_connections_output
    from vpcep_pulumi.resources.rules import accept, leave, reject

    __version__: str
    """The version that is installed, such as ``1.2.3``."""

__all__ = [
    "EndpointConnection",
    "EndpointConnectionApproval",
    "EndpointConnectionPolicy",
    "accept",
    "approvals_from",
    "get_connections",
    "get_connections_output",
    "leave",
    "reject",
]

if not TYPE_CHECKING:  # given a module's __getattr__, a type checker accepts any attribute name
    _RESOURCES = "vpcep_pulumi.resources"
    _MODULES = {
        "EndpointConnectionApproval": f"{_RESOURCES}.endpoint_connection_approval",
        "EndpointConnectionPolicy": f"{_RESOURCES}.endpoint_connection_policy",
        "accept": f"{_RESOURCES}.rules",
        "approvals_from": f"{_RESOURCES}.approvals_from",
        "leave": f"{_RESOURCES}.rules",
        "reject": f"{_RESOURCES}.rules",
    }

    def __getattr__(name: str) -> Any:
        """Import what is asked for on first access: pytest loads this package in every run, and pulumi is slow."""
        if name == "__version__":
            return _version()
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(_MODULES.get(name, f"{_RESOURCES}.queries")), name)

    def _version() -> str:
        """From the package's metadata; nothing is installed where the sources are only on the path."""
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            return version("vpcep-pulumi")
        except PackageNotFoundError:
            return "0+unknown"


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
