"""What is live against what is declared: each rule by example, and what holds in every world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given

from tests.audit.worlds import (
    ENDPOINTS,
    NOW,
    SERVICE,
    approval,
    approvals,
    at,
    connection,
    export,
    judged,
    live,
    policies,
    policy,
    rules_of,
    sealed,
    shown,
)
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.declared import DeclaredApproval, DeclaredPolicy, Export
from vpcep_pulumi.audit.judge import Limits
from vpcep_pulumi.audit.rules import RULES, Severity
from vpcep_pulumi.lifecycle.owner import is_foreign
from vpcep_pulumi.lifecycle.plan import plan_for
from vpcep_pulumi.lifecycle.policy import Claimed, evaluate
from vpcep_pulumi.lifecycle.table import Step

PARTNER = {"action": "accept", "domain_ids": ["d1"]}
AFTER = {
    Step.RECEIVE: "accepted",
    Step.REJECT: "rejected",
    Step.WAIT: "accepted",
    Step.WAIT_THEN_REJECT: "rejected",
}


class TestApprovals:
    def test_what_is_as_declared_is_clean(self):
        report = judged([connection()], export(approval(expected_domain_id="d1", expires_at=at(30))))
        assert (report.findings, report.exit_code) == ((), 0)

    @pytest.mark.parametrize(
        ("declared", "status", "would"),
        [
            ("accepted", "rejected", "accept it"),
            ("accepted", "pendingAcceptance", "accept it"),
            ("accepted", "creating", "wait until it is accepted"),
            ("rejected", "accepted", "reject it"),
            ("rejected", "creating", "wait, then reject it"),
        ],
    )
    def test_drift(self, declared, status, would):
        report = judged([connection(status=status, days=30)], export(approval(status=declared)))
        assert rules_of(report) == [("drift", "ep0")]
        assert report.findings[0].message.endswith(f"`pulumi up` would {would}")
        assert report.exit_code == 2

    def test_a_note_that_differs_is_drift(self):
        report = judged([connection(description="other")], export(approval(description="ticket 1234")))
        assert rules_of(report) == [("drift", "ep0")]
        assert report.findings[0].message.endswith("`pulumi up` would write its note")
        assert "ticket" not in report.findings[0].message

    def test_another_account(self):
        for each in (connection(domain_id="d2"), connection(domain_id=None)):
            report = judged([each], export(approval(expected_domain_id="d1")))
            assert rules_of(report) == [("wrong-account", "ep0")]

    def test_expired_but_still_accepted(self):
        found = export(approval(expires_at=at(-1)))
        assert rules_of(judged([connection()], found)) == [("expired", "ep0")]
        assert rules_of(judged([connection(status="rejected")], found)) == []

    @pytest.mark.parametrize(("days", "limit", "found"), [(0.9, 1, True), (1.1, 1, False), (1.1, 2, True)])
    def test_expiring(self, days, limit, found):
        report = judged(
            [connection()], export(approval(expires_at=at(days))), limits=Limits(expiring=timedelta(days=limit))
        )
        assert rules_of(report) == ([("expiring", "ep0")] if found else [])

    def test_absent(self):
        assert rules_of(judged([], export(approval()))) == [("absent", "ep0")]

    def test_a_service_that_is_gone(self):
        report = judged(None, export(approval(), policy(PARTNER)))
        assert rules_of(report) == [("absent", None), ("absent", "ep0")]

    def test_a_status_that_nobody_knows(self):
        report = judged([connection(status="frozen")], export(approval()))
        assert rules_of(report) == [("undecidable", "ep0")]

    @pytest.mark.parametrize(
        "recorded",
        ["pendingAcceptance", "creating", "failed", "deleting", "absent", "frozen", {"a": 1}, ["accepted"], 5],
    )
    @pytest.mark.parametrize("live", ["pendingAcceptance", "accepted", "rejected"])
    def test_a_status_that_a_refresh_recorded_cannot_be_judged(self, recorded, live):
        report = judged([connection(status=live)], export(approval(status=recorded)))
        assert (rules_of(report), report.exit_code) == ([], 1)
        (unjudged,) = report.unjudged
        assert unjudged.reason.endswith("a refresh recorded it; run `pulumi up`, then export again")
        assert "frozen" not in unjudged.reason

    def test_what_does_not_depend_on_the_status_is_judged_all_the_same(self):
        one = approval(status="creating", expected_domain_id="d1")
        assert rules_of(judged([connection(domain_id="d2")], export(one))) == [("wrong-account", "ep0")]

    def test_a_recorded_status_in_a_secret_is_not_called_a_secret(self):
        report = judged([connection()], export(approval(status=shown("pendingAcceptance"))))
        assert (rules_of(report), report.exit_code, len(report.unjudged)) == ([], 1, 1)
        assert "a refresh recorded it" in report.unjudged[0].reason


class TestPolicies:
    def test_what_the_rules_would_do_is_drift(self):
        connections = [connection(), connection("ep1", "rejected"), connection("ep2", "pendingAcceptance")]
        report = judged(connections, export(policy(PARTNER)))
        assert rules_of(report) == [("drift", "ep1"), ("drift", "ep2")]
        assert 'rule 1 of policy "partners" of demo/prod (prod.json) decides otherwise' in report.findings[0].message

    def test_an_approval_of_the_same_stack_is_left_alone(self):
        report = judged([connection("ep0", "rejected")], export(policy(PARTNER), approval(status="rejected")))
        assert {rule for rule, _ in rules_of(report)} == {"declared-twice"}  # an update would refuse it
        leave = {"action": "leave", "endpoint_ids": ["ep0"]}
        left = judged([connection("ep0", "rejected")], export(policy(leave, PARTNER), approval(status="rejected")))
        assert rules_of(left) == []

    def test_a_rule_that_has_expired_and_one_that_expires_soon(self):
        expired = judged([connection()], export(policy(PARTNER | {"expires_at": at(-1)})))
        assert rules_of(expired) == [("expired", "ep0")]
        soon = judged([connection()], export(policy(PARTNER | {"expires_at": at(0.5)})))
        assert rules_of(soon) == [("expiring", "ep0")]

    def test_what_a_rule_leaves_alone_is_not_undeclared(self):
        leave = {"action": "leave", "description": "manual*"}
        connections = [connection(description="manual"), connection("ep1")]
        assert rules_of(judged(connections, export(policy(leave)))) == [("undeclared", "ep1")]

    @pytest.mark.parametrize(
        ("limits", "refusal"),
        [
            (
                {"max_interruptions": 1},
                "2 accepted connections would be rejected, and max_interruptions is 1: ep0, ep1.",
            ),
            ({"max_changes": 1}, "2 connections would be accepted, rejected or waited for, and max_changes is 1: ep0"),
        ],
    )
    def test_what_up_would_refuse_is_not_promised(self, limits, refusal):
        connections = [connection(), connection("ep1")]
        report = judged(connections, export(policy({"action": "reject", "domain_ids": ["d1"]}, **limits)))
        assert rules_of(report) == [("drift", "ep0"), ("drift", "ep1")]
        for each in report.findings:
            assert f"`pulumi up` would be refused: {refusal}" in each.message
            assert "run `pulumi up`" not in each.advice

    def test_an_expired_rule_whose_work_up_would_refuse(self):
        rules = (PARTNER | {"expires_at": at(-1)}, {"action": "reject", "domain_ids": ["d2"]})
        connections = [connection(), connection("ep1", domain_id="d2")]
        report = judged(connections, export(policy(*rules, max_interruptions=0)))
        assert rules_of(report) == [("drift", "ep1"), ("expired", "ep0")]
        for each in report.findings:
            assert "would be refused: 1 accepted connections would be rejected" in each.message
            assert "run `pulumi up`" not in each.advice

    def test_what_the_state_has_declared_to_expire_is_no_interruption(self):
        """As for `pulumi up`: the rule is among those that the state has."""
        report = judged([connection()], export(policy(PARTNER | {"expires_at": at(-1)}, max_interruptions=0)))
        assert rules_of(report) == [("expired", "ep0")]
        assert "refused" not in str(report.findings)

    def test_a_conflict_refuses_the_whole_policy(self):
        found = export(policy(PARTNER), approval("ep1", status="rejected"))
        report = judged([connection(status="rejected"), connection("ep1", "rejected")], found)
        assert rules_of(report) == [("drift", "ep0"), ("declared-twice", "ep1")]
        assert "would be refused: connection ep1 is to be accepted by rule 1" in report.findings[0].message

    @pytest.mark.parametrize(("name", "value"), [("max_interruptions", 0), ("max_changes", 1)])
    def test_a_limit_that_is_a_secret(self, name, value):
        connections = [connection(), connection("ep1")]
        reject = {"action": "reject", "domain_ids": ["d1"]}
        limits: dict[str, Any] = {name: sealed()}
        hidden = judged(connections, export(policy(reject, **limits)))
        assert (rules_of(hidden), hidden.exit_code) == ([("drift", "ep0"), ("drift", "ep1")], 1)
        assert f"its {name} is a secret: whether `pulumi up` would be refused was not judged" in str(hidden.unjudged)
        assert "would be refused" not in str(hidden.findings)
        limits = {name: shown(value)}
        plain = judged(connections, export(policy(reject, **limits)))
        assert plain.exit_code == 2
        assert all(each.message.endswith("would be refused: a limit that is a secret") for each in plain.findings)

    def test_what_the_api_leaves_out(self):
        report = judged([connection(domain_id=None)], export(policy(PARTNER)))
        assert rules_of(report) == [("undecidable", "ep0")]


class TestStrangers:
    @pytest.mark.parametrize(
        ("status", "days", "rule"),
        [
            ("accepted", 1, "undeclared"),
            ("creating", 1, "undeclared"),
            ("pendingAcceptance", 6, None),
            ("pendingAcceptance", 8, "pending"),
            ("failed", 1, "failed"),
            ("rejected", 400, None),
            ("deleting", 1, None),
            ("frozen", 1, None),
        ],
    )
    def test_what_nobody_declares(self, status, days, rule):
        report = judged([connection(status=status, days=days)])
        assert rules_of(report) == ([(rule, "ep0")] if rule else [])

    def test_pending_for_nobody_knows_how_long(self):
        report = judged([connection(status="pendingAcceptance", created_at=None)])
        assert rules_of(report) == [("pending", "ep0")]

    def test_the_limit_is_an_option(self):
        limits = Limits(pending=timedelta(days=1))
        assert rules_of(judged([connection(status="pendingAcceptance", days=2)], limits=limits)) == [("pending", "ep0")]


class TestDeclaredTwice:
    def test_by_two_stacks(self):
        report = judged([connection()], export(approval(), stack="one"), export(approval(), stack="two"))
        assert rules_of(report) == [("declared-twice", "ep0")]
        assert [each.stack for each in report.findings[0].declared_by] == ["demo/one", "demo/two"]

    def test_by_an_approval_and_the_policy_of_another_stack(self):
        report = judged([connection()], export(approval(), stack="one"), export(policy(PARTNER), stack="two"))
        assert rules_of(report) == [("declared-twice", "ep0")]

    def test_two_policies_of_a_service(self):
        report = judged([connection()], export(policy(PARTNER), stack="one"), export(policy(PARTNER), stack="two"))
        assert rules_of(report) == [("declared-twice", None)]


class TestWhatIsNotKnown:
    def test_a_secret_account_is_judged_if_the_export_shows_it(self):
        hidden = judged([connection(domain_id="d2")], export(approval(expected_domain_id=sealed())))
        assert (rules_of(hidden), hidden.exit_code) == ([], 1)
        assert "--show-secrets" in hidden.unjudged[0].reason
        plain = judged([connection(domain_id="d2")], export(approval(expected_domain_id=shown("secret-account"))))
        assert rules_of(plain) == [("wrong-account", "ep0")]
        assert "secret-account" not in str(plain)[: str(plain).index("rows=")] + plain.findings[0].message

    def test_secret_rules_make_nothing_a_finding(self):
        connections = [connection(), connection("ep1", "rejected")]
        for rules in (sealed(), [{"action": "accept", "domain_ids": [sealed()]}]):
            report = judged(connections, export(policy(rules=rules)))
            assert (rules_of(report), report.exit_code, len(report.unjudged)) == ([], 1, 1)

    @pytest.mark.parametrize("name", ["status", "expires_at", "description"])
    def test_other_secret_inputs(self, name):
        values: dict[str, Any] = {name: sealed()}
        report = judged([connection("ep0", "accepted")], export(approval(**values)))
        assert (rules_of(report), report.exit_code) == ([], 1)

    def test_another_place(self):
        report = judged([], export(approval(region="cn-north-4")))
        assert (rules_of(report), report.exit_code) == ([], 1)
        assert "region cn-north-4, project p1" in report.unjudged[0].reason


def healed(connections: Sequence[Connection], found: Export) -> list[Connection]:
    """What `up` makes of the connections; it fails where a declaration cannot be carried out."""
    declared = {each.what.endpoint_id: each.what for each in found.declared if isinstance(each, DeclaredApproval)}
    after = {each.id or "": each for each in connections}
    for each in found.declared:
        if isinstance(each, DeclaredPolicy):
            claims = {id_: Claimed("x", approval.goal) for id_, approval in declared.items()}
            evaluation = evaluate(each.what, connections, NOW, claims)
            assume(not evaluation.conflicts)
            for decision in evaluation.work:
                after[decision.endpoint_id] = with_status(decision.connection, AFTER[decision.step])
    for id_, one in declared.items():
        if id_ in after:
            assume(not is_foreign(one, after[id_]))
            plan = plan_for(one, after[id_], seen=True, written=one.description)
            assume(plan.step is not Step.IMPOSSIBLE)
            after[id_] = with_status(after[id_], AFTER.get(plan.step, after[id_].status or ""))
            if plan.describes:
                after[id_] = after[id_].model_copy(update={"description": one.description})
    return list(after.values())


def with_status(connection: Connection, status: str) -> Connection:
    return connection.model_copy(update={"status": status})


@given(live(), approvals(), policies())
def test_a_world_that_up_has_healed_is_as_declared(connections, some, more):
    found = export(*some, *more)
    # The first `up` may free a place of a limit, by what an approval rejects: the second one gives it away.
    report = judged(healed(healed(connections, found), found), found)
    assert not {rule for rule, _ in rules_of(report)} & {"drift", "expired", "wrong-account"}


@given(live(), approvals(), policies(), approvals())
def test_every_finding_is_about_what_exists_or_is_declared(connections, some, more, others):
    report = judged(connections, export(*some, *more, stack="one"), export(*others, stack="two"))
    known = {each.id for each in connections} | {each["inputs"]["endpoint_id"] for each in (*some, *others)} | {None}
    for finding in report.findings:
        assert finding.service_id == SERVICE
        assert finding.endpoint_id in known
        assert finding.rule in RULES
    assert report.exit_code == (1 if report.unjudged else 2 if report.findings else 0)
    assert [each.severity for each in report.findings] == sorted(each.severity for each in report.findings)
    assert Severity.ERROR < Severity.WARNING


@given(live(), approvals())
def test_accepted_connections_are_declared_or_a_finding(connections, some):
    report = judged(connections, export(*some))
    undeclared = {id_ for rule, id_ in rules_of(report) if rule == "undeclared"}
    declared = {each["inputs"]["endpoint_id"] for each in some}
    assert undeclared == {each.id for each in connections if each.status in ("accepted", "creating")} - declared
    assert declared <= set(ENDPOINTS)
