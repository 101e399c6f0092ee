"""Who may ask when: with time that passes only in sleeps, and with real threads."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.conftest import DrivenTime
from vpcep_pulumi.api.client import LEAST_CLOSING, Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.api.operations import act_on_connection, describe_connection, list_connections
from vpcep_pulumi.api.throttle import Throttle, Turn
from vpcep_pulumi.errors import ApiError, CancelledError

LIST = list_connections("p", "svc")
GOOD = json.dumps({"connections": [{"id": "ep"}]}).encode()
WAIT = 60.0
"""Seconds of real time after which a test gives up on a thread."""


def throttle_of(time: DrivenTime) -> Throttle:
    return Throttle(lambda: time.now, time.sleep)


def test_open_it_lets_everybody_through_at_once(time):
    throttle = throttle_of(time)
    with throttle.turn(), throttle.turn(), throttle.turn():
        assert time.sleeps == []


def test_closed_it_is_waited_for(time):
    throttle = throttle_of(time)
    throttle.close_for(30)
    throttle.close_for(10)
    with throttle.turn() as turn:
        assert time.sleeps == [30]
    throttle.answered(turn)
    with throttle.turn(), throttle.turn():
        assert time.sleeps == [30]


def test_an_answer_that_was_on_its_way_does_not_open_it(time):
    """Closed for 30 s, the next request went after 0 s."""
    throttle = throttle_of(time)
    with throttle.turn() as early:
        throttle.close_for(30)
    throttle.answered(early)
    with throttle.turn():
        assert time.sleeps == [30]


def test_an_answer_to_a_request_of_before_the_last_closing_does_not_open_it(time):
    throttle = throttle_of(time)
    throttle.close_for(5)
    with throttle.turn() as alone:
        throttle.close_for(30)  # another one, of before, was told so only now
    throttle.answered(alone)
    with throttle.turn():
        assert time.sleeps == [5, 30]


def test_a_wait_that_is_ended_lets_the_next_one_wait(time):
    def interrupted(_seconds: float) -> None:
        raise CancelledError("interrupted")

    throttle = Throttle(lambda: time.now, interrupted)
    throttle.close_for(30)
    for _ in range(2):
        with pytest.raises(CancelledError), throttle.turn():
            pass


events = st.lists(
    st.one_of(
        st.just(("begin", 0)),
        st.tuples(st.just("answered"), st.integers(0, 5)),
        st.tuples(st.just("throttled"), st.integers(0, 5)),
        st.tuples(st.just("passes"), st.integers(1, 40)),
    ),
    max_size=40,
)


BEGIN, THROTTLED = ("begin", 0), ("throttled", 0)


@given(events, st.integers(1, 60))
@example([BEGIN, BEGIN, THROTTLED, BEGIN, THROTTLED, BEGIN], 1)  # one goes alone when another closes it once more
def test_no_request_begins_while_it_is_closed(events, seconds):
    """Whatever order requests begin, are answered and are throttled in; those on their way end as they like."""
    time = DrivenTime()
    throttle = throttle_of(time)
    opens_at, closed, last_closing = 0.0, False, 0
    under_way: list[tuple[int, bool, ExitStack, Turn]] = []
    for number, (event, value) in enumerate(events, start=1):
        if event == "begin":
            if closed and any(goes_alone for _, goes_alone, _, _ in under_way):
                continue  # another would wait for it
            stack = ExitStack()
            turn = stack.enter_context(throttle.turn())
            assert time.now >= opens_at, "it began while it was closed"
            under_way.append((number, closed, stack, turn))
        elif event == "passes":
            time.now += value
        elif under_way:
            began, _, stack, turn = under_way.pop(value % len(under_way))
            if event == "answered":
                throttle.answered(turn)
                closed = closed and began <= last_closing
            else:
                throttle.close_for(seconds)
                opens_at, closed, last_closing = max(opens_at, time.now + seconds), True, number
            stack.close()
    for _, _, stack, _ in under_way:
        stack.close()


class Gateway:
    """A network of which a test decides when each request is answered, and how."""

    def __init__(self) -> None:
        self.arrived: dict[str, threading.Event] = {}
        self.answers: dict[str, threading.Event] = {}
        self.responses: dict[str, httpx.Response] = {}
        self.order: list[tuple[str, float]] = []
        self.clock = lambda: 0.0

    def expect(self, name: str, response: httpx.Response) -> None:
        self.arrived[name], self.answers[name] = threading.Event(), threading.Event()
        self.responses[name] = response

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[4]
        self.order.append((name, self.clock()))
        if name not in self.arrived:
            return httpx.Response(200, stream=httpx.ByteStream(GOOD))
        self.arrived[name].set()
        assert self.answers[name].wait(WAIT)
        self.answers.pop(name)
        self.arrived.pop(name)
        return self.responses[name]


def good() -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(GOOD))


def throttled(seconds: int) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": str(seconds)}, stream=httpx.ByteStream(b""))


def test_real_threads_all_wait_although_one_is_answered_meanwhile():
    """One is told to wait for 30 s while the answer to another is on its way; a third one asks afterwards."""
    time, gateway = DrivenTime(), Gateway()
    gateway.clock = lambda: time.now
    said = threading.Event()
    credential = Token(SecretStr("token-token"))
    slept, go_on = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        slept.set()
        assert go_on.wait(WAIT)
        time.sleep(seconds)

    clock = type(time.clock())(lambda: time.now, sleep, lambda _low, high: high)
    client = Client(
        "https://vpcep.example",
        credential,
        clock=clock,
        warn=lambda _: said.set(),
        transport=httpx.MockTransport(gateway),
    )
    with client, ThreadPoolExecutor(3) as pool:
        client.send(list_connections("p", "first"))  # the credential is good
        gateway.expect("early", good())
        gateway.expect("told", throttled(30))
        early = pool.submit(client.send, list_connections("p", "early"))
        assert gateway.arrived["early"].wait(WAIT)
        told = pool.submit(client.send, list_connections("p", "told"))
        assert gateway.arrived["told"].wait(WAIT)
        gateway.answers["told"].set()
        assert said.wait(WAIT)
        assert slept.wait(WAIT)
        gateway.answers["early"].set()
        early.result(WAIT)
        late = pool.submit(client.send, list_connections("p", "late"))
        go_on.set()
        late.result(WAIT)
        told.result(WAIT)
    began = dict(gateway.order[:3])["told"]
    assert all(at >= began + 30 for name, at in gateway.order[3:]), gateway.order
    assert sorted(name for name, _ in gateway.order[3:]) == ["late", "told"]


def refused(status: int) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(b'{"error_code": "EndPoint.0005"}'))


@pytest.mark.parametrize("status", [404, 400])
def test_a_refusal_of_the_service_opens_it_as_an_answer_does(time, status):
    """It shows that the quota is not used up: two others are under way at once."""
    told, arrived, go = [throttled(9), refused(status)], threading.Semaphore(0), threading.Event()

    def network(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return told.pop(0)
        if not told:
            arrived.release()
            assert go.wait(WAIT)
        return good()

    client = Client(
        "https://vpcep.example",
        Token(SecretStr("token-token")),
        clock=time.clock(),
        transport=httpx.MockTransport(network),
    )
    with client, ThreadPoolExecutor(2) as pool:
        client.send(LIST)  # the credential is good
        with pytest.raises(ApiError):
            client.send(act_on_connection("p", "svc", "ep", "receive"))
        sent = [pool.submit(client.send, LIST) for _ in range(2)]
        assert all(arrived.acquire(timeout=WAIT) for _ in sent)
        go.set()
        for each in sent:
            each.result(WAIT)


def test_nobody_asks_between_a_429_and_the_wait_that_follows(time):
    """From the 429 on, before its pause is drawn, the throttle is closed."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return throttled(9)

    def warn(_line: str) -> None:
        raise CancelledError("enough")

    client = Client(
        "https://vpcep.example",
        Token(SecretStr("token-token")),
        clock=time.clock(),
        warn=warn,
        transport=httpx.MockTransport(answer),
    )
    closings: list[float] = []
    close_for = client._throttle.close_for

    def closing(seconds: float) -> None:
        closings.append(seconds)
        close_for(seconds)

    client._throttle.close_for = closing  # type: ignore[method-assign] # the throttle's own is called
    with pytest.raises(CancelledError):
        client.send(LIST)
    assert closings == [LEAST_CLOSING, 9]


def test_real_threads_ask_one_at_a_time_until_one_is_answered():
    time = DrivenTime()
    lock, most, under_way, refusals = threading.Lock(), [0], [0], [6]
    turn = threading.Lock()

    def sleep(seconds: float) -> None:
        with turn:
            time.sleep(seconds)

    def answer(_request: httpx.Request) -> httpx.Response:
        with lock:
            under_way[0] += 1
            closed = time.now > 1_000 and refusals[0] > 0
            if closed:
                most[0] = max(most[0], under_way[0])
            refusals[0] -= 1
            found = throttled(5) if refusals[0] >= 0 else good()
            under_way[0] -= 1
        return found

    clock = type(time.clock())(lambda: time.now, sleep, lambda _low, high: high)
    client = Client(
        "https://vpcep.example", Token(SecretStr("token-token")), clock=clock, transport=httpx.MockTransport(answer)
    )
    with client, ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(client.send, describe_connection("p", "svc", "ep", str(number))) for number in range(8)]
        assert all(each.result(WAIT).id == "ep" for each in sent)
    assert most[0] <= 1
