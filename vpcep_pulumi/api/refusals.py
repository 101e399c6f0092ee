"""From an answer that is not 2xx to the error it stands for. Pure.

Four shapes are documented or were seen, and a few strays:

1. ``{"error_code", "error_msg"}``: the service's real one;
2. ``{"error": {"code", "message"}}``: the service's documented one;
3. ``{"error_code", "error_msg", "request_id"}``: a gateway's, with a code of ``APIGW.`` or ``APIG.``;
4. ``{"error": {"code", "message", "title"}}``: IAM's, whose code may be a number;

``errorCode``/``errorMsg``, ``encoded_authorization_message``, HTML and empty bodies from a proxy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.errors import ApiError, AuthenticationError, PermissionDeniedError

LONGEST_CODE = 64
"""Characters of a code or a request id. The longest seen has 36."""
LONGEST_MESSAGE = 300
"""Characters of a message."""


def refusal(
    operation: str,
    permission: str,
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    mask: Callable[[str], str] = str,
) -> ApiError:
    """The error that an answer stands for; one below 400 is none of the API's either.

    :param headers: looked up without case by the mapping itself, as :class:`httpx.Headers` does.
    :param mask: takes secrets out of what the server says.
    """
    fields = _fields(body)

    def said(longest: int, *names: str) -> str:
        return next((line for name in names if (line := printable(mask(_word(fields.get(name))), longest))), "")

    code = said(LONGEST_CODE, "error_code", "errorCode", "code")
    message = said(LONGEST_MESSAGE, "error_msg", "errorMsg", "error_message", "message")
    known = look_up(http_status, code)
    advice = known.advice
    kind: type[ApiError] = ApiError
    if http_status == 401:
        kind = AuthenticationError
    elif http_status < 400:
        message = "a redirect, never followed with credentials" if http_status >= 300 else "an interim answer alone"
        advice = "look at what stands at the endpoint, and at any proxy in between"
    elif http_status == 403:
        kind = PermissionDeniedError
        advice = f"grant the IAM action {permission} to these credentials"
    return kind(
        operation,
        http_status,
        code=code,
        message=message,
        request_id=printable(mask(headers.get("X-Request-Id", "")), LONGEST_CODE) or said(LONGEST_CODE, "request_id"),
        retry_after=_seconds(headers.get("Retry-After")),
        maybe_done=known.meaning is Meaning.BROKEN or http_status < 400,
        advice=advice,
    )


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
