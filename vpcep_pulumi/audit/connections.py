"""Connections as rows: for people, for programs and for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.times import moment_of
from vpcep_pulumi.lifecycle.table import Live, live_of, status_for_state

COLUMNS: Final = (
    "service_id",
    "endpoint_id",
    "status",
    "domain_id",
    "created_at",
    "updated_at",
    "description",
    "errors",
    "marker_id",
)
"""The keys of a connection in JSON, and the columns in CSV. Other programs rely on them."""
URGENCY: Final[Sequence[Live]] = (
    Live.PENDING_ACCEPTANCE,
    Live.FAILED,
    Live.UNDOCUMENTED,
    Live.CREATING,
    Live.DELETING,
    Live.ACCEPTED,
    Live.REJECTED,
)
"""The order in which connections are shown: those that wait for a decision first."""
FORMULA: Final = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001 -- spreadsheets take these wide signs for the others
"""What a spreadsheet takes for the beginning of a formula."""
SPLIT: Final = re.compile(r'(\r\n|[;\t\r\n\v\f\x85\u2028\u2029])(?=[\s"]*[=+\-@＝＋－＠])')  # noqa: RUF001 -- likewise
"""Where a spreadsheet with another separator than the comma would begin a cell, with a formula."""
UNITS: Final = ((timedelta(days=365), "y"), (timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(0), "min"))
MINUTE: Final = timedelta(minutes=1)


class Row(NamedTuple):
    """A connection of a service."""

    service_id: str
    connection: Connection

    @property
    def status(self) -> str:
        """The status, fit to be shown, also if the API does not document it."""
        return status_for_state(self.connection)


def rows_of(connections: Mapping[str, Iterable[Connection]]) -> list[Row]:
    """The connections of services, those first that people look for.

    Within a status, the oldest come first: they have waited the longest.

    :param connections: by service.
    """
    rows = [Row(service, each) for service, found in connections.items() for each in found]
    return sorted(rows, key=_urgency)


def _urgency(row: Row) -> tuple[int, str, str, str]:
    connection = row.connection
    place = URGENCY.index(live_of(connection))
    return place, row.service_id, connection.created_at or "", connection.id or ""


def as_json(row: Row) -> dict[str, Any]:
    """A connection as an object of JSON. Its keys are :data:`COLUMNS`."""
    connection = row.connection
    return {
        "service_id": row.service_id,
        "endpoint_id": connection.id,
        "status": row.status,
        "domain_id": connection.domain_id,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "description": connection.description,
        "errors": [str(each) for each in connection.errors],
        "marker_id": connection.marker_id,
    }


def as_csv(rows: Iterable[Row]) -> str:
    """Connections as CSV, with a line of headings.

    The notes are not trusted: what a spreadsheet would take for a formula gets an apostrophe before it. That may also
    be in the middle of a text, for one that splits lines at semicolons or tabs.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = as_json(row) | {"errors": "; ".join(map(str, row.connection.errors))}
        writer.writerow([_cell(values[name]) for name in COLUMNS])
    return text.getvalue()


def _cell(value: str | None) -> str:
    text = SPLIT.sub(r"\1'", value or "")
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def age_of(connection: Connection, now: datetime) -> timedelta | None:
    """How long ago a connection was made; None if the API does not say when."""
    made = moment_of(connection.created_at)
    return None if made is None else max(now - made, timedelta(0))


def age_words(age: timedelta | None) -> str:
    """An age in its largest unit: ``3 d``, ``5 h``; ``?`` if it is not known."""
    if age is None:
        return "?"
    size, unit = next(each for each in UNITS if age >= each[0])
    return f"{age // (size or MINUTE)} {unit}"
