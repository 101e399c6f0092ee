"""The services and connections that there are, and what becomes of them. Thread-safe; time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice
from typing import Any

from vpcep_pulumi.testing.simulator.ids import Ids, account_of
from vpcep_pulumi.testing.simulator.model import STATUSES, Connection, Decision, Endpoint, Service, Settings
from vpcep_pulumi.testing.simulator.pace import Pace
from vpcep_pulumi.testing.simulator.refusals import Refusal

__tracebackhide__ = True  # what a test does wrong is in its own frames
FIRST_MARKER = 422321321312321321
"""Above 2**53, like the documented example: it must not pass through a float."""

ILLEGAL = {"creating": "EndPoint.2019", "deleting": "EndPoint.2018", "failed": "EndPoint.2047"}
"""The statuses in which neither action is taken, and the refusal."""


class NotThere(LookupError):
    """There is no such service, or no such connection to it."""


class World(Pace):
    """Everything there is.

    Who asks is known by the project in a request's path. A service without a project belongs to whichever asks.
    Identifiers depend on the first settings' seed and on nothing else.

    :param clock: seconds since the epoch.
    :ivar decisions: every action that was carried out, in order.
    """

    def __init__(self, clock: Callable[[], float], settings: Settings | None = None) -> None:
        super().__init__(clock, settings or Settings())
        self._ids = Ids(self.settings.seed)
        self._made = 0
        self._services_made = 0
        self._services: dict[str, Service] = {}
        self._endpoints_ever: set[str] = set()
        self.decisions: list[Decision] = []

    # What its owner and others do to a service.

    def create_service(
        self, id_: str | None = None, *, approval_enabled: bool = True, project_id: str | None = None
    ) -> Service:
        """A new service; one of that id is there already: that one, as it is.

        :param project_id: the owner's; to any other project the service is not there.
        """
        with self._lock:
            if id_ in self._services:
                return self._services[id_]
            self._services_made += 1
            name = id_ or self._ids.make("service", self._services_made, self._services.__contains__)
            now = self.now()
            self._services[name] = Service(
                name, approval_enabled, project_id=project_id, created_at=now, updated_at=now
            )
            return self._services[name]

    def delete_service(self, service_id: str) -> None:
        """The service is gone, and every connection to it.

        :raises NotThere: there is no such service.
        """
        with self._lock:
            self._service(service_id)
            del self._services[service_id]

    def service(self, service_id: str, project_id: str) -> Service:
        """The service of that id.

        :raises Refusal: there is none, or it is another project's.
        """
        with self._lock:
            self._settle()
            found = self._services.get(service_id)
            if found is None or found.project_id not in (None, project_id):
                raise Refusal("EndPoint.0005")
            return found

    def services(self, project_id: str) -> list[Service]:
        """A project's services, the newest first."""
        with self._lock:
            self._settle()
            return [each for each in reversed(self._services.values()) if each.project_id in (None, project_id)]

    # What consumers do.

    def connect(
        self,
        service_id: str,
        id_: str | None = None,
        *,
        domain_id: str | None = None,
        status: str | None = None,
        project_id: str | None = None,
    ) -> Connection:
        """A consumer connects an endpoint of its own to a service, which comes to be where it was not.

        :param status: by default what the service's ``approval_enabled`` makes of it.
        :param project_id: the consumer's; by default one of its own.
        :raises ValueError: it is connected already, or there is no such status.
        """
        if status is not None and status not in STATUSES:
            raise ValueError(f"{status!r} is no status of a connection; these are: {', '.join(STATUSES)}")
        with self._lock:
            service = self.create_service(service_id)
            if id_ in service.connections:
                raise ValueError(f"{id_} is connected to {service_id} already")
            return self._connect(service, id_, domain_id, status, project_id)

    def connect_many(
        self, service_id: str, count: int, domains: Sequence[str | None], status: str | None = None
    ) -> list[str]:
        """As many times :meth:`connect`, at once; the endpoints' ids. The accounts take turns."""
        if count < 0 or not domains:
            raise ValueError("there must be an account" if count >= 0 else f"{count} consumers cannot connect")
        with self._lock:
            self.create_service(service_id)
            owners = islice(cycle(domains), count)
            return [self.connect(service_id, domain_id=each, status=status).id for each in owners]

    def create_endpoint(self, project_id: str, service_id: str, asked: Mapping[str, Any]) -> Endpoint:
        """A consumer creates an endpoint through the API.

        :raises Refusal: there is no such service.
        """
        with self._lock:
            if service_id not in self._services:
                raise Refusal("EndPoint.2003")
            service = self._services[service_id]
            connection = self._connect(service, None, account_of(project_id), None, project_id)
            connection.asked = dict(asked)
            return Endpoint(service, connection)

    def endpoints(self, project_id: str) -> list[Endpoint]:
        """A project's endpoints, the newest first."""
        with self._lock:
            self._settle()
            found = [
                Endpoint(service, each) for service in self._services.values() for each in service.connections.values()
            ]
            own = [each for each in found if each.connection.project_id == project_id]
            return sorted(own, key=lambda each: each.connection.marker_id, reverse=True)

    def endpoint(self, project_id: str, id_: str) -> Endpoint:
        """One endpoint.

        :raises Refusal: there is none, or it is another project's.
        """
        found = next((each for each in self.endpoints(project_id) if each.connection.id == id_), None)
        if found is None:
            raise Refusal("EndPoint.0005")
        return found

    def delete_endpoint(self, project_id: str, id_: str) -> None:
        """A consumer deletes its endpoint through the API: ``deleting``, then gone.

        :raises Refusal: there is no such endpoint, or it is being deleted.
        """
        with self._lock:
            connection = self.endpoint(project_id, id_).connection
            if connection.status == "deleting":
                raise Refusal("EndPoint.2018")
            now = self.now()
            connection.become("deleting", now)
            connection.gone_at = now + self.draw(self.settings.deleting_s)

    def leave(self, service_id: str, id_: str) -> None:
        """The consumer's endpoint is gone: its id never comes back.

        :raises NotThere: there is no such connection.
        """
        with self._lock:
            self._connection(service_id, id_)
            del self._services[service_id].connections[id_]

    # What anybody finds, and what becomes of it.

    def put(self, service_id: str, id_: str, status: str, error: list[dict[str, str]] | None = None) -> Connection:
        """Somebody else acts, or the cloud does: the connection has this status now.

        :raises NotThere: there is no such connection.
        """
        with self._lock:
            connection = self._connection(service_id, id_)
            connection.become(status, self.now())
            connection.error = error or []
            return connection

    def connections(self, service_id: str) -> list[Connection]:
        """The truth, without lag, the newest first.

        :raises NotThere: there is no such service.
        """
        with self._lock:
            self._settle()
            return list(reversed(self._service(service_id).connections.values()))

    def former_status(self, id_: str, seconds: float) -> str | None:
        """What a read that lags so many seconds behind shows of a connection; None where nothing has changed since."""
        with self._lock:
            for service in self._services.values():
                connection = service.connections.get(id_)
                if connection is not None and connection.former and self.now() - connection.updated_at < seconds:
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
                connection.become("rejected", self.now())
            elif action == "receive" and connection.status != "accepted":
                self._accept(connection)
            return connection

    def describe(self, service_id: str, id_: str, description: str) -> Connection:
        """Write the owner's note."""
        with self._lock:
            connection = self._find(service_id, id_)
            connection.description, connection.updated_at = description, self.now()
            return connection

    def _find(self, service_id: str, id_: str) -> Connection:
        self._settle()
        if service_id not in self._services:
            raise Refusal("EndPoint.0005")
        if id_ in self._services[service_id].connections:
            return self._services[service_id].connections[id_]
        elsewhere = any(id_ in each.connections for each in self._services.values())
        raise Refusal("EndPoint.2013" if elsewhere else "EndPoint.2006")

    def _service(self, service_id: str) -> Service:
        if service_id not in self._services:
            raise NotThere(f"there is no service {service_id}; there are: {_named(self._services)}")
        return self._services[service_id]

    def _connection(self, service_id: str, id_: str) -> Connection:
        self._settle()
        connections = self._service(service_id).connections
        if id_ not in connections:
            raise NotThere(f"{id_} is not connected to {service_id}; there are: {_named(connections)}")
        return connections[id_]

    def _connect(
        self, service: Service, id_: str | None, domain_id: str | None, status: str | None, project_id: str | None
    ) -> Connection:
        self._made += 1
        made, now = self._made, self.now()
        project = project_id or self._ids.make("project", made).replace("-", "")
        id_ = id_ or self._ids.make("endpoint", made, self._endpoints_ever.__contains__)
        self._endpoints_ever.add(id_)
        connection = Connection(
            id_,
            status or "pendingAcceptance",
            FIRST_MARKER + made,
            domain_id or account_of(project),
            now,
            now,
            project_id=project,
        )
        if status is None and not service.approval_enabled:
            self._accept(connection)
        service.connections[connection.id] = connection
        return connection

    def _settle(self) -> None:
        """Let come what is due by now."""
        now = self.now()
        for service in self._services.values():
            for connection in list(service.connections.values()):
                if connection.accepted_at is not None and connection.accepted_at <= now:
                    connection.become("accepted", connection.accepted_at)
                elif connection.gone_at is not None and connection.gone_at <= now:
                    del service.connections[connection.id]

    def _accept(self, connection: Connection) -> None:
        now, seconds = self.now(), self.draw(self.settings.creating_s)
        connection.become("creating" if seconds > 0 else "accepted", now)
        connection.accepted_at = now + seconds if seconds > 0 else None


def _named(ids: Mapping[str, object]) -> str:
    """At most ten of them."""
    shown = ", ".join(list(ids)[:10]) or "none"
    return shown if len(ids) <= 10 else f"{shown} and {len(ids) - 10} more"
