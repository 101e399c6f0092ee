"""Stories in which a policy cut somebody off, or accepted somebody, that it must not. On both engines."""

from __future__ import annotations

import pytest

from tests.contract.conftest import shown, steps
from tests.contract.test_policies import APPROVAL, PARTNER, errors, everything, live, policy

POLICY = "pulumi-python:dynamic/vpcep:EndpointConnectionPolicy"

LATER = """
from pulumi import dynamic

class Endpoint(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult(props["id"], props)

class TheEndpoint(dynamic.Resource):
    pass

def later(id_):
    return TheEndpoint(Endpoint(), f"later-{id_}", {"id": id_}).id

"""
PAST = "1999-01-01T00:00:00Z"


@pytest.fixture
def service(deployment):
    """Two endpoints of a partner, one of a stranger."""
    deployment.connect("d1", "d1", "d2")
    return deployment


def test_a_delete_without_the_program_leaves_alone_what_an_approval_holds(service):
    service.program(policy(PARTNER, max_interruptions=2) + APPROVAL.format(n=1, status="accepted"))
    assert service.up().ok
    assert service.destroy(target=[service.urn("partners", POLICY)]).ok
    assert service.posts() == [("reject", "ep0")]
    assert live(service)["ep1"] == "accepted"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ('accept(domain_ids=["d1"], limit=none)', "limit"),
        ("reject(domain_ids=none)", "domain_ids"),
        ('{"action": "accept", "endpoint_ids": ["ep0"], "expires_at": none}', "expires_at"),
        ('pulumi.Output.from_input({"action": "accept", "domain_ids": ["d1"], "limit": None})', "limit"),
    ],
)
def test_a_none_that_comes_through_an_output_is_refused(service, rule, field):
    service.program("none = pulumi.Output.from_input(None)\n" + policy(rule))
    preview = service.preview()
    assert not preview.ok
    assert f"{field} of a rule is None: leave it out, or give it a value" in everything(preview)
    assert not service.up().ok
    assert service.posts() == []


def test_a_moment_that_is_past_when_it_is_declared_cuts_nobody_off(service):
    service.program(policy(PARTNER))
    assert service.up().ok
    service.program(policy(f'accept(domain_ids=["d1"], expires_at="{PAST}")'))
    preview = service.preview()
    assert not preview.ok
    assert "2 accepted connections would be rejected, and max_interruptions is 0: ep0, ep1" in errors(preview)
    assert not service.up().ok
    assert service.posts() == []


def test_nothing_is_rejected_before_it_is_known_what_an_approval_declares(service):
    service.simulator.accept("svc", "ep1")
    approval = 'Approval("one", service_id="svc", endpoint_id=later("ep1"))\n'
    program = LATER + policy('reject(domain_ids=["d1"])', max_interruptions=2) + approval
    service.program(program)
    up = service.up()
    assert not up.ok
    said = ("nobody knows yet whether 'one' declares one of the connections", "decides the opposite", "by 'one'")
    assert any(each in everything(up) for each in said)
    assert ("reject", "ep1") not in service.posts()
    assert live(service)["ep1"] == "accepted"


def test_a_list_without_accounts_cuts_nobody_off_when_a_policy_takes_over(service):
    service.program(APPROVAL.format(n=1, status="accepted"))
    assert service.up().ok
    service.program(policy(PARTNER))
    service.simulator.fault("missing_fields", "GET")
    up = service.up()
    assert not up.ok
    assert "the API left out what they depend on" in everything(up)
    assert service.posts() == []
    service.simulator.clear_faults()
    assert service.up().ok
    assert ("reject", "ep1") not in service.posts()
    assert live(service)["ep1"] == "accepted"


def test_a_rename_has_one_limit_of_interruptions(service):
    service.program(policy(PARTNER, max_interruptions=1))
    assert service.up().ok
    service.program(policy('reject(endpoint_ids=["ep0", "ep1"])', name="renamed", max_interruptions=2))
    up = service.up()
    assert up.ok, everything(up)
    assert service.posts() == [("reject", "ep0"), ("reject", "ep1")]


def test_a_policy_that_moves_to_another_service_is_refused_in_the_preview(service):
    service.simulator.service("other")
    service.program(policy(PARTNER))
    assert service.up().ok
    service.program(policy(PARTNER).replace('"svc"', '"other"'))
    preview = service.preview()
    assert not preview.ok
    assert "it would replace the policy of service svc: its policy is not deleted, because 2 accepted" in errors(
        preview
    )
    assert not service.up().ok
    assert service.posts() == []
    retained = policy(PARTNER).replace("rules=", "opts=pulumi.ResourceOptions(retain_on_delete=True), rules=")
    service.program(retained)
    assert service.up().ok
    service.program(retained.replace('"svc"', '"other"'))
    assert service.preview().ok
    up = service.up()
    assert up.ok, everything(up)
    assert service.posts() == []
    assert steps(service.preview()) == {}


def test_a_secret_account_makes_no_update_of_a_consumer_s_trouble(service):
    service.simulator.connect("svc", "bad", domain="d1", status="failed")
    service.program(policy('accept(domain_ids=[pulumi.Output.secret("d1")])'))
    assert service.up().ok
    assert steps(service.preview()) == {}
    assert "owned by d1" not in service.state_text()


def test_rules_that_are_ignored_stay_secret(service):
    secret = policy('accept(domain_ids=[pulumi.Output.secret("d1")])')
    service.program(secret)
    assert service.up().ok
    service.simulator.reject("svc", "ep0")
    ignored = policy('accept(domain_ids=["dx"])')
    service.program(ignored.replace("rules=", 'opts=pulumi.ResourceOptions(ignore_changes=["rules"]), rules='))
    preview = service.preview()
    assert preview.ok
    assert "receive: the connection, owned by [secret], is rejected" in shown(preview)
    assert "d1" not in everything(preview)


def test_a_set_of_outputs_is_the_same_every_time(service):
    ids = "{pulumi.Output.from_input(each) for each in ('d1', 'd3', 'd5', 'd7')}"
    service.program(policy(f"accept(domain_ids={ids})"))
    assert service.up().ok
    for _ in range(3):
        preview = service.preview()
        assert steps(preview) == {}
        assert "Calling __str__" not in everything(preview)


def test_an_action_that_is_no_text_is_refused(service):
    service.program(policy('{"action": ["accept"]}'))
    assert 'rule 1: action must be "accept", "reject" or "leave"' in everything(service.preview())


def test_an_expired_rule_cuts_off_only_whom_it_had_accepted(service):
    for number in (0, 1):
        service.simulator.accept("svc", f"ep{number}")
    expired = f'accept(domain_ids=["d1"], expires_at="{PAST}")'
    service.program(policy('leave(endpoint_ids=["ep0", "ep1"])', expired))
    assert service.up().ok
    service.program(policy(expired))
    assert "2 accepted connections would be rejected, and max_interruptions is 0: ep0, ep1" in errors(service.preview())
    assert not service.up().ok
    assert service.posts() == []


@pytest.mark.parametrize("status", ["accepted", "rejected"])
def test_nothing_is_accepted_before_it_is_known_what_an_approval_declares(service, status):
    approval = f'Approval("one", service_id="svc", endpoint_id=later("ep1"), status="{status}")\n'
    service.program(LATER + policy(PARTNER) + approval)
    up = service.up()
    assert up.ok is (status == "accepted")
    if up.ok:
        assert sorted(up.outputs["decided"]) == ["ep0"]
        assert steps(service.preview()) == {}
        assert service.posts() == []
        assert service.destroy(target=[service.urn("partners", POLICY)]).ok is False  # ep0 alone would be cut off
    else:
        assert live(service)["ep1"] != "accepted"


def test_a_limit_counts_what_an_approval_is_about_to_accept(service):
    service.program(
        LATER
        + policy('accept(domain_ids=["d1"], limit=1)')
        + 'Approval("one", service_id="svc", endpoint_id=later("ep1"), expires_at="2099-01-01T00:00:00Z")\n'
    )
    up = service.up()
    assert up.ok, everything(up)
    assert live(service) == {"ep0": "pendingAcceptance", "ep1": "accepted", "ep2": "pendingAcceptance"}
    assert steps(service.preview()) == {}


@pytest.mark.parametrize(
    ("rule", "approval", "after"),
    [
        (PARTNER, 'expires_at="{past}"', {"ep0": "accepted", "ep1": "rejected"}),
        ('accept(domain_ids=["d1"], expires_at="{past}")', "", {"ep0": "rejected", "ep1": "accepted"}),
    ],
)
def test_what_expires_is_no_contradiction(service, rule, approval, after):
    for number in (0, 1):
        service.simulator.accept("svc", f"ep{number}")
    declared = f'Approval("one", service_id="svc", endpoint_id="ep1", {approval.format(past=PAST)})\n'
    service.program(policy(rule.format(past=PAST), max_interruptions=1) + declared)
    up = service.up()
    assert up.ok, everything(up)
    found = live(service)
    assert {name: found[name] for name in after} == after
    assert steps(service.preview()) == {}


def test_what_is_retained_is_known_after_a_refresh(service):
    service.simulator.service("other")
    retained = policy(PARTNER).replace("rules=", "opts=pulumi.ResourceOptions(retain_on_delete=True), rules=")
    service.program(retained)
    assert service.up().ok
    assert service.refresh().ok
    service.program(retained.replace('"svc"', '"other"'))
    assert service.up(refresh=True).ok
    assert service.posts() == []


def test_a_service_that_is_gone_is_said_each_time(service):
    service.program(policy(PARTNER))
    assert service.up().ok
    for number in range(3):
        service.simulator.leave("svc", f"ep{number}")
    service.simulator.world.delete_service("svc")
    for _ in range(2):
        up = service.up()
        assert up.ok
        assert any("there is no service svc" in each and "remove its policy" in each for each in up.messages("warning"))
    assert service.destroy().ok
