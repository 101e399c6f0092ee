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
    "expected", [{A: "create"}, {"urn…::a": "create"}, {"…::a": "create"}, {"…Approval…": "create"}]
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


def test_a_key_that_stands_for_several_is_said():
    steps = Steps({A: "create", B: "create"})
    assert steps != {"…": "create"}
    assert steps.differences({"…": "create"}) == [f"… stands for 2 resources: {A}, {B}"]


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
