"""Rows of a text in YAML. Pure.

It reads the parser's events, and not what a loader makes of them. A loader makes numbers of ids (``0123``, ``1e5``),
lets the second of two equal keys win without a word, and follows aliases, which can make a small file endless.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import yaml

from vpcep_pulumi.lifecycle.rows import Cell, Problem, Read, Row, UnreadableError, unknown
from vpcep_pulumi.lifecycle.schema import RULES

PARSER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml's parser where PyYAML was built with it: it is ten times as fast."""
DEEPEST = 10
"""How deep a value that is wrong anyway may be nested for the rest of the file to be read."""
NOTHING = ("", "~", "null", "Null", "NULL")
"""How YAML spells no value, without quotes."""


def yaml_rows(text: str, parser: Any = PARSER) -> Read:
    """The rows of a text: a mapping, with a name for each approval, and its arguments as a mapping below it.

    Every value is taken as the text that it is. A key without a value is a problem: as ``expected_domain_id``, it would
    let any account in.

    :param parser: the loader class of PyYAML whose parser reads.
    :raises UnreadableError: the text is empty, is not YAML, or is no such mapping.
    """
    events = _Events(text, parser)
    start = events.next()
    while isinstance(start, yaml.StreamStartEvent | yaml.DocumentStartEvent):
        start = events.next()
    if isinstance(start, yaml.StreamEndEvent) or (isinstance(start, yaml.ScalarEvent) and _is_nothing(start)):
        raise UnreadableError(1, "the file is empty: if nothing is to be declared, it must say {}")
    if not isinstance(start, yaml.MappingStartEvent):
        raise UnreadableError(events.line(start), "the file must be a mapping: a name for each approval")
    read = Read([], [])
    for name, value in events.pairs():
        _read_row(events, name, value, read)
    events.next()
    if not isinstance(following := events.next(), yaml.StreamEndEvent):
        raise UnreadableError(events.line(following), "a second document begins here: there must be one only")
    return read


def _read_row(events: _Events, name: Cell, value: Any, read: Read) -> None:
    if not name.text:
        read.problems.append(Problem(name.line, "", "the name of an approval is empty"))
    if not isinstance(value, yaml.MappingStartEvent):
        events.skip(value)
        read.problems.append(Problem(name.line, name.text, "must be a mapping: the arguments of an approval"))
        return
    fields: dict[str, Cell | None] = {}
    lines: dict[str, int] = {}
    for field, given in events.pairs():
        events.skip(given)
        reason = unknown(field.text) or _problem(given)
        if field.text in lines:
            reason = f"is in line {lines[field.text]} too"
        elif field.text in RULES:
            fields[field.text] = Cell(given.value, events.line(given)) if reason is None else None
        lines.setdefault(field.text, field.line)
        if reason is not None:
            read.problems.append(Problem(field.line, field.text, reason))
    read.rows.append(Row(name.line, name if name.text else None, fields))


def _problem(given: Any) -> str | None:
    """What is wrong with the value of an argument, whatever its rule says."""
    if not isinstance(given, yaml.ScalarEvent):
        return "must be a single value"
    return "has no value: give it one, or leave it out" if _is_nothing(given) else None


def _is_nothing(scalar: Any) -> bool:
    is_plain = scalar.implicit[0]
    return is_plain and scalar.value in NOTHING


class _Events:
    """The events of a text, one after the other. Nothing recurses, however deep the text is nested."""

    def __init__(self, text: str, parser: Any) -> None:
        self._events = yaml.parse(text, Loader=parser)
        self._ends = [at for at, character in enumerate(text) if character == "\n"]

    def next(self) -> Any:
        """The next event.

        :raises UnreadableError: the text is not YAML, or it has an alias or a tag.
        """
        try:
            event: Any = next(self._events)
        except yaml.MarkedYAMLError as error:
            line = 1 if error.problem_mark is None else self._line(error.problem_mark.index)
            reason = ", ".join(each for each in (error.problem, error.context) if each)
            raise UnreadableError(line, f"the file is not YAML: {reason}") from None
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError(self.line(event), "aliases are not taken: write the value out")
        if getattr(event, "tag", None) is not None:
            raise UnreadableError(self.line(event), f"tags are not taken: remove {event.tag}")
        return event

    def line(self, event: Any) -> int:
        """The line on which an event begins, as editors count: YAML itself also counts other ends of a line."""
        return self._line(event.start_mark.index)

    def _line(self, index: int) -> int:
        return bisect_left(self._ends, index) + 1

    def pairs(self) -> Iterator[tuple[Cell, Any]]:
        """Key and event of each value, up to the mapping's end. The value's further events are the caller's to take.

        :raises UnreadableError: a key is no text.
        """
        while not isinstance(key := self.next(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise UnreadableError(self.line(key), "a key must be a text")
            yield Cell("" if _is_nothing(key) else key.value, self.line(key)), self.next()

    def skip(self, event: Any) -> None:
        """Take the further events of a value.

        :raises UnreadableError: it is nested so deep that PyYAML's parser in Python would take minutes.
        """
        depth = 0
        while True:
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                depth += 1
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                depth -= 1
            if depth == 0:
                return
            if depth > DEEPEST:
                raise UnreadableError(self.line(event), "is nested too deep: the arguments of an approval are texts")
            event = self.next()
