"""A credential that is refused once is never sent again, with real threads against the simulator."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from tests.conftest import DrivenTime
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credential_state import CredentialState
from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.api.operations import list_connections
from vpcep_pulumi.errors import AuthenticationError, RequestError
from vpcep_pulumi.testing.clock import now
from vpcep_pulumi.testing.simulator import Simulator

LIST = list_connections("p", "svc")
KEY = AccessKey("AKAKAK", SecretStr("s3cr3t-key"))
THREADS = 3
WAIT = 60.0


def revoke(simulator: Simulator) -> None:
    simulator.world.configure(replace(simulator.world.settings, access_keys={"AKAKAK": "another"}))


def test_a_key_that_is_revoked_in_the_middle_is_refused_once(simulator):
    """Eight calls, eight 401s, and the key was locked: it had proved good before."""
    simulator.world.configure(replace(simulator.world.settings, access_keys={"AKAKAK": "s3cr3t-key"}))
    simulator.connect("svc", "ep")
    with Client(simulator.url, KEY, trust_env=False) as client:
        client.send(LIST)
        revoke(simulator)
        for _ in range(8):
            with pytest.raises(AuthenticationError):
                client.send(LIST)
    assert [call["status"] for call in simulator.calls()] == [200, 401]


def test_a_clock_that_is_off_is_said_to_all():
    """Who asks afterwards was told to check the access key."""
    with (
        Simulator.start(access_keys={"AKAKAK": "s3cr3t-key"}, clock=lambda: now() + 3600) as simulator,
        Client(simulator.url, KEY, trust_env=False) as client,
    ):
        for _ in range(2):
            with pytest.raises(AuthenticationError, match="check the clock of this machine"):
                client.send(LIST)
        assert len(simulator.calls()) == 1


def test_real_threads_send_no_more_than_was_on_its_way(simulator):
    simulator.world.configure(replace(simulator.world.settings, access_keys={"AKAKAK": "s3cr3t-key"}))
    simulator.connect("svc", "ep")
    revoked = threading.Event()

    def ask(client: Client) -> int:
        """Ask until refused, then ten times more."""
        answered = 0
        with suppress(AuthenticationError):
            while True:
                client.send(LIST)
                answered += 1
                if answered == 5:
                    revoked.set()
        for _ in range(10):
            with pytest.raises(AuthenticationError):
                client.send(LIST)
        return answered

    with Client(simulator.url, KEY, trust_env=False) as client, ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask, client) for _ in range(THREADS)]
        assert revoked.wait(WAIT)
        revoke(simulator)
        answered = sum(each.result(WAIT) for each in asked)
    statuses = [call["status"] for call in simulator.calls()]
    assert statuses.count(200) == answered
    assert 1 <= statuses.count(401) <= THREADS


def test_a_code_that_refuses_the_credential_counts_with_any_status(time):
    answer = httpx.Response(403, content=b'{"error_code": "EndPoint.0003"}')
    sent: list[str] = []

    def network(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(403, stream=httpx.ByteStream(answer.content))

    with Client("https://x", KEY, clock=time.clock(), transport=httpx.MockTransport(network)) as client:
        for _ in range(8):
            with pytest.raises(AuthenticationError):
                client.send(LIST)
    assert len(sent) == 1


def test_who_waits_in_the_throttle_is_stopped_as_well():
    """One waits out a 429; another is refused meanwhile."""
    time = DrivenTime()
    waits, go_on = threading.Event(), threading.Event()
    statuses: list[int] = []
    plan = {"one": [200, 429], "two": [401]}
    held, released = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        assert go_on.wait(WAIT)
        time.sleep(seconds)

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[4]
        if name == "two":
            held.set()
            assert released.wait(WAIT)
        statuses.append(plan[name].pop(0))
        return httpx.Response(statuses[-1], stream=httpx.ByteStream(b'{"connections": []}'))

    clock = type(time.clock())(lambda: time.now, sleep, lambda _low, high: high)
    client = Client("https://vpcep.example", KEY, clock=clock, transport=httpx.MockTransport(answer))
    with client, ThreadPoolExecutor(2) as pool:
        client.send(list_connections("p", "one"))
        two = pool.submit(client.send, list_connections("p", "two"))
        assert held.wait(WAIT)
        one = pool.submit(client.send, list_connections("p", "one"))
        assert waits.wait(WAIT)
        released.set()
        with pytest.raises(AuthenticationError):
            two.result(WAIT)
        go_on.set()
        with pytest.raises(AuthenticationError, match="not sent, the same credentials were refused before"):
            one.result(WAIT)
    assert statuses == [200, 429, 401]


def test_all_clients_of_a_credential_know_of_a_refusal(time):
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.host)
        return httpx.Response(401, stream=httpx.ByteStream(b""))

    credential_state, transport = CredentialState(), httpx.MockTransport(answer)
    clients = [
        Client(
            f"https://{host}.example", KEY, clock=time.clock(), transport=transport, credential_state=credential_state
        )
        for host in ("iam", "vpcep")
    ]
    for client in clients:
        with pytest.raises(AuthenticationError):
            client.send(LIST)
    assert sent == ["iam.example"]


@pytest.mark.parametrize("answer", [(502, b"<html>"), (429, b""), (403, b""), (200, b"<html>")])
def test_only_an_answer_of_the_api_proves_a_credential(time, answer):
    """A proxy's page does not: bad credentials would then be sent by all threads at once."""
    status, body = answer
    credential_state = CredentialState()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=httpx.ByteStream(body)))
    with (
        Client(
            "https://x",
            Token(SecretStr("t-t-t-t")),
            clock=time.clock(),
            transport=transport,
            credential_state=credential_state,
        ) as c,
        pytest.raises(RequestError),
    ):
        c.send(LIST)
    assert not credential_state._is_proven
