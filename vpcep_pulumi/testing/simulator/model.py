"""Services and the endpoints that are connected to them, as the API writes them; and how the simulator behaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

METHODS = ("GET", "POST", "PUT", "DELETE")
STATUSES = ("pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting")
"""Of connections and of endpoints."""
AVAILABLE = "available"
SERVICE_STATUSES = ("creating", AVAILABLE, "failed", "deleting")
REGION = "cn-north-4"
LONGEST_S = 3650 * 86_400.0
"""Ten years: the most seconds that anything may take, or that may pass at once."""


def check_seconds(name: str, value: float) -> None:
    """Refuse what is no length of time.

    :raises ValueError: it is negative, no number, or longer than :data:`LONGEST_S`.
    """
    if not (math.isfinite(value) and 0 <= value <= LONGEST_S):
        raise ValueError(f"{name} is {value}: it takes from 0 to {LONGEST_S:.0f} seconds")


def known_method(method: str) -> str:
    """A method of the API, as it is recorded: a test that asks for another would find nothing, and be green.

    :raises ValueError: the API has no such method.
    """
    if method.upper() not in METHODS:
        raise ValueError(f"{method!r} is no method of the API; these are: {', '.join(METHODS)}")
    return method.upper()


@dataclass
class Settings:
    """How the simulator behaves.

    :ivar latency_s: seconds that each answer takes; with a seed, the most that it takes.
    :ivar creating_s: seconds that an accepted connection stays ``creating``; with a seed, the most.
    :ivar seed: draws these; None takes them as they are.
    :ivar access_keys: access keys and their secrets; signatures are verified against them.
    :ivar tokens: the tokens that are accepted.
    :ivar quota: calls that are answered within any ``quota_s`` seconds; None is without a limit.
    :ivar deleting_s: seconds that an endpoint whose consumer deletes it stays ``deleting``; with a seed, the most.
    :ivar request_s: seconds that pass in the service, at once, with each request to its API.
    :raises ValueError: a time is negative, no number, or too long.
    """

    latency_s: float = 0.0
    creating_s: float = 0.0
    seed: int | None = None
    access_keys: dict[str, str] = field(default_factory=dict, repr=False)
    tokens: list[str] = field(default_factory=list, repr=False)
    quota: int | None = None
    quota_s: float = 300.0
    deleting_s: float = 0.0
    request_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("latency_s", "creating_s", "quota_s", "deleting_s", "request_s"):
            check_seconds(name, getattr(self, name))


@dataclass
class Connection:
    """One consumer's endpoint on a service: what its owner sees as a connection.

    :ivar description: the owner's note; programs may declare it as a secret, so a repr does not show it.
    :ivar project_id: the consumer's project, which alone can read the endpoint itself.
    :ivar asked: what the consumer asked for when it created the endpoint.
    """

    id: str
    status: str
    marker_id: int
    domain_id: str
    created_at: float
    updated_at: float
    description: str = field(default="", repr=False)
    error: list[dict[str, str]] = field(default_factory=list)
    accepted_at: float | None = None
    """When ``creating`` ends."""
    former: str = ""
    """The status before the last change."""
    project_id: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False)
    gone_at: float | None = None
    """When ``deleting`` ends."""

    def become(self, status: str, now: float) -> None:
        """Have another status."""
        self.former, self.status, self.updated_at = self.status, status, now
        self.accepted_at = self.gone_at = None

    def document(self) -> dict[str, Any]:
        """The connection as the API writes it for the service's owner."""
        found: dict[str, Any] = {
            "id": self.id,
            "status": self.status,
            "marker_id": self.marker_id,
            "domain_id": self.domain_id,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
            "description": self.description,
        }
        if self.status == "failed":
            found["error"] = self.error
        return found


class Decision(NamedTuple):
    """One action that was carried out, and the status before it."""

    service_id: str
    id: str
    action: str
    before: str


@dataclass
class Service:
    """A VPC endpoint service and its connections, in the order in which they were made.

    :ivar project_id: the owner's project: to any other, the service is not there. None is whichever asks.
    """

    id: str
    approval_enabled: bool = True
    connections: dict[str, Connection] = field(default_factory=dict)
    project_id: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def name(self) -> str:
        """As consumers know it."""
        return f"{REGION}.simulated.{self.id}"

    def document(self, project_id: str) -> dict[str, Any]:
        """The service as the API writes it: "Querying Details About a VPC Endpoint Service".

        :param project_id: of who asks.
        """
        return {
            "id": self.id,
            "port_id": "",
            "vpc_id": "",
            "service_name": self.name,
            "server_type": "VM",
            "service_type": "interface",
            "status": AVAILABLE,
            "approval_enabled": self.approval_enabled,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
            "project_id": self.project_id or project_id,
            "ports": [{"client_port": 80, "server_port": 80, "protocol": "TCP"}],
            "tags": [],
            "description": "",
        }

    def listed(self, project_id: str) -> dict[str, Any]:
        """The service as a list of services has it."""
        counted = sum(each.status in ("creating", "accepted") for each in list(self.connections.values()))
        return {**self.document(project_id), "connection_count": counted}


class Endpoint(NamedTuple):
    """A connection with its service, which is how its consumer sees it."""

    service: Service
    connection: Connection

    def document(self) -> dict[str, Any]:
        """The endpoint as the API writes it: "Querying Details About a VPC Endpoint"."""
        connection = self.connection
        found = {
            "vpc_id": "",
            "subnet_id": "",
            "enable_dns": False,
            "enable_whitelist": False,
            "whitelist": [],
            "routetables": [],
            "tags": [],
            "description": "",
            **connection.asked,
            "id": connection.id,
            "service_type": "interface",
            "status": connection.status,
            "active_status": ["active"],
            "enable_status": "enable",
            "ip": str(connection.asked.get("port_ip", "")),
            "endpoint_service_name": self.service.name,
            "endpoint_service_id": self.service.id,
            "marker_id": connection.marker_id,
            "project_id": connection.project_id,
            "created_at": timestamp(connection.created_at),
            "updated_at": timestamp(connection.updated_at),
        }
        found.pop("port_ip", None)
        if connection.status == "failed":
            found["error"] = connection.error
        return found


def timestamp(seconds: float) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
