"""From an answer that is not 2xx to the error it stands for. Pure.

Four shapes are documented or were seen, and a few strays:

1. ``{"error_code", "error_msg"}``: the service's real one;
2. ``{"error": {"code", "message"}}``: the service's documented one;
3. ``{"error_code", "error_msg", "request_id"}``: a gateway's, with a code of ``APIGW.`` or ``APIG.``;
4. ``{"error": {"code", "message", "title"}}``: IAM's, whose code may be a number;

``errorCode``/``errorMsg``, ``encoded_authorization_message``, HTML and empty bodies from a proxy.
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
"""Characters of a code or a request id. The longest seen has 36."""
LONGEST_MESSAGE = 300
"""Characters of a message."""
ODD_SECONDS = signing.DATE_TOLERANCE - 60.0
"""A clock that is off by so much may be why a signature is refused: an exchange takes 60 s at the most."""
ABOUT_THE_DATE = re.compile(r"x-sdk-date|time-?stamp|(?:request|signature)(?: is| has| time)* expired", re.IGNORECASE)
"""Words of a refusal that is about a signature's date. A token that has expired is none."""


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
    """The error that an answer stands for; one below 400 is none of the API's either.

    :param headers: looked up without case by the mapping itself, as :class:`httpx.Headers` does.
    :param signed_at: the date of the request's signature, as it was sent; None where it bore none.
    :param mask: takes secrets out of what the server says.
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
    """The id by which the vendor finds a request; empty where the answer has none among its headers."""
    return printable(mask(headers.get("X-Request-Id", "")), LONGEST_CODE)


def _clock(signed_at: str | None, answered_at: str | None, message: str) -> str:
    """What to do about a clock that is off; empty where it is not why a signature is refused.

    The gateway may say no more than that it cannot verify the signature, so the dates are compared.

    :param answered_at: the answer's ``Date``.
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
    """The object that names code and message, whichever shape it comes in."""
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
    """A text, or a number that stands in its place."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else ""


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; a date there is ignored (none was ever seen, of either form)."""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
