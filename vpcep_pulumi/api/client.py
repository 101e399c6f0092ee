"""Sends operations. Other modules decide what to send, how to read the response, and whether to retry.

Thread-safe. Nothing here follows a redirect, and every wait has a limit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType
from typing import NamedTuple, Self, TypeVar
from urllib.parse import urlencode

import httpx

from vpcep_pulumi.api.attempts import Attempts
from vpcep_pulumi.api.auth import auth_for
from vpcep_pulumi.api.certificates import trusted
from vpcep_pulumi.api.credential_state import CredentialState
from vpcep_pulumi.api.credentials import Credential, secrets_of
from vpcep_pulumi.api.masking import Mask
from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.obstacles import Obstacle, Passing
from vpcep_pulumi.api.operations import REST_BYTES, ApiCall
from vpcep_pulumi.api.refusals import error_from_response, request_id
from vpcep_pulumi.api.route import Route, route_to
from vpcep_pulumi.api.signing import DATE_HEADER
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.api.throttle import Throttle
from vpcep_pulumi.api.window import Window
from vpcep_pulumi.api.wire import ALLOWANCE, Allowance, CannotConnect, Transport
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import (
    AnswerError,
    AuthenticationError,
    HandshakeError,
    RefusalKind,
    RequestError,
    TransportError,
    UnreachableError,
)

T = TypeVar("T")

TIMEOUT = httpx.Timeout(30, connect=10)
"""Seconds: to connect, and for each read and write."""
KEEPALIVE_SECONDS = 4.0
"""An idle network connection is not used again after this long: servers close theirs after 5 s or more."""
ANSWER_SECONDS = 60.0
"""The most seconds for one exchange, from its request to the last byte of its response."""
FRAMING = 2
"""The most bytes to read, as a multiple of the longest response: chunks and interim responses take bytes as well."""
LEAST_CLOSING = 1.0
"""Seconds for which a throttled request closes the throttle at first, until the length of the wait is known."""

DEFAULT_CERTIFICATES = partial(httpx.create_ssl_context, trust_env=False)
"""Loads the certificates that Mozilla trusts, from certifi."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request was sent."""


class _Exchange(NamedTuple):
    """A response, and the date of its request's signature; None if the request bore none."""

    status: int
    headers: httpx.Headers
    body: bytes
    signed_at: str | None


class Client:
    """A client for one endpoint of the API and one credential.

    :param base_url: such as ``https://vpcep.eu-west-101.myhuaweicloud.eu``.
    :param warn: called with one line whenever a request waits for its next attempt.
    :param debug: called with one line for each request, without secrets: method, address, status, request id,
        milliseconds.
    :param environ: names proxies and certificates.
    :param trust_env: whether to use the proxies that the environment names.
    :param named_by: the setting or variable that names the address, for messages.
    :param credential_state: whether the credential was accepted or refused. All clients of one credential share it, so
        that a refused one is sent once only.
    """

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        clock: Clock | None = None,
        warn: Callable[[str], None] | None = None,
        debug: Callable[[str], None] | None = None,
        environ: Mapping[str, str] = os.environ,
        trust_env: bool = True,
        named_by: str = "the endpoint",
        transport: httpx.BaseTransport | None = None,
        credential_state: CredentialState | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._debug = debug or (lambda _line: None)
        self._credential_state = credential_state or CredentialState()
        self._throttle = Throttle(self._clock.monotonic, self._clock.sleep)
        self._window = Window()
        self._attempts = Attempts(self._clock, self._throttle, warn or (lambda _line: None))
        secrets = secrets_of(credential)
        self._route = Route(named_by)
        if transport is None:
            self._route = route_to(base_url, environ, named_by=named_by, trust_env=trust_env)
            # Without TLS, no certificates are loaded: loading them takes longer than a request.
            certificates = trusted(environ, DEFAULT_CERTIFICATES) if self._route.is_secure else None
            transport = Transport(self._route, certificates=certificates, idle=KEEPALIVE_SECONDS)
        secrets += self._route.secrets
        self._mask = Mask(secrets)
        self._http = httpx.Client(
            base_url=base_url,
            auth=auth_for(credential),
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=trust_env,
            transport=transport,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"vpcep-pulumi/{version('vpcep-pulumi')}",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the network connections to the API."""
        self._http.close()

    def send(self, operation: ApiCall[T]) -> T:
        """Send an operation, with retries, and return its parsed response.

        :raises ApiError: the API refused; as :class:`AuthenticationError` or
            :class:`~vpcep_pulumi.errors.PermissionDeniedError` if that is the reason.
        :raises AnswerError: the response is not the API's.
        :raises TransportError: no response came. If ``maybe_done`` is true, read the connection before you send a
            POST again.
        """
        return self._attempts.make(operation.request.method, lambda: self._attempt(operation))

    def _attempt(self, operation: ApiCall[T]) -> T:
        """Send the request once, when it is its turn.

        A refused credential and throttling are noted before the turn ends: they hold back the other requests.
        """
        with self._credential_state.attempt(), self._window.place(), self._throttle.turn() as turn:
            self._credential_state.check(operation.name)
            began = self._clock.monotonic()
            if began >= operation.until:
                raise RequestError(operation.name, "it is too late for it, and it is not sent", maybe_done=False)
            try:
                status, headers, body, signed_at = self._exchange(operation)
            except RequestError as failure:
                self._trace(operation, began, str(failure).removeprefix(f"{operation.name}: "))
                raise
            if 200 <= status < 300:
                self._throttle.answered(turn)
                self._window.answered()
                self._trace(operation, began, status, request_id(headers, self._mask))
            else:
                error = error_from_response(
                    operation.name, operation.permission, status, headers, body, mask=self._mask, signed_at=signed_at
                )
                self._trace(operation, began, status, error.request_id)
                if isinstance(error, AuthenticationError):
                    self._credential_state.refused(error)
                elif error.kind is RefusalKind.THROTTLED:
                    self._window.throttled(turn.closings)
                    self._throttle.close_for(LEAST_CLOSING)
                elif 400 <= status < 500:
                    self._throttle.answered(turn)  # a refusal shows as well that the quota is not used up
                raise error
        answer = self._read(operation, status, body)
        self._credential_state.proved()
        return answer

    def _trace(self, operation: ApiCall[T], began: float, came: object, request_id: str = "") -> None:
        """Write a debug line about a request and its result. Headers and bodies hold secrets and notes: left out."""
        request = operation.request
        query = f"?{urlencode(request.query)}" if request.query else ""
        asked = self._mask(f"{request.method} {str(self._http.base_url).rstrip('/')}{request.path}{query}")
        named = f", request id {request_id}" if request_id else ""
        self._debug(f"{asked} -> {came}{named}, {(self._clock.monotonic() - began) * 1000:.0f} ms")

    def _read(self, operation: ApiCall[T], status: int, body: bytes) -> T:
        """Parse a 2xx response, and mask the secrets that it may repeat."""
        try:
            return operation.parse(self._mask.document(parse_json(body, operation.most_tokens)))
        except (ValueError, RecursionError) as error:
            raise AnswerError(
                operation.name,
                f"the answer (HTTP {status}, {len(body)} bytes) is not the API's: {self._words_of(error)}",
                maybe_done=True,
                advice="look at what stands at the endpoint, and at any proxy in between",
            ) from None

    def _exchange(self, operation: ApiCall[T]) -> _Exchange:
        request, longest = operation.request, operation.longest_answer
        allowance = Allowance(self._clock.monotonic, seconds=ANSWER_SECONDS, size=FRAMING * longest)
        try:
            with self._http.stream(
                request.method,
                request.path,
                params=request.query,
                headers=request.headers,
                content=request.body,
                extensions={ALLOWANCE: allowance},
            ) as response:
                self._attempts.has_answered = True
                good = 200 <= response.status_code < 300
                body = bytearray()
                for piece in response.iter_raw():
                    allowance.within(None)
                    body += piece
                    if not good and len(body) > REST_BYTES:
                        break  # too long for the API, so a page of some proxy: its status says enough
                    if len(body) > longest:
                        raise AnswerError(operation.name, f"the answer exceeds {longest} bytes", maybe_done=True)
                signed_at = response.request.headers.get(DATE_HEADER)
                return _Exchange(response.status_code, response.headers, bytes(body), signed_at)
        except CannotConnect as error:
            raise self._not_connected(operation, error.obstacle) from None
        except NOT_SENT as error:
            raise TransportError(
                operation.name,
                f"cannot connect to {self._http.base_url.host}: {self._words_of(error)}",
                maybe_done=False,
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise TransportError(
                operation.name, f"no answer{self._route.via}: {self._words_of(error)}", maybe_done=True
            ) from None

    def _not_connected(self, operation: ApiCall[T], obstacle: Obstacle) -> TransportError:
        """The error for a network connection that could not be made."""
        kind = {Passing.NEVER: HandshakeError, Passing.SOON_OR_NEVER: UnreachableError}.get(
            obstacle.passing, TransportError
        )
        return kind(
            operation.name,
            f"cannot connect to {self._http.base_url.netloc.decode('ascii')}{self._route.via}: "
            f"{printable(self._mask(obstacle.problem))}",
            maybe_done=False,
            advice=obstacle.advice,
        )

    def _words_of(self, error: Exception) -> str:
        """An error's message. It may quote the server: a proxy's reason phrase, a line that is not a valid header."""
        return printable(self._mask(str(error))) or type(error).__name__
