"""What the VPCEP API answers, as values.

The API documents the fields; real answers leave any of them out, spell some differently and
carry statuses that no page names. All of that survives parsing here; what a status *means* is
decided in :mod:`vpcep_pulumi.lifecycle`.

Source: "Querying Connections of a VPC Endpoint Service" and "Accepting or Rejecting a VPC
Endpoint" in the VPC Endpoint API reference.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from vpcep_pulumi.api.statuses import DOCUMENTED, ConnectionStatus


def printable(text: str, longest: int = 300) -> str:
    """One line for a message: no control characters, no escape sequences, not endless."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    return line if len(line) <= longest else line[:longest] + "…"


def _text(value: object) -> object:
    """Numbers as their digits: ids and ``marker_id`` come as either, and must lose none."""
    if isinstance(value, str):
        # JSON can spell half a surrogate pair, which no text encoding takes.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        # An exponent such as 1e999999 would unfold into a megabyte of digits.
        return str(int(value)) if value.adjusted() < MAX_DIGITS else value
    return value


def _as_list(value: object) -> object:
    """``error`` is documented as a list; some answers carry one object, or null."""
    if value is None:
        return []
    return [value] if isinstance(value, dict) else value


def _status(value: object) -> object:
    text = _text(value)
    return ConnectionStatus(text) if isinstance(text, str) and text in DOCUMENTED else text


MAX_DIGITS = 64
Text = Annotated[str, BeforeValidator(_text)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ConnectionFault(_Answer):
    """Why a connection ``failed``, in the API's words."""

    code: Text = Field("", validation_alias=AliasChoices("error_code", "code"))
    message: Text = Field("", validation_alias=AliasChoices("error_message", "error_msg", "message"))

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part) or "no reason given"


class Connection(_Answer):
    """One consumer's endpoint as the owner of the service sees it.

    There is no id of the connection itself: ``id`` is the endpoint's.

    :ivar id: the consumer's endpoint; None where the answer left it out.
    :ivar status: one of the six documented ones or whatever else was sent; None where left out.
    :ivar marker_id: an int64 as its digits. It exceeds 2**53, so it must never become a float.
    :ivar domain_id: the consumer's account.
    :ivar created_at: UTC, as sent: ``YYYY-MM-DDTHH:MM:SSZ``, older ones with milliseconds and no ``Z``.
    :ivar updated_at: likewise.
    :ivar description: the owner's note on the connection, at most 512 characters.
    :ivar errors: reasons, only where the status is ``failed``.
    """

    id: Text | None = None
    status: Annotated[ConnectionStatus | str | None, BeforeValidator(_status)] = None
    marker_id: Text | None = None
    domain_id: Text | None = None
    created_at: Text | None = Field(None, validation_alias=AliasChoices("created_at", "create_at"))
    updated_at: Text | None = Field(None, validation_alias=AliasChoices("updated_at", "update_at"))
    description: Text | None = None
    errors: Annotated[tuple[ConnectionFault, ...], BeforeValidator(_as_list)] = Field(
        (), validation_alias=AliasChoices("error", "errors")
    )


class ConnectionPage(_Answer):
    """Some connections of a service.

    :ivar connections: in the order sent.
    :ivar total_count: how many there are in all, whatever the page; None where left out.
    """

    connections: tuple[Connection, ...] = ()
    total_count: int | None = None


class Project(_Answer):
    """A project as IAM lists it. Each region has one of the region's own name."""

    id: Text
    name: Text = ""


class ProjectPage(_Answer):
    """IAM's answer to a look-up of projects."""

    projects: tuple[Project, ...] = ()


def parse_json(body: bytes) -> Any:
    """Parse a JSON document without passing any number through a float.

    :raises ValueError: it is not JSON, is nested too deep or holds a number of thousands of digits.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(body, parse_float=Decimal, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
