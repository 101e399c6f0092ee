"""The services and connections that there are, and what becomes of them. Thread-safe; time is an argument."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NamedTuple

from vpcep_pulumi.testing.simulator.refusals import Refusal

STATUSES = ("pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting")
FIRST_MARKER = 422321321312321321
"""Above 2**53, like the documented example: it must not pass through a float."""

ILLEGAL = {"creating": "EndPoint.2019", "deleting": "EndPoint.2018", "failed": "EndPoint.2047"}
"""The statuses in which neither action is taken, and the refusal."""


@dataclass
class Settings:
    """How the simulator behaves.

    :ivar latency_s: seconds that each answer takes; with a seed, the most that it takes.
    :ivar creating_s: seconds that an accepted connection stays ``creating``; with a seed, the most.
    :ivar seed: draws both; None takes them as they are.
    :ivar access_keys: access keys and their secrets; signatures are verified against them.
    :ivar tokens: the tokens that are accepted.
    :ivar quota: calls that are answered within any ``quota_s`` seconds; None is without a limit.
    """

    latency_s: float = 0.0
    creating_s: float = 0.0
    seed: int | None = None
    access_keys: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    quota: int | None = None
    quota_s: float = 300.0


@dataclass
class Connection:
    """One consumer's endpoint on a service."""

    id: str
    status: str
    marker_id: int
    domain_id: str
    created_at: float
    updated_at: float
    description: str = ""
    error: list[dict[str, str]] = field(default_factory=list)
    accepted_at: float | None = None
    """When ``creating`` ends."""
    former: str = ""
    """The status before the last change."""

    def become(self, status: str, now: float) -> None:
        """Have another status."""
        self.former, self.status, self.updated_at, self.accepted_at = self.status, status, now, None

    def document(self) -> dict[str, Any]:
        """The connection as the API writes it."""
        found: dict[str, Any] = {
            "id": self.id,
            "status": self.status,
            "marker_id": self.marker_id,
            "domain_id": self.domain_id,
            "created_at": _timestamp(self.created_at),
            "updated_at": _timestamp(self.updated_at),
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
    """A VPC endpoint service and its connections, in the order in which they were made."""

    id: str
    approval_enabled: bool = True
    connections: dict[str, Connection] = field(default_factory=dict)


class World:
    """Everything there is.

    :param clock: seconds since the epoch.
    :ivar decisions: every action that was carried out, in order.
    """

    def __init__(self, clock: Callable[[], float], settings: Settings | None = None) -> None:
        self._real_clock = clock
        self._ahead = 0.0
        self._taken: list[float] = []
        self._lock = threading.RLock()
        self._markers = FIRST_MARKER
        self._services: dict[str, Service] = {}
        self.decisions: list[Decision] = []
        self.configure(settings or Settings())

    def configure(self, settings: Settings) -> None:
        """Behave so from now on; a seed starts its draws anew."""
        with self._lock:
            self.settings = settings
            self._random = random.Random(settings.seed)

    def advance(self, seconds: float) -> None:
        """Let time pass, at once."""
        with self._lock:
            self._ahead += seconds

    def _clock(self) -> float:
        return self._real_clock() + self._ahead

    def latency(self) -> float:
        """Seconds that the next answer takes."""
        return self._draw(self.settings.latency_s)

    def take_from_quota(self, request_id: str) -> None:
        """One more call.

        :raises Refusal: 429, the quota is used up.
        """
        with self._lock:
            if self.settings.quota is None:
                return
            now = self._clock()
            self._taken = [at for at in self._taken if at > now - self.settings.quota_s]
            if len(self._taken) >= self.settings.quota:
                raise Refusal("APIGW.0308", request_id=request_id)
            self._taken.append(now)

    def create_service(self, id_: str | None = None, *, approval_enabled: bool = True) -> Service:
        """A new service; one of that id is there already: that one, as it is."""
        with self._lock:
            name = id_ or str(self._uuid())
            return self._services.setdefault(name, Service(name, approval_enabled))

    def connect(
        self,
        service_id: str,
        id_: str | None = None,
        *,
        domain_id: str | None = None,
        status: str | None = None,
    ) -> Connection:
        """A consumer connects an endpoint of its own to a service, which comes to be where it was not.

        :param status: by default what the service's ``approval_enabled`` makes of it.
        """
        with self._lock:
            service = self.create_service(service_id)
            name = id_ or str(self._uuid())
            if name in service.connections:
                raise ValueError(f"{name} is connected to {service_id} already")
            self._markers += 1
            now = self._clock()
            connection = Connection(
                name, status or "pendingAcceptance", self._markers, domain_id or self._uuid().hex, now, now
            )
            if status is None and not service.approval_enabled:
                self._accept(connection)
            service.connections[name] = connection
            return connection

    def leave(self, service_id: str, id_: str) -> None:
        """The consumer deletes its endpoint: its id never comes back."""
        with self._lock:
            del self._services[service_id].connections[id_]

    def delete_service(self, service_id: str) -> None:
        """The service is gone, and every connection to it."""
        with self._lock:
            del self._services[service_id]

    def put(self, service_id: str, id_: str, status: str, error: list[dict[str, str]] | None = None) -> Connection:
        """Somebody else acts, or the cloud does: the connection has this status now."""
        with self._lock:
            connection = self._services[service_id].connections[id_]
            connection.become(status, self._clock())
            connection.error = error or []
            return connection

    def connections(self, service_id: str) -> list[Connection]:
        """The truth, without lag, the newest first. Raises KeyError where there is no such service."""
        with self._lock:
            now = self._clock()
            for connection in self._services[service_id].connections.values():
                if connection.accepted_at is not None and connection.accepted_at <= now:
                    connection.become("accepted", connection.accepted_at)
            return list(reversed(self._services[service_id].connections.values()))

    def former_status(self, id_: str, seconds: float) -> str | None:
        """What a read that lags so many seconds behind shows of a connection; None where nothing has changed since."""
        with self._lock:
            for service in self._services.values():
                connection = service.connections.get(id_)
                if connection is not None and connection.former and self._clock() - connection.updated_at < seconds:
                    return connection.former
            return None

    def act(self, service_id: str, id_: str, action: str) -> Connection:
        """``receive`` or ``reject``, as the owner asks.

        :raises Refusal: there is no such connection, or its status does not allow it.
        """
        with self._lock:
            connection = self._find(service_id, id_)
            if connection.status in ILLEGAL:
                raise Refusal(ILLEGAL[connection.status])
            self.decisions.append(Decision(service_id, id_, action, connection.status))
            if action == "reject" and connection.status != "rejected":
                connection.become("rejected", self._clock())
            elif action == "receive" and connection.status != "accepted":
                self._accept(connection)
            return connection

    def describe(self, service_id: str, id_: str, description: str) -> Connection:
        """Write the owner's note."""
        with self._lock:
            connection = self._find(service_id, id_)
            connection.description, connection.updated_at = description, self._clock()
            return connection

    def _find(self, service_id: str, id_: str) -> Connection:
        if service_id not in self._services:
            raise Refusal("EndPoint.0005")
        for connection in self.connections(service_id):
            if connection.id == id_:
                return connection
        elsewhere = any(id_ in service.connections for service in self._services.values())
        raise Refusal("EndPoint.2013" if elsewhere else "EndPoint.2006")

    def _accept(self, connection: Connection) -> None:
        now, seconds = self._clock(), self._draw(self.settings.creating_s)
        connection.become("creating" if seconds > 0 else "accepted", now)
        connection.accepted_at = now + seconds if seconds > 0 else None

    def _draw(self, most: float) -> float:
        with self._lock:
            return self._random.uniform(0, most) if self.settings.seed is not None else most

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
