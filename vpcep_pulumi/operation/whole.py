"""Every connection of a service, or an error.

A program that declares approvals from a query rejects what the query leaves out. So a list that may not be whole is an
error: an answer without connections, a connection without an id, pages that shift while they are read.
"""

from __future__ import annotations

from typing import Protocol

from vpcep_pulumi.api.models import Connection, ConnectionPage
from vpcep_pulumi.api.operations import ApiCall, list_connections
from vpcep_pulumi.errors import AnswerError

ATTEMPTS = 3
"""How often the pages are read from the first one on, if they shift meanwhile."""
MOST_PAGES = 200
"""The most pages of a service. More (over 200,000 connections) cannot be right."""


class Sender(Protocol):
    """What sends a call: :class:`~vpcep_pulumi.api.client.Client`."""

    def send(self, operation: ApiCall[ConnectionPage]) -> ConnectionPage:
        """The answer."""


def read_whole(
    client: Sender, project_id: str, service_id: str, *, limit: int, most_pages: int = MOST_PAGES
) -> tuple[Connection, ...]:
    """Read every page of a service.

    With a ``total_count``, it must be the same on every page, and as many connections must be read. Without, pages are
    read until one is empty. No connection may come twice.

    :param limit: the most connections on a page.
    :param most_pages: the most pages; more cannot be right.
    :raises AnswerError: the answers do not make a whole, each of three times.
    :raises ApiError: the API refused.
    """
    for _ in range(ATTEMPTS):
        found = _read(client, project_id, service_id, limit, most_pages)
        if found is not None:
            return found
    raise _problem(service_id, f"they changed while they were read, {ATTEMPTS} times in a row; run it again later")


def _read(
    client: Sender, project_id: str, service_id: str, limit: int, most_pages: int
) -> tuple[Connection, ...] | None:
    """Read every page once; None if they do not make a whole."""
    found: dict[str, Connection] = {}
    totals: set[int | None] = set()
    read = 0
    for _ in range(most_pages):
        page = client.send(list_connections(project_id, service_id, offset=read, limit=limit))
        if "connections" not in page.model_fields_set:
            raise _problem(service_id, "the answer names none, not even an empty list")
        totals.add(page.total_count)
        for each in page.connections:
            if not each.id:
                raise _problem(service_id, "one of them has no id")
            found[each.id] = each
        read += len(page.connections)
        if not page.connections or (page.total_count is not None and read >= page.total_count):
            total = page.total_count if page.total_count is not None else read
            return tuple(found.values()) if len(found) == read == total and len(totals) == 1 else None
    raise _problem(service_id, f"the answer goes on after {most_pages} pages")


def _problem(service_id: str, problem: str) -> AnswerError:
    return AnswerError(f"list the connections of service {service_id}", problem, maybe_done=False)
