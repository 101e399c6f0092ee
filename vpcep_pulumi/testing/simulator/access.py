"""Who sends a request: tokens and signatures, verified as the gateway does.

A signature is verified over exactly the headers that it lists; only ``X-Sdk-Date`` must be among them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from vpcep_pulumi.api import signing
from vpcep_pulumi.testing.simulator.model import Settings
from vpcep_pulumi.testing.simulator.refusals import Refusal

AUTHORIZATION = re.compile(
    rf"{signing.ALGORITHM} Access=(?P<key>[^,\s]+), ?"
    r"SignedHeaders=(?P<headers>[^,\s]+), ?Signature=(?P<value>[0-9a-f]{64})"
)


LOCKED_AFTER = 5
LOCKED_SECONDS = 300.0
"""So many bad signatures in a row lock an access key, for so long."""


class Failures:
    """The bad signatures of each access key, in a row."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def check(self, key: str, now: float, request_id: str) -> None:
        """Refuse a key that is locked.

        :raises Refusal: 401.
        """
        if now < self._locked_until.get(key, 0):
            raise Refusal("APIGW.0301", f"{LOCKED_AFTER} bad signatures in a row: the access key is locked", request_id)

    def add(self, key: str, now: float) -> None:
        """One more."""
        self._counts[key] = self._counts.get(key, 0) + 1
        if self._counts[key] >= LOCKED_AFTER:
            self._locked_until[key], self._counts[key] = now + LOCKED_SECONDS, 0

    def forget(self, key: str) -> None:
        """A good one."""
        self._counts.pop(key, None)


def verify(
    settings: Settings,
    *,
    failures: Failures,
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    request_id: str,
) -> None:
    """Let a request through, or refuse it.

    With neither access keys nor tokens in the settings, any credential will do, but its form is still checked.

    :param headers: by lower-case name.
    :param now: seconds since the epoch.
    :raises Refusal: 401.
    """
    anyone = not settings.access_keys and not settings.tokens
    token = headers.get("x-auth-token")
    if token is not None:
        if not token or not (anyone or token in settings.tokens):
            raise Refusal("APIGW.0301", "decrypt token fail", request_id)
        return
    form = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    reason = _malformed(form, headers, now)
    if form is None or reason:
        raise Refusal("APIGW.0301", reason, request_id)
    if anyone:
        return
    failures.check(form["key"], now, request_id)
    secret = settings.access_keys.get(form["key"])
    if secret is None:
        raise Refusal("APIGW.0301", f"Get secretKey failed,ak:{form['key']},error:access key not found", request_id)
    expected = signing.sign(
        method=method,
        path=path,
        query=query,
        headers={name: headers[name] for name in form["headers"].split(";")},
        body=body,
        secret_key=secret,
    )
    if not hmac.compare_digest(expected.value, form["value"]):
        failures.add(form["key"], now)
        raise Refusal("APIGW.0301", "verify aksk signature fail", request_id)
    failures.forget(form["key"])


def _malformed(form: re.Match[str] | None, headers: Mapping[str, str], now: float) -> str:
    """What is wrong with a signature's form, whoever signed; empty where nothing is."""
    if form is None:
        return "token or AK/SK signature not found in the request, or malformed"
    names = form["headers"].split(";")
    if names != sorted(names) or "x-sdk-date" not in names:
        return "SignedHeaders must be sorted and hold x-sdk-date"
    if any(name not in headers for name in names):
        return "a signed header is missing"
    try:
        date = datetime.strptime(headers["x-sdk-date"], signing.DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return "x-sdk-date is malformed"
    return "" if abs(date.timestamp() - now) <= signing.DATE_TOLERANCE else "request expired"
