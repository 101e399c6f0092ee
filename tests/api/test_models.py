"""Answers as values: documented ones, incomplete ones, and whatever else may come."""

import json
import re
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vpcep_pulumi.api.models import LONGEST_NOTE, Connection, ConnectionPage, ProjectPage, parse_json
from vpcep_pulumi.api.statuses import ConnectionStatus

FIELDS: dict[str, Any] = {
    "id": "ep",
    "status": "accepted",
    "marker_id": 422321321312321321,
    "domain_id": "d",
    "created_at": "2022-04-14T09:35:47Z",
    "updated_at": "2022-04-14T09:36:47Z",
    "description": "note",
    "error": [{"error_code": "EndPoint.0005", "error_message": "gone"}],
}


def read(document) -> Connection:
    return Connection.model_validate(parse_json(json.dumps(document).encode()))


def test_the_documented_answer(documented_answer):
    (connection,) = ConnectionPage.model_validate(parse_json(documented_answer)).connections
    assert connection == Connection(
        id="4189d3c2-8882-4871-a3c2-d380272eed83",
        status=ConnectionStatus.ACCEPTED,
        marker_id="422321321312321321",
        domain_id="6e9dfd51d1124e8d8498dce894923a0d",
        created_at="2022-04-14T09:35:47Z",
        updated_at="2022-04-14T09:36:47Z",
    )


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([str, repr, lambda n: f'"{n}"', lambda n: f"{n}.0"]))
def test_no_digit_of_a_marker_id_is_lost(number, spell):
    document = parse_json(f'{{"marker_id": {spell(number)}}}'.encode())
    marker_id = Connection.model_validate(document).marker_id
    assert marker_id is not None
    assert marker_id.removesuffix(".0") == str(number)


@given(st.sets(st.sampled_from(sorted(FIELDS))))
def test_any_field_may_be_missing(missing):
    connection = read({name: value for name, value in FIELDS.items() if name not in missing})
    for name in missing - {"error"}:
        assert getattr(connection, name) is None
    assert bool(connection.errors) == ("error" not in missing)


@given(st.text(max_size=30))
def test_an_unknown_status_survives_and_is_never_taken_for_a_known_one(status):
    found = read({**FIELDS, "status": status}).status
    assert found is not None
    assert isinstance(found, ConnectionStatus) == (status in {str(each) for each in ConnectionStatus})
    assert found.isprintable()
    assert found == status or not status.isprintable() or "\\" in found


@pytest.mark.parametrize("mark", ["\u200b", " ", "\n", "\x00", "\ufe0f"])
def test_a_status_with_something_invisible_is_another_status(mark):
    assert not isinstance(read({**FIELDS, "status": f"accepted{mark}"}).status, ConnectionStatus)


@pytest.mark.parametrize("error", [FIELDS["error"], FIELDS["error"][0], {"code": "EndPoint.0005", "message": "gone"}])
def test_error_may_be_a_list_or_an_object(error):
    assert [str(each) for each in read({**FIELDS, "error": error}).errors] == ["EndPoint.0005: gone"]


def test_no_error_may_be_null():
    assert read({**FIELDS, "error": None}).errors == ()


def test_older_spellings_of_dates():
    connection = read({"create_at": "2018-01-30T07:42:01.174", "update_at": "2018-01-30T07:42:02.174"})
    assert (connection.created_at, connection.updated_at) == ("2018-01-30T07:42:01.174", "2018-01-30T07:42:02.174")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FIELDS, "connections"]), inner),
    max_leaves=20,
)


@given(
    json_values
    | st.fixed_dictionaries({"connections": st.lists(st.dictionaries(st.sampled_from([*FIELDS]), json_values))})
)
def test_whatever_json_comes_it_is_read_or_refused(document):
    try:
        page = ConnectionPage.model_validate(parse_json(json.dumps(document).encode()))
    except ValueError:  # pydantic's ValidationError is one
        return
    page.model_dump_json().encode()


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_read_or_refused(body):
    try:
        parse_json(body)
    except ValueError:
        return


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"connections": [',
        b"[" * (sys.getrecursionlimit() * 2),
        b"1" * 5000,
        b'{"a": NaN}',
        b"\xff\xfe",
    ],
    ids=["empty", "html", "truncated", "deep", "huge number", "NaN", "not UTF-8"],
)
def test_what_is_not_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        parse_json(body)


@pytest.mark.parametrize(
    "number", ["1e999999", "1e99999999999999999999999", "-1E+9999999999999999999", "9" * 400, "1.5"]
)
def test_a_marker_id_that_is_no_number_of_64_bits_is_not_known(number):
    """decimal.InvalidOperation came out, after the POST was carried out."""
    connection = Connection.model_validate(parse_json(f'{{"id": "ep", "marker_id": {number}}}'.encode()))
    assert (connection.id, connection.marker_id) == ("ep", None)


@pytest.mark.parametrize("count", ["1e99999999", "1e99999999999999999999999", "-1", "1" * 30, "1.5", '"x"'])
def test_a_count_that_is_none_is_refused_at_once(count):
    """pydantic unfolds 1e99999999 for minutes."""
    with pytest.raises(ValidationError):
        ConnectionPage.model_validate(parse_json(f'{{"connections": [], "total_count": {count}}}'.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b'{"connections": [], "connections": [{"id": "ep"}]}',
        b'{"connections": [{"id": "ep", "status": "rejected", "status": "accepted"}]}',
        b'{"connections": [{"id": "ep", "i\\u0064": "other"}]}',
        b'{"a": {"b": 1, "b": 1}}',
    ],
)
def test_an_object_that_names_something_twice_is_no_answer(body):
    with pytest.raises(ValueError, match="names something twice"):
        parse_json(body)


HEAVY = {
    "objects": b'{"connections":[' + b"{}," * 5_000_000 + b"{}]}",
    "lists": b"[" + b"[]," * 5_000_000 + b"[]]",
    "texts": b"[" + b'"ab",' * 3_000_000 + b'"ab"]',
    "numbers": b"[" + b"1.5," * 4_000_000 + b"1]",
    "names": b'{"a":0' + b"".join(b',"%d":0' % number for number in range(1_500_000)) + b"}",
    "behind an escape": b'["\\\\", "\\"", ' + b"{}," * 5_000_000 + b"{}]",
}


@pytest.mark.parametrize("kind", HEAVY)
def test_more_than_was_asked_for_is_refused_before_it_costs_memory(kind):
    """16 MB of {} took 3.6 GB."""
    body = HEAVY[kind]
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="it holds more than 10000 values"):
            parse_json(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(body)


@given(json_values.filter(lambda value: not re.search("NaN|Infinity", json.dumps(value))))
def test_as_many_values_as_a_document_has_are_enough(document):
    text = json.dumps(document)
    tokens = len(re.findall(r'"(?:[^"\\]|\\.)*"|[\[{,]', text))
    assert parse_json(text.encode(), max(tokens, 1)) is not None or document is None
    if tokens:
        with pytest.raises(ValueError, match="it holds more than"):
            parse_json(text.encode(), tokens - 1)


def test_a_project_is_named_by_nothing_but_an_id():
    for wrong in ("", "a/b", "a\nb", "p\u200b", "ä", "x" * 65):
        with pytest.raises(ValidationError):
            ProjectPage.model_validate({"projects": [{"id": wrong}]})


hostile = st.text(max_size=100) | st.sampled_from(["\x1b]0;x\x07", "\u202e", "d1\u200b", "\ud800", "x" * 100_000])


@given(st.fixed_dictionaries({name: hostile for name in FIELDS if name != "error"}), st.lists(hostile, max_size=30))
def test_every_text_of_a_connection_can_be_shown_and_is_short(fields, reasons):
    connection = read({**fields, "error": [{"error_code": each, "error_message": each} for each in reasons]})
    texts = [value for name, value in connection if isinstance(value, str) and name != "description"]
    assert all(text.isprintable() and len(text) <= 64 for text in texts)
    assert len(connection.errors) <= 10
    assert all(str(error).isprintable() and len(str(error)) < 1100 for error in connection.errors)
    assert connection.description is not None
    assert connection.description.isprintable()
    assert len(connection.description) <= LONGEST_NOTE
