"""``vpcep-pulumi list``: the connections of services, for people, programs and spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vpcep_pulumi.api.statuses import ConnectionStatus
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.audit.connections import Row, age_of, age_words, as_csv, as_json, rows_of
from vpcep_pulumi.cli.reading import (
    Place,
    ProfileOption,
    ProjectOption,
    RegionOption,
    ServiceOption,
    reader,
)
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.selection import Selection

WIDE: Final = 150
"""From this many columns on, each connection has one line."""
PIPED: Final = 10_000
"""The columns of what is not a terminal: no line is cut or folded."""
LONGEST_NOTE: Final = 60
"""How much of a note the table shows."""
STYLES: Final = {"pendingAcceptance": "bold yellow", "accepted": "green", "failed": "red"}


def list_connections(
    *,
    service: ServiceOption = None,
    status: Annotated[
        list[str] | None, typer.Option(help="Only connections with this status; several times for several.")
    ] = None,
    domain_id: Annotated[
        list[str] | None, typer.Option(help="Only connections of this account; several times for several.")
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv_: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    region: RegionOption = None,
    project_id: ProjectOption = None,
    profile: ProfileOption = None,
) -> None:
    """List the connections of endpoint services, those that wait for a decision first."""
    with reader(Place(region, project_id, profile), service) as reading:
        _check(status or [], as_json_=as_json_, as_csv_=as_csv_)
        selection = Selection(statuses=status or None, domain_ids=domain_id or None)
        found = {each: selection.of(connections) for each, connections in reading.connections().items()}
        rows, now = rows_of(found), reading.operation.now
    if as_json_:
        typer.echo(json.dumps({"connections": [as_json(each) for each in rows]}, indent=2))
    elif as_csv_:
        typer.echo(as_csv(rows), nl=False)
    else:
        print_rows(console_for_tables(), rows, now)


def _check(statuses: Sequence[str], *, as_json_: bool, as_csv_: bool) -> None:
    known = ", ".join(ConnectionStatus)
    for each in statuses:
        if each not in list(ConnectionStatus):
            raise InputError("--status", f"there is no status {printable(each, 40)!r}; there are {known}")
    if as_json_ and as_csv_:
        raise InputError("--json", "cannot be given together with --csv")


def console_for_tables() -> Console:
    """Standard output. What is not a terminal is as wide as need be, so that each row has one line."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED
    return console


def print_rows(console: Console, rows: Sequence[Row], now: datetime) -> None:
    """Print a table of connections."""
    if not rows:
        console.print("no connections")
        return
    is_wide = console.width >= WIDE
    headings = ["STATUS", "AGE", "ENDPOINT", "ACCOUNT", "SERVICE", "NOTE"] if is_wide else ["STATUS", "AGE", "ENDPOINT"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        # A terminal that is too narrow folds ids instead of cutting them.
        table.add_column(heading, justify="right" if heading == "AGE" else "left", no_wrap=is_wide, overflow="fold")
    for each in rows:
        table.add_row(*(_wide(each, now) if is_wide else _narrow(each, now)))
    console.print(table)


def _wide(row: Row, now: datetime) -> list[Text]:
    connection = row.connection
    note = printable(connection.description or "", LONGEST_NOTE)
    ids = (connection.id, connection.domain_id, row.service_id)
    return [*_head(row, now), *(Text(each or "?") for each in ids), Text(note)]


def _narrow(row: Row, now: datetime) -> list[Text]:
    """The endpoint, with all that does not fit beside it below it."""
    connection = row.connection
    lines = [connection.id or "?", f"of {connection.domain_id or '?'}", f"to {row.service_id}"]
    note = printable(connection.description or "", LONGEST_NOTE)
    return [*_head(row, now), Text("\n".join([*lines, *filter(None, [note])]))]


def _head(row: Row, now: datetime) -> list[Text]:
    return [Text(row.status, style=STYLES.get(row.status, "")), Text(age_words(age_of(row.connection, now)))]
