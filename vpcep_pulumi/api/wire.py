"""The network connections below HTTP. Each exchange of a request and its response has a limit of seconds and bytes.

The timeouts of httpx apply to single reads. A server that sends a header, a chunk extension or a ``100 Continue`` every
few seconds never exceeds them. Here, each connect, read and write may take only what is left of its exchange's limit.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import httpcore
import httpx

from vpcep_pulumi.api.obstacles import Obstacle, Passing, reaching, refused_by_proxy, securing
from vpcep_pulumi.api.proxies import Proxy
from vpcep_pulumi.api.route import Route

ALLOWANCE = "vpcep_allowance"
"""The name of the request extension that holds the :class:`Allowance`."""

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
            "UnsupportedProtocol",
            "LocalProtocolError",
            "RemoteProtocolError",
        )
    }
)
"""By httpcore's error: the error of httpx that it becomes."""


class Allowance:
    """The seconds and bytes that are left for one exchange.

    :param monotonic: seconds that never go back.
    :param seconds: from now to the last byte of the response.
    :param size: bytes that may be read, including framing and headers.
    """

    def __init__(self, monotonic: Callable[[], float], *, seconds: float, size: int) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._ends = monotonic() + seconds
        self._size = size

    def within(self, timeout: float | None, error: type[Exception] = httpx.ReadTimeout) -> float:
        """The seconds that one step may take.

        :param timeout: the step's own limit, if it has one.
        :param error: raised if no time is left.
        """
        left = self._ends - self._monotonic()
        if left <= 0:
            raise error(f"it took longer than {self._seconds:.0f} s")
        return left if timeout is None else min(timeout, left)

    def count(self, size: int) -> None:
        """Count bytes that were read.

        :raises httpcore.RemoteProtocolError: there were more than allowed.
        """
        self._size -= size
        if self._size < 0:
            raise httpcore.RemoteProtocolError("the answer does not end")


class CannotConnect(httpx.ConnectError):
    """The network connection could not be made. Nothing was sent.

    :ivar obstacle: why.
    """

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.problem)
        self.obstacle = obstacle


class _Obstructed(httpcore.ConnectError):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.problem)
        self.obstacle = obstacle


class Transport(httpx.BaseTransport):
    """Like :class:`httpx.HTTPTransport`, with an :class:`Allowance` for each exchange, and an :class:`Obstacle` for a
    connection that fails.

    :param route: the way to the one address to which all requests go.
    :param certificates: those to trust; None if nothing is sent over TLS.
    :param idle: seconds after which an idle network connection is not used again.
    """

    def __init__(self, route: Route, *, certificates: ssl.SSLContext | None, idle: float) -> None:
        self._route = route
        self._network = _Network(route)
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates,
            proxy=_proxy(route.proxy, certificates),
            max_connections=None,
            keepalive_expiry=idle,
            network_backend=self._network,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. The caller reads the body of the response."""
        self._network.current = request.extensions[ALLOWANCE]
        with _as_httpx(self._route):
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
            answer.status, headers=answer.headers, stream=_Body(answer, self._route), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        """Close every network connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, route: Route) -> None:
        self._answer, self._route = answer, route

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx(self._route):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore.NetworkBackend):
    """Makes network connections. An exchange stays in one thread, and a thread has one exchange at a time."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._inner = httpcore.SyncBackend()
        self._threads = threading.local()

    @property
    def current(self) -> Allowance:
        """The allowance of this thread's exchange."""
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
        """Try the host's addresses in turn, until one connects, or the exchange has no time left."""
        at_proxy = self.route.proxy is not None
        found: list[Obstacle] = []
        try:
            for address in _addresses(host, port):
                left = self.current.within(timeout, httpcore.ConnectTimeout)
                try:
                    stream = self._inner.connect_tcp(address, port, left, local_address, socket_options or ())
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    found.append(reaching(_cause(error), self.route, at_proxy=at_proxy))
                else:
                    return _Stream(stream, self)
        except (OSError, UnicodeError) as error:
            raise _Obstructed(reaching(error, self.route, at_proxy=at_proxy)) from error
        # If several addresses failed, report the failure that is most likely to pass.
        raise _Obstructed(next((each for each in found if each.passing is Passing.LIKELY), found[-1]))


class _Stream(httpcore.NetworkStream):
    """A network connection. Each step may take only what is left of the exchange that uses it."""

    def __init__(self, inner: httpcore.NetworkStream, network: _Network, *, at_proxy: bool | None = None) -> None:
        self._inner, self._network = inner, network
        proxy = network.route.proxy
        self._is_at_proxy = proxy is not None and proxy.scheme == "https" if at_proxy is None else at_proxy

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
        try:
            stream = self._inner.start_tls(ssl_context, server_hostname, left)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            route = self._network.route
            raise _Obstructed(securing(_cause(error), route, at_proxy=self._is_at_proxy)) from error
        # Within a tunnel, the peer is the host, not the proxy.
        return _Stream(stream, self._network, at_proxy=False)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _proxy(proxy: Proxy | None, certificates: ssl.SSLContext | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    return httpcore.Proxy(
        httpcore.URL(scheme=proxy.scheme.encode(), host=proxy.host.encode(), port=proxy.port, target=b"/"),
        auth=None if proxy.user is None else (proxy.user.encode(), (proxy.password or "").encode()),
        ssl_context=certificates if proxy.scheme == "https" else None,
    )


def _addresses(host: str, port: int) -> list[str]:
    """The host's addresses, in the system's order: at least one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _cause(error: Exception) -> Exception:
    """The operating system's error that caused httpcore's."""
    return error.__cause__ if isinstance(error.__cause__, Exception) else error


@contextmanager
def _as_httpx(route: Route) -> Iterator[None]:
    try:
        yield
    except _Obstructed as error:
        raise CannotConnect(error.obstacle) from error
    except httpcore.ProxyError as error:
        raise CannotConnect(refused_by_proxy(str(error), route)) from error
    except tuple(ERRORS) as error:
        ours = next(ours for theirs, ours in ERRORS.items() if isinstance(error, theirs))
        raise ours(str(error)) from error
