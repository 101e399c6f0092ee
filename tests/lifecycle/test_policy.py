"""What a policy decides: its rules against a plain re-implementation, its limits against what they promise."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.lifecycle.policy_worlds import NOW, claims, connection, connections, day, made, policies, policy
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.lifecycle.policy import LAST, Claimed, Decision, Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.table import HELD, REJECTS, Goal, Step, live_of

ACCEPT = {"action": "accept", "domain_ids": ["d1"]}
AFTER = {
    Step.RECEIVE: "accepted", Step.WAIT: "accepted", Step.REJECT: "rejected", Step.WAIT_THEN_REJECT: "rejected",
}  # fmt: skip


def carried_out(evaluation: Evaluation) -> list[Connection]:
    """The connections after every step was carried out."""
    return [
        each.connection.model_copy(update={"status": AFTER.get(each.step, each.connection.status)})
        for each in evaluation.decisions.values()
    ]


def holds(name: str, value: Any, each: Connection) -> bool | None:
    """Whether a condition holds, as the documentation says it."""
    note, created = each.description, each.created_at
    if name == "endpoint_ids":
        return each.id in value
    if name == "domain_ids":
        return None if each.domain_id is None else each.domain_id in value
    if name == "description" and note is None:
        return True if value == "*" else None
    if name == "description":
        matching = {"*": {"", "a", "ab", "b"}, "a*": {"a", "ab"}, "ab": {"ab"}, "?b": {"ab"}, "[ab]*": {"a", "ab", "b"}}
        return note in matching[value]
    if created is None:
        return None
    moment = datetime.fromisoformat(created)
    return bool(moment < value if name == "created_before" else moment >= value)


def naive(found: Policy, each: Connection, now: datetime) -> tuple[Goal | None, int | None, bool]:
    """The goal, the rule and whether it is not known, likewise, without limits and claims."""
    for number, rule in enumerate(found.rules, 1):
        answers = [holds(name, value, each) for name, value in rule.conditions.items()]
        if False in answers:
            continue
        if None in answers or rule.action == "leave":
            return None, number, None in answers
        if rule.action == "accept" and (rule.expires_at is None or now < datetime.fromisoformat(rule.expires_at)):
            return Goal.ACCEPTED, number, False
        return Goal.REJECTED, number, False
    return {"leave": None, "accept": Goal.ACCEPTED, "reject": Goal.REJECTED}[found.otherwise], None, False


def age(each: Decision) -> tuple[datetime, str]:
    created = each.connection.created_at
    return LAST if created is None else datetime.fromisoformat(created), each.endpoint_id


def is_limited(found: Policy, each: Decision) -> bool:
    return each.rule is not None and found.rules[each.rule - 1].limit is not None


def has_no_place(each: Decision) -> bool:
    """Whether it is left because its account has as many as the limit says, not because they cannot be counted."""
    return each.goal is None and not each.is_trouble and each.reason.endswith("the limit")


def cannot_be_counted(each: Decision) -> bool:
    return each.goal is None and each.is_trouble and each.reason.endswith("which limit needs")


class TestTheFirstRuleDecides:
    @given(policies, connections)
    def test_as_it_is_documented(self, found, live):
        for each in evaluate(found, live, NOW).decisions.values():
            goal, number, is_unknown = naive(found, each.connection, NOW)
            assert each.rule == number
            if is_unknown:
                assert (each.goal, each.step, each.is_trouble) == (None, Step.NOTHING, True)
                assert "because the API does not name its" in each.reason
            elif not is_limited(found, each) or goal is not Goal.ACCEPTED:
                assert each.goal is goal

    @given(policies, connections, claims, st.randoms())
    def test_the_order_of_the_connections_has_no_influence(self, found, live, claimed, random):
        shuffled = random.sample(live, len(live))
        one, other = evaluate(found, live, NOW, claimed), evaluate(found, shuffled, NOW, claimed)
        assert one.decisions == other.decisions
        assert one.work == other.work
        assert sorted(one.conflicts, key=lambda each: each.decision.endpoint_id) == sorted(
            other.conflicts, key=lambda each: each.decision.endpoint_id
        )

    @given(policies, connections, claims)
    def test_each_connection_has_one_decision_and_work_rejects_first(self, found, live, claimed):
        evaluation = evaluate(found, live, NOW, claimed)
        assert set(evaluation.decisions) == {each.id for each in live}
        rejects = [each.step in REJECTS for each in evaluation.work]
        assert rejects == sorted(rejects, reverse=True)
        for part in (True, False):
            ages = [age(each) for each in evaluation.work if (each.step in REJECTS) is part]
            assert ages == sorted(ages)
        assert set(evaluation.work) == {each for each in evaluation.decisions.values() if each.step in AFTER}

    def test_an_example_of_the_order(self):
        found = policy(ACCEPT, otherwise="reject")
        live = [connection("new", created_at=made(1)), connection("old"), connection("bad", "creating", domain_id="d2")]
        work = evaluate(found, live, NOW).work
        assert [(each.endpoint_id, each.step) for each in work] == [
            ("bad", Step.WAIT_THEN_REJECT), ("old", Step.RECEIVE), ("new", Step.RECEIVE),
        ]  # fmt: skip

    @given(policies, connections, claims)
    def test_after_everything_was_carried_out_nothing_is_left_to_do(self, found, live, claimed):
        assert evaluate(found, carried_out(evaluate(found, live, NOW, claimed)), NOW, claimed).work == ()

    @pytest.mark.parametrize(
        ("conditions", "lacking", "said"),
        [
            ({"domain_ids": ["d1"]}, {"domain_id": None}, "account"),
            ({"created_after": day(1)}, {"created_at": None}, "time of creation"),
            ({"domain_ids": ["d1"], "created_after": day(-20)}, {"created_at": None}, "time of creation"),
        ],
    )
    def test_what_the_api_leaves_out_is_named(self, conditions, lacking, said):
        found = policy({"action": "reject", **conditions}, otherwise="reject")
        (each,) = evaluate(found, [connection("ep", **lacking)], NOW).decisions.values()
        assert each.reason == f"left as it is, because the API does not name its {said}, which rule 1 depends on"
        assert (each.goal, each.is_trouble) == (None, True)

    def test_a_rule_that_certainly_does_not_match_needs_nothing_more(self):
        found = policy({"action": "accept", "domain_ids": ["d1"], "endpoint_ids": ["other"]}, otherwise="reject")
        (each,) = evaluate(found, [connection("ep", domain_id=None)], NOW).work
        assert (each.step, each.rule) == (Step.REJECT, None)

    @pytest.mark.parametrize(("status", "said"), [("failed", "must delete the endpoint"), ("frozen", "upgrade"), ("deleting", "is deleting")])  # fmt: skip
    def test_what_is_impossible_is_trouble_and_no_work(self, status, said):
        evaluation = evaluate(policy(ACCEPT), [connection("ep", status)], NOW)
        (each,) = evaluation.decisions.values()
        assert (each.is_trouble, evaluation.work) == (True, ())
        assert said in each.reason


class TestLimit:
    @given(policies, connections, claims)
    def test_what_it_promises(self, found, live, claimed):
        evaluation = evaluate(found, live, NOW, claimed)
        after = Counter(each.domain_id for each in carried_out(evaluation) if live_of(each) in HELD)
        unlimited = Policy(
            "svc", tuple(_without_limit(each) for each in found.rules), "r", "p", otherwise=found.otherwise
        )
        for each in evaluation.decisions.values():
            if is_limited(found, each) and each.step is Step.RECEIVE:
                account = each.connection.domain_id
                limits = [
                    found.rules[(other.rule or 0) - 1].limit or 0
                    for other in evaluation.decisions.values()
                    if is_limited(found, other) and other.step is Step.RECEIVE and other.connection.domain_id == account
                ]
                assert after[account] <= max(limits)
        for id_, free in evaluate(unlimited, live, NOW, claimed).decisions.items():
            bounded = evaluation.decisions[id_]
            if live_of(free.connection) in HELD or free.goal is not Goal.ACCEPTED:
                assert (bounded.goal, bounded.step) == (free.goal, free.step), "a limit interrupts nobody"
            elif bounded.goal is None:
                assert has_no_place(bounded) or cannot_be_counted(bounded)

    @given(policies, connections, claims)
    def test_the_oldest_first(self, found, live, claimed):
        decisions = evaluate(found, live, NOW, claimed).decisions.values()
        waits = [each for each in decisions if is_limited(found, each) and has_no_place(each)]
        gets = [each for each in decisions if is_limited(found, each) and each.step is Step.RECEIVE]
        for left in waits:
            for got in gets:
                if (left.rule, left.connection.domain_id) == (got.rule, got.connection.domain_id):
                    assert age(got) < age(left)

    @given(policies, connections, claims)
    def test_what_cannot_be_counted_is_reported_and_only_where_an_account_is_not_named(self, found, live, claimed):
        evaluation = evaluate(found, live, NOW, claimed)
        for each in filter(cannot_be_counted, evaluation.decisions.values()):
            assert is_limited(found, each)
            assert any(other.domain_id is None for other in live)
            assert each.endpoint_id in evaluation.undecided

    @given(policies, connections)
    def test_no_place_stays_empty_while_somebody_waits_for_it(self, found, live):
        evaluation = evaluate(found, live, NOW)
        after = Counter(each.domain_id for each in carried_out(evaluation) if live_of(each) in HELD)
        for each in evaluation.decisions.values():
            if has_no_place(each):
                assert each.rule is not None
                assert after[each.connection.domain_id] >= (found.rules[each.rule - 1].limit or 0)

    def test_what_another_rule_has_accepted_counts_and_what_is_to_be_rejected_does_not(self):
        limited = {**ACCEPT, "limit": 2}
        live = [connection("by-hand", "accepted"), connection("creating", "creating"), connection("new")]
        assert _goals(evaluate(policy(limited), live, NOW))["new"] is None
        found = policy({"action": "reject", "endpoint_ids": ["by-hand"]}, limited)
        assert _goals(evaluate(found, live, NOW))["new"] is Goal.ACCEPTED

    def test_what_was_to_be_rejected_and_still_is_accepted_keeps_its_place(self):
        found = policy({"action": "reject", "endpoint_ids": ["old"]}, {**ACCEPT, "limit": 1})
        live = [connection("old", "accepted"), connection("new")]
        assert _goals(evaluate(found, live, NOW)) == {"old": Goal.REJECTED, "new": Goal.ACCEPTED}
        again = evaluate(found, live, NOW, rejected=True)
        assert _goals(again) == {"old": Goal.REJECTED, "new": None}

    def test_more_than_the_limit_who_are_accepted_already_stay_accepted(self):
        live = [connection("a", "accepted"), connection("b", "creating"), connection("c", "accepted"), connection("d")]
        goals = _goals(evaluate(policy({**ACCEPT, "limit": 1}), live, NOW))
        assert goals == {**dict.fromkeys("abc", Goal.ACCEPTED), "d": None}

    def test_an_account_s_limit_is_its_own(self):
        live = [connection(f"{account}-{n}", domain_id=account, created_at=made(-n)) for account in ("d1", "d2") for n in (1, 2)]  # fmt: skip
        found = policy({"action": "accept", "domain_ids": ["d1", "d2"], "limit": 1})
        evaluation = evaluate(found, live, NOW)
        assert [each.endpoint_id for each in evaluation.work] == ["d1-2", "d2-2"]
        assert evaluation.decisions["d1-1"].reason == "left as it is: its account has 1 accepted connections, the limit"

    def test_who_has_no_time_of_creation_comes_last(self):
        live = [connection("a", created_at=None), connection("b", created_at=made(3))]
        assert [each.endpoint_id for each in evaluate(policy({**ACCEPT, "limit": 1}), live, NOW).work] == ["b"]


class TestClaims:
    @given(policies, connections, claims)
    def test_claimed_connections_are_never_worked_on_and_nothing_is_recorded_of_them(self, found, live, claimed):
        for id_, each in evaluate(found, live, NOW, claimed).decisions.items():
            assert each.is_claimed == (id_ in claimed)
            if each.is_claimed:
                plain = Decision(each.connection, None, reason="declared by 'another'", is_claimed=True)
                assert each == plain

    @given(policies, connections, claims)
    def test_conflicts_are_where_the_goals_are_opposite_and_neither_has_expired(self, found, live, claimed):
        expired = evaluate(found, live, NOW).expired
        alone = {each.id: naive(found, each, NOW)[0] for each in live if each.id not in expired}
        conflicts = {each.decision.endpoint_id for each in evaluate(found, live, NOW, claimed).conflicts}
        opposite = {Goal.ACCEPTED: Goal.REJECTED, Goal.REJECTED: Goal.ACCEPTED}
        assert conflicts == {
            id_
            for id_, each in claimed.items()
            if id_ in alone and each.goal and opposite[each.goal] is alone[id_] and not each.by_expiry
        }

    @given(policies, connections, claims)
    def test_what_is_contested_is_known_as_the_policy_s_as_well(self, found, live, claimed):
        evaluation = evaluate(found, live, NOW, claimed)
        for each in evaluation.conflicts:
            assert each.decision.goal is not None
            assert each.decision.endpoint_id in evaluation.of(each.decision.goal)
        assert not evaluation.of(Goal.ACCEPTED) & evaluation.of(Goal.REJECTED)

    def test_what_another_is_going_to_accept_takes_a_place(self):
        live = [connection("mine"), connection("theirs", created_at=made(9))]
        found = policy({**ACCEPT, "limit": 1})
        assert not evaluate(found, live, NOW, {"theirs": Claimed("'x'", Goal.ACCEPTED)}).work
        assert evaluate(found, live, NOW, {"theirs": Claimed("'x'", Goal.REJECTED)}).work


class TestExpiry:
    @given(policies, connections)
    def test_what_an_expired_rule_would_accept_it_rejects_and_interrupts_nobody(self, found, live):
        later = NOW + timedelta(days=99)
        evaluation = evaluate(replace(found, former_rules=found.rules), live, later)
        for each in evaluation.decisions.values():
            rule = found.rules[each.rule - 1] if each.rule is not None else None
            expires = rule is not None and rule.expires_at is not None and not each.reason.startswith("left as it is")
            assert each.has_expired == expires
            if expires:
                assert each.goal is Goal.REJECTED
                assert not each.interrupts
        assert all(naive(found, each.connection, later)[0] is Goal.REJECTED for each in evaluation.interruptions)

    @pytest.mark.parametrize(("days", "step"), [(1, Step.RECEIVE), (0, Step.REJECT), (-1, Step.REJECT)])
    def test_at_the_moment_it_has_expired(self, days, step):
        (each,) = evaluate(policy({**ACCEPT, "expires_at": day(days)}), [connection("ep")], NOW).work
        assert each.step is step
        assert each.reason == ("" if step is Step.RECEIVE else f"it expired at {day(days)}")

    @given(policies, connections, claims)
    def test_interruptions_are_those_who_were_accepted_and_rejected_before_anything_expires(self, found, live, claimed):
        assume(not any(each.expires_at for each in found.rules))
        evaluation = evaluate(found, live, NOW, claimed)
        assert {each.endpoint_id for each in evaluation.interruptions} == {
            id_ for id_, each in evaluation.decisions.items()
            if each.goal is Goal.REJECTED and each.connection.status in {"accepted", "creating"}
        }  # fmt: skip


def _without_limit(rule):
    return type(rule)(rule.action, rule.conditions, None, rule.expires_at)


def _goals(evaluation: Evaluation) -> dict[str, Goal | None]:
    return {id_: each.goal for id_, each in evaluation.decisions.items()}


class TestAccountsThatAreNotNamed:
    LIMITED = policy({**ACCEPT, "limit": 1})

    def test_with_a_limit_nobody_is_accepted_while_an_accepted_one_has_no_account(self):
        live = [connection("a", "accepted", domain_id=None), connection("b")]
        found = evaluate(self.LIMITED, live, NOW)
        assert found.work == ()
        assert "the API does not name every account" in found.decisions["b"].reason
        assert found.decisions["b"].is_trouble, "it is reported"
        assert found.undecided == {"a", "b"}, "an approval's delete must not reject what the policy may accept"

    def test_with_a_limit_nobody_without_an_account_is_accepted(self):
        by_endpoint = policy({"action": "accept", "endpoint_ids": ["a", "b"], "limit": 1})
        assert [each.endpoint_id for each in evaluate(by_endpoint, [connection("a", domain_id=None)], NOW).work] == []

    def test_what_another_resource_may_accept_takes_a_place(self):
        live = [connection("a"), connection("b")]
        for goal, places in ((None, 1), (Goal.ACCEPTED, 1), (Goal.REJECTED, 0)):
            found = evaluate(self.LIMITED, live, NOW, {"a": Claimed("'x'", goal)})
            assert len(found.work) == 1 - places
