"""Turns a response that is not 2xx into an error. Pure.

Four forms of a body are documented or were seen:

1. ``{"error_code", "error_msg"}``: the service's real one;
2. ``{"error": {"code", "message"}}``: the service's documented one;
3. ``{"error_code", "error_msg", "request_id"}``: a gateway's, with a code that begins with ``APIGW.`` or ``APIG.``;
4. ``{"error": {"code", "message", "title"}}``: IAM's, whose code may be a number.

Seldom, there is ``errorCode``/``errorMsg``, ``encoded_authorization_message``, or HTML or nothing from a proxy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from vpcep_pulumi.api import signing
from vpcep_pulumi.api.codes import look_up
from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.errors import ApiError, AuthenticationError, PermissionDeniedError, RefusalKind

LONGEST_CODE = 64
"""The most characters of a code or a request id. The longest seen has 36."""
LONGEST_MESSAGE = 300
"""The most characters of a message."""
ODD_SECONDS = signing.DATE_TOLERANCE - 60.0
"""From this difference on, the clock may be why a signature is refused: 60 s less than the server's tolerance, because
an exchange may take 60 s."""
ABOUT_THE_DATE = re.compile(r"x-sdk-date|time-?stamp|(?:request|signature)(?: is| has| time)* expired", re.IGNORECASE)
"""Matches a message about a signature's date, but not one about a token that has expired."""


def error_from_response(
    operation: str,
    permission: str,
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    mask: Callable[[str], str] = str,
    signed_at: str | None = None,
) -> ApiError:
    """The error for a response that is not 2xx. A status below 400 (1xx, 3xx) is an error as well.

    :param headers: a mapping that ignores case by itself, such as :class:`httpx.Headers`.
    :param signed_at: the date of the request's signature, as it was sent; None if the request bore none.
    :param mask: removes secrets from the server's text.
    """
    fields = _fields(body)

    def text(longest: int, *names: str) -> str:
        return next((line for name in names if (line := printable(mask(_word(fields.get(name))), longest))), "")

    code = text(LONGEST_CODE, "error_code", "errorCode", "code")
    message = text(LONGEST_MESSAGE, "error_msg", "errorMsg", "error_message", "message")
    known = look_up(http_status, code)
    advice = known.advice
    error: type[ApiError] = ApiError
    if known.kind is RefusalKind.UNAUTHENTICATED:
        error = AuthenticationError
        advice = _clock(signed_at, headers.get("Date"), message) or advice
    elif http_status < 400:
        message = "a redirect, never followed with credentials" if http_status >= 300 else "an interim answer alone"
        advice = "look at what stands at the endpoint, and at any proxy in between"
    elif http_status == 403:
        error = PermissionDeniedError
        advice = f"grant the IAM action {permission} to these credentials"
    return error(
        operation,
        http_status,
        kind=known.kind,
        code=code,
        message=message,
        request_id=request_id(headers, mask) or text(LONGEST_CODE, "request_id"),
        retry_after=_seconds(headers.get("Retry-After")),
        maybe_done=known.kind is RefusalKind.BROKEN or http_status < 400,
        advice=advice,
    )


def request_id(headers: Mapping[str, str], mask: Callable[[str], str] = str) -> str:
    """The id by which the vendor finds a request; empty if the response has no such header."""
    return printable(mask(headers.get("X-Request-Id", "")), LONGEST_CODE)


def _clock(signed_at: str | None, answered_at: str | None, message: str) -> str:
    """What to do about a wrong clock; empty if the clock is not why the signature was refused.

    The gateway may say only that it cannot verify the signature, so the dates are compared.

    :param answered_at: the response's ``Date``.
    """
    if signed_at is None:
        return ""
    seconds = signing.seconds_ahead(signed_at, answered_at or "")
    if seconds is not None and abs(seconds) >= ODD_SECONDS:
        side = "ahead of" if seconds > 0 else "behind"
        return f"check the clock of this machine: it is {_amount(abs(seconds))} {side} the server's"
    return "check the clock of this machine" if ABOUT_THE_DATE.search(message) else ""


def _amount(seconds: float) -> str:
    """Such as ``61 minutes``."""
    unit, size = next((each for each in (("days", 86400), ("hours", 3600)) if seconds >= 2 * each[1]), ("minutes", 60))
    return f"{seconds / size:.0f} {unit}"


def _fields(body: bytes) -> Mapping[str, Any]:
    """The fields of the body, with those of a nested ``error`` at the same level; empty if it is not a JSON object."""
    try:
        answer = parse_json(body)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    inner = answer.get("error")
    if isinstance(inner, list) and inner:
        inner = inner[0]
    if isinstance(inner, dict):
        return {**answer, **inner}
    return answer


def _word(value: object) -> str:
    """The value as text, if it is a string or an integer; else empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else ""


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; None if it is a date. (Neither form was ever seen.)"""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
