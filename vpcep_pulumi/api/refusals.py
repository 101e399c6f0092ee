"""From an answer that is not 2xx to the error it stands for. Pure.

Four shapes are documented or were seen, and a few strays:

1. ``{"error_code", "error_msg"}``: the service's real one;
2. ``{"error": {"code", "message"}}``: the service's documented one;
3. ``{"error_code", "error_msg", "request_id"}``: a gateway's, with a code of ``APIGW.`` or ``APIG.``;
4. ``{"error": {"code", "message", "title"}}``: IAM's, whose code may be a number;

``errorCode``/``errorMsg``, ``encoded_authorization_message``, HTML and empty bodies from a proxy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.api.models import parse_json, printable
from vpcep_pulumi.errors import ApiError, AuthenticationError, PermissionDeniedError


def refusal(
    operation: str,
    permission: str,
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> ApiError:
    """The error that an answer stands for.

    :param headers: looked up without case by the mapping itself, as :class:`httpx.Headers` does.
    """
    fields = _fields(body)
    code = _first(fields, "error_code", "errorCode", "code")
    message = _first(fields, "error_msg", "errorMsg", "error_message", "message")
    known = look_up(http_status, code)
    advice = known.advice
    kind: type[ApiError] = ApiError
    if http_status == 401:
        kind = AuthenticationError
    elif http_status == 403:
        kind = PermissionDeniedError
        advice = f"grant the IAM action {permission} to these credentials"
    return kind(
        operation,
        http_status,
        code=code,
        message=message,
        request_id=headers.get("X-Request-Id", "") or _first(fields, "request_id"),
        retry_after=_seconds(headers.get("Retry-After")),
        maybe_done=known.meaning is Meaning.BROKEN,
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


def _first(fields: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and (line := printable(value)):
            return line
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            return str(value)
    return ""


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; a date there is ignored (none was ever seen, of either form)."""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
