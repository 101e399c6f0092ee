"""What the VPCEP API answers, as values.

The API documents the fields; real answers leave any of them out, spell some differently and
carry statuses that no page names. All of that survives parsing here; what a status *means* is
decided in :mod:`vpcep_pulumi.lifecycle`.

Source: "Querying Connections of a VPC Endpoint Service" and "Accepting or Rejecting a VPC
Endpoint" in the VPC Endpoint API reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from vpcep_pulumi.api.statuses import DOCUMENTED, ConnectionStatus
from vpcep_pulumi.api.text import LONGEST_ID, printable, shown_id, visible

__all__ = [
    "LONGEST_NOTE",
    "Connection",
    "ConnectionFault",
    "ConnectionPage",
    "Project",
    "ProjectPage",
    "parse_json",
    "printable",
    "shown_id",
]

MOST_DIGITS = 64
"""Digits of a number that becomes a text. An int64 has 19."""
LONGEST_NOTE = 10 * 512
"""Characters of a description as it is kept: 512 are documented, each of which may have to be escaped."""
LONGEST_REASON = 1024
"""Characters of a reason for a failure, as documented."""
MOST_REASONS = 10
"""Reasons of one connection that are kept."""
MOST_TOKENS = 10_000
"""Values, names and separators of a document, where nothing else is said."""


def _text(value: object) -> object:
    """Numbers as their digits: ids and ``marker_id`` come as either, and must lose none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        # An exponent such as 1e999999 would unfold into a megabyte of digits.
        return str(int(value)) if value.adjusted() < MOST_DIGITS else value
    return value


def _shown(show: Callable[[str], str]) -> BeforeValidator:
    """A text, or a number as its digits, fit to be shown."""

    def read(value: object) -> object:
        text = _text(value)
        return show(text) if isinstance(text, str) else text

    return BeforeValidator(read)


def _some(value: object) -> object:
    """``error`` is documented as a list; some answers carry one object, or null."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    return value[:MOST_REASONS] if isinstance(value, list) else value


def _status(text: str) -> str:
    return ConnectionStatus(text) if text in DOCUMENTED else visible(text, LONGEST_ID)


def _marker(value: object) -> object:
    """It is only shown: one that cannot be read is left out, and keeps nothing else from being read."""
    text = _text(value)
    return text if isinstance(text, str) and _INT64.fullmatch(text) else None


def _count(value: object) -> object:
    """A number that is no count must not reach pydantic, which unfolds exponents for minutes."""
    if isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() < MOST_DIGITS):
        raise ValueError("not a count")
    return value


_INT64 = re.compile(r"-?[0-9]{1,20}(?:\.0)?")
Id = Annotated[str, _shown(shown_id)]
Word = Annotated[str, _shown(lambda text: visible(text, LONGEST_ID))]
Note = Annotated[str, _shown(lambda text: visible(text, LONGEST_NOTE))]
Reason = Annotated[str, _shown(lambda text: printable(text, LONGEST_REASON))]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ConnectionFault(_Answer):
    """Why a connection ``failed``, in the API's words."""

    code: Word = Field("", validation_alias=AliasChoices("error_code", "code"))
    message: Reason = Field("", validation_alias=AliasChoices("error_message", "error_msg", "message"))

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part) or "no reason given"


class Connection(_Answer):
    """One consumer's endpoint as the owner of the service sees it.

    There is no id of the connection itself: ``id`` is the endpoint's. Every text is fit to be shown: short, and with
    what cannot be printed escaped. What a program may declare stays as it is, and nothing else looks like it.

    :ivar id: the consumer's endpoint; None where the answer left it out.
    :ivar status: one of the six documented ones or whatever else was sent; None where left out.
    :ivar marker_id: an int64 as its digits; None where it is no such number. It exceeds 2**53, so it must never
        become a float.
    :ivar domain_id: the consumer's account.
    :ivar created_at: UTC, as sent: ``YYYY-MM-DDTHH:MM:SSZ``, older ones with milliseconds and no ``Z``.
    :ivar updated_at: likewise.
    :ivar description: the owner's note on the connection, at most 512 characters.
    :ivar errors: reasons, only where the status is ``failed``.
    """

    id: Id | None = None
    status: Annotated[ConnectionStatus | str | None, _shown(_status)] = None
    marker_id: Annotated[str | None, BeforeValidator(_marker)] = None
    domain_id: Id | None = None
    created_at: Word | None = Field(None, validation_alias=AliasChoices("created_at", "create_at"))
    updated_at: Word | None = Field(None, validation_alias=AliasChoices("updated_at", "update_at"))
    description: Note | None = None
    errors: Annotated[tuple[ConnectionFault, ...], BeforeValidator(_some)] = Field(
        (), validation_alias=AliasChoices("error", "errors")
    )


class ConnectionPage(_Answer):
    """Some connections of a service.

    :ivar connections: in the order sent.
    :ivar total_count: how many there are in all, whatever the page; None where left out.
    """

    connections: tuple[Connection, ...] = ()
    total_count: Annotated[int | None, BeforeValidator(_count), Field(ge=0, le=10**9)] = None


class Project(_Answer):
    """A project as IAM lists it. Each region has one of the region's own name.

    :ivar id: goes into paths, headers and the state, so nothing but an id is one.
    """

    id: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    name: Note = ""


class ProjectPage(_Answer):
    """IAM's answer to a look-up of projects."""

    projects: tuple[Project, ...] = ()


def parse_json(body: bytes, most: int = MOST_TOKENS) -> Any:
    """Parse a JSON document without passing any number through a float.

    :param most: values, names and separators that it may have. They are counted first: two bytes of a document can
        become hundreds in memory.
    :raises ValueError: it is not JSON, has an object that names something twice, is larger than ``most``, is nested
        too deep or holds a number of thousands of digits.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    _measure(text, most)
    try:
        return json.loads(text, parse_float=_decimal, parse_constant=refuse, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("nested too deep") from None


_TOKEN = re.compile(r'"[^"]*"?|[\[{,]')


def _measure(text: str, most: int) -> None:
    """Count the tokens of a document, no further than ``most``.

    Outside of strings a backslash is no JSON: what comes behind it is never parsed, so it does not matter that it may
    be counted wrong.
    """
    plain = text.replace("\\\\", "").replace('\\"', "") if "\\" in text else text
    for count, _ in enumerate(_TOKEN.finditer(plain), start=1):
        if count > most:
            raise ValueError(f"it holds more than {most} values")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names something twice")
    return found


def _decimal(text: str) -> Decimal:
    """A number with a fraction or an exponent; one that is no number that anybody would send is none."""
    try:
        return Decimal(text) if len(text) <= 2 * MOST_DIGITS else Decimal("NaN")
    except ArithmeticError:  # an exponent beyond all bounds
        return Decimal("NaN")
