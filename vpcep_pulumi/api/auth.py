"""Authenticates requests: with a token, or with an access key's signature.

Both are :class:`httpx.Auth`, so that a test can drive them without a socket.

Source: "Authentication" in the VPC Endpoint API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime

import httpx

from vpcep_pulumi.api import signing
from vpcep_pulumi.api.credentials import AccessKey, Credential, Token

SIGNED = frozenset({"host", "content-type", "x-project-id", "x-sdk-date", "x-security-token"})
"""The headers to sign: those that decide what the request does. A proxy may change the others."""


class TokenAuth(httpx.Auth):
    """``X-Auth-Token``: a token of IAM, which expires after 24 hours at most."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["X-Auth-Token"] = self._token.value.get_secret_value()
        yield request


class AccessKeyAuth(httpx.Auth):
    """Sign with an access key. For a temporary key, send its security token as well.

    :param now: returns the time of the signature, timezone-aware; an argument so that tests need no patching.
    """

    requires_request_body = True

    def __init__(self, key: AccessKey, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._key = key
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add ``X-Sdk-Date`` and ``Authorization``; for a temporary key, also ``X-Security-Token``."""
        request.headers[signing.DATE_HEADER] = signing.sdk_date(self._now())
        if self._key.security_token is not None:
            request.headers["X-Security-Token"] = self._key.security_token.get_secret_value()
        signature = signing.sign(
            method=request.method,
            path=request.url.path,
            query=request.url.params.multi_items(),
            headers={name: value for name, value in request.headers.items() if name in SIGNED},
            body=request.content,
            secret_key=self._key.secret_key.get_secret_value(),
        )
        request.headers["Authorization"] = signature.authorization(self._key.access_key)
        yield request


def auth_for(credential: Credential) -> httpx.Auth:
    """The httpx authentication for a credential."""
    return TokenAuth(credential) if isinstance(credential, Token) else AccessKeyAuth(credential)
