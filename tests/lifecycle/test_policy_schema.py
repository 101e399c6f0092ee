"""The inputs and outputs of a policy."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lifecycle.policy_worlds import day, rules
from vpcep_pulumi.lifecycle.policy import Policy
from vpcep_pulumi.lifecycle.policy_rule import rules_problem
from vpcep_pulumi.lifecycle.policy_schema import POLICY, problems
from vpcep_pulumi.lifecycle.schema import MOST, count_problem

UNKNOWN = object()
anything: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.just({})
)
GOOD = {"service_id": "svc", "rules": [{"action": "accept", "domain_ids": ["d1"]}]}


def wrong(**inputs: object) -> dict[str, str]:
    return problems({**GOOD, **inputs}, lambda value: value is UNKNOWN)


class TestRows:
    def test_defaults(self):
        assert dict(POLICY.defaults) == {
            "otherwise": "leave", "accept_anyone": False, "max_interruptions": 0, "settle_timeout": 600,
        }  # fmt: skip

    def test_the_defaults_are_valid_and_those_of_the_value(self):
        assert not wrong(**POLICY.defaults)
        known = {each.name: each.default for each in fields(Policy)}
        assert {name: known[name] for name in POLICY.defaults if name in known} == {
            name: value for name, value in POLICY.defaults.items() if name in known
        }

    def test_names(self):
        assert POLICY.names("required") == ("service_id", "rules")
        assert POLICY.names("identity") == ("service_id", "region", "project_id")
        assert POLICY.names("hidden") == ("rules", "profile")

    def test_everything_that_a_later_diff_needs_is_repeated(self):
        assert POLICY.names("repeated") == tuple(POLICY.rules)

    def test_resolved(self):
        assert POLICY.resolved == ("region", "project_id", "decided", "pending", "failed", "errors")

    def test_each_row_is_documented_once(self):
        documented = {each.name: each.documentation for each in POLICY.inputs}
        documented |= {each.name: each.documentation for each in POLICY.outputs}
        assert len(documented) == len(POLICY.inputs) + len(POLICY.outputs)
        assert all(documented.values())


class TestProblems:
    def test_what_is_required(self):
        assert problems({}, lambda _: False) == {"service_id": "is required", "rules": "is required"}

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("otherwise", "maybe", 'must be "leave", "reject" or "accept"'),
            ("otherwise", [], 'must be "leave", "reject" or "accept"'),
            ("accept_anyone", "yes", "must be true or false"),
            ("accept_anyone", 1, "must be true or false"),
            ("max_changes", -1, "must be a whole number from 0 to 1000000"),
            ("max_interruptions", 0.5, "must be a whole number from 0 to 1000000"),
            ("settle_timeout", -1, "must be between 0 and 86400 seconds"),
            ("service_id", "a b", "must be an id of 1 to 64 letters, digits, '-' or '_'"),
            ("rules", [{}], "rule 1: it has no `action`"),
        ],
    )
    def test_what_is_wrong(self, name, value, said):
        assert wrong(**{name: value}) == {name: said}

    @given(st.sampled_from(sorted(POLICY.rules)), anything)
    def test_whatever_is_declared_is_taken_or_refused(self, name, value):
        assert set(wrong(**{name: value})) <= {name}

    @given(st.sets(st.sampled_from(sorted(POLICY.rules))))
    def test_what_is_not_known_yet_is_not_checked(self, names):
        assert not wrong(**dict.fromkeys(names, UNKNOWN))

    @given(st.lists(rules, max_size=3), st.sampled_from(["leave", "reject", "accept"]))
    def test_whoever_asks_is_accepted_only_if_that_is_said(self, found, otherwise):
        inputs = {"service_id": "svc", "rules": found, "otherwise": otherwise}
        if rules_problem(found) is not None:
            return
        names_nobody = any(
            each["action"] == "accept" and "domain_ids" not in each and "endpoint_ids" not in each for each in found
        )
        refused = problems(inputs, lambda _: False)
        assert bool(refused) == (otherwise == "accept" or names_nobody)
        assert not problems({**inputs, "accept_anyone": True}, lambda _: False)

    def test_the_advice(self):
        advice = "which accepts whoever asks. If that is meant, set accept_anyone=True"
        assert wrong(otherwise="accept") == {"otherwise": f'is "accept", {advice}'}
        anyone = {"action": "accept", "created_after": day(0)}
        assert wrong(rules=[*GOOD["rules"], anyone]) == {
            "rules": f"rule 2 names neither domain_ids nor endpoint_ids, {advice}"
        }

    def test_whether_anyone_may_be_accepted_may_not_be_known_yet(self):
        assert not wrong(otherwise="accept", accept_anyone=UNKNOWN)
        assert not wrong(otherwise=UNKNOWN, rules=[UNKNOWN, {"action": UNKNOWN}])


@given(st.integers(-3, MOST + 3), st.sampled_from([0, 1]))
def test_a_count_is_the_same_as_a_float(value, least):
    assert count_problem(float(value), least=least) == count_problem(value, least=least)
    assert (count_problem(value, least=least) is None) == (least <= value <= MOST)
