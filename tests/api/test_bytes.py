"""Whatever bytes an answer is made of, over a real socket: an answer, or an error of ours, and soon."""

from __future__ import annotations

import json
import time as real_time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.api.raw import RawServer
from tests.conftest import DrivenTime
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.api.operations import act_on_connection, list_connections
from vpcep_pulumi.errors import ApiError, RequestError

EXAMPLES = 400
MOST_SECONDS = 30.0
SECRET = "token-t0ken-token"
BODY = json.dumps({"connections": [{"id": "ep", "status": "accepted", "marker_id": 422321321312321321}]}).encode()
OPERATIONS = (list_connections("p", "svc"), act_on_connection("p", "svc", "ep", "receive"))

statuses = st.sampled_from(
    [100, 101, 103, 200, 200, 200, 200, 204, 206, 301, 302, 304, 400, 401, 403, 429, 500, 999, 20]
)
reasons = st.sampled_from([b"OK", b"", b"\x1b[31m", "\u202e".encode(), SECRET.encode(), b"\xff" * 50, b"x" * 5000])
versions = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"ICY", b""])
values = st.binary(max_size=30) | st.sampled_from(
    [b"0", b"5", b"-1", b"9" * 30, b"chunked", b"gzip", b"gzip, chunked", b"identity", b"close", b"http://[", b"//",
     b"https://\xe2\x80\xae/", b"http://x:99999999/", b"a=b; Expires=Thu, 99 Foo 99999 99:99:99",
     b"\x1b]0;x\x07", b"0" * 70_000]
)  # fmt: skip
names = st.sampled_from(
    [b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Connection", b"Location", b"Set-Cookie",
     b"Retry-After", b"X-Request-Id", b"Content-Type", b"Upgrade", b"WWW-Authenticate", b"", b"\xff", b" "]
)  # fmt: skip
numbers = st.sampled_from(
    ["1", "1e99999999999999999999999", "1e99999999", "-0", "1.5", "9" * 400, "9" * 5000, "NaN", "Infinity"]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """The documented answer, with something done to its bytes."""
    kind = draw(st.sampled_from(["good", "number", "cut", "spliced", "bytes", "twice", "encoded", "many"]))
    if kind == "number":
        return BODY.replace(b"422321321312321321", draw(numbers).encode())
    if kind == "cut":
        return BODY[: draw(st.integers(0, len(BODY)))]
    if kind == "spliced":
        at = draw(st.integers(0, len(BODY)))
        return BODY[:at] + draw(st.binary(max_size=10)) + BODY[at + draw(st.integers(0, 10)) :]
    if kind == "bytes":
        return draw(st.binary(max_size=100))
    if kind == "twice":
        return BODY.replace(b'"status"', b'"id": "other", "status"')
    if kind == "encoded":
        return BODY.decode().encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "utf-16-le"])))
    return (
        BODY.replace(b"[{", b"[" + b"{}," * draw(st.sampled_from([10, 30, 2_000])) + b"{") if kind == "many" else BODY
    )


@st.composite
def chunks(draw: st.DrawFn, body: bytes) -> bytes:
    """A body in chunks, well framed or not."""
    found, at = b"", 0
    while at < len(body):
        size = draw(st.integers(1, 200)) if len(body) < 1000 else len(body)
        piece = body[at : at + size]
        extension = draw(st.sampled_from([b"", b"", b";a=b", b";" + b"x" * 200, b" ", b"\x00"]))
        found += b"%x%s\r\n%s\r\n" % (len(piece), extension, piece)
        at += size
    end = draw(
        st.sampled_from([b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n", b"-1\r\n", b"zz\r\n", b"f" * 20 + b"\r\n", b""])
    )
    return found + end


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """A whole answer."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * draw(st.sampled_from([0, 0, 0, 1, 50]))
    line = b"%s %d %s\r\n" % (draw(versions), draw(statuses), draw(reasons))
    headers = draw(st.lists(st.tuples(names, values), max_size=4))
    body = draw(bodies())
    framing = draw(st.sampled_from(["length", "length", "chunked", "none", "both", "wrong"]))
    if framing in ("length", "both"):
        headers.append((b"Content-Length", b"%d" % len(body)))
    if framing == "wrong":
        headers.append((b"Content-Length", b"%d" % (len(body) + draw(st.integers(-5, 5)))))
    if framing in ("chunked", "both"):
        headers.append((b"Transfer-Encoding", b"chunked"))
        body = draw(chunks(body))
    break_ = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r\n ", b"\r"]))
    whole = interim + line + b"".join(b"%s: %s%s" % (name, value, break_) for name, value in headers) + b"\r\n" + body
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 9)) == 0 else whole


class Sender:
    """Sends the bytes that it was given last."""

    answer = b""

    def __call__(self, _request: bytes) -> Iterator[bytes]:
        yield self.answer


@pytest.fixture(scope="module")
def sender() -> Iterator[tuple[Sender, RawServer]]:
    found = Sender()
    with RawServer(found) as server:
        yield found, server


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(answers() | st.binary(max_size=200), st.sampled_from(OPERATIONS))
@example(b"HTTP/1.1 200 OK\r\n\r\n" + BODY.replace(b"422321321312321321", b"1e99999999999999999999999"), OPERATIONS[1])
@example(b"HTTP/1.1 302 \r\nLocation: http://[\r\n\r\n", OPERATIONS[1])
@example(b"HTTP/1.1 200 OK\r\n\r\n" + b'{"connections": [], "total_count": 1e99999999}', OPERATIONS[0])
@example(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + BODY, OPERATIONS[1])
def test_whatever_bytes_come_they_are_an_answer_or_an_error_of_ours(sender, answer, operation):
    sends, server = sender
    sends.answer = answer
    server.requests.clear()
    time = DrivenTime()
    said: list[str] = []
    carried_out_or_not_known = True
    began = real_time.monotonic()
    with Client(server.url, Token(SecretStr(SECRET)), clock=time.clock(), warn=said.append, trust_env=False) as client:
        try:
            shown = repr(client.send(operation))
        except RequestError as error:
            shown = str(error)
            said.append(shown)
            refused = isinstance(error, ApiError) and 400 <= error.http_status < 500
            carried_out_or_not_known = error.maybe_done or refused
    assert real_time.monotonic() - began < MOST_SECONDS
    assert len(server.requests) <= 40
    assert carried_out_or_not_known
    for line in (shown, *said):
        assert SECRET not in line
        assert line.isprintable()
    # A page is as long as the connections that it holds.
    assert all(len(line) < 2_000 for line in said)
