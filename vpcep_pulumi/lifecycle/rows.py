"""Approvals as the rows of a file: what a row may say, and what is wrong with it. Pure.

A row is a name and arguments of an approval, each with the line on which it stands. What a row takes is what the schema
says: a new input needs nothing here. ``yaml_rows`` and ``csv_rows`` make rows of a text.
"""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.schema import DEFAULTS, IDENTITY, REQUIRED, RULES

ANY_ACCOUNT = "*"
"""As ``expected_domain_id``: the row says that any account will do. No id contains it."""
NEEDED = tuple(name for name in REQUIRED if name not in DEFAULTS)
"""What each row has to say, if there is no default."""
NUMBERS = frozenset(name for name, rule in RULES.items() if rule(0) is None)
"""The arguments that are numbers: their rule takes one."""

NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", re.ASCII)
UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that no YAML may hold, and that no spreadsheet writes."""


class Cell(NamedTuple):
    """A text, and the line on which it begins, counted from 1."""

    text: str
    line: int


@dataclass(frozen=True)
class Row:
    """One approval of a file.

    :ivar line: the line on which it begins.
    :ivar name: the approval's name; None: a problem is told already.
    :ivar fields: its arguments, by name. None: what is wrong with it is told already.
    """

    line: int
    name: Cell | None
    fields: Mapping[str, Cell | None]


class Problem(NamedTuple):
    """Something that is wrong with a file.

    :ivar line: counted from 1.
    :ivar field: the argument; empty if it is none in particular.
    """

    line: int
    field: str
    reason: str

    def told(self, file: str) -> str:
        """The problem as a line of a message."""
        return f"{file}, line {self.line}{self.field and f', {self.field}'}: {self.reason}"


class UnreadableError(VpcepError, ValueError):
    """A text that is not in the form of its kind, so that what follows in it cannot be read.

    :ivar problem: what is wrong.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.problem = Problem(line, "", reason)


class Read(NamedTuple):
    """What a text holds."""

    rows: list[Row]
    problems: list[Problem]


def check_characters(text: str) -> None:
    """Refuse a text that no editor wrote.

    :raises UnreadableError: it contains a control character.
    """
    if (found := UNPRINTABLE.search(text)) is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableError(line, f"contains the control character U+{ord(found.group()):04X}")


def checked(rows: Iterable[Row], defaults: Mapping[str, object]) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """The arguments of each approval by its name, and everything that is wrong with the rows.

    :param defaults: arguments for the rows that leave them out; values may be anything.
    """
    found: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    names: dict[str, int] = {}
    connections: dict[tuple[str | None, ...], int] = {}
    for row in rows:
        arguments, of_row = _arguments(row, defaults)
        problems += of_row
        if row.name is not None:
            name, line = row.name
            if name in names:
                problems.append(Problem(line, "name", f"line {names[name]} has the name {name!r} already"))
            names.setdefault(name, line)
            found[name] = arguments
        if {*NEEDED, *(each for each in IDENTITY if each in row.fields)} <= arguments.keys():
            # An output may be the id that another row spells out. The approvals refuse that as soon as it is known.
            key = tuple(value if isinstance(value := arguments.get(each), str) else None for each in IDENTITY)
            if key in connections:
                reason = f"line {connections[key]} declares this connection already"
                problems.append(Problem(row.line, "endpoint_id", reason))
            connections.setdefault(key, row.line)
    return found, problems


def unknown(field: str, known: Collection[str] = tuple(RULES)) -> str | None:
    """What is wrong with the name of a field; None if there is such a field."""
    if field in known:
        return None
    near = difflib.get_close_matches(field, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    return f"is not an argument of an approval; {hint}"


def problem_with(field: str, value: object) -> str | None:
    """What is wrong with a value, with the value; but without a description, which may be long."""
    reason = RULES[field](value)
    if reason is None or field == "description":
        return reason
    return f"{reason}, not {reprlib.repr(value)}"


def _arguments(row: Row, defaults: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    arguments: dict[str, Any] = {**defaults}
    problems = [
        Problem(row.line, name, "is required") for name in NEEDED if name not in row.fields and name not in defaults
    ]
    for name, cell in row.fields.items():
        arguments.pop(name, None)
        if cell is None or (name == "expected_domain_id" and cell.text == ANY_ACCOUNT):
            continue
        value = _number(cell.text) if name in NUMBERS else cell.text
        if (reason := problem_with(name, value)) is not None:
            problems.append(Problem(cell.line, name, reason))
        else:
            arguments[name] = value
    return arguments, problems


def _number(text: str) -> object:
    """The number that a text is; the text if it is none, about which its rule says what is wrong."""
    if not NUMBER.fullmatch(text):
        return text
    number = float(text)
    return int(number) if number.is_integer() else number
