"""Property values between processes: nothing is lost, no secret is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.testing.engine.paths import ignoring
from vpcep_pulumi.testing.engine.values import (
    SIGNATURE,
    UNKNOWN,
    Secret,
    Unknown,
    contains,
    from_struct,
    marked,
    plain,
    to_struct,
)

names = st.text("abc_", min_size=1, max_size=4)
scalars = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3) | st.builds(Secret, inner),
    max_leaves=8,
)
properties = st.dictionaries(names, values, max_size=4)


def flat(value):
    """Secrets within secrets are one secret."""
    if isinstance(value, Secret):
        inner = flat(value.value)
        return inner if isinstance(inner, Secret) else Secret(inner)
    if isinstance(value, dict):
        return {name: flat(each) for name, each in value.items()}
    return [flat(each) for each in value] if isinstance(value, list) else value


@given(properties)
def test_values_survive_the_wire(found):
    assert from_struct(to_struct(found, secrets=True)) == found


@given(properties)
def test_a_host_that_takes_no_secrets_gets_none(found):
    assert from_struct(to_struct(found, secrets=False)) == plain(found)


@given(properties)
def test_no_repr_shows_a_secret(found):
    assert "canary" not in repr({**found, "s": Secret("canary"), "t": [Secret({"a": "canary"})]})


@given(properties, properties)
def test_what_was_secret_is_secret_again(new, old):
    found = marked(plain(new), old, ["named"])
    assert plain(found) == plain(new)
    for name, value in found.items():
        assert isinstance(value, Secret) == (name in old and contains(old[name], Secret))


def test_integral_numbers_are_integers():
    assert from_struct(to_struct({"a": 3.0, "b": 2.5}, secrets=True)) == {"a": 3, "b": 2.5}


def test_none_vanishes():
    assert from_struct(to_struct({"a": None, "b": 1}, secrets=True)) == {"b": 1}


def test_other_kinds_of_values_are_refused_by_name():
    with pytest.raises(match="asset"):
        from_struct(to_struct({"a": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17"}}, secrets=True))


def test_an_unknown_is_found_at_any_depth():
    assert contains({"a": [Secret({"b": UNKNOWN})]}, Unknown)
    assert not contains({"a": [Secret({"b": 1})]}, Unknown)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {"a": {"b": [1, 2], "c": "old"}, "d": "new"}),
        ("a.c", {"a": {"b": [8, 9, 7], "c": "old"}, "d": "new"}),
        ('a["c"]', {"a": {"b": [8, 9, 7], "c": "old"}, "d": "new"}),
        ("a.b[0]", {"a": {"b": [1, 9, 7], "c": "new"}, "d": "new"}),
        ("a.b[*]", {"a": {"b": [1, 2, 7], "c": "new"}, "d": "new"}),
        ("a.b[5]", {"a": {"b": [8, 9, 7], "c": "new"}, "d": "new"}),
        ("d", {"a": {"b": [8, 9, 7], "c": "new"}}),
        ("*", {"a": {"b": [1, 2], "c": "old"}, "e": "gone"}),
        ("e", {"a": {"b": [8, 9, 7], "c": "new"}, "d": "new", "e": "gone"}),
    ],
)
def test_ignored_paths_are_as_they_were(path, expected):
    old = {"a": {"b": [1, 2], "c": "old"}, "e": "gone"}
    new = {"a": {"b": [8, 9, 7], "c": "new"}, "d": "new"}
    assert ignoring(new, old, [path]) == expected
    assert new == {"a": {"b": [8, 9, 7], "c": "new"}, "d": "new"}, "what the program declares is left alone"
