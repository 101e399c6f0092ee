"""The simulator's faults: data in, trouble out, the same way for the same seed."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.api.operations import act_on_connection, list_connections
from vpcep_pulumi.errors import AnswerError, ApiError, AuthenticationError, PermissionDeniedError, TransportError
from vpcep_pulumi.testing.simulator import Fault, Simulator
from vpcep_pulumi.testing.simulator.faults import KINDS, Faults, When

LIST = list_connections("p", "svc")
RECEIVE = act_on_connection("p", "svc", "ep", "receive")
COMES_TO: dict[str, type[Exception] | None] = {
    "throttled": ApiError,
    "busy": ApiError,
    "failed": ApiError,
    "failed_after": ApiError,
    "timed_out": ApiError,
    "null_body": ApiError,
    "bad_gateway": ApiError,
    "unavailable": ApiError,
    "forbidden": PermissionDeniedError,
    "expired": AuthenticationError,
    "skewed": AuthenticationError,
    "cut": TransportError,
    "lost": TransportError,
    "broken_off": TransportError,
    "truncated": AnswerError,
    "html": AnswerError,
    "empty": AnswerError,
    "other_id": AnswerError,
    "huge_number": None,
    "slow": None,
    "late": None,
    "trickled": None,
    "duplicated": None,
    "stale": None,
    "unknown_status": None,
    "missing_fields": None,
    "error_object": None,
    "shifted": AnswerError,
}
"""What a decision that meets a fault comes to, for good; None is an answer all the same."""


@pytest.fixture
def client(simulator, time):
    simulator.connect("svc", "ep", domain="d1")
    with Client(simulator.url, Token(SecretStr("token-token")), clock=time.clock(), trust_env=False) as client:
        yield client


def test_each_kind_is_tried_here():
    assert set(COMES_TO) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_decision_comes_to(simulator, client, kind):
    simulator.fault(kind, "POST", seconds=0.01)
    expected = COMES_TO[kind]
    if expected is None:
        assert client.send(RECEIVE).id == "ep"
    else:
        with pytest.raises(expected):
            client.send(RECEIVE)
    carried_out = KINDS[kind].when is not When.REFUSED
    assert (simulator.status("svc", "ep") == "accepted") is carried_out
    assert simulator.calls("POST")[0]["fault"] == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_that_ends_is_got_over_by_reading(simulator, client, kind):
    """But for what is refused for good, or looks like an answer."""
    for_good = ("null_body", "forbidden", "expired", "skewed", "shifted")
    simulator.fault(kind, "GET", times=1, seconds=0.01)
    if kind in for_good[:4]:
        with pytest.raises(ApiError):
            client.send(LIST)
    else:
        assert client.send(LIST).total_count == 1


def test_where_and_how_often(simulator, client):
    fault = simulator.fault("null_body", path="/action", skip=1, times=1)
    client.send(RECEIVE)
    client.send(LIST)
    with pytest.raises(ApiError, match=r"EndPoint\.0011"):
        client.send(RECEIVE)
    client.send(RECEIVE)
    assert fault.applied == 1


def test_an_unknown_kind_is_refused(simulator):
    with pytest.raises(ValueError, match="'rust' is no fault; these are: throttled, busy"):
        simulator.fault("rust")


@given(st.integers(0, 100), st.floats(0, 1), st.lists(st.sampled_from(["GET", "POST"]), max_size=30))
def test_the_same_seed_draws_the_same(seed, rate, methods):
    def drawn() -> list[Any]:
        faults = Faults()
        faults.put([Fault("cut", "GET", rate=rate), Fault("lost", rate=rate / 2)], seed=seed)
        return [found and found.kind for found in (faults.draw(method, "/path") for method in methods)]

    assert drawn() == drawn()


@given(
    st.integers(0, 3),
    st.none() | st.integers(0, 3),
    st.lists(st.tuples(st.sampled_from(["GET", "POST"]), st.sampled_from(["/a", "/b"])), max_size=12),
)
def test_skip_and_times_count_what_is_meant(skip, times, requests):
    faults = Faults()
    faults.put([Fault("cut", "POST", "/a", skip=skip, times=times)])
    hits = [faults.draw(*request) is not None for request in requests]
    meant = [request == ("POST", "/a") for request in requests]
    assert all(expected for hit, expected in zip(hits, meant, strict=True) if hit)
    assert sum(hits) == min(max(sum(meant) - skip, 0), sum(meant) if times is None else times)


class TestTheControlApi:
    def test_faults_are_put_listed_and_cleared(self, simulator):
        with httpx.Client(base_url=f"{simulator.url}/_simulator") as control:
            body = {
                "seed": 3,
                "faults": [{"kind": "cut", "method": "POST", "rate": 0.5}, {"kind": "slow", "seconds": 1}],
            }
            put = control.put("/faults", json=body).json()
            assert [each["kind"] for each in put["faults"]] == ["cut", "slow"]
            assert put["faults"][0] == {
                "kind": "cut",
                "method": "POST",
                "path": "",
                "rate": 0.5,
                "skip": 0,
                "times": None,
                "seconds": 0,
                "applied": 0,
            }
            assert control.get("/faults").json() == put
            assert control.delete("/faults").status_code == 204
            assert control.get("/faults").json() == {"faults": []}

    @pytest.mark.parametrize(
        "fault",
        [{}, {"kind": "rust"}, {"kind": "cut", "rate": 2}, {"kind": "cut", "skip": -1}, {"kind": "cut", "x": 1}],
    )
    def test_what_is_no_fault_is_refused(self, simulator, fault):
        body = {"faults": [fault]}
        assert httpx.put(f"{simulator.url}/_simulator/faults", json=body).status_code == 422

    def test_time_passes(self, simulator, client):
        simulator.creating(60)
        assert client.send(RECEIVE).status == "creating"
        assert httpx.post(f"{simulator.url}/_simulator/clock", json={"advance_s": 61}).status_code == 204
        assert simulator.status("svc", "ep") == "accepted"

    def test_a_quota(self, simulator, client):
        httpx.put(f"{simulator.url}/_simulator/settings", json={"quota": 2, "quota_s": 60}).raise_for_status()
        for _ in range(2):
            client.send(LIST)
        with pytest.raises(ApiError, match="policy user over ratelimit"):
            client.send(LIST)
        simulator.advance(61)
        client.send(LIST)


def test_a_bad_day_is_the_same_for_the_same_seed():
    def day() -> list[Any]:
        with Simulator.start(seed=5, chaos=True) as simulator:
            simulator.latency(0)
            draws = [simulator.faults.draw(*each) for each in product(["GET", "POST"], map(str, range(100)))]
            return [found and found.kind for found in draws]

    assert day() == day()
    assert any(day())


def test_five_bad_signatures_lock_a_key(time):
    with Simulator.start(access_keys={"AK": "right-key"}) as simulator:
        simulator.service("svc")

        def send(secret: str) -> None:
            with Client(
                simulator.url, AccessKey("AK", SecretStr(secret)), clock=time.clock(), trust_env=False
            ) as client:
                client.send(LIST)

        for _ in range(4):
            with pytest.raises(AuthenticationError, match="verify aksk signature fail"):
                send("wrong-key")
        send("right-key")
        for _ in range(5):
            with pytest.raises(AuthenticationError, match="verify aksk signature fail"):
                send("wrong-key")
        with pytest.raises(AuthenticationError, match="the access key is locked"):
            send("right-key")
