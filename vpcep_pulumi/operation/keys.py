"""What tells connections and services apart. Data only."""

from __future__ import annotations

from typing import NamedTuple


class ConnectionKey(NamedTuple):
    """The identity of a connection.

    :ivar endpoint_id: is almost enough alone, because no two endpoints have the same id.
    :ivar service_id: None while it is another resource's output that is not known yet.
    :ivar address: where requests for the connection go, such as ``https://vpcep.cn-north-4.myhuaweicloud.com``. Region
        and project would not do: different ones may name the same place. None if no provider has resolved it yet.
    """

    service_id: str | None
    endpoint_id: str
    address: str | None = None

    def matches(self, other: ConnectionKey) -> bool:
        """Whether both may be the same connection. A part that is not known matches everything."""
        return self.endpoint_id == other.endpoint_id and all(
            mine is None or theirs is None or mine == theirs for mine, theirs in zip(self, other, strict=True)
        )


class ServiceKey(NamedTuple):
    """The identity of a service.

    :ivar service_id: None while it is not known.
    :ivar address: as in :class:`ConnectionKey`.
    """

    service_id: str | None
    address: str | None = None

    def covers(self, connection: ConnectionKey) -> bool:
        """Whether the connection may be one of the service's. A part that is not known matches everything."""
        theirs = (connection.service_id, connection.address)
        return all(each is None or other is None or each == other for each, other in zip(self, theirs, strict=True))

    def matches(self, other: ServiceKey) -> bool:
        """Whether both may be the same service. A part that is not known matches everything."""
        return all(each is None or theirs is None or each == theirs for each, theirs in zip(self, other, strict=True))
