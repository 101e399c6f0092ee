"""Sends operations. What to send, how to read it and whether to send it again are decided elsewhere.

Thread-safe. Nothing here follows a redirect or waits without an end.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from types import TracebackType
from typing import TypeVar

import httpx
import tenacity

from vpcep_pulumi.api import retry
from vpcep_pulumi.api.auth import auth_for
from vpcep_pulumi.api.credentials import AccessKey, Credential
from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.operations import Operation
from vpcep_pulumi.api.refusals import refusal
from vpcep_pulumi.errors import AnswerError, ApiError, AuthenticationError, RequestError, TransportError

T = TypeVar("T")

TIMEOUT = httpx.Timeout(30, connect=10)
"""Seconds: to connect, and between two pieces of an answer."""
KEEPALIVE_SECONDS = 4.0
"""An idle connection is not used again after this long: servers close theirs after 5 s or more."""
ANSWER_SECONDS = 60.0
"""The longest that one answer may take from its request to its last byte."""
ANSWER_BYTES = 16 * 1024 * 1024
"""The largest answer read. A thousand connections with everything filled in are about 3 MiB."""
SHORTEST_SECRET = 6
"""Shorter secrets (there are none in production) would blot out ordinary words."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request left."""


@dataclass(frozen=True)
class Tempo:
    """Time and chance, as arguments.

    :ivar monotonic: seconds, never going back, and fine enough to tell a request from the one before it.
    :ivar sleep: waits for so many seconds; may raise to end a wait.
    :ivar uniform: a number between two.
    """

    monotonic: Callable[[], float] = time.perf_counter  # time.monotonic has ticks of 16 ms on Windows
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform


class Client:
    """One endpoint of the API under one credential.

    :param base_url: such as ``https://vpcep.eu-west-101.myhuaweicloud.eu``.
    :param warn: told, in one line, whenever a request has to wait.
    """

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        tempo: Tempo | None = None,
        warn: Callable[[str], None] | None = None,
        trust_env: bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._tempo = tempo or Tempo()
        self._warn = warn or (lambda _line: None)
        self._secrets = _secrets(credential)
        self._gate = _Gate(self._tempo)
        self._first = threading.Lock()
        self._proven = False
        self._refused: AuthenticationError | None = None
        self._http = httpx.Client(
            base_url=base_url,
            auth=auth_for(credential),
            timeout=TIMEOUT,
            limits=httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
            follow_redirects=False,
            trust_env=trust_env,
            verify=_certificates(),
            transport=transport,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"vpcep-pulumi/{version('vpcep-pulumi')}",
            },
        )

    def __enter__(self) -> Client:
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
        began = self._tempo.monotonic()

        def trouble(state: tenacity.RetryCallState) -> tuple[retry.Trouble, RequestError] | None:
            error = state.outcome.exception() if state.outcome is not None else None
            if not isinstance(error, RequestError):
                return None
            kind = retry.trouble_of(operation.request.method, error)
            return None if kind is None else (kind, error)

        def wait(state: tenacity.RetryCallState) -> float:
            if (known := trouble(state)) is None:
                return 0
            asked = known[1].retry_after if isinstance(known[1], ApiError) else None
            return retry.pause(known[0], state.attempt_number, retry_after=asked, uniform=self._tempo.uniform)

        def stop(state: tenacity.RetryCallState) -> bool:
            known = trouble(state)
            passed = self._tempo.monotonic() - began + state.upcoming_sleep
            return known is None or passed > retry.PATIENCE[known[0]].total

        def before_sleep(state: tenacity.RetryCallState) -> None:
            if (known := trouble(state)) is None:
                return
            if known[0] is retry.Trouble.THROTTLED:
                self._gate.close_for(state.upcoming_sleep)
            others = "; every other request waits as well" if known[0] is retry.Trouble.THROTTLED else ""
            self._warn(f"{known[1]}; trying again in {state.upcoming_sleep:.1f} s{others}")

        retrying = tenacity.Retrying(
            retry=lambda state: trouble(state) is not None,
            wait=wait,
            stop=stop,
            sleep=self._tempo.sleep,
            before_sleep=before_sleep,
            reraise=True,
        )
        answer: T = retrying(self._guarded, operation)
        return answer

    def _guarded(self, operation: Operation[T]) -> T:
        """One attempt; alone until the credentials have proved good, so that bad ones are refused once."""
        if self._proven:
            return self._once(operation)
        with self._first:
            if self._refused is not None:
                first = self._refused
                raise AuthenticationError(
                    operation.name,
                    first.http_status,
                    code=first.code,
                    message=f"not sent, the same credentials were refused before: {first.message}",
                    request_id=first.request_id,
                    advice="check the access key, or ask for a new token",
                )
            return self._once(operation)

    def _once(self, operation: Operation[T]) -> T:
        with self._gate.passed():
            status, headers, body = self._exchange(operation)
            if 200 <= status < 300:
                self._gate.widen()
        self._proven = self._proven or status != 401
        if not 200 <= status < 300:
            raise self._refusal(operation, status, headers, body)
        try:
            return operation.parse(parse_json(body))
        except ValueError as error:
            raise AnswerError(
                operation.name,
                f"the answer (HTTP {status}, {len(body)} bytes) is not the API's: {error}",
                maybe_done=True,
                advice="look at what stands at the endpoint, and at any proxy in between",
            ) from None

    def _refusal(self, operation: Operation[T], status: int, headers: httpx.Headers, body: bytes) -> ApiError:
        if status < 400:
            words = "a redirect, never followed with credentials"
            return ApiError(operation.name, status, message=words, advice="check the endpoint")
        for secret in self._secrets:
            body = body.replace(secret, b"[secret]")
        error = refusal(operation.name, operation.permission, status, headers, body)
        if isinstance(error, AuthenticationError):
            self._refused = error
        return error

    def _exchange(self, operation: Operation[T]) -> tuple[int, httpx.Headers, bytes]:
        began, request = self._tempo.monotonic(), operation.request
        try:
            with self._http.stream(
                request.method,
                request.path,
                params=request.query,
                headers=request.headers,
                content=request.body,
            ) as response:
                body = bytearray()
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > ANSWER_BYTES:
                        raise AnswerError(operation.name, f"the answer exceeds {ANSWER_BYTES} bytes", maybe_done=True)
                    if self._tempo.monotonic() - began > ANSWER_SECONDS:
                        raise TransportError(
                            operation.name, f"the answer took longer than {ANSWER_SECONDS:.0f} s", maybe_done=True
                        )
                return response.status_code, response.headers, bytes(body)
        except NOT_SENT as error:
            raise TransportError(
                operation.name, f"cannot connect to {self._http.base_url.host}: {_why(error)}", maybe_done=False
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise TransportError(operation.name, f"no answer: {_why(error)}", maybe_done=True) from None


class _Gate:
    """Holds every thread back while one of them was told to slow down: the quota is the account's.

    After that one request at a time goes through, until the service answers one again: a herd would only use up
    the quota that there is.
    """

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._opens_at = tempo.monotonic()
        self._is_narrow = False

    def close_for(self, seconds: float) -> None:
        with self._lock:
            self._opens_at = max(self._opens_at, self._tempo.monotonic() + seconds)
            self._is_narrow = True

    def widen(self) -> None:
        self._is_narrow = False

    @contextmanager
    def passed(self) -> Iterator[None]:
        if not self._is_narrow:
            yield
            return
        with self._turn:
            while (seconds := self._opens_at - self._tempo.monotonic()) > 0:
                self._tempo.sleep(seconds)
            yield


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates to trust, loaded once: that takes longer than a request."""
    return httpx.create_ssl_context()


def _secrets(credential: Credential) -> tuple[bytes, ...]:
    """Everything of a credential that must not be repeated, should a server echo it."""
    if isinstance(credential, AccessKey):
        held = (credential.secret_key, credential.security_token)
    else:
        held = (credential.value, None)
    values = [secret.get_secret_value().encode() for secret in held if secret is not None]
    return tuple(value for value in values if len(value) >= SHORTEST_SECRET)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
