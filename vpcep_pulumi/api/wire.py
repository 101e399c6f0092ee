"""The connections below HTTP: each exchange has so many seconds and bytes, whatever part of it takes them.

The timeouts of httpx are for one read each: a server that sends a header, a chunk extension or a ``100 Continue`` every
few seconds is never late. Here every connect, read and write is given what is left of its exchange.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from vpcep_pulumi.errors import SettingsError

ALLOWANCE = "vpcep_allowance"
"""The request's extension that holds its :class:`Allowance`."""

ERRORS: Mapping[type[Exception], type[httpx.HTTPError]] = MappingProxyType(
    {
        getattr(httpcore, name): getattr(httpx, name)
        for name in (
            "ConnectTimeout",
            "ReadTimeout",
            "WriteTimeout",
            "PoolTimeout",
            "ConnectError",
            "ReadError",
            "WriteError",
            "ProxyError",
            "UnsupportedProtocol",
            "LocalProtocolError",
            "RemoteProtocolError",
        )
    }
)
"""httpcore's errors as those of httpx."""


class Allowance:
    """What is left of one exchange.

    :param monotonic: seconds, never going back.
    :param seconds: from now to the last byte of the answer.
    :param size: bytes that may be read, framing and headers among them.
    """

    def __init__(self, monotonic: Callable[[], float], *, seconds: float, size: int) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._ends = monotonic() + seconds
        self._size = size

    def within(self, timeout: float | None, error: type[Exception] = httpx.ReadTimeout) -> float:
        """The seconds that one step may take.

        :param timeout: the longest that it may take in any case.
        :param error: raised where no time is left.
        """
        left = self._ends - self._monotonic()
        if left <= 0:
            raise error(f"it took longer than {self._seconds:.0f} s")
        return left if timeout is None else min(timeout, left)

    def count(self, size: int) -> None:
        """So many bytes were read.

        :raises httpcore.RemoteProtocolError: more than may be.
        """
        self._size -= size
        if self._size < 0:
            raise httpcore.RemoteProtocolError("the answer does not end")


class Transport(httpx.BaseTransport):
    """What :class:`httpx.HTTPTransport` is, with an :class:`Allowance` for each exchange.

    :param base_url: where all requests go; it decides on the proxy.
    :param trust_env: whether to use the proxies of the environment.
    :param idle: seconds after which a connection is not used again.
    :ivar secrets: the proxy's password.
    """

    def __init__(self, base_url: str, *, trust_env: bool, certificates: ssl.SSLContext, idle: float) -> None:
        self._network = _Network()
        proxy = proxy_for(httpx.URL(base_url)) if trust_env else None
        self.secrets = () if proxy is None or proxy.auth is None else (proxy.auth[1].decode("latin-1"),)
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates,
            proxy=proxy,
            max_connections=None,
            keepalive_expiry=idle,
            network_backend=self._network,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the body of the answer is read by who asks for it."""
        self._network.current = request.extensions[ALLOWANCE]
        with _as_httpx():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore.NetworkBackend):
    """Makes connections. An exchange stays in its thread, and a thread has one at a time."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self._threads = threading.local()

    @property
    def current(self) -> Allowance:
        """What is left of this thread's exchange."""
        allowance: Allowance = self._threads.allowance
        return allowance

    @current.setter
    def current(self, allowance: Allowance) -> None:
        self._threads.allowance = allowance

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to one address of the host after the other, while the exchange has time left."""
        *others, last = _addresses(host, port)

        def connect(address: str) -> httpcore.NetworkStream:
            left = self.current.within(timeout, httpcore.ConnectTimeout)
            return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options or ()), self)

        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(address)
        return connect(last)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step is given what is left of the exchange that uses it."""

    def __init__(self, inner: httpcore.NetworkStream, network: _Network) -> None:
        self._inner, self._network = inner, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        allowance = self._network.current
        data = self._inner.read(max_bytes, allowance.within(timeout, httpcore.ReadTimeout))
        allowance.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._network.current.within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._network.current.within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def proxy_for(url: httpx.URL) -> httpcore.Proxy | None:
    """The proxy that the environment (on some systems their settings) names for an address.

    :raises SettingsError: it is not one that can be used. The address stays out of the message: it may hold a password.
    """
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or proxy_bypass(url.netloc.decode("ascii")):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
        target = httpcore.URL(
            scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
        )
    except (ValueError, httpx.InvalidURL):
        raise SettingsError(
            "the proxy that the environment names is not an address such as http://proxy:3128"
        ) from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise SettingsError("the environment names a SOCKS proxy: install socksio for it")
    return httpcore.Proxy(target, auth=proxy.raw_auth)


def _addresses(host: str, port: int) -> list[str]:
    """The host's addresses, in the system's order: at least one.

    :raises httpcore.ConnectError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(ERRORS) as error:
        ours = next(ours for theirs, ours in ERRORS.items() if isinstance(error, theirs))
        raise ours(str(error)) from error
