"""What the simulator says of itself, and of each request when it is asked to."""

from __future__ import annotations

import re

import httpx
import pytest

from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.calls import Description, shown
from vpcep_pulumi.testing.simulator.faults import KINDS

LIST = "/v1/p/vpc-endpoint-services/svc/connections"
CANARY = "CANARY-0123456789"


@pytest.fixture
def lines():
    return []


@pytest.fixture
def http(lines):
    with (
        Simulator.start(log=lines.append) as simulator,
        httpx.Client(base_url=simulator.url, headers={"X-Auth-Token": CANARY}) as client,
    ):
        simulator.connect("svc", "ep")
        client.simulator = simulator  # type: ignore[attr-defined]  # for the tests
        yield client


def test_it_says_what_it_is(simulator):
    """Without any credential, and unlike anything that the API itself would answer."""
    said = httpx.get(simulator.url).json()
    assert "simulator" in said["what"]
    for path in (said["operations"], f"{said['control']}/calls"):
        assert httpx.get(f"{simulator.url}{path}").status_code == 200
    assert simulator.calls() == []


def test_a_line_for_each_request(http, lines):
    action = http.post(f"{LIST}/action", json={"action": "receive", "endpoints": ["ep"]})
    http.get(LIST, params={"limit": "5"})
    http.get(LIST, params={"limit": "x"})
    http.get("/_simulator/calls")
    http.get(LIST, headers={"Host": "evil.example"})
    body = re.escape('{"action": "receive", "endpoints": ["ep"]}')
    expected = [
        rf"POST {LIST}/action {body} -> 200 {action.headers['X-Request-Id']} \d+ ms",
        rf"GET {LIST}\?limit=5 -> 200 [0-9a-f]{{32}} \d+ ms",
        rf"GET {LIST}\?limit=x -> 400 [0-9a-f]{{32}} \d+ ms",
        r"GET /_simulator/calls -> 200 \d+ ms",
        rf"GET {LIST} -> 421 \(the Host of a request to this simulator is 127\.0\.0\.1:\d+\) \d+ ms",
    ]
    assert [bool(re.fullmatch(*each)) for each in zip(expected, lines, strict=True)] == [True] * 5, lines


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_named_and_its_request_once(http, lines, kind):
    http.simulator.fault(kind, seconds=0.01)
    try:
        answer = http.get(LIST)
    except httpx.TransportError:
        answer = None
    (line,) = lines
    assert f"({kind})" in line
    if answer is not None:
        assert answer.headers["X-Request-Id"] in line, "what the client is told is what is logged"


def test_no_credential_and_no_description(http, lines):
    http.put(f"{LIST}/description", json={"connections": [{"id": "ep", "description": CANARY}]})
    http.post("/v1/p/vpc-endpoints", json={"endpoint_service_id": "svc", "vpc_id": "v", "description": CANARY})
    http.put("/_simulator/settings", json={"access_keys": {CANARY: CANARY}, "tokens": [CANARY]})
    http.get(LIST, headers={"Authorization": f"SDK-HMAC-SHA256 Access={CANARY}"})
    assert len(lines) == 4
    assert CANARY not in "".join(lines)
    assert "<description of 17 characters>" in lines[0]


def test_no_line_moves_a_cursor_or_hides_another(http, lines):
    for odd in ("%0aGET%20/", "%1b%5b2J", "%e2%80%ae", "%c2%85"):
        http.get(f"/v1/{odd}/vpc-endpoint-services")
    http.post(f"{LIST}/action", content=b'"\x1b[2J\\u202e\n')
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)


def test_a_long_body_is_cut(http, lines):
    http.post(f"{LIST}/action", json={"action": "x" * 100_000})
    assert len(lines[0]) < 2500


def test_what_is_recorded_is_the_text_and_does_not_show_it(http):
    http.put(f"{LIST}/description", json={"connections": [{"id": "ep", "description": CANARY}]})
    (call,) = http.simulator.calls("PUT")
    assert call["body"] == {"connections": [{"id": "ep", "description": CANARY}]}
    assert CANARY not in repr(call)
    assert CANARY not in shown(call)
    assert CANARY not in repr(http.simulator.world.connections("svc"))
    assert http.get("/_simulator/calls").json()["calls"][0]["body"] == call["body"]


def test_a_description_is_a_text():
    assert Description("a") == "a"
    assert f"{Description('a')}" == "a"


@pytest.mark.parametrize("given", [{"access_keys": {"ak": CANARY}}, {"tokens": [CANARY]}])
def test_the_settings_do_not_show_credentials(given):
    with Simulator.start(**given) as simulator:
        assert CANARY not in repr(simulator.world.settings)
