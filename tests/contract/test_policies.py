"""A policy for a whole service: on both engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.conftest import shown, steps

HEADER = "from vpcep_pulumi import EndpointConnectionPolicy as Policy, accept, leave, reject\n"
EXPORTS = 'pulumi.export("decided", policy.decided)\npulumi.export("pending", policy.pending)\n'


def policy(*rules: str, name: str = "partners", **arguments: object) -> str:
    """A program with a policy."""
    given = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return f'{HEADER}policy = Policy("{name}", service_id="svc", rules=[{", ".join(rules)}]{given})\n{EXPORTS}'


PARTNER = 'accept(domain_ids=["d1"])'
APPROVAL = 'Approval("ep{n}", service_id="svc", endpoint_id="ep{n}", status="{status}")\n'
PROMISE = "No changes"


@pytest.fixture
def service(deployment):
    """Three endpoints of a partner, one of a stranger."""
    deployment.connect("d1", "d1", "d1", "d2")
    return deployment


@pytest.fixture
def accepted(service):
    """The partner's three are accepted by a policy."""
    service.program(policy(PARTNER))
    assert service.up().ok
    return service


def live(service) -> dict[str, str]:
    return {each.id: each.status for each in service.simulator.world.connections("svc")}


def everything(result) -> str:
    return " ".join([result.diff, *(each.message for each in result.diagnostics)])


def errors(result) -> str:
    return "\n".join(each.message for each in result.diagnostics if each.severity == "error")


class TestTheMainJob:
    def test_preview_up_and_silence(self, service):
        service.program(policy(PARTNER))
        preview = service.preview()
        assert preview.ok
        assert steps(preview) == {"partners": "create"}
        assert service.posts() == []
        assert service.reads() == 1
        for number in range(3):
            plan = f'ep{number}: "receive: the connection, owned by d1, is pendingAcceptance; rule 1"'
            assert plan in shown(preview)
        assert 'ep3: "leave: the connection, owned by d2, is pendingAcceptance; otherwise"' in shown(preview)
        up = service.up()
        assert up.ok
        assert service.posts() == [("receive", "ep0"), ("receive", "ep1"), ("receive", "ep2")]
        assert up.outputs["decided"] == {"ep0": "accepted", "ep1": "accepted", "ep2": "accepted"}
        assert up.outputs["pending"] == ["ep3"]
        assert steps(service.preview()) == {}
        assert steps(service.up()) == {}
        assert service.posts() == []
        assert "receive" not in service.state_text()

    def test_a_new_consumer_that_a_rule_accepts_is_drift(self, accepted):
        accepted.simulator.connect("svc", "ep9", domain="d1")
        preview = accepted.preview()
        assert steps(preview) == {"partners": "update"}
        assert 'ep9: "receive: the connection, owned by d1, is pendingAcceptance; rule 1"' in shown(preview)
        assert "ep0" not in shown(preview)
        assert accepted.up().ok
        assert accepted.posts() == [("receive", "ep9")]
        assert steps(accepted.preview()) == {}

    def test_what_somebody_else_rejected_is_drift_and_healed(self, accepted):
        accepted.simulator.reject("svc", "ep1")
        preview = accepted.preview()
        assert 'ep1: "receive: the connection, owned by d1, is rejected' in shown(preview)
        assert accepted.up().ok
        assert accepted.posts() == [("receive", "ep1")]

    def test_a_newcomer_that_is_left_alone_and_one_who_leaves_are_recorded(self, accepted):
        accepted.simulator.connect("svc", "ep8", domain="d3")
        accepted.simulator.leave("svc", "ep0")
        preview = accepted.preview()
        assert steps(preview) == {"partners": "update"}
        told = [each.message for each in preview.diagnostics if "service svc" in each.message]
        assert any("ep8: leave: the connection, owned by d3, is pendingAcceptance" in each for each in told)
        assert any("ep0: record: the connection is absent: its consumer has left" in each for each in told)
        up = accepted.up()
        assert up.outputs["pending"] == ["ep3", "ep8"]
        assert "ep0" not in up.outputs["decided"]
        assert accepted.posts() == []
        assert steps(accepted.preview()) == {}

    def test_a_refresh_shows_what_was_decided_outside(self, accepted):
        accepted.simulator.reject("svc", "ep1")
        refreshed = accepted.refresh()
        assert refreshed.ok
        assert steps(refreshed) == {"partners": "update"}
        assert 'ep1: "rejected"' in shown(refreshed).replace('"accepted" => ', "")
        assert steps(accepted.refresh()) == {}
        assert accepted.up().ok
        assert accepted.posts() == [("receive", "ep1")]
        assert steps(accepted.refresh()) == {}


class TestInterruptions:
    REJECTS = policy('reject(endpoint_ids=["ep1"])', PARTNER)

    def test_nobody_is_cut_off_by_accident(self, accepted):
        accepted.program(self.REJECTS)
        preview = accepted.preview()
        assert not preview.ok
        assert (
            "partners: service svc: 1 accepted connections would be rejected, and max_interruptions is 0: ep1. Leave "
            "them alone with leave(endpoint_ids=[…]), or raise max_interruptions"
        ) in errors(preview)
        assert "Traceback" not in everything(preview)
        up = accepted.up()
        assert not up.ok
        assert "max_interruptions is 0: ep1" in everything(up)
        assert accepted.posts() == []
        assert live(accepted)["ep1"] == "accepted"

    def test_it_is_done_where_it_is_allowed(self, accepted):
        accepted.program(policy('reject(endpoint_ids=["ep1"])', PARTNER, max_interruptions=1))
        assert accepted.preview().ok
        assert accepted.up().ok
        assert accepted.posts() == [("reject", "ep1")]
        assert steps(accepted.preview()) == {}

    def test_a_preview_with_more_steps_than_max_changes_is_refused(self, service):
        service.program(policy(PARTNER, max_changes=2))
        preview = service.preview()
        assert not preview.ok
        assert (
            "service svc: 3 connections would be accepted, rejected or waited for, and max_changes is 2: ep0, ep1, ep2"
        ) in errors(preview)
        assert not service.up().ok
        assert service.posts() == []


class TestDelete:
    def test_a_destroy_that_cuts_consumers_off_is_refused_and_says_how(self, accepted):
        destroyed = accepted.destroy()
        assert not destroyed.ok
        assert (
            "service svc: its policy is not deleted, because 3 accepted connections would be rejected, and "
            "max_interruptions is 0: ep0, ep1, ep2. Nothing was sent. To reject them, raise max_interruptions and run "
            "`pulumi up` first; to leave them accepted, set retain_on_delete and run `pulumi up` first"
        ) in " ".join(everything(destroyed).split())
        assert accepted.posts() == []
        assert steps(accepted.preview()) == {}

    def test_a_destroy_rejects_what_the_policy_accepted(self, accepted):
        accepted.program(policy(PARTNER, max_interruptions=3))
        assert accepted.up().ok
        assert accepted.posts() == []
        assert accepted.destroy().ok
        assert accepted.posts() == [("reject", "ep0"), ("reject", "ep1"), ("reject", "ep2")]

    def test_a_consumer_that_the_state_does_not_know_is_rejected_as_well(self, accepted):
        """A killed update records nothing."""
        accepted.program(policy(PARTNER, max_interruptions=4))
        assert accepted.up().ok
        accepted.simulator.connect("svc", "ep9", domain="d1")
        accepted.simulator.accept("svc", "ep9")
        assert accepted.destroy().ok
        assert ("reject", "ep9") in accepted.posts()

    def test_what_is_retained_stays_accepted(self, accepted):
        accepted.program(
            policy(PARTNER).replace("rules=", "opts=pulumi.ResourceOptions(retain_on_delete=True), rules=")
        )
        assert accepted.up().ok
        assert accepted.destroy().ok
        assert accepted.posts() == []

    def test_a_service_that_is_gone(self, accepted):
        for number in range(4):
            accepted.simulator.leave("svc", f"ep{number}")
        accepted.simulator.world.delete_service("svc")
        assert accepted.destroy().ok
        assert accepted.posts() == []

    def test_a_rename_rejects_nobody(self, accepted):
        accepted.program(policy(PARTNER, name="renamed"))
        up = accepted.up()
        assert up.ok
        assert steps(up) == {"partners": "delete", "renamed": "create"}
        assert accepted.posts() == []
        assert steps(accepted.preview()) == {}


class TestBesideApprovals:
    def test_a_contradiction_names_both(self, service):
        service.program(policy(PARTNER) + APPROVAL.format(n=1, status="rejected"))
        preview = service.preview()
        assert not preview.ok
        assert (
            "connection ep1 is to be accepted by rule 1, and declared rejected by 'ep1': put "
            'leave(endpoint_ids=["ep1"]) before that rule, or remove one of them'
        ) in errors(preview)
        assert not service.up().ok
        assert ("receive", "ep1") not in service.posts()
        service.program(policy('leave(endpoint_ids=["ep1"])', PARTNER) + APPROVAL.format(n=1, status="rejected"))
        assert service.preview().ok
        assert service.up().ok
        assert ("receive", "ep1") not in service.posts()
        assert live(service) == {"ep0": "accepted", "ep1": "rejected", "ep2": "accepted", "ep3": "pendingAcceptance"}
        assert steps(service.preview()) == {}

    def test_what_both_accept_is_the_approval_s_and_passes_to_the_policy(self, service):
        service.program(policy(PARTNER) + APPROVAL.format(n=1, status="accepted"))
        up = service.up()
        assert up.ok
        assert service.posts() == [("receive", "ep0"), ("receive", "ep1"), ("receive", "ep2")]
        assert sorted(up.outputs["decided"]) == ["ep0", "ep2"]
        assert steps(service.preview()) == {}
        service.program(policy(PARTNER))
        up = service.up()
        assert up.ok
        assert steps(up) == {"ep1": "delete", "partners": "update"}
        assert service.posts() == []
        assert sorted(up.outputs["decided"]) == ["ep0", "ep1", "ep2"]
        assert steps(service.preview()) == {}

    def test_approvals_take_over_from_a_policy(self, accepted):
        accepted.program("".join(APPROVAL.format(n=n, status="accepted") for n in range(3)))
        up = accepted.up()
        assert up.ok
        assert accepted.posts() == []
        assert set(live(accepted).values()) == {"accepted", "pendingAcceptance"}

    def test_an_approval_s_delete_with_the_policy_left_out_is_refused(self, service):
        service.program(policy(PARTNER) + APPROVAL.format(n=1, status="accepted"))
        assert service.up().ok
        service.program(policy(PARTNER))
        up = service.up(target=[service.urn("ep1")])
        assert not up.ok
        assert service.posts() == []
        assert live(service)["ep1"] == "accepted"

    def test_two_policies_of_a_service_are_refused(self, service):
        service.program(policy(PARTNER) + 'Policy("others", service_id="svc", rules=[])')
        preview = service.preview()
        assert not preview.ok
        assert "service svc has two policies, 'partners' and 'others': put all rules into one" in everything(preview)


class TestTrouble:
    def test_a_consumer_s_own_trouble_is_reported_and_green(self, service):
        service.simulator.connect("svc", "bad", domain="d1", status="failed")
        service.program(policy(PARTNER) + 'pulumi.export("failed", policy.failed)')
        up = service.up()
        assert up.ok
        assert sorted(up.outputs["failed"]) == ["bad"]
        assert "its consumer must delete the endpoint and connect again" in up.outputs["failed"]["bad"]
        assert steps(service.preview()) == {}

    def test_one_that_fails_stops_no_other_and_is_red_and_recorded(self, service):
        service.simulator.fault("forbidden", "POST", skip=2)
        service.program(policy(PARTNER))
        up = service.up()
        assert not up.ok
        assert "partners: service svc: 1 of 3 connections failed: receive connection ep" in everything(up)
        assert sorted(live(service).values()) == ["accepted", "accepted", "pendingAcceptance", "pendingAcceptance"]
        service.simulator.clear_faults()
        preview = service.preview()
        assert steps(preview) == {"partners": "update"}
        assert service.up().ok
        assert len(service.posts()) == 1
        assert steps(service.preview()) == {}


@pytest.mark.parametrize(
    ("rules", "arguments", "said"),
    [
        (["accept()"], {}, "rules rule 1 names neither domain_ids nor endpoint_ids, which accepts whoever asks."),
        (["leave(domain_ids=[])"], {}, "rules rule 1: domain_ids is empty: the rule could never match"),
        ([PARTNER, PARTNER], {}, "rules rule 2: it can never match, because rule 1 matches first"),
        (["reject()", PARTNER], {}, "rules rule 2: it can never match, because rule 1 matches first"),
        (["accept(domain_ids=None)"], {}, "rules rule 1: domain_ids is None: leave it out, or give it a value"),
        (['{"action": "acept"}'], {}, 'rules rule 1: action must be "accept", "reject" or "leave"'),
        (
            ['{"action": "leave", "domain_id": "d1"}'],
            {},
            "rules rule 1: domain_id is no field of a rule; is domain_ids",
        ),
        (['{"action": "leave", "limit": 1}'], {}, "rules rule 1: limit is only for rules that accept"),
        (
            [PARTNER],
            {"otherwise": "accept"},
            'otherwise is "accept", which accepts whoever asks. If that is meant, set',
        ),
        ([PARTNER], {"otherwise": "maybe"}, 'otherwise must be "leave", "reject" or "accept", not \'maybe\''),
        ([PARTNER], {"max_changes": -1}, "max_changes must be a whole number from 0 to 1000000, not -1"),
        ([PARTNER], {"max_interruptions": 0.5}, "max_interruptions must be a whole number from 0 to 1000000, not 0.5"),
        (['accept(domain_ids=["d1"], limit=0)'], {}, "rules rule 1: limit must be a whole number from 1 to 1000000"),
        (['accept(domain_ids=["d1"], expires_at="soon")'], {}, "rules rule 1: expires_at must be a time with a zone"),
        (
            ['leave(created_after="2026-01-02T00:00:00Z", created_before="2026-01-01T00:00:00Z")'],
            {},
            "rules rule 1: it can never match: created_before is not later than created_after",
        ),
    ],
)
def test_what_the_constructor_refuses(service, rules, arguments, said):
    service.program(policy(*rules, **arguments))
    preview = service.preview()
    assert not preview.ok
    assert f"partners: {said}" in " ".join(everything(preview).split())
    assert service.simulator.calls() == []


def test_a_policy_cannot_be_read(service):
    service.program(HEADER + 'Policy.get("partners", "svc")')
    assert "partners: a policy cannot be read, because it is no object of the API" in everything(service.preview())


def test_rules_as_objects_from_the_configuration(service):
    rules = [{"action": "accept", "domain_ids": ["d1"], "limit": 2}]
    service.config["story:rules"] = json.dumps(rules)
    text = f'{HEADER}policy = Policy("p", service_id="svc", rules=pulumi.Config().require_object("rules"))\n{EXPORTS}'
    service.program(text)
    up = service.up()
    assert up.ok
    assert up.outputs["decided"] == {"ep0": "accepted", "ep1": "accepted"}
    assert up.outputs["pending"] == ["ep2", "ep3"]
    assert steps(service.preview()) == {}


def test_rules_that_are_not_known_yet(service):
    made = """
from pulumi import dynamic

class Account(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("d1", props)

class TheAccount(dynamic.Resource):
    pass

account = TheAccount(Account(), "account", {})
"""
    service.program(made + policy("accept(domain_ids=[account.id], limit=1)"))
    preview = service.preview()
    assert preview.ok
    assert steps(preview) == {"account": "create", "partners": "create"}
    up = service.up()
    assert up.ok
    assert service.posts() == [("receive", "ep0")]
    assert steps(service.preview()) == {}


def test_a_secret_account_is_nowhere(service):
    service.program(policy('accept(domain_ids=[pulumi.Output.secret("d1")])'))
    preview = service.preview()
    assert preview.ok
    assert "owned by [secret]" in shown(preview)
    up = service.up()
    assert up.ok
    state = service.state_text()
    assert '"d1"' not in state
    assert "owned by d1" not in everything(preview) + everything(up) + state
    service.simulator.reject("svc", "ep0")
    assert "owned by d1" not in everything(service.refresh())
    assert "owned by [secret]" in shown(service.preview())
    assert not service.destroy().ok
    assert '"d1"' not in service.state_text()


def test_a_rule_that_expires_warns_before_and_rejects_after(service):
    rule = 'accept(domain_ids=["d1"], expires_at="{}")'
    soon, past = ((datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds") for hours in (5, -1))
    service.program(policy(rule.format(soon)))
    up = service.up()
    assert up.ok
    assert any(
        f"service svc: rule 1 expires at {soon}, in 4 hours: from then on it rejects what it accepts now (3)" in each
        for each in up.messages("warning")
    )
    service.program(policy(rule.format(past), max_interruptions=3))
    preview = service.preview()
    assert preview.ok
    assert f"it expired at {past}; rule 1" in shown(preview)
    assert any(f"rule 1 expired at {past}: 3 to be rejected" in each for each in preview.messages("warning"))
    assert service.up().ok
    assert service.posts() == [("reject", "ep0"), ("reject", "ep1"), ("reject", "ep2")]
    assert steps(service.preview()) == {}


def test_plans_that_are_kept_are_kept_for_policies_as_well(service):
    service.config["vpcep:plans"] = "always"
    service.program(policy(PARTNER))
    up = service.up()
    assert up.ok
    assert 'ep0: "receive: the connection, owned by d1' in shown(up)
    service.simulator.reject("svc", "ep0")
    assert service.up().ok
    assert service.posts() == [("receive", "ep0")]
    assert steps(service.preview()) == {}


def test_a_summary_stands_where_there_are_many(service):
    service.simulator.connect_many("svc", 20, domain="d1")
    service.program(policy(PARTNER))
    preview = service.preview()
    assert any("23 receive, 1 leave: each connection is in --diff" in each.message for each in preview.diagnostics)
