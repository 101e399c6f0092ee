"""The live view: what one operation knows of its services' connections, and how it learns more.

All reads of an operation share one view. One reader fetches while the others wait; pages hold a
thousand connections; what was read is believed for :data:`MAX_AGE` seconds and corrected by what
the operation's own actions were answered.

A service of more than one page is asked by id while that is cheaper: the first page, then one read
for each connection that is not on it, until as many were asked for as there are other pages; then
those pages. With ``p`` pages, ``n`` approvals take ``1 + n`` reads while ``n < p``, and ``1 + 2 (p - 1)``
at the most. (How many approvals there are is not known when the first is asked for, so no rule can
promise less than twice the best. One more read goes to each connection that no page of several
shows: pages shift while they are read, and "absent" must not be a mistake.)
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import PAGE_LIMIT, list_connections
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import AnswerError, RequestError
from vpcep_pulumi.lifecycle.exchange import READ_LAG

MAX_AGE = 30.0
"""Seconds that a read stands for the truth, unless the caller wants a fresher one."""
MOST_PAGES = 200
"""More pages than this (200,000 connections) are an answer that cannot be right."""


class Observation(NamedTuple):
    """A connection as it was seen (None: not there), and when the reading of it began."""

    connection: Connection | None
    at: float


class Act(NamedTuple):
    """What our own action was answered, when, and the status that stood before it."""

    answer: Connection
    at: float
    before: str | None


@dataclass
class _Service:
    """What is known of one service. Every field is guarded by ``turn``."""

    turn: threading.Condition = field(default_factory=threading.Condition)
    reading: bool = False
    listed: dict[str, Connection] = field(default_factory=dict)
    listed_at: float = float("-inf")
    next_offset: int = 0
    pages: int = 0
    complete: bool = False
    looked_up: set[str] = field(default_factory=set)
    by_id: dict[str, Observation] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)
    error: RequestError | None = None
    error_at: float = float("-inf")


class LiveView:
    """The connections of one project's services, as seen by one operation. Thread-safe.

    :param project_id: the project of the services.
    :param page_limit: connections of a page.
    :param most_pages: more than these are an answer that cannot be right.
    """

    def __init__(
        self,
        client: Client,
        project_id: str,
        clock: Clock,
        *,
        page_limit: int = PAGE_LIMIT,
        most_pages: int = MOST_PAGES,
    ) -> None:
        self._page_limit, self._most_pages = page_limit, most_pages
        self._client = client
        self._project_id = project_id
        self._clock = clock
        self._lock = threading.Lock()
        self._services: dict[str, _Service] = {}

    def find(self, service_id: str, endpoint_id: str, *, since: float | None = None) -> Connection | None:
        """The connection, or None where the service has no such connection.

        :param since: the oldest reading to believe, on the clock's clock; by default
            :data:`MAX_AGE` seconds ago.
        :raises ApiError: among others where there is no such service.
        """
        service = self._service(service_id)
        oldest = self._clock.monotonic() - MAX_AGE if since is None else since
        with service.turn:
            while True:
                observation = self._known(service, endpoint_id, oldest)
                if observation is not None:
                    return observation.connection
                if service.error is not None and service.error_at >= oldest:
                    raise _twin(service.error)
                if not service.reading:
                    service.reading = True
                    break
                service.turn.wait()
        try:
            self._read(service, service_id, endpoint_id, oldest)
        finally:
            with service.turn:
                service.reading = False
                service.turn.notify_all()
        with service.turn:
            found = self._known(service, endpoint_id, oldest)
        if found is None:
            raise AssertionError(f"a read of {service_id} left {endpoint_id} unknown")
        return found.connection

    def note(self, service_id: str, answer: Connection, *, before: str | None) -> None:
        """Correct the view by what our own action was answered.

        :param before: the status that stood before the action; a late read may still show it.
        """
        service = self._service(service_id)
        if answer.id is not None:
            with service.turn:
                service.acts[answer.id] = Act(answer, self._clock.monotonic(), before)

    def _service(self, service_id: str) -> _Service:
        with self._lock:
            return self._services.setdefault(service_id, _Service())

    def _known(self, service: _Service, endpoint_id: str, oldest: float) -> Observation | None:
        """What is known and not older than ``oldest``; None is "nothing is", not "not there"."""
        found = []
        if endpoint_id in service.by_id:
            found.append(service.by_id[endpoint_id])
        if endpoint_id in service.listed or (service.complete and service.pages == 1):
            found.append(Observation(service.listed.get(endpoint_id), service.listed_at))
        act = service.acts.get(endpoint_id)
        observation = max(found, key=lambda each: each.at, default=None)
        if act is not None and (observation is None or observation.at <= act.at or _is_late(observation, act)):
            observation = Observation(act.answer, max(act.at, observation.at if observation is not None else act.at))
        return observation if observation is not None and observation.at >= oldest else None

    def _read(self, service: _Service, service_id: str, endpoint_id: str, oldest: float) -> None:
        """Learn what is missing about one connection; the caller alone reads this service now."""
        at = self._clock.monotonic()
        try:
            if service.pages <= 1 and service.listed_at < oldest:
                self._list(service, service_id, at, goes_on=False, everything=False)
            elif len(service.looked_up) >= service.pages - 1 and (service.listed_at < oldest or not service.complete):
                self._list(service, service_id, at, goes_on=service.listed_at >= oldest, everything=True)
            with service.turn:
                if self._known(service, endpoint_id, oldest) is not None:
                    return
            page = self._client.send(list_connections(self._project_id, service_id, endpoint_id=endpoint_id))
            found = next((each for each in page.connections if each.id == endpoint_id), None)
            with service.turn:
                service.by_id[endpoint_id] = Observation(found, at)
                service.looked_up.add(endpoint_id)
        except RequestError as error:
            with service.turn:
                service.error, service.error_at = error, at
            raise

    def _list(self, service: _Service, service_id: str, at: float, *, goes_on: bool, everything: bool) -> None:
        """Read pages of a service: one, or everything there is.

        :param goes_on: keep what was listed before and start behind it.
        """
        listed = dict(service.listed) if goes_on else {}
        offset, pages = (service.next_offset, 1) if goes_on else (0, 0)
        while True:
            page = self._client.send(
                list_connections(self._project_id, service_id, offset=offset, limit=self._page_limit)
            )
            count, total = len(page.connections), page.total_count
            offset, pages = offset + count, pages + 1
            listed.update({each.id: each for each in page.connections if each.id is not None})
            # Servers may give fewer than were asked for, and leave the total out.
            complete = count == 0 or (offset >= total if total is not None else count < self._page_limit)
            if complete or not everything:
                break
            if pages >= self._most_pages:
                raise AnswerError(
                    f"list the connections of service {service_id}",
                    f"the answer goes on after {self._most_pages} pages",
                    maybe_done=False,
                )
        others = 0 if complete else -(-(total - offset) // count) if total is not None else 1
        with service.turn:
            service.listed, service.next_offset, service.complete = listed, offset, complete
            service.listed_at = service.listed_at if goes_on else at
            service.pages = pages + others
            service.looked_up, service.error = set(), None


def _is_late(observation: Observation, act: Act) -> bool:
    """Whether a read made after an action still shows what stood before it."""
    shown = observation.connection.status if observation.connection is not None else None
    return observation.at < act.at + READ_LAG and shown == act.before and shown != act.answer.status


def _twin(error: RequestError) -> RequestError:
    """The same error with frames of its own: several threads raise it at once."""
    twin: RequestError = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin
