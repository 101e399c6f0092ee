"""Answers as values: documented ones, incomplete ones, and whatever else may come."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vpcep_pulumi.api.models import Connection, ConnectionPage, parse_json, printable
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
def test_an_unknown_status_survives(status):
    found = read({**FIELDS, "status": status}).status
    assert found == status.encode("utf-8", "replace").decode()
    assert isinstance(found, ConnectionStatus) == (status in {str(each) for each in ConnectionStatus})


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


def test_an_exponent_does_not_unfold_into_a_megabyte():
    with pytest.raises(ValidationError):
        Connection.model_validate(parse_json(b'{"marker_id": 1e999999}'))


@given(st.text(max_size=50))
def test_what_is_printed_is_one_printable_line(text):
    line = printable(text)
    assert line.isprintable()
    assert "\n" not in line


def test_what_is_printed_is_not_endless():
    assert printable("x" * 1000, 10) == "xxxxxxxxxx…"
