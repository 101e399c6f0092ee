"""Declarations as the configuration of a stack of the root project, whose program is ``examples/approvals``. Pure.

The text is a whole ``Pulumi.<stack>.yaml``. PyYAML writes every entry, and every value is in quotes: YAML's versions
differ in what they take for a number, and the CLI reads another version than PyYAML writes. (``1e5`` is a text to
PyYAML, and a number to the CLI.)
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from vpcep_pulumi.convert.comments import commented, introduction, not_declared, wrapped
from vpcep_pulumi.convert.declarations import Conversion, Declaration

KEY = "vpcep-approvals:approvals"
INDENT = "    "
NO_WRAPPING = 1_000_000
"""Columns: no value is that long, so each stands on one line."""
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it: it is faster."""


class _Quoted(str):
    """A text that is written in double quotes."""

    __slots__ = ()


class _Dumper(DUMPER):  # type: ignore[misc]  # either of two classes
    pass


_Dumper.add_representer(
    _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def as_configuration(conversion: Conversion) -> str:
    """The text of ``Pulumi.<stack>.yaml``. It is ASCII."""
    return "\n".join(_lines(conversion)) + "\n"


def _lines(conversion: Conversion) -> Iterator[str]:
    yield from commented(introduction(conversion))
    yield "config:"
    if conversion.declarations:
        yield f"  {KEY}:"
    else:
        yield f"  {KEY}: {{}}"
    for each in conversion.declarations:
        yield from commented(wrapped(each.remark), INDENT)
        yield indent(_entry(each), INDENT)
    if conversion.left_out:
        yield from commented(not_declared(conversion.left_out))


def _entry(declaration: Declaration) -> str:
    values = {argument: _Quoted(value) for argument, value in declaration.arguments()}
    text: str = yaml.dump({declaration.name: values}, Dumper=_Dumper, sort_keys=False, width=NO_WRAPPING)
    return text.rstrip("\n")
