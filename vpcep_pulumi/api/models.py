"""The VPCEP API's responses as values.

Real responses differ from the documentation: any field may be missing, some are spelled differently, and there are
statuses that no page names. All of that can be parsed here. :mod:`vpcep_pulumi.lifecycle` decides what a status means.

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
    "Service",
    "ServicePage",
    "parse_json",
    "printable",
    "shown_id",
]

MOST_DIGITS = 64
"""The most digits of a number that is converted to text. An int64 has 19."""
LONGEST_NOTE = 10 * 512
"""The most characters of a description as it is kept: 512 are documented, and an escaped one becomes up to 10."""
LONGEST_REASON = 1024
"""The most characters of a reason for a failure, as documented."""
MOST_REASONS = 10
"""The most reasons that are kept of one connection."""
MOST_TOKENS = 10_000
"""The default limit of a document's tokens: values, names and separators."""


def _text(value: object) -> object:
    """A number as the string of its digits. Ids and ``marker_id`` come as numbers or strings, and must keep all digits.

    Any other value is not changed.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        # A number such as 1e999999 would become a megabyte of digits.
        return str(int(value)) if value.adjusted() < MOST_DIGITS else value
    return value


def _shown(show: Callable[[str], str]) -> BeforeValidator:
    """The validator of a string, or of a number as its digits, that makes it fit to be shown."""

    def read(value: object) -> object:
        text = _text(value)
        return show(text) if isinstance(text, str) else text

    return BeforeValidator(read)


def _some(value: object) -> object:
    """``error`` as a list, which is what the API documents; some responses have one object, or null."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    return value[:MOST_REASONS] if isinstance(value, list) else value


def _status(text: str) -> str:
    return ConnectionStatus(text) if text in DOCUMENTED else visible(text, LONGEST_ID)


def _marker(value: object) -> object:
    """``marker_id``, or None if it is not an integer. It is only shown: a bad one must not make a response invalid."""
    text = _text(value)
    return text if isinstance(text, str) and _INT64.fullmatch(text) else None


def _count(value: object) -> object:
    """Refuse a huge number before it reaches pydantic, which would take minutes to expand its exponent."""
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
    unprintable characters escaped. A value that a program may declare is not changed, and no other value looks like it.

    :ivar id: the consumer's endpoint; None if the response left it out.
    :ivar status: one of the six documented ones, or whatever else was sent; None if left out.
    :ivar marker_id: an int64 as the string of its digits; None if it is not one. It exceeds 2**53, so it must never
        become a float.
    :ivar domain_id: the consumer's account.
    :ivar created_at: UTC, as sent: ``YYYY-MM-DDTHH:MM:SSZ``, older ones with milliseconds and no ``Z``.
    :ivar updated_at: likewise.
    :ivar description: the owner's note on the connection, at most 512 characters.
    :ivar errors: why the connection failed; only if the status is ``failed``.
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

    def completed_by(self, known: Connection) -> Connection:
        """This response, with what it left out as it was known."""
        return known.model_copy(update={name: value for name, value in dict(self).items() if value is not None})


class ConnectionPage(_Answer):
    """Some connections of a service.

    :ivar connections: in the order sent.
    :ivar total_count: how many there are on all pages together; None if left out.
    """

    connections: tuple[Connection, ...] = ()
    total_count: Annotated[int | None, BeforeValidator(_count), Field(ge=0, le=10**9)] = None


class Service(_Answer):
    """A VPC endpoint service, as its owner sees it.

    :ivar id: must be a valid id, because it becomes a part of paths.
    :ivar name: as consumers know it: ``<region>.<name>.<id>``; empty if the response left it out.
    :ivar approval_enabled: whether connections wait for the owner; None if the response left it out.
    """

    id: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    name: Word = Field("", validation_alias=AliasChoices("service_name", "name"))
    approval_enabled: bool | None = None


class ServicePage(_Answer):
    """Some services of a project.

    :ivar services: in the order sent.
    :ivar total_count: how many there are on all pages together; None if left out.
    """

    services: tuple[Service, ...] = Field((), validation_alias=AliasChoices("endpoint_services", "services"))
    total_count: Annotated[int | None, BeforeValidator(_count), Field(ge=0, le=10**9)] = None


class Project(_Answer):
    """A project as IAM lists it. Each region has a project of its own, with the region's name.

    :ivar id: must be a valid id, because it becomes a part of paths, headers and the state.
    """

    id: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    name: Note = ""


class ProjectPage(_Answer):
    """IAM's response to a request for projects."""

    projects: tuple[Project, ...] = ()


def parse_json(body: bytes, most: int = MOST_TOKENS) -> Any:
    """Parse a JSON document without passing any number through a float.

    :param most: the most tokens (values, names and separators) that it may have. They are counted first, because two
        bytes of a document can become hundreds in memory.
    :raises ValueError: it is not JSON, has an object with the same name twice, has more tokens than ``most``, is nested
        too deep, or holds a number of thousands of digits.
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
    """Refuse a document with more tokens than ``most``.

    After a backslash outside of strings, the count may be wrong. This does not matter: there, the document is not JSON,
    and what follows is never parsed.
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
    """A number with a fraction or an exponent. If it is absurdly long or large, it becomes NaN."""
    try:
        return Decimal(text) if len(text) <= 2 * MOST_DIGITS else Decimal("NaN")
    except ArithmeticError:  # the exponent is out of range
        return Decimal("NaN")
