"""Every connection of a service, or every service of a project, or an error.

A program that declares approvals from a query rejects what the query leaves out. So a list that may not be whole is an
error: an answer without the list, an entry without an id, pages that shift while they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from vpcep_pulumi.api.models import Connection, Service
from vpcep_pulumi.api.operations import list_connections, list_services
from vpcep_pulumi.errors import AnswerError
from vpcep_pulumi.operation.senders import Sender

ATTEMPTS = 3
"""How often the pages are read from the first one on, if they shift meanwhile."""
MOST_PAGES = 200
"""The most pages of a list. More (over 200,000 entries) cannot be right."""


class Entry(Protocol):
    """What a list holds."""

    @property
    def id(self) -> str | None:
        """Its id."""


E = TypeVar("E", bound=Entry)


class Part(NamedTuple, Generic[E]):
    """A page of a list.

    :ivar entries: None if the answer does not have the list, not even an empty one.
    :ivar total: how many entries all pages have; None if the answer does not say.
    """

    entries: Sequence[E] | None
    total: int | None


def read_whole(
    client: Sender, project_id: str, service_id: str, *, limit: int, most_pages: int = MOST_PAGES
) -> tuple[Connection, ...]:
    """Every connection of a service.

    :param limit: the most connections on a page.
    :param most_pages: the most pages; more cannot be right.
    :raises AnswerError: the answers do not make a whole, each of three times.
    :raises ApiError: the API refused.
    """

    def part(offset: int) -> Part[Connection]:
        page = client.send(list_connections(project_id, service_id, offset=offset, limit=limit))
        return Part(page.connections if "connections" in page.model_fields_set else None, page.total_count)

    return _whole(part, f"list the connections of service {service_id}", most_pages)


def read_services(client: Sender, project_id: str, *, limit: int) -> tuple[Service, ...]:
    """Every service of a project. It raises the same errors as :func:`read_whole`."""

    def part(offset: int) -> Part[Service]:
        page = client.send(list_services(project_id, offset=offset, limit=limit))
        return Part(page.services if "services" in page.model_fields_set else None, page.total_count)

    return _whole(part, "list the endpoint services", MOST_PAGES)


def _whole(part: Callable[[int], Part[E]], name: str, most_pages: int) -> tuple[E, ...]:
    """Read every page of a list.

    With a total, it must be the same on every page, and as many entries must be read. Without, pages are read until one
    is empty. No entry may come twice.

    :param part: reads the page that begins with so many entries left out.
    :param name: what is read, for messages.
    """
    for _ in range(ATTEMPTS):
        found = _once(part, name, most_pages)
        if found is not None:
            return found
    raise _problem(name, f"they changed while they were read, {ATTEMPTS} times in a row; run it again later")


def _once(part: Callable[[int], Part[E]], name: str, most_pages: int) -> tuple[E, ...] | None:
    """Read every page once; None if they do not make a whole."""
    found: dict[str, E] = {}
    totals: set[int | None] = set()
    read = 0
    for _ in range(most_pages):
        entries, total = part(read)
        if entries is None:
            raise _problem(name, "the answer names none, not even an empty list")
        totals.add(total)
        for each in entries:
            if not each.id:
                raise _problem(name, "one of them has no id")
            found[each.id] = each
        read += len(entries)
        if not entries or (total is not None and read >= total):
            expected = total if total is not None else read
            return tuple(found.values()) if len(found) == read == expected and len(totals) == 1 else None
    raise _problem(name, f"the answer goes on after {most_pages} pages")


def _problem(name: str, problem: str) -> AnswerError:
    return AnswerError(name, problem, maybe_done=False)
