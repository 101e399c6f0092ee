"""The live view: what one operation knows about its services' connections. It reads what it does not know.

All reads of a project's connections in one operation share one view. For each service, one thread reads while the
others wait. A page holds a thousand connections. A read is valid for :data:`MAX_AGE` seconds. The responses to the
operation's own actions correct it.

If a service has more than one page, connections are read by id while that is cheaper:

1. Read the first page.
2. Read each connection that is not on it by id, until there were as many such reads as there are other pages.
3. Then read the other pages.

With ``p`` pages, ``n`` approvals take ``1 + n`` reads while ``n < p``, and at most ``1 + 2 (p - 1)``. (At the first
read, the number of approvals is not known. So no rule can guarantee less than twice the best.)

A connection that is on none of several pages takes one more read, by id: pages shift while they are read, and "absent"
must not be a mistake.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import PAGE_LIMIT, list_connections
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import AnswerError, RequestError
from vpcep_pulumi.lifecycle.messages import READ_LAG
from vpcep_pulumi.operation.senders import Sender
from vpcep_pulumi.operation.whole import MOST_PAGES, read_whole

MAX_AGE = 30.0
"""Seconds for which a read is valid, unless the caller wants a newer one."""


class Observation(NamedTuple):
    """A connection as it was read (None: there is none), and when the read began."""

    connection: Connection | None
    at: float


class Act(NamedTuple):
    """The response to an action of our own, when it came, and the status before the action."""

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
    whole: tuple[Connection, ...] | None = None
    whole_at: float = float("-inf")
    error: RequestError | None = None
    error_at: float = float("-inf")


class LiveView:
    """The connections of one project's services, as seen by one operation. Thread-safe.

    :param project_id: the project of the services.
    :param page_limit: the most connections on a page.
    :param most_pages: the most pages of a service; more cannot be right.
    """

    def __init__(
        self,
        client: Sender,
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
        """The connection, or None if the service has no such connection.

        :param since: a read that began earlier does not count; a time of ``clock``. By default, it is
            :data:`MAX_AGE` seconds ago.
        :raises ApiError: the API refused the read; for example, there is no such service.
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
        at = self._clock.monotonic()
        with _alone(service, at):
            self._read(service, service_id, endpoint_id, oldest, at)
        with service.turn:
            found = self._known(service, endpoint_id, oldest)
        if found is None:
            raise AssertionError(f"a read of {service_id} left {endpoint_id} unknown")
        return found.connection

    def find_all(self, service_id: str) -> list[Connection]:
        """Every connection of a service, each once, or an error: see :func:`~vpcep_pulumi.operation.whole.read_whole`.

        What was read less than :data:`MAX_AGE` seconds ago is not read again. The responses to the operation's own
        actions correct it.

        :raises ApiError: the API refused the read; for example, there is no such service.
        :raises AnswerError: the responses do not make a whole.
        """
        service = self._service(service_id)
        oldest = self._clock.monotonic() - MAX_AGE
        with service.turn:
            while service.reading:
                service.turn.wait()
            if service.whole is not None and service.whole_at >= oldest:
                return _corrected(service.whole, service)
            if service.error is not None and service.error_at >= oldest:
                raise _twin(service.error)
            service.reading = True
        at = self._clock.monotonic()
        with _alone(service, at):
            whole = read_whole(
                self._client, self._project_id, service_id, limit=self._page_limit, most_pages=self._most_pages
            )
            with service.turn:
                service.whole, service.whole_at = whole, at
                # What was read counts for single connections as well.
                service.listed, service.listed_at = {each.id: each for each in whole if each.id is not None}, at
                service.next_offset, service.complete = len(whole), True
                service.pages = max(1, -(-len(whole) // self._page_limit))
                service.looked_up, service.error = set(), None
                return _corrected(whole, service)

    def apply_response(self, service_id: str, answer: Connection, *, before: str | None) -> None:
        """Correct the view by the response to an action of our own.

        :param before: the status before the action; a late read may still show it.
        """
        service = self._service(service_id)
        if answer.id is not None:
            with service.turn:
                service.acts[answer.id] = Act(answer, self._clock.monotonic(), before)

    def _service(self, service_id: str) -> _Service:
        with self._lock:
            return self._services.setdefault(service_id, _Service())

    def _known(self, service: _Service, endpoint_id: str, oldest: float) -> Observation | None:
        """The latest observation, if it is not older than ``oldest``. None means unknown, not absent."""
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

    def _read(self, service: _Service, service_id: str, endpoint_id: str, oldest: float, at: float) -> None:
        """Read what is needed to know one connection. No other thread may read this service at the same time."""
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

    def _list(self, service: _Service, service_id: str, at: float, *, goes_on: bool, everything: bool) -> None:
        """Read pages of a service: one, or all.

        :param at: when the read began.
        :param goes_on: keep what was listed before, and continue after it.
        :param everything: read all pages.
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
            # A server may return fewer connections than the limit, and leave out the total.
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


@contextmanager
def _alone(service: _Service, at: float) -> Iterator[None]:
    """A read of a service that began at a time: what it raises is noted for the others, who wait until it is over."""
    try:
        yield
    except RequestError as error:
        with service.turn:
            service.error, service.error_at = error, at
        raise
    finally:
        with service.turn:
            service.reading = False
            service.turn.notify_all()


def _corrected(whole: tuple[Connection, ...], service: _Service) -> list[Connection]:
    """A service's connections, as our own actions have left them. The service's ``turn`` is held."""

    def corrected(each: Connection) -> Connection:
        act = service.acts.get(each.id or "")
        if act is None or not (service.whole_at <= act.at or _is_late(Observation(each, service.whole_at), act)):
            return each
        return act.answer.completed_by(each)

    return list(map(corrected, whole))


def _is_late(observation: Observation, act: Act) -> bool:
    """Whether a read that followed an action still shows the status before the action."""
    shown = observation.connection.status if observation.connection is not None else None
    return observation.at < act.at + READ_LAG and shown == act.before and shown != act.answer.status


def _twin(error: RequestError) -> RequestError:
    """A copy of the error with a traceback of its own: several threads raise it at the same time."""
    twin: RequestError = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin
