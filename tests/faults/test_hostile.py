"""Whatever answers: nothing but our own errors comes out, within bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.engine import SERVICE, WAIT, Log, TickingTime
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.errors import PartlyDone, VpcepError
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.core import ApprovalProvider

EXAMPLES = 300
TOKEN = "s3cr3t-token"
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
        [
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"1e999999999",
            b'{"connections": [' + b"{}," * 1000 + b"{}]}",
            b'{"connections": [{"id": "ep", "status": "accepted", "marker_id": 1e99999999999999999999999}]}',
            b'{"connections": [], "total_count": 1e99999999}',
            b'{"connections": [{"id": "ep", "id": "other"}]}',
        ]
    ),
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from([200, 200, 200, 204, 301, 400, 401, 403, 404, 409, 429, 500, 503, 504]), BODIES),
    min_size=1,
    max_size=6,
)


def provider_over(answer: Callable[[httpx.Request], httpx.Response], time: TickingTime, log: Log) -> Any:
    operation = Operation(
        config={"vpcep:region": "r-1", "vpcep:projectId": "p"},
        environ={"HW_AUTH_TOKEN": TOKEN},
        home=Path("/nonexistent"),
        clock=time.clock(),
        log=log,
        client=partial(Client, transport=httpx.MockTransport(answer)),
    )
    return operation, ApprovalProvider(operation)


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

    operation, provider = provider_over(answer, time, log)
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
        operation.close()
    assert time.now - began < MOST_SECONDS
    assert all(line.isprintable() for line in log.lines)


MARKS = st.sampled_from(
    [
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\r\n",
        "\x9b31m",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ud83d",
        "\u034f",
        "\ufe0f",
        TOKEN,
    ]
)
WORDS = st.lists(MARKS | st.text(max_size=8), min_size=1, max_size=5).map("".join) | st.sampled_from(
    [
        "x" * 20_000,
        "accepted\u200b",
        "d1\u200b",
        "d1\n",
        "\u0501" + "1",
        TOKEN.replace("-", "\\u002d"),
        "s3cr3t%2Dtoken",
    ]
)
"""What a consumer, an endpoint or a proxy writes wherever it can."""


@st.composite
def poisoned(draw: st.DrawFn) -> httpx.Response:
    """An answer with hostile text in its fields: one of the API's, or a refusal."""
    headers = [(b"X-Request-Id", draw(WORDS)[:5000].encode("utf-8", "replace"))]
    if draw(st.booleans()):
        fields = ("error_code", "error_msg", "request_id", "message", "code")
        body: dict[str, Any] = {name: draw(WORDS) for name in draw(st.sets(st.sampled_from(fields)))}
        return httpx.Response(
            draw(st.sampled_from([400, 403, 404, 409, 500, 302])), headers=headers, content=_json(body)
        )
    names = ("domain_id", "created_at", "updated_at", "description", "marker_id", "status")
    connection: dict[str, Any] = {**CONNECTION, "domain_id": "d1", "status": draw(STATUSES)}
    connection |= {name: draw(WORDS) for name in draw(st.sets(st.sampled_from(names)))}
    word = draw(WORDS)
    connection["error"] = [{"error_code": word, "error_message": word}] * draw(st.sampled_from([0, 1, 300]))
    return httpx.Response(200, headers=headers, content=_json({"connections": [connection], "total_count": 1}))


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(poisoned(), min_size=1, max_size=5),
    st.sampled_from(["accepted", "rejected"]),
    st.sampled_from([None, "d1", "d2"]),
    st.sampled_from([None, "note", "two\nlines"]),
)
def test_nothing_that_others_say_reaches_the_terminal_as_it_is(answers, declared, owner, note):
    """Into every field of every answer: whatever is logged, raised or recorded is printable, short and no secret."""
    time, log, calls = TickingTime(), Log(), 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        found = answers[calls % len(answers)]
        calls += 1
        return httpx.Response(found.status_code, headers=found.headers, stream=httpx.ByteStream(found.content))

    operation, provider = provider_over(answer, time, log)
    inputs = {"service_id": SERVICE, "endpoint_id": "ep", "status": declared, **WAIT}
    inputs |= {
        name: value for name, value in (("expected_domain_id", owner), ("description", note)) if value is not None
    }
    shown: list[Any] = []
    try:
        checked = provider.check({}, inputs)
        shown += [*map(str, checked.failures), checked.inputs.get("plan")]
        if not checked.failures:
            _, outputs = provider.create(checked.inputs)
            shown.append({**outputs, "description": outputs.get("description", "") if note is None else ""})
            assert owner is None or outputs.get("domain_id") in (None, owner) or outputs["status"] in SAFE
            shown.append(provider.read(f"{SERVICE}/ep", outputs).outputs | {"description": ""})
            provider.delete(outputs)
    except PartlyDone as part:
        shown += [str(part), {**part.outputs, "description": ""}]
    except VpcepError as error:
        shown.append(str(error))
    finally:
        operation.close()
    for line in [*log.lines, *texts_of(shown)]:
        assert line.isprintable()
        assert len(line) < MOST_CHARACTERS
        assert TOKEN not in line


SAFE = ("accepted", "rejected", "failed", "deleting", "absent")
"""Where nothing was sent; the owner check is another matter (tests/provider)."""
MOST_CHARACTERS = 12_000


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts_of(each)]
    return [text for each in value for text in texts_of(each)] if isinstance(value, list) else []


@pytest.mark.parametrize("number", [b"1e99999999999999999999999", b"9" * 400])
def test_a_number_that_cannot_be_read_loses_no_record(number):
    """Accepted, and no record: decimal.InvalidOperation came out after the POST was carried out."""
    time, log, posts = TickingTime(), Log(), 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal posts
        posts += request.method == "POST"
        document = {
            "connections": [{**CONNECTION, "error": [], "status": "accepted" if posts else "pendingAcceptance"}]
        }
        body = _json(document).replace(b"422321321312321321", number)
        return httpx.Response(200, stream=httpx.ByteStream(body))

    operation, provider = provider_over(answer, time, log)
    inputs = {"service_id": SERVICE, "endpoint_id": "ep", "status": "accepted", **WAIT}
    _, outputs = provider.create(provider.check({}, inputs).inputs)
    operation.close()
    assert (outputs["status"], outputs["errors"], posts) == ("accepted", [], 1)
    assert "marker_id" not in outputs


def test_a_note_of_two_lines_is_written_once():
    """A live description is kept as it can be shown, and compared as such."""
    time, log, written = TickingTime(), Log(), [""]
    puts = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal puts
        if request.method == "PUT":
            puts += 1
            written[0] = json.loads(request.content)["connections"][0]["description"]
        connection = {**CONNECTION, "error": [], "status": "accepted", "description": written[0]}
        return httpx.Response(200, stream=httpx.ByteStream(_json({"connections": [connection], "total_count": 1})))

    operation, provider = provider_over(answer, time, log)
    inputs = {"service_id": SERVICE, "endpoint_id": "ep", "status": "accepted", "description": "two\nlines", **WAIT}
    checked = provider.check({}, inputs).inputs
    _, outputs = provider.create(checked)
    again = provider.check(checked, inputs)
    assert not provider.diff(outputs, again.inputs).changes
    operation.close()
    assert puts == 1
