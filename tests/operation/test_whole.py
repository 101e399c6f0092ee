"""A list that may not be whole is an error: a program would take back what it leaves out."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.errors import AnswerError
from vpcep_pulumi.operation.whole import read_whole


def read(answer, limit=2):
    """What is read from a service that answers an offset with a document, and how often it was asked."""
    asked = []

    def network(request):
        asked.append(int(request.url.params["offset"]))
        content = json.dumps(answer(asked[-1], len(asked))).encode()
        return httpx.Response(200, stream=httpx.ByteStream(content))

    with Client("https://x", Token(SecretStr("token-token")), transport=httpx.MockTransport(network)) as client:
        found = read_whole(client, "p", "svc", limit=limit)
    return [each.id for each in found], asked


def page(ids, total=None):
    document = {"connections": [{"id": each, "status": "accepted"} for each in ids]}
    return document if total is None else {**document, "total_count": total}


@given(st.integers(0, 9), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_whatever_the_pages_are_each_connection_comes_once(count, limit, given_at_most, counted):
    """Servers may give fewer than were asked for, and leave the total out."""
    ids = [f"ep{number}" for number in range(count)]
    most = min(limit, given_at_most)
    found, _ = read(lambda at, _: page(ids[at : at + most], count if counted else None), limit)
    assert found == ids


def test_pages_that_shift_are_read_again():
    def answer(at, asked):
        if asked == 1:
            return page(["a", "b"], 4)
        ids = ["b", "c", "d"]  # the first one has left
        return page(ids[at : at + 2], 3)

    found, asked = read(answer)
    assert found == ["b", "c", "d"]
    assert asked == [0, 2, 0, 2]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _at, _asked: {}, "the answer names none, not even an empty list"),
        (lambda _at, _asked: {"message": "hello", "total_count": 0}, "the answer names none"),
        (lambda _at, _asked: {"connections": [{"status": "accepted"}], "total_count": 1}, "one of them has no id"),
        (lambda _at, _asked: {"connections": [{"id": "", "status": "accepted"}], "total_count": 1}, "has no id"),
        (lambda _at, _asked: page([], 2), "they changed while they were read, 3 times in a row"),
        (lambda at, _asked: page(["a"] if at == 0 else [], 3), "they changed while they were read"),
        (lambda _at, _asked: page(["a", "b"], 0), "they changed while they were read"),
        (lambda at, _asked: page([["a", "b"], ["b", "c"]][at // 2] if at < 4 else [], 4), "they changed"),
        (lambda at, asked: page([f"{asked}-{number}" for number in (1, 2)]), "the answer goes on after 200 pages"),
    ],
)
def test_what_is_not_whole_is_an_error(answer, said):
    with pytest.raises(AnswerError, match=said):
        read(answer)
