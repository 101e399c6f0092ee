"""Sends operations. What to send, how to read it and whether to send it again are decided elsewhere.

Thread-safe. Nothing here follows a redirect or waits without an end.
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
from vpcep_pulumi.api.credentials import Credential, secrets_of
from vpcep_pulumi.api.masking import Mask
from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.obstacles import Obstacle, Passing
from vpcep_pulumi.api.operations import REST_BYTES, Operation
from vpcep_pulumi.api.refusals import error_from_response, request_id
from vpcep_pulumi.api.route import Route, route_to
from vpcep_pulumi.api.signing import DATE_HEADER
from vpcep_pulumi.api.standing import Standing
from vpcep_pulumi.api.text import printable
from vpcep_pulumi.api.throttle import Throttle
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
"""An idle connection is not used again after this long: servers close theirs after 5 s or more."""
ANSWER_SECONDS = 60.0
"""The longest that one exchange may take, from its request to the last byte of its answer."""
FRAMING = 2
"""How many times the longest answer may be read from the wire: chunks and interim answers take bytes as well."""
LEAST_CLOSING = 1.0
"""Seconds for which nobody else asks once a request was throttled, until it is known how long the wait is."""

DEFAULT_CERTIFICATES = partial(httpx.create_ssl_context, trust_env=False)
"""Those that Mozilla trusts, as certifi has them."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request left."""


class _Exchange(NamedTuple):
    """An answer, and the date of the signature of what it answers."""

    status: int
    headers: httpx.Headers
    body: bytes
    signed_at: str | None


class Client:
    """One endpoint of the API under one credential.

    :param base_url: such as ``https://vpcep.eu-west-101.myhuaweicloud.eu``.
    :param warn: told, in one line, whenever a request has to wait.
    :param debug: told of each request, in one line without secrets: method, address, status, request id, milliseconds.
    :param environ: names proxies and certificates.
    :param trust_env: whether to use the proxies that the environment names.
    :param named_by: the setting or variable that names the address, for messages.
    :param standing: what is known of the credential; one for all its clients, so that it is refused once.
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
        standing: Standing | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._debug = debug or (lambda _line: None)
        self._standing = standing or Standing()
        self._throttle = Throttle(self._clock.monotonic, self._clock.sleep)
        self._attempts = Attempts(self._clock, self._throttle, warn or (lambda _line: None))
        secrets = secrets_of(credential)
        self._route = Route(named_by)
        if transport is None:
            self._route = route_to(base_url, environ, named_by=named_by, trust_env=trust_env)
            # Without TLS no certificate is loaded: that takes longer than a request.
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
        """Close the connections to the API."""
        self._http.close()

    def send(self, operation: Operation[T]) -> T:
        """Send an operation until it is answered, refused or hopeless.

        :raises ApiError: the API refused; :class:`AuthenticationError` and
            :class:`~vpcep_pulumi.errors.PermissionDeniedError` where that is why.
        :raises AnswerError: what came is not an answer of the API.
        :raises TransportError: no answer came. Where ``maybe_done`` is true, read the connection
            before sending a POST again.
        """
        return self._attempts.make(operation.request.method, lambda: self._attempt(operation))

    def _attempt(self, operation: Operation[T]) -> T:
        """Send once, when it is this request's turn; what the answer means for all others is noted before it ends."""
        with self._standing.attempt(), self._throttle.turn() as turn:
            self._standing.check(operation.name)
            began = self._clock.monotonic()
            try:
                status, headers, body, signed_at = self._exchange(operation)
            except RequestError as failure:
                self._trace(operation, began, str(failure).removeprefix(f"{operation.name}: "))
                raise
            if 200 <= status < 300:
                self._throttle.answered(turn)
                self._trace(operation, began, status, request_id(headers, self._mask))
            else:
                error = error_from_response(
                    operation.name, operation.permission, status, headers, body, mask=self._mask, signed_at=signed_at
                )
                self._trace(operation, began, status, error.request_id)
                if isinstance(error, AuthenticationError):
                    self._standing.refused(error)
                elif error.kind is RefusalKind.THROTTLED:
                    self._throttle.close_for(LEAST_CLOSING)
                raise error
        answer = self._read(operation, status, body)
        self._standing.proved()
        return answer

    def _trace(self, operation: Operation[T], began: float, came: object, request_id: str = "") -> None:
        """Say what was asked and what came. No header and no body: they hold credentials and notes."""
        request = operation.request
        query = f"?{urlencode(request.query)}" if request.query else ""
        asked = self._mask(f"{request.method} {str(self._http.base_url).rstrip('/')}{request.path}{query}")
        named = f", request id {request_id}" if request_id else ""
        self._debug(f"{asked} -> {came}{named}, {(self._clock.monotonic() - began) * 1000:.0f} ms")

    def _read(self, operation: Operation[T], status: int, body: bytes) -> T:
        """What a 2xx answer says, without the secrets that it may repeat."""
        try:
            return operation.parse(self._mask.document(parse_json(body, operation.most_tokens)))
        except (ValueError, RecursionError) as error:
            raise AnswerError(
                operation.name,
                f"the answer (HTTP {status}, {len(body)} bytes) is not the API's: {self._words_of(error)}",
                maybe_done=True,
                advice="look at what stands at the endpoint, and at any proxy in between",
            ) from None

    def _exchange(self, operation: Operation[T]) -> _Exchange:
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
                        break  # a page of somebody else's; its status says enough
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

    def _not_connected(self, operation: Operation[T], obstacle: Obstacle) -> TransportError:
        """The error for a connection that could not be made."""
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
        """An error's words, which may be the server's: the reason of a proxy, a line that is no header."""
        return printable(self._mask(str(error))) or type(error).__name__
