"""Results: steps compared as a person writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.testing import Diagnostic, OperationFailed, Result, Steps

A, B = "urn:pulumi:test::infra::pkg:Approval::a", "urn:pulumi:test::infra::pkg:Approval::b"
URNS = st.builds("urn:pulumi:test::infra::t::{}".format, st.text(st.characters(codec="ascii", categories=["L", "N"])))
STEPS = st.dictionaries(URNS, st.sampled_from(["create", "update", "replace", "delete"]))


@pytest.mark.parametrize(
    "expected",
    [{A: "create"}, {"urn…::a": "create"}, {"…::a": "create"}, {"…Approval…": "create"}, {"a": "create"}],
)
def test_a_key_may_be_shortened(expected):
    assert Steps({A: "create"}) == expected


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({}, f"{A}: create was not expected"),
        ({"urn…::a": "update"}, f"{A}: update was expected, it was create"),
        ({"urn…::b": "create"}, "urn…::b: create was expected, and nothing was done"),
        ({"::a": "create"}, "::a: create was expected, and nothing was done"),
    ],
)
def test_differences_are_said(expected, difference):
    steps = Steps({A: "create"})
    assert steps != expected
    assert difference in steps.differences(expected)


def test_a_key_that_stands_for_nothing_is_said_with_what_there_is():
    with pytest.raises(KeyError, match=f"'biling' stands for no resource that anything was done to: {A}"):
        _ = Steps({A: "create"})["biling"]
    with pytest.raises(KeyError, match="nothing was done"):
        _ = Steps({})["a"]


def test_a_key_that_stands_for_several_is_said():
    steps = Steps({A: "create", B: "create"})
    assert steps != {"…": "create"}
    assert steps.differences({"…": "create"}) == [f"… stands for 2 resources: {A}, {B}"]


@pytest.mark.parametrize("key", [A, "urn…::a", "…::a", "a"])
def test_a_step_is_found_as_it_is_compared(key):
    steps = Steps({A: "create", B: "update"})
    assert steps[key] == "create"
    assert key in steps
    assert steps.get(key) == "create"


def test_what_is_not_there_is_not_found():
    steps = Steps({A: "create"})
    for key in ("b", "…::b", B, "", "::a", "Approval"):
        assert key not in steps
        with pytest.raises(KeyError):
            steps[key]


@pytest.mark.parametrize("key", ["…", "same"])
def test_asking_for_one_of_several_is_an_error(key):
    """Also where a default is given, and for ``in``: neither may look like there were none."""
    one, two = "urn:pulumi:test::infra::t::same", "urn:pulumi:test::infra::other$t::same"
    steps = Steps({one: "create", two: "delete"})
    for ask in (steps.__getitem__, steps.get, steps.__contains__):
        with pytest.raises(ValueError, match=r"stands for 2 resources: urn:pulumi:test::infra::t::same, urn"):
            ask(key)
    assert steps != {key: "create"}


@given(STEPS)
def test_every_step_is_found_by_its_urn(steps):
    assert {urn: Steps(steps)[urn] for urn in steps} == steps


def test_a_name_may_hold_colons():
    assert Steps({"urn:pulumi:test::infra::t::a::b": "create"})["a::b"] == "create"


@given(STEPS, STEPS)
def test_whole_urns_compare_as_dictionaries_do(left, right):
    assert (Steps(left) == right) == (left == right)
    assert (Steps(left) == Steps(right)) == (left == right)


@given(STEPS)
def test_no_differences_is_equality(steps):
    shortened = {f"…{urn}": step for urn, step in steps.items()}
    assert Steps(steps).differences(steps) == []
    assert bool(Steps(steps).differences(shortened)) == (Steps(steps) != shortened)


def test_they_are_equal_to_nothing_else():
    assert Steps({}) != []


def test_a_failure_names_each_error_and_its_resource():
    result = Result(
        ok=False,
        steps=Steps({}),
        diagnostics=(Diagnostic("info", "hello"), Diagnostic("error", "refused", A), Diagnostic("error", "no good")),
    )
    failure = OperationFailed("up", result)
    assert str(failure) == f"up failed\nrefused [{A}]\nno good"
    assert failure.result is result
