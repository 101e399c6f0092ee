"""Rows of a text in CSV, as spreadsheets write it (RFC 4180). Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from vpcep_pulumi.lifecycle.rows import ANY_ACCOUNT, NEEDED, Cell, Problem, Read, Row, UnreadableError, unknown
from vpcep_pulumi.lifecycle.schema import RULES

NAME = "name"
COLUMNS = (NAME, *RULES)
LINE_END = re.compile(r"\r\n|\r|\n")
DECIDING = {
    "status": "say accepted or rejected, or remove the column",
    "expected_domain_id": f"say which account, or {ANY_ACCOUNT} for any account, or remove the column",
}
"""The columns in which an empty cell is refused: if it was left empty by mistake, more would be accepted."""


class Record(NamedTuple):
    """One line of a table; it may span lines of the text."""

    line: int
    texts: list[str]

    def cells(self) -> list[Cell]:
        """Its cells, each with the line on which it begins."""
        found, line = [], self.line
        for text in self.texts:
            found.append(Cell(text, line))
            line += len(LINE_END.findall(text))
        return found


def csv_rows(text: str, defaults: Collection[str] = ()) -> Read:
    """The rows of a text: a line of column names, then a line for each approval.

    Columns stand in any order: ``name``, and arguments of an approval. They are separated by commas, or by semicolons,
    as spreadsheets of many countries write them. An empty cell is an argument that is left out, except in the columns
    of :data:`DECIDING`. Lines without any text are skipped.

    :param defaults: the arguments that have a default for all rows: their cells may be empty.
    :raises UnreadableError: the text is empty, or is not CSV.
    """
    records = _records(text)
    header = next(records, None)
    if header is None:
        raise UnreadableError(1, "the file is empty: it must have a line of column names, even if nothing is declared")
    problems = _problems_of_columns(header, defaults)
    rows = []
    for record in records:
        if len(record.texts) != len(header.texts):
            reason = f"has {len(record.texts)} cells, but there are {len(header.texts)} columns"
            problems.append(Problem(record.line, "", f"{reason}; a cell that contains a separator must be in quotes"))
        else:
            rows.append(_row(record, header.texts, defaults, problems))
    return Read(rows, problems)


def _problems_of_columns(header: Record, defaults: Collection[str]) -> list[Problem]:
    problems, seen = [], set()
    for number, (column, line) in enumerate(header.cells(), 1):
        if not column:
            problems.append(Problem(line, "", f"column {number} has no name"))
        elif column in seen:
            problems.append(Problem(line, column, "there are two columns of this name"))
        elif (reason := unknown(column, COLUMNS)) is not None:
            problems.append(Problem(line, column, reason))
        seen.add(column)
    missing = [each for each in (NAME, *NEEDED) if each not in seen and each not in defaults]
    return problems + [Problem(header.line, each, "there must be a column of this name") for each in missing]


def _row(record: Record, columns: list[str], defaults: Collection[str], problems: list[Problem]) -> Row:
    fields: dict[str, Cell | None] = {each: None for each in NEEDED if each not in columns and each not in defaults}
    name = None
    for column, cell in zip(columns, record.cells(), strict=True):
        if column == NAME:
            name = cell if cell.text else None
            if name is None:
                problems.append(Problem(cell.line, NAME, "is empty"))
        elif cell.text:
            if column in RULES:
                fields[column] = cell
        elif column in DECIDING and column not in defaults:
            problems.append(Problem(cell.line, column, f"is empty: {DECIDING[column]}"))
            fields[column] = None
    return Row(record.line, name, fields)


def _records(text: str) -> Iterator[Record]:
    """The records that contain something.

    :raises UnreadableError: a record cannot be read.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            texts = next(reader, None)
        except csv.Error as error:
            reason = "a quote is never closed" if str(error) == "unexpected end of data" else str(error)
            raise UnreadableError(line, f"the line that begins here is not CSV: {reason}") from None
        if texts is None:
            return
        if any(texts):
            yield Record(line, texts)


def _separator(text: str) -> str:
    """What separates cells. No column's name contains any."""
    header = text.lstrip().partition("\n")[0]
    return ";" if ";" in header and "," not in header else ","
