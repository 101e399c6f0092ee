"""``SDK-HMAC-SHA256``, the signature of Huawei Cloud's APIs. Pure: no clock, no I/O.

Source: "AK/SK Signing and Authentication Algorithm" in the API Gateway's developer guide, and the
official Python SDK (huaweicloudsdkcore 3.1), whose known answer is among the tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

ALGORITHM = "SDK-HMAC-SHA256"
DATE_HEADER = "X-Sdk-Date"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
DATE_TOLERANCE = 15 * 60
"""How far, in seconds, a request's date may be from the server's clock."""


@dataclass(frozen=True)
class Signature:
    """A signature and every string on the way to it, so that a mismatch can be found.

    :ivar canonical_request: the request in its canonical form.
    :ivar string_to_sign: what the key signs.
    :ivar signed_headers: the names, lower-case, sorted, joined by ``;``.
    :ivar value: lower-case hexadecimal.
    """

    canonical_request: str
    string_to_sign: str
    signed_headers: str
    value: str

    def authorization(self, access_key: str) -> str:
        """The ``Authorization`` header."""
        return f"{ALGORITHM} Access={access_key}, SignedHeaders={self.signed_headers}, Signature={self.value}"


def sdk_date(now: datetime) -> str:
    """The ``X-Sdk-Date`` header's value for a moment (aware)."""
    return now.astimezone(UTC).strftime(DATE_FORMAT)


def seconds_ahead(signed_at: str, answered_at: str) -> float | None:
    """How far the clock that dated a signature is ahead of the one that dated its answer; None where one is no date.

    :param signed_at: ``X-Sdk-Date``.
    :param answered_at: ``Date``.
    """
    try:
        signed = datetime.strptime(signed_at, DATE_FORMAT).replace(tzinfo=UTC)
        answered = parsedate_to_datetime(answered_at)
        return (signed - answered).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def sign(
    *,
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
    secret_key: str,
) -> Signature:
    """Sign a request.

    :param path: decoded, without the query.
    :param query: decoded pairs, in any order.
    :param headers: exactly those to sign, ``X-Sdk-Date`` among them, in any case and order.
    :param body: as sent; empty where there is none.
    """
    names = {name.lower(): value.strip() for name, value in headers.items()}
    if DATE_HEADER.lower() not in names:
        raise ValueError(f"{DATE_HEADER} must be signed")
    signed_headers = ";".join(sorted(names))
    canonical_request = "\n".join(
        (
            method.upper(),
            _canonical_path(path),
            "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(query)),
            "".join(f"{name}:{names[name]}\n" for name in sorted(names)),
            signed_headers,
            hashlib.sha256(body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    string_to_sign = "\n".join((ALGORITHM, names[DATE_HEADER.lower()], digest))
    value = hmac.new(secret_key.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
    return Signature(canonical_request, string_to_sign, signed_headers, value)


def _canonical_path(path: str) -> str:
    """Every segment quoted once, always ending in a slash."""
    quoted = "/".join(quote(segment, safe="~") for segment in path.split("/"))
    return quoted if quoted.endswith("/") else quoted + "/"
