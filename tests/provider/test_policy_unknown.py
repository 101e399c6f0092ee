"""A policy with inputs that a preview does not know yet, wherever they stand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operation.policy_runs import OverlappingTime
from tests.provider.policy_stack import RULE, PolicyStack
from vpcep_pulumi.operation.claims import CLAIM_INPUT
from vpcep_pulumi.provider.properties import PLAN, PREVIEW, REFUSED
from vpcep_pulumi.provider.unknown import UNKNOWN
from vpcep_pulumi.testing.simulator import Simulator

KNOWN: dict[str, Any] = {
    "service_id": "svc",
    "rules": [
        {**RULE, "domain_ids": ["d1", "d3"], "limit": 2.0, "expires_at": "2099-01-01T00:00:00Z"},
        {"action": "reject", "endpoint_ids": ["ep7"], "created_before": "2099-01-01T00:00:00Z"},
        {"action": "leave", "description": "x*", "created_after": "1999-01-01T00:00:00Z"},
    ],
    "otherwise": "reject",
    "accept_anyone": False,
    "max_changes": 9.0,
    "max_interruptions": 1.0,
    "region": "cn-north-4",
    "project_id": "p",
    "settle_timeout": 60.0,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value, and to every part of it."""
    if isinstance(value, dict):
        below = [each for key, part in value.items() for each in places(part, (*path, key))]
    elif isinstance(value, list):
        below = [each for number, part in enumerate(value) for each in places(part, (*path, number))]
    else:
        below = []
    return [path, *below] if path else below


def spoilt(*paths: tuple[Any, ...]) -> dict[str, Any]:
    """The known inputs, with an unknown value at each of these places."""
    found = copy.deepcopy(KNOWN)
    for path in sorted(paths, key=len, reverse=True):  # the inner ones first: an outer one replaces them
        part: Any = found
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = UNKNOWN
    return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyStack]:
    time = OverlappingTime()
    with Simulator.start(tokens=["t"], clock=lambda: time.now) as simulator:
        simulator.connect("svc", "ep0", domain="d1")
        found = PolicyStack(simulator, time, Path(tmp_path_factory.mktemp("home")))
        found.up(**KNOWN)
        yield found
        for each in found.made:
            each.operation.close()


@given(st.sets(st.sampled_from(places(KNOWN)), min_size=1, max_size=4))
def test_it_is_planned_as_not_known_yet_and_nothing_is_asked(stack, paths):
    stack.simulator.clear_calls()
    provider, inputs = stack.provider(), spoilt(*paths)
    checked = provider.check(stack.inputs, {**inputs, CLAIM_INPUT: "", PREVIEW: True})
    assert checked.failures == ()
    assert REFUSED not in checked.inputs
    assert checked.inputs[PLAN] is UNKNOWN
    assert {name: checked.inputs[name] for name in KNOWN} == inputs
    difference = provider.diff(stack.outputs, checked.inputs)
    assert (difference.changes, difference.replaces) == (True, ())
    assert stack.simulator.calls() == []


@given(st.sampled_from([each for each in places(KNOWN) if each[0] != "service_id"]))
def test_another_service_replaces_it_whatever_is_not_known(stack, path):
    inputs = {**spoilt(path), "service_id": "other"}
    assert stack.provider().diff(stack.outputs, inputs).replaces == ("service_id",)


def test_without_unknown_values_it_is_as_it_was(stack):
    provider = stack.provider()
    checked = provider.check(stack.inputs, {**KNOWN, CLAIM_INPUT: "", PREVIEW: True})
    assert not provider.diff(stack.outputs, checked.inputs).changes


def test_what_is_known_and_wrong_is_refused_all_the_same(stack):
    inputs = {**spoilt(("rules", 0, "domain_ids")), "max_changes": -1.0}
    (failure,) = stack.provider().check({}, inputs).failures
    assert str(failure) == "max_changes: must be a whole number from 0 to 1000000"
