"""The client over a network that can be as chaos as it likes, with time that passes only in sleeps."""

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from vpcep_pulumi.api.auth import AccessKeyAuth, TokenAuth
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.api.operations import ApiCall, act_on_connection, describe_connection, list_connections
from vpcep_pulumi.api.retry import BUDGETS, RetryReason
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import AnswerError, ApiError, AuthenticationError, RequestError, TransportError
from vpcep_pulumi.testing.simulator import Simulator

KEY = AccessKey("AKAKAK", SecretStr("s3cr3t-key"))
LIST = list_connections("p", "svc")
RECEIVE = act_on_connection("p", "svc", "ep", "receive")
DESCRIBE = describe_connection("p", "svc", "ep", "note")
GOOD = {"connections": [{"id": "ep", "status": "accepted"}], "total_count": 1}


class Network:
    """Answers each request with the next of its answers; the last one again and again."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        status, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, stream=httpx.ByteStream(content), headers={"X-Request-Id": "r1"})


def over(network, time, credential=KEY, **options) -> Client:
    return Client(
        "https://vpcep.example", credential, clock=time.clock(), transport=httpx.MockTransport(network), **options
    )


def test_an_answer(time):
    with over(Network((200, GOOD)), time) as client:
        assert client.send(RECEIVE).status == "accepted"
    assert time.sleeps == []


@pytest.mark.parametrize("operation", [LIST, RECEIVE, DESCRIBE], ids=["GET", "POST", "PUT"])
def test_throttling_is_waited_out_and_said(time, operation):
    network = Network((429, {"error_code": "APIGW.0308", "error_msg": "over ratelimit"}), (200, GOOD))
    said: list[str] = []
    over(network, time, warn=said.append).send(operation)
    assert (len(network.requests), time.sleeps) == (2, [4])
    assert said == [
        f"{operation.name}: over ratelimit (APIGW.0308, HTTP 429, request id r1); trying again in 4.0 s; "
        "every other request waits as well"
    ]


def test_throttling_outlasts_a_quota_of_five_minutes_but_not_for_ever(time):
    network = Network((429, b""))
    with pytest.raises(ApiError):
        over(network, time).send(RECEIVE)
    assert 300 < sum(time.sleeps) <= 400


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_zero_is_no_busy_loop(time, status):
    """2,000 requests and as many warnings went out in 5 s."""
    said: list[str] = []
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, headers={"Retry-After": "0"}, stream=httpx.ByteStream(b""))

    with pytest.raises(ApiError):
        over(answer, time, warn=said.append).send(LIST)
    assert len(requests) == len(said) + 1 <= 40
    assert all(seconds >= 0.5 for seconds in time.sleeps)


def test_time_that_stands_still_is_no_endless_loop(time):
    network = Network((429, b""))
    with pytest.raises(ApiError):
        Client(
            "https://vpcep.example",
            KEY,
            clock=Clock(monotonic=iter(range(10**9)).__next__, sleep=lambda _seconds: None, uniform=lambda low, _: low),
            transport=httpx.MockTransport(network),
        ).send(LIST)
    assert len(network.requests) <= BUDGETS[RetryReason.THROTTLED].attempts


def test_retry_after_is_obeyed(time):
    network = Network(httpx.Response(429, headers={"Retry-After": "17"}, stream=httpx.ByteStream(b"")), (200, GOOD))
    over(network, time).send(LIST)
    assert time.sleeps == [17]


@pytest.mark.parametrize("operation", [LIST, DESCRIBE], ids=["GET", "PUT"])
@pytest.mark.parametrize(
    "trouble",
    [(500, b""), (502, b"<html>"), (200, b"{"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut off")],
    ids=["500", "502", "truncated", "timeout", "cut off"],
)
def test_what_may_be_repeated_is(time, operation, trouble):
    network = Network(trouble, (200, GOOD))
    over(network, time).send(operation)
    assert len(network.requests) == 2


@pytest.mark.parametrize(
    "trouble",
    [(500, b""), (502, b"<html>"), (200, b"{"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut off")],
    ids=["500", "502", "truncated", "timeout", "cut off"],
)
def test_a_post_whose_answer_is_lost_is_sent_once(time, trouble):
    network = Network(trouble, (200, GOOD))
    with pytest.raises(RequestError) as error:
        over(network, time).send(RECEIVE)
    assert error.value.maybe_done
    assert len(network.requests) == 1


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_a_post_that_never_left_is_sent_again(time, trouble):
    network = Network(trouble, (200, GOOD))
    over(network, time).send(RECEIVE)
    assert len(network.requests) == 2


def test_no_trouble_is_borne_for_ever(time):
    with pytest.raises(TransportError, match=r"cannot connect to vpcep\.example: refused"):
        over(Network(httpx.ConnectError("refused")), time).send(LIST)
    assert 30 < sum(time.sleeps) <= 45


def test_a_401_is_sent_once_whoever_asks_afterwards(time):
    network = Network((401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}))
    client = over(network, time)
    operations: list[ApiCall[Any]] = [LIST, RECEIVE, DESCRIBE]
    for operation in operations:
        with pytest.raises(AuthenticationError, match="verify aksk signature fail"):
            client.send(operation)
    assert len(network.requests) == 1


def test_a_401_is_sent_once_however_many_ask_at_once(time):
    barrier = threading.Barrier(8)
    network = Network((401, b""))
    client = over(network, time)
    refused = []

    def ask() -> None:
        barrier.wait()
        try:
            client.send(LIST)
        except AuthenticationError as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(network.requests)) == (8, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(time, status):
    headers = {"Location": "https://elsewhere.example/"}
    network = Network(httpx.Response(status, headers=headers, stream=httpx.ByteStream(b"")))
    with pytest.raises(ApiError, match="a redirect"):
        over(network, time).send(RECEIVE)
    assert [request.url.host for request in network.requests] == ["vpcep.example"]


def test_an_answer_is_only_so_large(time):
    network = Network((200, b"[" + b" " * RECEIVE.longest_answer))
    with pytest.raises(AnswerError, match=f"exceeds {RECEIVE.longest_answer} bytes") as error:
        over(network, time).send(RECEIVE)
    assert error.value.maybe_done


def test_a_refusal_is_believed_however_large_its_page(time):
    with pytest.raises(AuthenticationError):
        over(Network((401, b"<" * 10_000_000)), time).send(RECEIVE)


@pytest.mark.parametrize("depth", [10, 200, 400, 700, 900, 990, 1100, 10_000])
@pytest.mark.parametrize("nest", [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_an_answer_nested_at_any_depth_is_an_error_of_ours(time, nest, depth):
    opens, closes = nest
    body = b'{"connections": ' + opens * depth + b"0" + closes * depth + b"}"
    with pytest.raises(AnswerError) as error:
        over(Network((200, body)), time).send(RECEIVE)
    assert error.value.maybe_done


@pytest.mark.parametrize("answer", [(302, b""), (304, b""), (500, b""), (200, b"{"), (200, {"connections": []})])
def test_an_error_after_a_post_that_may_have_been_carried_out_says_so(time, answer):
    with pytest.raises(RequestError) as error:
        over(Network(answer), time).send(RECEIVE)
    assert error.value.maybe_done


def test_an_answer_takes_only_so_long(time):
    def trickle():
        while True:
            time.now += 10
            yield b" "

    network = Network(httpx.Response(200, content=trickle()))
    with pytest.raises(TransportError, match="longer than 60 s"):
        over(network, time).send(RECEIVE)


@pytest.mark.parametrize("credential", [KEY, Token(SecretStr("s3cr3t-key"))], ids=["key", "token"])
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_secret_that_a_server_repeats_goes_no_further(time, credential, status):
    network = Network((status, {"error_code": "X", "error_msg": "bad key s3cr3t-key"}))
    with pytest.raises(ApiError) as error:
        over(network, time, credential).send(RECEIVE)
    assert "s3cr3t-key" not in f"{error.value!s} {error.value!r} {error.value.__dict__}"
    assert "bad key [secret]" in str(error.value)


ECHOES = {
    "a code": httpx.Response(400, content=b'{"error_code": "s3cr3t-key"}'),
    "a message in escapes": httpx.Response(400, content=rb'{"error_msg": "bad \u00733cr3t\u002dkey"}'),
    "a message in percent": httpx.Response(400, content=b'{"error_msg": "bad %73%33cr3t%2Dkey"}'),
    "a request id": httpx.Response(400, headers={"X-Request-Id": "s3cr3t-key"}),
    "a request id in the body": httpx.Response(400, content=b'{"request_id": "s3cr3t-key"}'),
    "a reason": httpx.ProxyError("407 no s3cr3t-key"),
    "an exception": httpx.RemoteProtocolError("illegal header line: bytearray(b'X s3cr3t-key')"),
    "a note": httpx.Response(200, content=b'{"connections": [{"id": "ep", "description": "s3cr3t-key"}]}'),
    "an account": httpx.Response(200, content=b'{"connections": [{"id": "ep", "domain_id": "s3cr3t-key"}]}'),
    "a status": httpx.Response(200, content=b'{"connections": [{"id": "ep", "status": "s3cr3t-key"}]}'),
    "a reason for a failure": httpx.Response(
        200, content=b'{"connections": [{"id": "ep", "error": [{"error_message": "%733cr3t-key"}]}]}'
    ),
    "a field's name": httpx.Response(200, content=b'{"connections": {"s3cr3t-key": 1}}'),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_secret_goes_no_further_wherever_it_is_repeated(time, echo):
    said: list[str] = []
    answer = ECHOES[echo]
    if isinstance(answer, httpx.Response):
        answer = httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))
    try:
        shown = repr(over(Network(answer, (404, b"")), time, warn=said.append, debug=said.append).send(RECEIVE))
    except RequestError as error:
        shown = f"{error!s} {error!r} {error.__dict__}"
    assert "s3cr3t" not in f"{shown} {said}"
    assert any(mark in f"{shown} {said}" for mark in ("secret", "withheld", "connections"))


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        ((200, GOOD), ["200, request id r1, 250 ms"]),
        (
            (403, {"error_code": "EndPoint.0004", "error_msg": "no"}),
            ["403, request id r1, 250 ms"],
        ),
        ((403, {"request_id": "r2"}), ["403, request id r1, 250 ms"]),
        (httpx.Response(403, content=b'{"request_id": "r2"}'), ["403, request id r2, 250 ms"]),
        (httpx.Response(403, content=b""), ["403, 250 ms"]),
        (
            httpx.RemoteProtocolError("cut off"),
            ["no answer: cut off, 250 ms"],
        ),
    ],
)
def test_each_request_can_be_seen(time, answer, came):
    lines: list[str] = []

    def network(request: httpx.Request) -> httpx.Response:
        time.now += 0.25
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, stream=httpx.ByteStream(answer.content))
        return Network(answer)(request)

    with suppress(RequestError):
        over(network, time, debug=lines.append).send(RECEIVE)
    asked = "POST https://vpcep.example/v1/p/vpc-endpoint-services/svc/connections/action -> "
    assert [line.removeprefix(asked) for line in lines] == came


def test_what_is_seen_holds_no_credential_and_no_description(time):
    lines: list[str] = []
    credential = AccessKey("AKAKAK", SecretStr("s3cr3t-key"), SecretStr("s3cr3t-token"))
    client = over(Network((200, GOOD)), time, credential, debug=lines.append)
    client.send(describe_connection("p", "svc", "ep", "s3cr3t-note"))
    client.send(list_connections("s3cr3t-key", "svc", endpoint_id="s3cr3t-token"))
    assert len(lines) == 2
    assert "s3cr3t" not in "".join(lines)
    assert "AKAKAK" not in "".join(lines)


def test_each_attempt_is_seen(time):
    lines: list[str] = []
    over(Network((503, b""), (200, GOOD)), time, debug=lines.append).send(LIST)
    assert [line.partition(" -> ")[2] for line in lines] == ["503, request id r1, 0 ms", "200, request id r1, 0 ms"]


def test_no_repr_shows_a_secret():
    key = AccessKey("AKAKAK", SecretStr("s3cr3t-key"), SecretStr("s3cr3t-token"))
    shown = f"{key!r} {key} {Token(SecretStr('s3cr3t-token'))!r} {AccessKeyAuth(key)!r} {vars(AccessKeyAuth(key))}"
    assert "s3cr3t" not in shown


def headers_of(auth: httpx.Auth, request: httpx.Request) -> httpx.Headers:
    return next(auth.auth_flow(request)).headers


def test_a_token_is_a_header():
    request = httpx.Request("GET", "https://vpcep.example/")
    assert headers_of(TokenAuth(Token(SecretStr("t"))), request)["X-Auth-Token"] == "t"


def test_a_temporary_key_names_its_token_and_signs_it():
    key = AccessKey("AK", SecretStr("SK"), SecretStr("st"))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    headers = headers_of(AccessKeyAuth(key, lambda: moment), httpx.Request("GET", "https://vpcep.example/v1?a=b"))
    assert (headers["X-Security-Token"], headers["X-Sdk-Date"]) == ("st", "20260101T000000Z")
    assert "SignedHeaders=host;x-sdk-date;x-security-token," in headers["Authorization"]


@pytest.mark.parametrize("credential", [KEY, AccessKey("TEMP", SecretStr("s3cr3t-temp"), SecretStr("st"))])
def test_what_we_sign_a_server_verifies(credential):
    keys = {"AKAKAK": "s3cr3t-key", "TEMP": "s3cr3t-temp"}
    with Simulator.start(access_keys=keys) as simulator, Client(simulator.url, credential) as client:
        simulator.connect("svc", "ep")
        assert [each.id for each in client.send(LIST).connections] == ["ep"]
        assert client.send(RECEIVE).status == "accepted"
        assert client.send(describe_connection("p", "svc", "ep", "ä ~/?&=%")).description == "ä ~/?&=%"


def test_a_wrong_key_is_refused():
    with Simulator.start(access_keys={"AKAKAK": "another"}) as simulator, Client(simulator.url, KEY) as client:
        with pytest.raises(AuthenticationError, match="verify aksk signature fail"):
            client.send(LIST)
        assert [call["status"] for call in simulator.calls()] == [401]
