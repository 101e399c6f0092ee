"""Approvals that a file declares: a row for each."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pulumi

from vpcep_pulumi.lifecycle.csv_rows import csv_rows
from vpcep_pulumi.lifecycle.rows import Problem, Read, UnreadableError, check_characters, checked, problem_with, unknown
from vpcep_pulumi.lifecycle.yaml_rows import yaml_rows
from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval

LARGEST_BYTES = 16 * 1024 * 1024
READERS: Mapping[str, Callable[[str, Collection[str]], Read]] = {
    ".yaml": lambda text, _defaults: yaml_rows(text),
    ".yml": lambda text, _defaults: yaml_rows(text),
    ".csv": csv_rows,
}
"""What reads a file, by the end of its name."""


def approvals_from(
    path: str | os.PathLike[str], *, opts: pulumi.ResourceOptions | None = None, **defaults: pulumi.Input[Any]
) -> dict[str, EndpointConnectionApproval]:
    """Declare an approval for each row of a file, in YAML or in CSV.

    ::

        approvals = approvals_from("approvals.yaml", service_id=service.id)
        pulumi.export("statuses", {name: each.status for name, each in approvals.items()})

    In YAML (``.yaml``, ``.yml``), the file is a mapping with a name for each approval, as in a stack configuration::

        billing:
          endpoint_id: 705290f3-0d00-41f2-aedc-71f09844e879
          expected_domain_id: 6e9dfd51d1124e8d8498dce894923a0d

    Values are taken as they are written: an id such as ``0123`` or ``1e5`` needs no quotes. A key without a value is
    refused. So are aliases and tags.

    In CSV (``.csv``), the first line names the columns: ``name``, and arguments of :class:`EndpointConnectionApproval`
    in any order. Commas or semicolons separate them. An empty cell means that the argument is left out. But in the
    columns ``status`` and ``expected_domain_id`` an empty cell is refused, unless there is a default: if it was left
    empty by mistake, a connection would be accepted that should not be. In an ``expires_at`` column, an empty cell
    means: never.

    ``*`` as ``expected_domain_id`` lets any account in, whatever the default is. No id contains that character. In
    YAML, it needs quotes.

    The file is UTF-8, with or without a byte order mark. It is read when the function is called, and checked whole:
    if anything is wrong with it, nothing is declared, and the error lists every problem with its line. A row that is
    removed is an approval that is not declared any more: its connection is rejected.

    The file must not contain secrets: it is read as plain text, its values are stored as such, and messages show them.
    Give a secret as a default.

    :param path: the file. A relative path starts at the working directory; Pulumi runs a program in the folder of its
        ``Pulumi.yaml``, or in the one that ``main`` names there.
    :param opts: the resource options of each approval.
    :param defaults: arguments of :class:`EndpointConnectionApproval` for the rows that leave them out, such as
        ``service_id``; may be outputs. Each row has an ``endpoint_id`` of its own.
    :returns: the approvals by name, in the order of the file.
    :raises pulumi.RunError: a default is wrong, the file cannot be read, or it is not valid; or an approval raises it.
    """
    given = {name: _default(name, value) for name, value in defaults.items()}
    file = Path(path)
    try:
        text = _text(file)
        check_characters(text)
        read = _reader(file)(text, given)
    except UnreadableError as error:
        raise pulumi.RunError(error.problem.told(str(file))) from None
    found, problems = checked(read.rows, given)
    problems += read.problems
    if problems:
        raise pulumi.RunError("\n".join(each.told(str(file)) for each in sorted(problems, key=_line)))
    if not found:
        pulumi.log.warn(f"nothing is declared: {file} has no approvals")
    return {name: EndpointConnectionApproval(name, opts=opts, **arguments) for name, arguments in found.items()}


def _default(name: str, value: Any) -> Any:
    """A default, to be used for many approvals.

    :raises pulumi.RunError: it is wrong.
    """
    problem: str | None
    if name == "endpoint_id":
        problem = "is no default: each row has its own"
    elif (problem := unknown(name)) is None:
        if value is None:  # it may come from data: an account that is not set would let any in
            problem = "is None: give it a value, or leave it out"
        elif inspect.isawaitable(value):
            return pulumi.Output.from_input(value)  # it can be awaited only once
        elif not isinstance(value, pulumi.Output):
            problem = problem_with(name, value)
    if problem is not None:
        raise pulumi.RunError(f"approvals_from: {name} {problem}")
    return value


def _reader(file: Path) -> Callable[[str, Collection[str]], Read]:
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise pulumi.RunError(f"{file}: the name of the file must end in {', '.join(READERS)}")
    return reader


def _text(file: Path) -> str:
    """What a file contains.

    :raises UnreadableError: it is not UTF-8.
    :raises pulumi.RunError: it cannot be read, or it is too large.
    """
    try:
        if file.exists() and not file.is_file():  # a folder; or a pipe, which might never end
            raise pulumi.RunError(f"{file}: is not a file")
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise pulumi.RunError(f"{file}: there is no such file in {Path.cwd()}") from None
    except OSError as error:
        raise pulumi.RunError(f"{file}: cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_BYTES:
        raise pulumi.RunError(f"{file}: is larger than {LARGEST_BYTES // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, "is not UTF-8: save the file with that encoding") from None


def _line(problem: Problem) -> int:
    return problem.line
