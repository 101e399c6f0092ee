"""What a policy's plan, record, refusals and warnings say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lifecycle.policy_worlds import NOW, claims, connection, connections, day, endpoints, policies, policy
from vpcep_pulumi.lifecycle.policy import Claimed, evaluate
from vpcep_pulumi.lifecycle.policy_plan import (
    MOST_NAMED,
    Record,
    named,
    news_of,
    plan_of,
    record_of,
    refusals,
    refused_delete,
    warnings,
    work_of,
)
from vpcep_pulumi.lifecycle.table import Goal

NOTHING = Record({}, (), {})
ACCEPT = {"action": "accept", "domain_ids": ["d1"]}
SOON = {**ACCEPT, "expires_at": day(1)}
OWNED = "the connection, owned by d1, is"
reasons = st.dictionaries(endpoints, st.sampled_from(["trouble", "declared by 'another'"]), max_size=4)
some = st.lists(endpoints, unique=True, max_size=4).map(lambda found: tuple(sorted(found)))
records = st.builds(
    Record,
    st.dictionaries(endpoints, st.sampled_from(["accepted", "rejected", "pendingAcceptance"]), max_size=4),
    some,
    reasons,
    some,
)


def entry(record: Record, id_: str) -> tuple[str | None, bool, str | None, bool]:
    """What a record has of one connection."""
    return record.decided.get(id_), id_ in record.pending, record.failed.get(id_), id_ in record.left


class TestWhatAPlanNames:
    @given(policies, connections, claims, records)
    def test_exactly_those_whose_work_or_record_changes(self, found, live, claimed, before):
        evaluation = evaluate(found, live, NOW, claimed)
        after, works = record_of(evaluation), {each.endpoint_id for each in evaluation.work}
        known = {*evaluation.decisions, *before.decided, *before.pending, *before.failed, *before.left}
        changed = {id_ for id_ in known if entry(before, id_) != entry(after, id_)}
        plan = plan_of(evaluation, before)
        assert list(plan.words) == sorted(works | changed)
        assert set(work_of(evaluation).words) == works
        assert {id_: plan.words[id_] for id_ in works} == work_of(evaluation).words

    @given(policies, connections, claims, records)
    def test_it_is_empty_exactly_if_an_update_would_change_nothing(self, found, live, claimed, before):
        evaluation = evaluate(found, live, NOW, claimed)
        is_silent = not evaluation.work and record_of(evaluation) == before
        plan = plan_of(evaluation, before)
        assert (not plan.words) == is_silent
        assert (not plan.summary) == is_silent

    @given(policies, connections, claims)
    def test_what_was_just_recorded_is_no_news(self, found, live, claimed):
        evaluation = evaluate(found, live, NOW, claimed)
        recorded = Record.of_state(record_of(evaluation).outputs())
        assert recorded == record_of(evaluation)
        assert plan_of(evaluation, recorded) == work_of(evaluation)
        assert news_of(evaluation, recorded, recorded) == ""

    @given(policies, connections, claims, records)
    def test_the_news_are_the_plan_without_the_work(self, found, live, claimed, before):
        evaluation = evaluate(found, live, NOW, claimed)
        plan, work = plan_of(evaluation, before).words, work_of(evaluation).words
        rest = [f"{id_}: {words}" for id_, words in plan.items() if id_ not in work]
        told = news_of(evaluation, before, record_of(evaluation))
        assert told.startswith("; ".join(rest[:3]))
        assert told.endswith(f"; and {len(rest) - 3} more") or told == "; ".join(rest)

    @given(policies, connections, claims, records)
    def test_the_summary_counts_the_words(self, found, live, claimed, before):
        plan = plan_of(evaluate(found, live, NOW, claimed), before)
        counted = [
            each.split(" ", 1) for each in plan.summary.replace("wait, then", "wait and then").split(", ") if each
        ]
        assert sum(int(count) for count, _ in counted) == len(plan.words)
        for count, verb in counted:
            said = verb.replace("wait and then", "wait, then")
            assert sum(each.startswith(f"{said}: ") for each in plan.words.values()) == int(count)


class TestRecord:
    @given(policies, connections, claims)
    def test_nobody_is_both_decided_and_in_trouble_and_those_claimed_are_not_recorded(self, found, live, claimed):
        record = record_of(evaluate(found, live, NOW, claimed))
        assert not record.decided.keys() & record.failed.keys()
        assert not ({*record.decided, *record.pending, *record.failed}) & claimed.keys()
        assert list(record.pending) == sorted(record.pending)

    @given(records, connections)
    def test_as_live_adds_nobody_and_takes_the_live_status(self, before, live):
        by_id = {each.id: each for each in live}
        after = before.as_live(by_id)
        assert set(after.decided) == before.decided.keys() & by_id.keys()
        assert all(after.decided[id_] == (by_id[id_].status or "undocumented") for id_ in after.decided)
        assert set(after.pending) == {
            id_ for id_ in before.pending if id_ in by_id and by_id[id_].status == "pendingAcceptance"
        }
        assert after.failed == {id_: why for id_, why in before.failed.items() if id_ in by_id}
        assert after.as_live(by_id) == after

    def test_an_empty_state(self):
        assert Record.of_state({}) == NOTHING
        assert Record.of_state({"decided": None, "pending": None, "failed": None}) == NOTHING


@pytest.mark.parametrize(
    ("rules", "live", "before", "words", "summary"),
    [
        ([ACCEPT], [connection("a")], NOTHING, {"a": f"receive: {OWNED} pendingAcceptance; rule 1"}, "1 receive"),
        ([ACCEPT], [connection("a", "accepted")], NOTHING, {"a": f"adopt: {OWNED} accepted; rule 1"}, "1 adopt"),
        ([ACCEPT], [connection("a", "accepted")], Record({"a": "rejected"}, (), {}), {"a": f"record: {OWNED} accepted; rule 1"}, "1 record"),
        ([ACCEPT], [connection("a", "accepted")], Record({"a": "accepted"}, (), {"a": "why"}), {"a": f"record: {OWNED} accepted; rule 1"}, "1 record"),
        ([ACCEPT], [connection("a", "accepted")], Record({"a": "accepted"}, (), {}), {}, ""),
        ([ACCEPT], [connection("a", "creating")], NOTHING, {"a": f"wait: {OWNED} creating; rule 1"}, "1 wait"),
        ([], [connection("a", "creating")], NOTHING, {}, ""),
        ([], [connection("a")], NOTHING, {"a": f"leave: {OWNED} pendingAcceptance; otherwise"}, "1 leave"),
        ([{"action": "leave"}], [connection("a")], NOTHING, {"a": f"leave: {OWNED} pendingAcceptance; rule 1"}, "1 leave"),
        ([{"action": "reject"}], [connection("a", "creating")], NOTHING, {"a": f"wait, then reject: {OWNED} creating; rule 1"}, "1 wait, then reject"),
        ([ACCEPT], [], Record({"a": "accepted"}, (), {}), {"a": "record: the connection is absent: its consumer has left"}, "1 record"),
        (
            [{**ACCEPT, "expires_at": day(-1)}], [connection("a"), connection("b", "accepted")], NOTHING,
            {"a": f"reject: {OWNED} pendingAcceptance: it expired at {day(-1)}; rule 1",
             "b": f"reject: {OWNED} accepted: it expired at {day(-1)}; rule 1"}, "2 reject",
        ),
        (
            [{**ACCEPT, "limit": 1}], [connection("a", "accepted"), connection("b")], Record({"a": "accepted"}, (), {}),
            {"b": f"leave: {OWNED} pendingAcceptance: left as it is: its account has 1 accepted connections, the limit; rule 1"},
            "1 leave",
        ),
        (
            [ACCEPT], [connection("a", "deleting")], NOTHING,
            {"a": f"leave: {OWNED} deleting and cannot be accepted: its consumer is deleting the endpoint; declare the one that replaces it; rule 1"},
            "1 leave",
        ),
        (
            [ACCEPT], [connection("a", domain_id=None)], NOTHING,
            {"a": "leave: the connection, whose owner the API does not name, is pendingAcceptance: left as it is, because the API does not name its account, which rule 1 depends on; rule 1"},
            "1 leave",
        ),
    ],
)  # fmt: skip
def test_the_words_of_a_plan(rules, live, before, words, summary):
    plan = plan_of(evaluate(policy(*rules), live, NOW), before)
    assert (dict(plan.words), plan.summary) == (words, summary)


def test_what_another_resource_takes_over():
    evaluation = evaluate(policy(ACCEPT), [connection("a", "accepted")], NOW, {"a": Claimed("'one'", Goal.ACCEPTED)})
    assert plan_of(evaluation, Record({"a": "accepted"}, (), {})).words == {
        "a": f"leave: {OWNED} accepted: declared by 'one'"
    }


def test_few_news_are_told():
    gone = "record: the connection is absent: its consumer has left"
    work = evaluate(policy(ACCEPT), [connection("a")], NOW)
    for count, more in ((1, []), (3, []), (5, ["and 2 more"])):
        before = Record({f"b{n}": "accepted" for n in range(count)}, (), {})
        said = "; ".join([*(f"b{n}: {gone}" for n in range(min(count, 3))), *more])
        assert news_of(work, before, record_of(work)) == said


def test_what_the_state_holds_without_a_secret_is_no_news():
    evaluation = evaluate(policy(ACCEPT), [connection("a", "deleting"), connection("b")], NOW)
    masked = record_of(evaluation).masked(lambda text: text.replace("endpoint", "***"))
    assert masked != record_of(evaluation)
    assert news_of(evaluation, masked, masked) == ""


def test_names_are_few():
    ids = [f"ep{n}" for n in range(MOST_NAMED + 2)]
    assert named(ids[:2]) == "ep0, ep1"
    assert named(ids[:MOST_NAMED]) == ", ".join(ids[:MOST_NAMED])
    assert named(ids) == f"{', '.join(ids[:MOST_NAMED])} and 2 more"


class TestRefusals:
    def test_a_conflict_names_both_and_the_way_out(self):
        claimed = {"a": Claimed("'one'", Goal.REJECTED), "b": Claimed("'two'", Goal.ACCEPTED)}
        found = policy({"action": "accept", "endpoint_ids": ["a"]}, otherwise="reject")
        assert refusals(found, evaluate(found, [connection("a"), connection("b")], NOW, claimed)) == [
            "connection a is to be accepted by rule 1, and declared rejected by 'one': put "
            'leave(endpoint_ids=["a"]) before that rule, or remove one of them',
            "connection b is to be rejected by otherwise, and declared accepted by 'two': put "
            'leave(endpoint_ids=["b"]) before that rule, or remove one of them',
        ]

    def test_many_conflicts_are_counted(self):
        live = [connection(f"e{n:02}") for n in range(MOST_NAMED + 3)]
        claimed = {each.id: Claimed("'x'", Goal.REJECTED) for each in live if each.id}
        found = refusals(policy(ACCEPT), evaluate(policy(ACCEPT), live, NOW, claimed))
        assert len(found) == MOST_NAMED + 1
        assert found[-1] == "and 3 more such connections"

    @pytest.mark.parametrize(("most", "is_refused"), [(1, True), (2, False), (None, False)])
    def test_max_changes(self, most, is_refused):
        found = policy(ACCEPT, max_changes=most)
        said = "2 connections would be accepted, rejected or waited for, and max_changes is 1: a, b"
        live = [connection("a"), connection("b", "creating"), connection("c", "accepted")]
        assert refusals(found, evaluate(found, live, NOW)) == ([said] if is_refused else [])

    @pytest.mark.parametrize(("most", "is_refused"), [(0, True), (1, True), (2, False)])
    def test_max_interruptions(self, most, is_refused):
        found = policy({"action": "reject"}, max_interruptions=most)
        live = [connection("a", "accepted"), connection("b", "creating"), connection("c"), connection("d", "rejected")]
        said = (
            f"2 accepted connections would be rejected, and max_interruptions is {most}: a, b. Leave them alone with "
            "leave(endpoint_ids=[…]), or raise max_interruptions"
        )
        assert refusals(found, evaluate(found, live, NOW)) == ([said] if is_refused else [])

    def test_what_has_expired_is_not_counted_if_it_was_declared_before(self):
        new = policy({**ACCEPT, "expires_at": day(-1)})
        for former, is_refused in (((), True), (policy(ACCEPT).rules, True), (new.rules, False)):
            found = replace(new, former_rules=former)
            assert bool(refusals(found, evaluate(found, [connection("a", "accepted")], NOW))) is is_refused

    def test_a_delete(self):
        assert refused_delete(policy(max_interruptions=2), ["a", "b"]) is None
        assert refused_delete(policy(max_interruptions=1), ["a", "b"]) == (
            "service svc: its policy is not deleted, because 2 accepted connections would be rejected, and "
            "max_interruptions is 1: a, b. Nothing was sent. To reject them, raise max_interruptions and run `pulumi "
            "up` first; to leave them accepted, set retain_on_delete and run `pulumi up` first"
        )


class TestWarnings:
    @pytest.mark.parametrize(("ago", "count"), [(timedelta(hours=1), 0), (timedelta(0), 1)])
    def test_a_day_before_it_expires(self, ago, count):
        found, now = policy(SOON), NOW - ago
        live = [connection("a", "accepted"), connection("b"), connection("c", domain_id="d2")]
        said = [
            f"service svc: rule 1 expires at {day(1)}, in 24 hours: from then on it rejects what it accepts now (2)"
        ]
        assert warnings(found, evaluate(found, live, now), now) == said * count

    def test_once_it_has_expired_while_there_is_anything_to_reject(self):
        found, now = policy(SOON), NOW + timedelta(days=1)
        live = [connection("a", "accepted"), connection("b"), connection("c", "rejected")]
        assert warnings(found, evaluate(found, live, now), now) == [
            f"service svc: rule 1 expired at {day(1)}: 2 to be rejected"
        ]
        assert warnings(found, evaluate(found, live[2:], now), now) == []
