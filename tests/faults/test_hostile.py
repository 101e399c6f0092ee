"""Whatever answers: nothing but our own errors comes out, within bounds."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.engine import SERVICE, WAIT, Log, TickingTime
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.provider.accounts import Accounts
from vpcep_pulumi.provider.core import ApprovalProvider

EXAMPLES = 300
MOST_CALLS = 400
MOST_SECONDS = 3_600
CONNECTION = {
    "id": "ep",
    "status": "pendingAcceptance",
    "marker_id": 422321321312321321,
    "domain_id": "d1",
    "created_at": "2022-04-14T09:35:47Z",
    "updated_at": "2022-04-14T09:36:47Z",
    "error": [{"error_code": "EndPoint.2016", "error_message": "x"}],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
STATUSES = st.sampled_from(
    ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "", "absent"]
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """The documented answer, with something wrong somewhere."""
    connection: dict[str, Any] = {**CONNECTION, "status": draw(STATUSES | JSON)}
    for name in draw(st.sets(st.sampled_from(sorted(CONNECTION)), max_size=2)):
        connection[name] = draw(JSON)
    for name in draw(st.sets(st.sampled_from(sorted(CONNECTION)), max_size=2)):
        connection.pop(name, None)
    answer: dict[str, Any] = {"connections": draw(st.just([connection] * draw(st.integers(0, 3))) | JSON)}
    if draw(st.booleans()):
        answer["total_count"] = draw(st.integers(-1, 10**6) | JSON)
    return json.dumps(answer).encode()


BODIES = st.one_of(
    documents(),
    documents().map(lambda body: body[: len(body) // 2]),
    JSON.map(lambda document: json.dumps(document).encode()),
    st.binary(max_size=50),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b"1e999999999", b'{"connections": [' + b"{}," * 1000 + b"{}]}"]
    ),
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from([200, 200, 200, 204, 301, 400, 401, 403, 404, 409, 429, 500, 503, 504]), BODIES),
    min_size=1,
    max_size=6,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(ANSWERS, st.sampled_from(["accepted", "rejected"]))
def test_an_approval_comes_to_one_of_our_own_ends(answers, declared):
    """The answers come in turn, again and again."""
    time, log, calls = TickingTime(), Log(), 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        status, body = answers[calls % len(answers)]
        calls += 1
        assert calls <= MOST_CALLS, "it goes on without an end"
        return httpx.Response(status, content=body)

    accounts = Accounts(
        config={"vpcep:region": "r", "vpcep:projectId": "p"},
        environ={"HW_AUTH_TOKEN": "token-token"},
        home=Path("/nonexistent"),
        tempo=time.tempo(),
        log=log,
        client=partial(Client, transport=httpx.MockTransport(answer)),
    )
    provider = ApprovalProvider(accounts, log=log, tempo=time.tempo())
    began = time.now
    inputs = {"service_id": SERVICE, "endpoint_id": "ep", "status": declared, **WAIT}
    try:
        checked = provider.check({}, inputs)
        for failure in checked.failures:
            assert str(failure).isprintable()
        if not checked.failures:
            id_, outputs = provider.create(checked.inputs)
            assert id_ == f"{SERVICE}/ep"
            assert outputs["status"] == declared or outputs["status"] in ("absent", "deleting", "failed")
            provider.delete(outputs)
    except VpcepError as error:
        log.lines.append(str(error))
    finally:
        accounts.close()
    assert time.now - began < MOST_SECONDS
    assert all(line.isprintable() for line in log.lines)
