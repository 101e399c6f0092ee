"""Rows of a text: what was written is what is declared, and everything that is wrong is told with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.lifecycle import schema
from vpcep_pulumi.lifecycle.csv_rows import csv_rows
from vpcep_pulumi.lifecycle.rows import ANY_ACCOUNT, NUMBERS, UnreadableError, check_characters, checked
from vpcep_pulumi.lifecycle.yaml_rows import PARSER, yaml_rows

PARSERS = [yaml.BaseLoader, PARSER]
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True) | st.from_regex(r"0?[0-9]{1,9}(e[0-9])?", fullmatch=True)
SEEN = st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="<>")
"""The characters of a text that somebody typed."""
NOTES = st.text(SEEN | st.just("\n"), min_size=1, max_size=40)
MOMENTS = st.datetimes().map(lambda each: f"{each.replace(microsecond=0).isoformat()}Z")
ARGUMENTS = st.fixed_dictionaries(
    {"service_id": IDS, "endpoint_id": IDS},
    optional={
        "status": st.sampled_from(schema.STATUSES),
        "expected_domain_id": IDS,
        "description": NOTES,
        "expires_at": MOMENTS,
        "region": IDS,
        "project_id": IDS,
        "appear_timeout": st.integers(0, 86_400) | st.floats(0, 86_400),
        "settle_timeout": st.integers(0, 86_400) | st.floats(0, 86_400),
    },
)
NAMES = st.text(SEEN, min_size=1, max_size=20).filter(lambda each: each not in ("~", "null"))


def identity(arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(arguments.get(name) for name in schema.IDENTITY)


FILES = st.lists(
    st.tuples(NAMES, ARGUMENTS), unique_by=(lambda each: each[0], lambda each: identity(each[1])), max_size=6
).map(dict)


def as_csv(rows: Mapping[str, Mapping[str, Any]], separator: str = ",", end: str = "\r\n") -> str:
    """As a spreadsheet saves it. Where a row needs them, a status and an account that say what leaving out means."""
    written = io.StringIO(newline="")
    columns = ["name", *schema.RULES]
    said = {"status": "accepted", "expected_domain_id": ANY_ACCOUNT}
    writer = csv.DictWriter(written, columns, delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows({"name": name, **said, **arguments} for name, arguments in rows.items())
    return written.getvalue()


def read_csv(text: str, **defaults: object) -> tuple[dict[str, dict[str, Any]], list[str]]:
    read = csv_rows(text, defaults)
    found, problems = checked(read.rows, defaults)
    return found, [each.told("f.csv") for each in sorted(problems + read.problems)]


def read_yaml(text: str, parser: Any = PARSER, **defaults: object) -> tuple[dict[str, dict[str, Any]], list[str]]:
    read = yaml_rows(text, parser)
    found, problems = checked(read.rows, defaults)
    return found, [each.told("f.yaml") for each in sorted(problems + read.problems)]


class TestWhatWasWrittenIsDeclared:
    @pytest.mark.parametrize("parser", PARSERS)
    @given(FILES, st.booleans(), st.sampled_from([None, True, False]))
    def test_yaml(self, parser, rows, unicode, flow):
        text = yaml.safe_dump(rows, allow_unicode=unicode, default_flow_style=flow)
        assert read_yaml(text, parser) == (rows, [])

    @given(FILES, st.sampled_from(",;"), st.sampled_from(["\n", "\r\n"]))
    def test_csv(self, rows, separator, end):
        expected = {name: {"status": "accepted", **arguments} for name, arguments in rows.items()}
        assert read_csv(as_csv(rows, separator, end)) == (expected, [])

    @pytest.mark.parametrize("parser", PARSERS)
    @pytest.mark.parametrize("text", ["0123", "1e5", "12345", "0x1F", "yes", "1_000", "2026-01-01", "1.50", "Null_"])
    def test_an_id_keeps_its_text_without_quotes(self, parser, text):
        found, _ = read_yaml(f"a:\n  service_id: s\n  endpoint_id: e\n  description: {text}\n", parser)
        assert found["a"]["description"] == text

    def test_a_new_input_of_the_schema_needs_nothing(self):
        """Every argument that the schema has is a field, and its own rule decides on it."""
        for name in schema.RULES:
            _, problems = read_yaml(f"a:\n  {name}: '< > '\n")
            assert any(f", {name}: " in each and "not an argument" not in each for each in problems)
        assert {"appear_timeout", "settle_timeout"} == NUMBERS

    def test_defaults_are_for_what_a_row_leaves_out(self):
        default = object()
        text = "a: {endpoint_id: e}\nb: {endpoint_id: e, service_id: own, expected_domain_id: '*'}\n"
        found, problems = read_yaml(text, service_id=default, expected_domain_id="d")
        assert problems == []
        assert found["a"] == {"endpoint_id": "e", "service_id": default, "expected_domain_id": "d"}
        assert found["b"] == {"endpoint_id": "e", "service_id": "own"}

    def test_empty_cells_are_left_out_and_take_the_defaults(self):
        found, problems = read_csv("name,endpoint_id,expected_domain_id,expires_at\na,e,,\n", expected_domain_id="d")
        assert problems == ["f.csv, line 1, service_id: there must be a column of this name"]
        found, problems = read_csv(
            "name,endpoint_id,expected_domain_id,expires_at\na,e,,\n", expected_domain_id="d", service_id="s"
        )
        assert (found["a"], problems) == ({"endpoint_id": "e", "service_id": "s", "expected_domain_id": "d"}, [])

    def test_nothing_on_purpose(self):
        assert read_yaml("# none yet\n{}\n") == ({}, [])
        assert read_csv("name,service_id,endpoint_id\n\n,,\n") == ({}, [])


SPOILT = [
    ("endpoint_id", "a b", "must be an id of 1 to 64 letters, digits, '-' or '_', not 'a b'"),
    ("service_id", "cn-north-4.billing.4189", "is a service's name, not its id; the id is what follows the last dot"),
    ("status", "Accepted", 'must be "accepted" or "rejected", not \'Accepted\''),
    ("expected_domain_id", "any one", "must be an id of 1 to 64 letters, digits, '-' or '_', not 'any one'"),
    ("description", "<b>", "must not contain '<' or '>'"),
    ("expires_at", "tomorrow", "must be a time with a zone, as RFC 3339 has it"),
    ("appear_timeout", "soon", "must be a number of seconds, not 'soon'"),
    ("appear_timeout", "nan", "must be a number of seconds, not 'nan'"),
    ("appear_timeout", "1_0", "must be a number of seconds, not '1_0'"),
    ("settle_timeout", "-1", "must be between 0 and 86400 seconds, not -1"),
    ("settle_timeout", "9" * 5000, "must be a number of seconds, not inf"),
]
ROWS = st.lists(st.tuples(IDS, NOTES), min_size=1, max_size=6, unique_by=lambda each: each[0])


def whole(rows: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        f"n{at}": {"service_id": "s", "endpoint_id": id_, "description": note} for at, (id_, note) in enumerate(rows)
    }


class TestEverySpoiltRowIsToldWithItsLine:
    @pytest.mark.parametrize("parser", PARSERS)
    @given(ROWS, st.data(), st.sampled_from(SPOILT))
    def test_yaml(self, parser, rows, data, spoilt):
        field, value, reason = spoilt
        good = whole(rows)
        bad = sorted(data.draw(st.sets(st.sampled_from(sorted(good)), min_size=1)))
        for name in bad:
            good[name][field] = value
        text, lines = "", {}
        for name, arguments in good.items():
            first = text.count("\n") + 1
            block = yaml.safe_dump({name: arguments}, allow_unicode=True, width=10**9)
            text += block
            numbers = [at for at, line in enumerate(block.split("\n")) if line.startswith(f"  {field}:")]
            lines[name] = first + numbers[0] if numbers else 0
        _, problems = read_yaml(text, parser)
        assert len(problems) == len(bad)
        for name, problem in zip(bad, problems, strict=True):
            assert problem.startswith(f"f.yaml, line {lines[name]}, {field}: {reason}")

    @given(ROWS, st.data(), st.sampled_from(SPOILT))
    def test_csv(self, rows, data, spoilt):
        field, value, reason = spoilt
        good = whole(rows)
        bad = sorted(data.draw(st.sets(st.sampled_from(sorted(good)), min_size=1)))
        lines = {}
        for name in sorted(good):
            before = as_csv({each: good[each] for each in good if each < name})
            lines[name] = before.count("\n") + 1
            if name in bad:
                note = good[name]["description"]
                good[name][field] = value
                # The cells after a note of several lines begin further down.
                after = field in ("expires_at", "appear_timeout", "settle_timeout")
                lines[name] += note.count("\n") if after else 0
        _, problems = read_csv(as_csv(good))
        assert len(problems) == len(bad)
        for name, problem in zip(bad, problems, strict=True):
            assert problem.startswith(f"f.csv, line {lines[name]}, {field}: {reason}")

    @given(FILES, FILES)
    def test_all_of_them_at_once(self, first, second):
        """What one half has against itself is told whatever stands in the other."""
        text = yaml.safe_dump({f"1{name}": {**each, "status": "no"} for name, each in first.items()})
        more = yaml.safe_dump({f"2{name}": {**each, "endpoint_id": "no id"} for name, each in second.items()})
        text = "\n".join(each for each in (text, more) if each != "{}\n") or "{}"
        _, problems = read_yaml(text)
        assert len(problems) == len(first) + len(second)


YAML_PROBLEMS = [
    ("a:\n  service_id: s\n", ["line 1, endpoint_id: is required"]),
    (
        "a:\n  service_id: s\n  endpoint_id: e\n  expected_domain_id:\n",
        ["line 4, expected_domain_id: has no value: give it one, or leave it out"],
    ),
    (
        "a:\n  service_id: s\n  endpoint_id: null\n",
        ["line 3, endpoint_id: has no value: give it one, or leave it out"],
    ),
    (
        "a:\n  service_id: s\n  endpoint_id: e\n  expected_domain_id: ''\n",
        ["line 4, expected_domain_id: must be an id of 1 to 64 letters, digits, '-' or '_', not ''"],
    ),
    (
        "a:\n  service_id: s\n  endpoint_id: e\n  expected_domain: d\n",
        ["line 4, expected_domain: is not an argument of an approval; did you mean expected_domain_id?"],
    ),
    ("a:\n  service_id: s\n  endpoint_id: e\n  service_id: t\n", ["line 4, service_id: is in line 2 too"]),
    ("a:\n  service_id: s\n  endpoint_id: [e]\n", ["line 3, endpoint_id: must be a single value"]),
    ("a: {service_id: s, endpoint_id: e}\nb: {service_id: s, endpoint_id: f}\na: {service_id: s, endpoint_id: g}\n",
     ["line 3, name: line 1 has the name 'a' already"]),
    ("a: {service_id: s, endpoint_id: e}\n\nb: {service_id: s, endpoint_id: e, status: rejected}\n",
     ["line 3, endpoint_id: line 1 declares this connection already"]),
    ("a: {service_id: s, endpoint_id: e}\nb: {service_id: s, endpoint_id: e, region: r}\n", []),
    ("'': {service_id: s, endpoint_id: e}\n", ["line 1: the name of an approval is empty"]),
    ("a:\nb: text\n", ["line 1, a: must be a mapping: the arguments of an approval",
                       "line 2, b: must be a mapping: the arguments of an approval"]),
]  # fmt: skip
YAML_UNREADABLE = [
    ("", "line 1: the file is empty: if nothing is to be declared, it must say {}"),
    ("# nothing\n", "line 1: the file is empty: if nothing is to be declared, it must say {}"),
    ("---\n", "line 1: the file is empty: if nothing is to be declared, it must say {}"),
    ("\n- service_id: s\n", "line 2: the file must be a mapping: a name for each approval"),
    ("text", "line 1: the file must be a mapping: a name for each approval"),
    ("a: {}\n---\nb: {}\n", "line 2: a second document begins here: there must be one only"),
    ("a: &a {}\nb: *a\n", "line 2: aliases are not taken: write the value out"),
    ("a:\n  service_id: !secret s\n", "line 2: tags are not taken: remove !secret"),
    ("a:\n  description: !!str s\n", "line 2: tags are not taken: remove tag:yaml.org,2002:str"),
    ("a:\n  [b]: c\n", "line 2: a key must be a text"),
    ("a:\n\tb: c\n", "line 2: the file is not YAML: found character"),
    ("a:\n  b: c: d\n", "line 2: the file is not YAML: mapping values are not allowed"),
    ("a: {\n\n", "line 3: the file is not YAML: "),
    ("a: 'b\n", "line 2: the file is not YAML: found unexpected end of stream"),
    ("a: " + "[" * 1_000_000, "line 1: is nested too deep: the arguments of an approval are texts"),
    ("a: \u2028 x\n b: &b\n", "line 2: the file is not YAML: "),
]
HEADER = "name,service_id,endpoint_id"
CSV_PROBLEMS = [
    (f"{HEADER}\na,s,\n", ["line 2, endpoint_id: is required"]),
    (f"{HEADER}\n,s,e\n", ["line 2, name: is empty"]),
    ("name,endpoint_id\na,e\nb,b b\n", [
        "line 1, service_id: there must be a column of this name",
        "line 3, endpoint_id: must be an id of 1 to 64 letters, digits, '-' or '_', not 'b b'",
    ]),
    ("service_id,endpoint_id\ns,e\n", ["line 1, name: there must be a column of this name"]),
    (f"{HEADER},stauts\na,s,e,\n", ["line 1, stauts: is not an argument of an approval; did you mean status?"]),
    (f"{HEADER},\na,s,e,\n", ["line 1: column 4 has no name"]),
    (f"{HEADER},name\na,s,e,b\n", ["line 1, name: there are two columns of this name"]),
    (f"{HEADER},description\na,s,e,one, two\n", [
        "line 2: has 5 cells, but there are 4 columns; a cell that contains a separator must be in quotes",
    ]),
    (f"{HEADER},expected_domain_id\na,s,e,\n", [
        "line 2, expected_domain_id: is empty: say which account, or * for any account, or remove the column",
    ]),
    (f"{HEADER},status\na,s,e,\n", ["line 2, status: is empty: say accepted or rejected, or remove the column"]),
    (f"{HEADER}\n\na,s,e\n,,\na,s,f\n", ["line 5, name: line 3 has the name 'a' already"]),
    (f"\n\n{HEADER}\na,s,e\nb,s,e\n", ["line 5, endpoint_id: line 4 declares this connection already"]),
    ("name\tservice_id\na\ts\n", [
        "line 1, endpoint_id: there must be a column of this name",
        "line 1, name: there must be a column of this name",
        "line 1, name\tservice_id: is not an argument of an approval; did you mean service_id?",
        "line 1, service_id: there must be a column of this name",
    ]),
]  # fmt: skip
CSV_UNREADABLE = [
    ("", "line 1: the file is empty: it must have a line of column names, even if nothing is declared"),
    ("\n ,\n".replace(" ", ""), "line 1: the file is empty"),
    (f'{HEADER}\n\na,"s,e\nb,s,f\n', "line 3: the line that begins here is not CSV: a quote is never closed"),
    (f'{HEADER}\na,"s"s,e\n', "line 2: the line that begins here is not CSV: ',' expected after '\"'"),
    (f"{HEADER}\na,{'s' * 200_000},e\n", "line 2: the line that begins here is not CSV: field larger than field limit"),
]


class TestMessages:
    @pytest.mark.parametrize("parser", PARSERS)
    @pytest.mark.parametrize(("text", "told"), YAML_PROBLEMS)
    def test_yaml(self, parser, text, told):
        assert read_yaml(text, parser)[1] == [f"f.yaml, {each}" for each in told]

    @pytest.mark.parametrize(("text", "told"), CSV_PROBLEMS)
    def test_csv(self, text, told):
        assert read_csv(text)[1] == [f"f.csv, {each}" for each in told]

    @pytest.mark.parametrize("parser", PARSERS)
    @pytest.mark.parametrize(("text", "told"), YAML_UNREADABLE, ids=range(len(YAML_UNREADABLE)))
    def test_no_such_yaml(self, parser, text, told):
        with pytest.raises(UnreadableError) as raised:
            yaml_rows(text, parser)
        assert raised.value.problem.told("f.yaml").startswith(f"f.yaml, {told}")

    @pytest.mark.parametrize(("text", "told"), CSV_UNREADABLE, ids=range(len(CSV_UNREADABLE)))
    def test_no_such_csv(self, text, told):
        with pytest.raises(UnreadableError) as raised:
            csv_rows(text)
        assert raised.value.problem.told("f.csv").startswith(f"f.csv, {told}")

    def test_control_characters(self):
        with pytest.raises(UnreadableError) as raised:
            check_characters("a\r\nb\x00")
        assert raised.value.problem.told("f") == "f, line 2: contains the control character U+0000"


@pytest.mark.parametrize("parser", PARSERS)
@given(st.text())
def test_any_text_is_read_or_refused(parser, text):
    for read in (csv_rows, lambda each: yaml_rows(each, parser)):
        found = []
        try:
            check_characters(text)
            found += read(text).problems
        except UnreadableError as error:
            found.append(error.problem)
        assert all(1 <= each.line <= text.count("\n") + text.count("\r") + 1 for each in found)


def test_aliases_of_aliases_cost_nothing():
    bomb = "a: &a {b: c}\n" + "".join(f"x{each}: [{'*a, ' * 9}*a]\n" for each in range(50))
    with pytest.raises(UnreadableError, match="aliases are not taken"):
        yaml_rows(bomb)
