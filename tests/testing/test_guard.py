"""Who may talk to the simulator: a program of this machine, and no page in a browser that was led here."""

from __future__ import annotations

import http.client
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpcep_pulumi.testing.simulator import Simulator

BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/_simulator/services"): {"id": "svc"},
    ("POST", "/_simulator/connections"): {"service_id": "svc"},
    ("PATCH", "/_simulator/connections/svc/ep"): {"status": "accepted"},
    ("DELETE", "/_simulator/connections/svc/ep"): None,
    ("GET", "/_simulator/connections/svc"): None,
    ("GET", "/_simulator/calls"): None,
    ("DELETE", "/_simulator/calls"): None,
    ("PUT", "/_simulator/settings"): {"tokens": ["evil"]},
    ("PUT", "/_simulator/faults"): {"faults": [{"kind": "cut"}]},
    ("GET", "/_simulator/faults"): None,
    ("DELETE", "/_simulator/faults"): None,
    ("POST", "/_simulator/clock"): {"advance_s": 1},
    ("GET", "/v1/p/vpc-endpoint-services/svc/connections"): None,
    ("POST", "/v1/p/vpc-endpoint-services/svc/connections/action"): {"action": "receive", "endpoints": ["ep"]},
    ("GET", "/v3/projects"): None,
    ("GET", "/openapi.json"): None,
    ("GET", "/"): None,
}
"""Everything that is served."""
CONTROL = {(method, path): body for (method, path), body in BODIES.items() if path.startswith("/_simulator")}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def running():
    with Simulator.start() as simulator:
        yield simulator


@pytest.fixture
def ask(running):
    """Send a request whose Host is the caller's to choose; its status."""
    running.clear_calls()
    running.clear_faults()
    running.world.settings.tokens = []
    if running.status("svc", "ep") == "absent":
        running.connect("svc", "ep")
    running.world.put("svc", "ep", "pendingAcceptance")
    port = int(running.url.rpartition(":")[2])

    def ask(method: str, path: str, body: Any, *headers: tuple[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        content = b"" if body is None else json.dumps(body).encode()
        for name, value in (*headers, ("X-Auth-Token", "t"), ("Content-Length", str(len(content)))):
            connection.putheader(name, value.replace("PORT", str(port)))
        connection.endheaders(content)
        try:
            return connection.getresponse().status
        finally:
            connection.close()

    return ask


def untouched(simulator: Simulator) -> bool:
    return (
        simulator.status("svc", "ep"),
        simulator.calls(),
        simulator.faults.all(),
        simulator.world.settings.tokens,
    ) == (
        "pendingAcceptance",
        [],
        [],
        [],
    )


@pytest.mark.parametrize("each", BODIES, ids=" ".join)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:PORT",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:PORT",
        "localhost.evil.example:PORT",
        "127.0.0.1:PORT@evil.example",
        "[::1",
        "0.0.0.0:PORT",
        "2130706433:PORT",
        "",
    ],
)
def test_another_host_is_refused_whatever_is_asked(running, ask, each, host):
    assert ask(*each, BODIES[each], ("Host", host), *JSON.items()) == 421
    assert untouched(running)


def test_no_host_is_no_way_around(running, ask):
    """HTTP/1.1 without one is refused by the server itself, two likewise; HTTP/1.0 needs none."""
    assert ask("GET", "/", None) == 400
    assert ask("GET", "/", None, ("Host", "127.0.0.1:PORT"), ("Host", "evil.example:PORT")) == 400
    port = int(running.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]  # the library's own
    connection.putrequest("GET", "/_simulator/calls", skip_host=True, skip_accept_encoding=True)
    connection.endheaders()
    assert connection.getresponse().status == 421
    connection.close()


@pytest.mark.parametrize("each", BODIES, ids=" ".join)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "http://evil.example:PORT"),
        ("Origin", "http://127.0.0.1:1"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_another_site_is_refused_whatever_is_asked(running, ask, each, name, value):
    assert ask(*each, BODIES[each], ("Host", "127.0.0.1:PORT"), *JSON.items(), (name, value)) == 403
    assert untouched(running)


@pytest.mark.parametrize("each", [each for each, body in CONTROL.items() if body is not None], ids=" ".join)
@pytest.mark.parametrize(
    "kind",
    [
        [],
        [("Content-Type", "text/plain")],
        [("Content-Type", "text/plain;application/json")],
        [("Content-Type", "application/x-www-form-urlencoded")],
        [("Content-Type", "multipart/form-data; boundary=x")],
    ],
    ids=lambda each: each[0][1] if each else "none",
)
def test_the_control_api_takes_json_only(running, ask, each, kind):
    """What a page can send without asking the browser first is none."""
    assert ask(*each, BODIES[each], ("Host", "127.0.0.1:PORT"), *kind) == 415
    assert untouched(running)


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])
def test_programs_of_this_machine_are_served(ask, host):
    for each, body in BODIES.items():
        assert ask(*each, body, ("Host", host), ("Content-Type", "application/json; charset=utf-8")) < 400, each
        ask("DELETE", "/_simulator/faults", None, ("Host", host))
        ask("PUT", "/_simulator/settings", {"tokens": []}, ("Host", host), *JSON.items())
        ask("POST", "/_simulator/connections", {"service_id": "svc", "id": "ep"}, ("Host", host), *JSON.items())


def test_everything_that_is_served_is_tried_here(running):
    document = httpx.get(f"{running.url}/openapi.json").json()
    served = {(method.upper(), path) for path, each in document["paths"].items() for method in each}
    control = {(method, path) for method, path in served if path.startswith("/_simulator")}
    tried = {(method, path.replace("/svc", "/{service_id}").replace("/ep", "/{id}")) for method, path in CONTROL}
    assert tried == control


NUMBERS = st.one_of(
    st.floats(),
    st.integers(),
    st.sampled_from(["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e308", "1" + "0" * 400, "-0.0", "3600.0001"]),
)
PLACES = {
    "advance_s": ("POST", "/_simulator/clock", '{{"advance_s": {0}}}'),
    "latency_s": ("PUT", "/_simulator/settings", '{{"latency_s": {0}}}'),
    "creating_s": ("PUT", "/_simulator/settings", '{{"creating_s": {0}}}'),
    "deleting_s": ("PUT", "/_simulator/settings", '{{"deleting_s": {0}}}'),
    "quota_s": ("PUT", "/_simulator/settings", '{{"quota_s": {0}}}'),
    "quota": ("PUT", "/_simulator/settings", '{{"quota": {0}}}'),
    "seconds": ("PUT", "/_simulator/faults", '{{"faults": [{{"kind": "slow", "path": "x", "seconds": {0}}}]}}'),
    "rate": ("PUT", "/_simulator/faults", '{{"faults": [{{"kind": "slow", "path": "x", "rate": {0}}}]}}'),
    "skip": ("PUT", "/_simulator/faults", '{{"faults": [{{"kind": "slow", "path": "x", "skip": {0}}}]}}'),
    "times": ("PUT", "/_simulator/faults", '{{"faults": [{{"kind": "slow", "path": "x", "times": {0}}}]}}'),
}
"""Everywhere that the control API takes a number which is a time, a count or a rate."""


def test_no_number_puts_time_out_of_joint():
    headers = {**JSON, "X-Auth-Token": "t"}
    with Simulator.start() as simulator, httpx.Client(base_url=simulator.url, headers=headers) as client:
        simulator.connect("svc", "ep")

        @settings(max_examples=400)
        @given(st.sampled_from(list(PLACES)), NUMBERS)
        def tried(place: str, number: object) -> None:
            method, path, form = PLACES[place]
            text = number if isinstance(number, str) else json.dumps(number)
            answer = client.request(method, path, content=form.format(text))
            assert answer.status_code in (200, 204, 422)
            json.loads(answer.content or b"null")
            value = float(text)
            if not 0 <= value <= 3650 * 86_400:
                assert answer.status_code == 422 or (place in ("quota", "skip", "times") and value >= 0)
            simulator.latency(0)
            simulator.quota(None)
            # Time can still be written, and goes on being there.
            for page in ("/_simulator/connections/svc", "/v1/p/vpc-endpoint-services/svc/connections"):
                (found,) = client.get(page).json()["connections"]
                assert found["created_at"].startswith("20")

        tried()


def test_time_that_is_advanced_again_and_again_stays_a_date():
    with Simulator.start() as simulator, httpx.Client(base_url=simulator.url) as client:
        statuses = [client.post("/_simulator/clock", json={"advance_s": 3650 * 86_400}).status_code for _ in range(110)]
        assert statuses == [204] * 100 + [422] * 10
        assert simulator.connect("svc").document()["created_at"].startswith("30")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e300])
@pytest.mark.parametrize("method", ["latency", "creating", "deleting", "advance"])
def test_nor_does_a_number_from_python(running, method, seconds):
    with pytest.raises(ValueError, match="seconds"):
        getattr(running, method)(seconds)


@pytest.mark.parametrize(
    "given", [{"seconds": float("nan")}, {"rate": 2}, {"rate": float("nan")}, {"skip": -1}, {"times": -1}]
)
def test_nor_does_a_fault_from_python(running, given):
    with pytest.raises(ValueError, match=next(iter(given))):
        running.fault("slow", **given)
