"""Declarations as a Pulumi program: Python, as ``ruff format`` writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from vpcep_pulumi.convert.comments import commented, introduction, not_declared, wrapped
from vpcep_pulumi.convert.declarations import Conversion, Declaration

CONSTANTS: Mapping[str, str] = MappingProxyType(
    {"service_id": "SERVICE", "region": "REGION", "project_id": "PROJECT", "profile": "PROFILE"}
)
"""By argument: the constant that holds its value, if all declarations have the same."""


def as_program(conversion: Conversion) -> str:
    """The text of ``__main__.py``. It is ASCII; every value in it is a literal."""
    return "\n".join(_lines(conversion)) + "\n"


def literal(value: str) -> str:
    """A text as a literal of Python, ASCII, in double quotes unless single quotes need fewer backslashes."""
    # With a quote of each kind, and an additional single one, ascii() chooses single quotes and escapes these.
    inner = ascii(f"{value}'\"")[1:-1].removesuffix("\\'\"").replace("\\'", "'")
    if value.count('"') <= value.count("'"):
        inner = inner.replace('"', '\\"')
        return f'"{inner}"'
    escaped = inner.replace("'", "\\'")
    return f"'{escaped}'"


def _lines(conversion: Conversion) -> Iterator[str]:
    declarations = conversion.declarations
    # Nothing can end the docstring, whatever the sentences say.
    text = "\n".join(introduction(conversion)).replace("\\", "\\\\").replace('"', '\\"')
    yield f'"""{text}'
    yield '"""'
    if declarations:
        yield from ("", "from vpcep_pulumi import EndpointConnectionApproval")
    shared = _shared(declarations)
    if shared:
        yield ""
    for argument, value in shared.items():
        yield f"{CONSTANTS[argument]} = {literal(value)}"
    for each in declarations:
        yield ""
        yield from commented(wrapped(each.remark))
        yield from _call(each, shared)
    if conversion.left_out:
        yield from ("", *commented(not_declared(conversion.left_out)))


def _shared(declarations: tuple[Declaration, ...]) -> dict[str, str]:
    """By argument: the value that all declarations have."""
    found = {}
    for argument in CONSTANTS:
        values = {getattr(each, argument) for each in declarations}
        if len(values) == 1 and (value := values.pop()) is not None:
            found[argument] = value
    return found


def _call(declaration: Declaration, shared: Mapping[str, str]) -> Iterator[str]:
    yield "EndpointConnectionApproval("
    yield f"    {literal(declaration.name)},"
    for argument, value in declaration.arguments():
        yield f"    {argument}={CONSTANTS[argument] if argument in shared else literal(value)},"
    yield ")"
