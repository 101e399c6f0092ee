"""Below HTTP: one exchange has one deadline and so many bytes, over a real socket, with time that the server drives."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from tests.api.raw import RawServer, self_signed
from vpcep_pulumi.api.client import ANSWER_SECONDS, Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.api.operations import act_on_connection, list_connections
from vpcep_pulumi.api.route import Route
from vpcep_pulumi.api.wire import Transport
from vpcep_pulumi.errors import ApiError, RequestError, SettingsError, TransportError
from vpcep_pulumi.testing.simulator import Simulator

LIST = list_connections("p", "svc")
RECEIVE = act_on_connection("p", "svc", "ep", "receive")
BODY = b'{"connections": [{"id": "ep", "status": "accepted"}]}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STEP = 5.0


def over(url, time, **options) -> Client:
    return Client(url, Token(SecretStr("token-token")), clock=time.clock(), **{"trust_env": False, **options})


ENDLESS = {
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-A: ", b"b"),
    "chunk extensions": (CHUNKED, b"1;a=b\r\n \r\n"),
    "one chunk extension": (CHUNKED + b"1", b";a=b"),
    "a chunk's size": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"1\r\n \r\n0\r\n", b"X-A: b\r\n"),
    "one trailer": (CHUNKED + b"0\r\nX-A: ", b"b"),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "a body of a length": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "a body without a length": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "an error's body": (b"HTTP/1.1 403 No\r\n\r\n", b" "),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_exchange_takes_only_so_long_whatever_trickles(time, kind):
    """150 s after it began it still hung, where the limit was 60."""
    head, more = ENDLESS[kind]

    def trickle(_request: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(1000):
            time.now += STEP
            yield more

    began = time.now
    with (
        RawServer(trickle) as server,
        over(server.url, time) as client,
        pytest.raises(TransportError, match="longer than 60 s") as error,
    ):
        client.send(RECEIVE)
    assert error.value.maybe_done
    # The server's time runs on while the client works.
    assert time.now - began >= ANSWER_SECONDS
    assert len(server.requests) == 1


FLOODS = {name: pieces for name, pieces in ENDLESS.items() if name not in ("chunks", "a body without a length")}


@pytest.mark.parametrize("kind", FLOODS)
def test_an_exchange_takes_only_so_many_bytes_whatever_comes_in_floods(time, kind):
    """With time that stands still."""
    head, more = FLOODS[kind]
    sent = 0

    def flood(_request: bytes) -> Iterator[bytes]:
        nonlocal sent
        yield head
        while sent < 100 * RECEIVE.longest_answer:
            sent += 10_000 * len(more)
            yield more * 10_000

    with RawServer(flood) as server, over(server.url, time) as client, pytest.raises(RequestError):
        client.send(RECEIVE)
    assert sent < 50 * RECEIVE.longest_answer, "the rest was not read"
    assert time.sleeps == []


def test_each_exchange_has_time_of_its_own(time):
    def slow(_request: bytes) -> Iterator[bytes]:
        time.now += 50
        yield GOOD

    with RawServer(slow, keep=True) as server, over(server.url, time) as client:
        for _ in range(3):
            assert client.send(RECEIVE).status == "accepted"
    assert server.connections == 1, "a connection is used again"


def test_the_next_address_is_tried(time, monkeypatch):
    found = socket.getaddrinfo

    def two(host, port, *args, **kwargs):
        if host == "vpcep.example":
            return [each for address in ("127.0.0.2", "127.0.0.1") for each in found(address, port, *args, **kwargs)]
        return found(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with RawServer(lambda _: [GOOD]) as server, over(f"http://vpcep.example:{server.port}", time) as client:
        assert client.send(RECEIVE).status == "accepted"


@pytest.mark.parametrize("host", ["nobody.invalid", "x" * 64 + ".invalid"])
def test_a_host_without_an_address_was_sent_nothing(time, host):
    with over(f"http://{host}", time) as client, pytest.raises(TransportError, match="cannot connect to") as error:
        client.send(RECEIVE)
    assert not error.value.maybe_done


class TestProxies:
    def test_the_environments_proxy_is_asked(self, time, monkeypatch):
        with RawServer(lambda _: [GOOD]) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with over("http://vpcep.example", time, trust_env=True) as client:
                assert client.send(RECEIVE).status == "accepted"
        assert proxy.requests[0].startswith(b"POST http://vpcep.example/v1/p/")

    @pytest.mark.parametrize("variable", ["https_proxy", "all_proxy"])
    def test_https_goes_through_a_tunnel(self, time, monkeypatch, variable):
        with RawServer(lambda _: [b"HTTP/1.1 407 Who are\x1b[31m you, s3cr3t-pass\r\n\r\n"]) as proxy:
            monkeypatch.setenv(variable, f"http://user:s3cr3t-pass@127.0.0.1:{proxy.port}")
            with (
                over("https://vpcep.example", time, trust_env=True) as client,
                pytest.raises(
                    TransportError,
                    match=r"cannot connect to vpcep\.example through the proxy 127\.0\.0\.1:\d+ \([a-z]+_proxy\): 407",
                ) as error,
            ):
                client.send(LIST)
        assert proxy.requests[0].startswith(b"CONNECT vpcep.example:443 HTTP/1.1")
        assert b"Proxy-Authorization: Basic " in proxy.requests[0]
        assert b"token-token" not in b"".join(proxy.requests)
        assert "s3cr3t-pass" not in str(error.value)
        assert str(error.value).isprintable()

    def test_a_proxy_that_trickles_takes_only_so_long(self, time, monkeypatch):
        def trickle(_request: bytes) -> Iterator[bytes]:
            for _ in range(1000):
                time.now += STEP
                yield b"HTTP/1.1 100 Continue\r\n\r\n"

        with RawServer(trickle) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            with (
                over("https://vpcep.example", time, trust_env=True) as client,
                pytest.raises(TransportError, match="longer than 60 s"),
            ):
                client.send(RECEIVE)

    @pytest.mark.parametrize("exception", ["127.0.0.1", "*", "localhost,127.0.0.1"])
    def test_no_proxy(self, time, monkeypatch, exception):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", exception)
        with RawServer(lambda _: [GOOD]) as server, over(server.url, time, trust_env=True) as client:
            assert client.send(RECEIVE).status == "accepted"

    def test_variables_of_whoever_asks_are_read_and_no_others(self, time, monkeypatch):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        with RawServer(lambda _: [GOOD]) as proxy:
            environ = {"HTTP_PROXY": proxy.url}
            with over("http://vpcep.example", time, trust_env=True, environ=environ) as client:
                assert client.send(RECEIVE).status == "accepted"

    @pytest.mark.parametrize("address", ["ftp://u:s3cr3t@x", "http://u:s3cr3t@x:port", "socks5://u:s3cr3t@x"])
    def test_a_proxy_that_cannot_be_used_is_an_error_of_ours(self, time, monkeypatch, address):
        monkeypatch.setenv("https_proxy", address)
        with pytest.raises(SettingsError, match="proxy") as error:
            over("https://vpcep.example", time, trust_env=True)
        assert "s3cr3t" not in str(error.value)


def trusting(path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=path)
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def test_certificates_are_verified(time, tmp_path):
    certificate = self_signed(tmp_path / "localhost.pem")
    with RawServer(lambda _: [GOOD], certificate=certificate) as server:
        url = f"https://localhost:{server.port}"
        with over(url, time) as client, pytest.raises(TransportError, match="cannot connect to localhost") as error:
            client.send(RECEIVE)
        assert not error.value.maybe_done
        assert server.requests == []
        transport = Transport(Route(), certificates=trusting(certificate), idle=4)
        with over(url, time, transport=transport) as client:
            assert client.send(RECEIVE).status == "accepted"


def test_an_exchange_over_tls_takes_only_so_long(time, tmp_path):
    certificate = self_signed(tmp_path / "localhost.pem")

    def trickle(_request: bytes) -> Iterator[bytes]:
        for _ in range(1000):
            time.now += STEP
            yield b"HTTP/1.1 100 Continue\r\n\r\n"

    with RawServer(trickle, certificate=certificate) as server:
        url = f"https://localhost:{server.port}"
        transport = Transport(Route(), certificates=trusting(certificate), idle=4)
        with over(url, time, transport=transport) as client, pytest.raises(TransportError, match="longer than 60 s"):
            client.send(RECEIVE)


def test_no_cookie_is_kept(time):
    answer = GOOD.replace(b"\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n", 1)
    with RawServer(lambda _: [answer], keep=True) as server, over(server.url, time) as client:
        client.send(RECEIVE)
        client.send(RECEIVE)
    assert b"cookie" not in b"".join(server.requests).lower()


def test_the_simulator_is_reached_over_one_connection_for_each_thread(time):
    with Simulator.start() as simulator, over(simulator.url, time) as client:
        simulator.connect("svc", "ep")
        for _ in range(3):
            client.send(LIST)
        with pytest.raises(ApiError):
            client.send(list_connections("p", "nothing"))
