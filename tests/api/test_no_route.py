"""What is in the way of a connection: one line, with what to look at; tried again only where it may pass."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from tests.api.raw import RawServer, self_signed, unused_port
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.api.obstacles import Passing, reaching, securing
from vpcep_pulumi.api.operations import act_on_connection, list_connections
from vpcep_pulumi.api.proxies import proxy_for
from vpcep_pulumi.api.route import Route
from vpcep_pulumi.errors import HandshakeError, RequestError, SettingsError, TransportError, UnreachableError

LIST = list_connections("p", "svc")
RECEIVE = act_on_connection("p", "svc", "ep", "receive")
BODY = b'{"connections": [{"id": "ep", "status": "accepted"}]}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
SECONDS = 10
NAMED = "vpcep:endpoint"


class Told:
    """What came of a request."""

    def __init__(self, error: RequestError, slept: float, said: list[str]) -> None:
        self.error, self.slept, self.said, self.line = error, slept, said, str(error)


def refused(url, time, *, operation=RECEIVE, **environ) -> Told:
    said: list[str] = []
    options = {"clock": time.clock(), "environ": environ, "named_by": NAMED, "warn": said.append}
    with Client(url, Token(SecretStr("token-token")), **options) as client, pytest.raises(RequestError) as error:
        client.send(operation)
    told = Told(error.value, sum(time.sleeps), said)
    assert told.line.isprintable()
    assert "Errno" not in told.line
    assert "_ssl.c" not in told.line
    return told


def speaks_no_tls(connection: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def plain():
    """What answers whatever it is sent, as a web server does that gets TLS on its plain port."""
    with RawServer(speaks_no_tls, patient=False) as server:
        yield server


@pytest.fixture
def localhost(tmp_path):
    with RawServer(lambda _: [GOOD], certificate=self_signed(tmp_path / "localhost.pem")) as server:
        yield server


def test_a_host_that_does_not_resolve(time):
    told = refused("https://vpcep.cn-north-99.invalid", time)
    assert isinstance(told.error, UnreachableError)
    assert told.line.endswith(
        "cannot connect to vpcep.cn-north-99.invalid: there is no such host; check vpcep:endpoint"
    )
    assert told.slept < SECONDS
    assert told.said == [], "the error says it all"


def test_a_connection_that_is_refused(time):
    told = refused(f"https://127.0.0.1:{unused_port()}", time)
    assert "the connection is refused, nothing listens there; check vpcep:endpoint" in told.line
    assert told.slept < SECONDS
    assert not told.error.maybe_done


def test_a_server_that_starts_within_seconds_is_waited_for(time):
    port, started = unused_port(), []
    time.after(3, lambda: started.append(RawServer(lambda _: [GOOD], port=port)))
    with Client(f"http://127.0.0.1:{port}", Token(SecretStr("t")), clock=time.clock(), environ={}) as client:
        assert client.send(RECEIVE).status == "accepted"
    for server in started:
        server.close()


def test_tls_to_a_plain_port(time, plain):
    told = refused(f"https://127.0.0.1:{plain.port}", time)
    assert isinstance(told.error, HandshakeError)
    assert "what answers there does not speak TLS; check vpcep:endpoint" in told.line
    assert (told.slept, plain.connections) == (0, 1)


def test_a_dead_proxy_is_named_with_its_variable(time):
    port = unused_port()
    told = refused("https://vpcep.example", time, HTTPS_PROXY=f"http://user:s3cr3t@127.0.0.1:{port}")
    assert f"cannot connect to vpcep.example through the proxy 127.0.0.1:{port} (HTTPS_PROXY): " in told.line
    assert told.line.endswith("check HTTPS_PROXY, or except the host in no_proxy")
    assert "s3cr3t" not in told.line
    assert told.slept < SECONDS


def test_a_proxy_that_does_not_resolve(time):
    told = refused("https://vpcep.example", time, all_proxy="proxy.invalid:3128")
    assert "through the proxy proxy.invalid:3128 (all_proxy): there is no such host; check all_proxy" in told.line
    assert told.slept < SECONDS


def test_a_proxy_that_speaks_no_tls_although_its_variable_says_so(time, plain):
    told = refused("https://vpcep.example", time, https_proxy=f"https://127.0.0.1:{plain.port}")
    assert "does not speak TLS; write http:// in https_proxy" in told.line
    assert (told.slept, plain.connections) == (0, 1)


@pytest.mark.parametrize(
    ("answer", "advice", "is_tried_again"),
    [
        (b"407 Proxy Authentication Required", "check the user and the password in https_proxy", False),
        (
            b"403 Forbidden",
            "the proxy does not let it through: check https_proxy, or except the host in no_proxy",
            False,
        ),
        (b"503 Service Unavailable", "check vpcep:endpoint, and https_proxy", True),
    ],
)
def test_a_proxy_that_refuses(time, answer, advice, is_tried_again):
    with RawServer(lambda _: [b"HTTP/1.1 " + answer + b"\r\n\r\n"]) as proxy:
        told = refused("https://vpcep.example", time, https_proxy=proxy.url)
    assert f"(https_proxy): {answer.decode()}; {advice}" in told.line
    assert (proxy.connections > 1, told.slept < SECONDS) == (is_tried_again, True)
    assert not told.error.maybe_done


def test_a_proxy_that_hangs_up_is_named_and_nothing_is_taken_for_unsent(time):
    with RawServer(lambda _: []) as proxy:
        told = refused("https://vpcep.example", time, https_proxy=proxy.url)
    assert "no answer through the proxy 127.0.0.1:" in told.line
    assert told.error.maybe_done


@pytest.mark.parametrize("exceptions", ["[::1", "http://vpcep.example", "a b", "https://[", "*.exa[mple"])
def test_a_malformed_no_proxy_is_named_where_the_proxy_fails(time, exceptions):
    environ = {"https_proxy": f"http://127.0.0.1:{unused_port()}", "NO_PROXY": f"localhost,{exceptions}"}
    told = refused("https://vpcep.example", time, **environ)
    assert told.line.endswith("or except the host in no_proxy; entry 2 of NO_PROXY names no host")
    assert exceptions not in told.line


@pytest.mark.parametrize(
    ("exceptions", "is_asked"),
    [
        ("*", False),
        ("vpcep.cn-north-4.example", False),
        ("VPCEP.cn-north-4.EXAMPLE:443", False),
        (".example", False),
        ("*.example, x", False),
        ("example", False),
        ("ample,vpcep,cn-north-4.example:8443,10.0.0.0/8,", True),
        ("", True),
    ],
)
def test_what_no_proxy_excepts(exceptions, is_asked):
    environ = {"https_proxy": "proxy:3128", "no_proxy": exceptions}
    found = proxy_for("https", "vpcep.cn-north-4.example:443", environ)
    assert (found is not None) is is_asked
    assert found is None or found.doubt == ""


@pytest.mark.parametrize(
    ("netloc", "exceptions", "is_asked"),
    [
        ("10.1.2.3:443", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", False),
        ("11.1.2.3", "10.0.0.0/8", True),
        ("[::1]:8080", "::1", False),
        ("[::1]:8080", "[::1]", False),
        ("[fd00::7]", "fd00::/8", False),
        ("vpcep.example", "10.0.0.0/8", True),
    ],
)
def test_addresses_and_networks_that_no_proxy_excepts(netloc, exceptions, is_asked):
    found = proxy_for("https", netloc, {"https_proxy": "proxy:3128", "no_proxy": exceptions})
    assert (found is not None) is is_asked


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"https_proxy": "http://lower:1", "HTTPS_PROXY": "http://upper:1"}, "lower"),
        ({"HTTPS_PROXY": "http://upper:1", "all_proxy": "http://all:1"}, "upper"),
        ({"https_proxy": " ", "HTTPS_PROXY": "http://upper:1"}, None),
        ({"http_proxy": "http://plain:1"}, None),
        ({"ALL_PROXY": "all:1"}, "all"),
        ({}, None),
    ],
)
def test_which_variable_counts(environ, named):
    found = proxy_for("https", "vpcep.example", environ)
    assert (None if found is None else found.host) == named


@pytest.mark.parametrize(
    ("environ", "is_asked"), [({}, True), ({"no_proxy": "x"}, False), ({"HTTPS_PROXY": ""}, False)]
)
def test_the_systems_own_is_asked_where_the_environment_says_nothing(environ, is_asked):
    found = proxy_for("https", "vpcep.example", environ, system=lambda: {"https": "http://system:1"})
    assert (found is not None) is is_asked
    if found is not None:
        assert (found.host, found.variable) == ("system", "the system's proxy settings")


def test_a_header_of_a_cgi_request_is_no_proxy():
    assert proxy_for("http", "x", {"HTTP_PROXY": "http://evil:1", "REQUEST_METHOD": "GET"}) is None


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("socks5://u:s3cr3t@x:1", "names a SOCKS proxy, which needs the package socksio: `pip install socksio`"),
        ("ftp://u:s3cr3t@x", "does not name a proxy's address such as http://proxy:3128"),
        ("http://u:s3cr3t@x:port", "does not name a proxy's address"),
        ("http://u:s3cr3t@[::1", "does not name a proxy's address"),
        ("http://s3cr3t a/", "does not name a proxy's address"),
        ("http://", "does not name a proxy's address"),
        ("http://u:1#s3cr3t@proxy:3128", "does not name a proxy's address"),
        ("http://s3cr3t#@proxy:3128", "does not name a proxy's address"),
        ("http://u:1/s3cr3t@proxy:3128", "does not name a proxy's address"),
        ("s3cr3t?x@proxy:3128", "does not name a proxy's address"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(variable, address, problem):
    with pytest.raises(SettingsError) as error:
        proxy_for("https", "vpcep.example", {variable: address})
    assert str(error.value).startswith(f"{variable} {problem}")
    assert "s3cr3t" not in str(error.value)


def test_no_repr_shows_a_proxys_password():
    assert "s3cr3t" not in repr(proxy_for("https", "x", {"https_proxy": "http://u:s3cr3t@proxy:1"}))


class TestCertificates:
    def test_one_that_is_not_trusted_is_not_tried_again(self, time, localhost):
        """An intercepting proxy's: 45 s of retries, and the error named no variable."""
        told = refused(f"https://localhost:{localhost.port}", time)
        assert isinstance(told.error, HandshakeError)
        assert (
            "its certificate is not trusted: self-signed certificate; where a proxy intercepts TLS, name a file with "
            "its authority in SSL_CERT_FILE (REQUESTS_CA_BUNDLE is ignored)"
        ) in told.line
        assert (told.slept, localhost.connections, localhost.requests) == (0, 1, [])

    def test_where_a_bundle_is_named_it_lacks_the_authority(self, time, localhost, tmp_path):
        other = self_signed(tmp_path / "other.pem")
        told = refused(f"https://localhost:{localhost.port}", time, SSL_CERT_FILE=str(other))
        assert "add its authority to what SSL_CERT_FILE names (REQUESTS_CA_BUNDLE is ignored)" in told.line

    def test_a_bundle_is_trusted(self, time, localhost, tmp_path):
        environ = {"SSL_CERT_FILE": str(tmp_path / "localhost.pem")}
        url = f"https://localhost:{localhost.port}"
        with Client(url, Token(SecretStr("t")), clock=time.clock(), environ=environ) as client:
            if ssl.create_default_context().verify_flags & getattr(ssl, "VERIFY_X509_STRICT", 0):
                pytest.skip("this Python takes no self-signed certificate for an authority")
            assert client.send(RECEIVE).status == "accepted"

    @pytest.mark.parametrize(
        ("begins", "ends", "problem"), [(-9, -2, "has expired"), (2, 9, "is not valid yet")], ids=["expired", "early"]
    )
    def test_one_out_of_date_may_be_the_clock(self, time, tmp_path, begins, ends, problem):
        certificate = self_signed(tmp_path / "localhost.pem", begins=begins, ends=ends)
        with RawServer(lambda _: [GOOD], certificate=certificate) as server:
            told = refused(f"https://localhost:{server.port}", time, SSL_CERT_FILE=str(certificate))
        assert f"its certificate {problem}; check the clock of this machine" in told.line
        assert told.slept == 0

    def test_another_hosts(self, time, tmp_path):
        certificate = self_signed(tmp_path / "other.pem", host="elsewhere.example")
        with RawServer(lambda _: [GOOD], certificate=certificate) as server:
            told = refused(f"https://localhost:{server.port}", time, SSL_CERT_FILE=str(certificate))
        assert "the certificate there is another host's" in told.line
        assert told.line.endswith("check vpcep:endpoint")

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    @pytest.mark.parametrize("kind", ["absent", "empty", "of the other kind"])
    def test_what_cannot_be_read_is_named(self, tmp_path, time, variable, kind):
        """It was a traceback that named neither variable nor file."""
        path = tmp_path / "named"
        if kind == "empty":
            path.touch()
        elif kind == "of the other kind" and variable == "SSL_CERT_FILE":
            path.mkdir()
        elif kind == "of the other kind":
            path.touch()
        with pytest.raises(SettingsError) as error:
            Client("https://x", Token(SecretStr("t")), clock=time.clock(), environ={variable: str(path)})
        assert str(error.value).startswith(f"{variable} names '{path}', which ")

    def test_none_is_loaded_where_nothing_is_encrypted(self, time):
        with RawServer(lambda _: [GOOD]) as server:
            environ = {"SSL_CERT_FILE": "/nowhere"}
            with Client(server.url, Token(SecretStr("t")), clock=time.clock(), environ=environ) as client:
                assert client.send(RECEIVE).status == "accepted"

    def test_a_proxys_own_is_judged_by_the_same_bundle(self, time, localhost, tmp_path):
        environ = {"https_proxy": f"https://localhost:{localhost.port}"}
        told = refused("https://vpcep.example", time, **environ)
        assert "its certificate is not trusted" in told.line
        told = refused("https://vpcep.example", time, SSL_CERT_FILE=str(tmp_path / "localhost.pem"), **environ)
        assert "not trusted" not in told.line


class TestPatience:
    def test_one_request_is_patient_where_nobody_has_ever_answered(self, time):
        """Hundreds of approvals, a few seconds each, one after the other."""
        port = unused_port()
        with Client(f"http://127.0.0.1:{port}", Token(SecretStr("t")), clock=time.clock(), environ={}) as client:
            for _ in range(50):
                with pytest.raises(UnreachableError):
                    client.send(LIST)
        assert sum(time.sleeps) < SECONDS

    def test_each_is_patient_where_somebody_has_answered(self, time):
        server = RawServer(lambda _: [GOOD])
        with Client(server.url, Token(SecretStr("t")), clock=time.clock(), environ={}) as client:
            client.send(LIST)
            server.close()
            for _ in range(2):
                before = len(time.sleeps)
                with pytest.raises(UnreachableError):
                    client.send(LIST)
                assert len(time.sleeps) > before

    def test_what_is_cut_off_is_tried_again_for_long(self, time):
        with RawServer(lambda _: []) as server:
            told = refused(server.url, time, operation=LIST)
        assert type(told.error) is TransportError
        assert 30 < told.slept <= 45
        assert told.said


ROUTE = Route("VPCEP_ENDPOINT")


@pytest.mark.parametrize(
    ("error", "passing", "advice"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "x"), Passing.SOON_OR_NEVER, "check the network, and check VPCEP_ENDPOINT"),
        (socket.gaierror(socket.EAI_NONAME, "x"), Passing.SOON_OR_NEVER, "check VPCEP_ENDPOINT"),
        (
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            Passing.SOON_OR_NEVER,
            "check the network, VPCEP_ENDPOINT, or name a proxy in https_proxy",
        ),
        (
            TimeoutError("timed out"),
            Passing.LIKELY,
            "check the network, VPCEP_ENDPOINT, or name a proxy in https_proxy",
        ),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), Passing.LIKELY, ""),
    ],
)
def test_what_may_pass_before_it_is_reached(error, passing, advice):
    found = reaching(error, ROUTE, at_proxy=False)
    assert (found.passing, found.advice) == (passing, advice)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), Passing.LIKELY),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), Passing.LIKELY),
        (TimeoutError("timed out"), Passing.LIKELY),
        (ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert"), Passing.NEVER),
    ],
)
def test_what_may_pass_in_the_handshake(error, passing):
    assert securing(error, ROUTE, at_proxy=False).passing is passing
