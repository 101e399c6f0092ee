"""A policy's life on plain values, as the engine asks for it: real client, real service, no pulumi."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.operation.policy_runs import OverlappingTime
from tests.provider.policy_stack import MINE, OTHER, REJECT, RULE, PolicyStack
from vpcep_pulumi.errors import (
    DeclaredElsewhereError,
    ImpossibleError,
    InputError,
    NotSettledError,
    PartlyDone,
)
from vpcep_pulumi.lifecycle.messages import PACE
from vpcep_pulumi.operation.claims import CLAIM_INPUT, URN_OUTPUT
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.provider.properties import PREVIEW, REFUSED
from vpcep_pulumi.testing.simulator import Simulator


@pytest.fixture
def time() -> OverlappingTime:
    return OverlappingTime()


@pytest.fixture
def stack(patient: Simulator, time: OverlappingTime, tmp_path: Path) -> Iterator[PolicyStack]:
    """Three endpoints of a partner, one of a stranger."""
    for number, owner in enumerate(["d1", "d1", "d1", "d2"]):
        patient.connect("svc", f"ep{number}", domain=owner)
    found = PolicyStack(patient, time, tmp_path)
    yield found
    for each in found.made:
        each.operation.close()


@pytest.fixture
def accepted(stack: PolicyStack) -> PolicyStack:
    assert stack.up(max_interruptions=3.0) == "create"
    assert stack.posts() == ["receive"] * 3
    return stack


class TestTheStory:
    def test_check_plans_and_sends_nothing(self, stack):
        found = stack.provider().check({}, stack.program())
        assert found.plan is not None
        assert list(found.plan.words) == ["ep0", "ep1", "ep2", "ep3"]
        assert found.plan.verb == "3 receive, 1 leave"
        assert (found.inputs["region"], found.inputs["project_id"]) == ("cn-north-4", "p")
        assert [call["method"] for call in stack.simulator.calls()] == ["GET"]

    def test_what_is_recorded(self, accepted):
        assert accepted.outputs == {
            "service_id": "svc", "rules": [RULE], "otherwise": "leave", "max_interruptions": 3.0,
            "region": "cn-north-4", "project_id": "p", "decided": dict.fromkeys(["ep0", "ep1", "ep2"], "accepted"),
            "pending": ["ep3"], "failed": {}, "errors": [],
        }  # fmt: skip
        assert accepted.up(max_interruptions=3.0) == "same"
        assert accepted.posts() == []

    def test_drift_is_healed(self, accepted):
        accepted.simulator.reject("svc", "ep1")
        accepted.simulator.connect("svc", "ep9", domain="d1")
        assert accepted.up(max_interruptions=3.0) == "update"
        assert accepted.posts() == ["receive", "receive"]
        assert accepted.up(max_interruptions=3.0) == "same"

    def test_what_is_only_recorded_otherwise_is_said(self, accepted):
        accepted.simulator.leave("svc", "ep0")
        assert accepted.up(max_interruptions=3.0) == "update"
        assert accepted.said("info") == ["service svc: ep0: record: the connection is absent: its consumer has left"]
        assert accepted.posts() == []

    def test_another_service_is_another_policy(self, accepted):
        accepted.simulator.service("svc2")
        provider = accepted.provider()
        inputs = accepted.checked(provider, service_id="svc2")
        assert provider.diff(accepted.outputs, inputs).replaces == ("service_id",)

    def test_ten_thousand_are_read_in_ten_pages_for_a_check_and_a_diff(self, stack):
        stack.up()
        stack.simulator.connect_many("svc", 9_996, domain="d2")
        stack.simulator.clear_calls()
        provider = stack.provider()
        assert provider.diff(stack.outputs, stack.checked(provider)).changes
        assert len(stack.simulator.calls()) == 10


class TestFailures:
    def test_what_was_sent_is_recorded_and_what_failed_is_named(self, stack):
        stack.simulator.fault("failed", "POST", skip=2, times=PACE.most_attempts)
        provider = stack.provider()
        with pytest.raises(PartlyDone) as raised:
            provider.create(stack.checked(provider))
        part = raised.value
        (bad,) = part.outputs["failed"]
        assert part.id == "svc"
        assert part.outputs["decided"] == {
            each: "pendingAcceptance" if each == bad else "accepted" for each in ("ep0", "ep1", "ep2")
        }
        assert f"receive connection {bad} of service svc" in part.outputs["failed"][bad]
        assert part.outputs["errors"] == [str(part)]
        assert str(part).startswith("service svc: 1 of 3 connections failed: receive connection ep")
        assert f"not reached, but recorded: {part}" in stack.said("warning")
        stack.inputs, stack.outputs = stack.checked(stack.provider()), part.outputs
        assert stack.up() == "update"
        assert (stack.outputs["failed"], stack.outputs["errors"]) == ({}, [])
        assert stack.up() == "same"

    def test_where_nothing_was_sent_nothing_is_recorded(self, stack):
        stack.simulator.fault("forbidden", "POST")
        provider = stack.provider()
        inputs = stack.checked(provider)
        with pytest.raises(NotSettledError, match="service svc: 3 of 3 connections failed: receive connection ep"):
            provider.create(inputs)
        with pytest.raises(NotSettledError):
            provider.update({}, inputs)

    def test_a_consumer_s_own_trouble_is_reported_and_green(self, stack, time):
        stack.simulator.world.put("svc", "ep1", "creating")
        time.after(2, lambda: stack.simulator.world.put("svc", "ep1", "failed"))
        assert stack.up() == "create"
        assert list(stack.outputs["failed"]) == ["ep1"]
        assert "its consumer must delete the endpoint and connect again" in stack.outputs["failed"]["ep1"]
        assert stack.outputs["errors"] == []
        assert stack.up() == "same"

    def test_there_is_no_such_service(self, stack):
        (said,) = stack.refused(service_id="other")
        assert "there is no service other" in said
        with pytest.raises(InputError, match="there is no service other"):
            stack.provider().create({**stack.program(service_id="other"), "region": "cn-north-4", "project_id": "p"})


class TestRefusals:
    @pytest.mark.parametrize(
        ("declared", "said"),
        [
            ({"max_changes": 2.0}, "3 connections would be accepted, rejected or waited for, and max_changes is 2"),
            ({"otherwise": "accept"}, "which accepts whoever asks"),
            ({"rules": [{}]}, "rule 1: it has no `action`"),
        ],
    )
    def test_before_anything_is_sent(self, stack, declared, said):
        assert said in " ".join(stack.refused(**declared))
        found = stack.provider().check({}, {**stack.program(**declared), PREVIEW: True})
        assert found.failures == ()
        assert said in found.inputs[REFUSED]
        assert stack.provider().diff({}, found.inputs).changes
        assert stack.posts() == []

    @pytest.mark.parametrize("action", ["create", "update"])
    @pytest.mark.parametrize("limit", ["interruptions", "changes"])
    def test_if_the_service_has_changed_since_the_check(self, stack, time, action, limit):
        provider = stack.provider()
        inputs = stack.checked(provider, REJECT, max_changes=4.0)
        if limit == "changes":
            stack.simulator.connect("svc", "late")
        else:
            stack.simulator.accept("svc", "ep2")
        time.now += 31
        said = "max_interruptions is 0: ep2" if limit == "interruptions" else "max_changes is 4"
        with pytest.raises(ImpossibleError, match=rf"service svc: .*{said}.*\. Nothing was sent"):
            provider.create(inputs) if action == "create" else provider.update({}, inputs)
        assert stack.posts() == []

    def test_what_another_resource_declares_otherwise(self, stack):
        provider = stack.provider()
        provider.operation.claims.tell(
            "declared", "1", name="'one'", status="rejected", connection=ConnectionKey("svc", "ep1")
        )
        (failure,) = provider.check({}, stack.program()).failures
        assert "service svc: connection ep1 is to be accepted by rule 1, and declared rejected by 'one'" in str(failure)

    def test_two_policies_of_a_service(self, stack):
        provider = stack.provider()
        for claim, urn in (("1", MINE), ("2", OTHER)):
            provider.operation.claims.tell("declared", claim, name=repr(claim), urn=urn)
        assert provider.check({}, stack.program(**{CLAIM_INPUT: f"1 {MINE}"})).failures == ()
        (failure,) = provider.check({}, stack.program(**{CLAIM_INPUT: f"2 {OTHER}"})).failures
        assert str(failure) == "service svc has two policies, the other is '1': put all rules into one"


class TestRefresh:
    def test_a_policy_cannot_be_read_by_its_id(self, stack):
        with pytest.raises(InputError, match="there is no policy svc to read: a policy is no object of the API"):
            stack.provider().read("svc", {})

    def test_what_was_decided_outside_is_shown_and_is_drift(self, accepted):
        accepted.simulator.reject("svc", "ep1")
        accepted.simulator.leave("svc", "ep2")
        accepted.simulator.connect("svc", "ep9", domain="d1")
        provider = accepted.provider()
        reading = provider.read("svc", accepted.outputs)
        assert reading.outputs == {**accepted.outputs, "decided": {"ep0": "accepted", "ep1": "rejected"}}
        assert reading.inputs == {name: value for name, value in accepted.inputs.items() if name != CLAIM_INPUT}
        assert provider.diff(reading.outputs, reading.inputs).changes

    def test_nothing_has_changed(self, accepted):
        accepted.simulator.connect("svc", "ep9", domain="d1")
        provider = accepted.provider()
        reading = provider.read("svc", accepted.outputs)
        assert reading.outputs == accepted.outputs
        assert not provider.diff(reading.outputs, reading.inputs).changes


class TestDelete:
    def test_it_rejects_what_it_has_accepted(self, accepted):
        accepted.destroy()
        assert accepted.live() == {**dict.fromkeys(["ep0", "ep1", "ep2"], "rejected"), "ep3": "pendingAcceptance"}

    def test_it_is_refused_where_it_would_cut_off_too_many(self, accepted):
        accepted.outputs["max_interruptions"] = 2.0
        with pytest.raises(
            ImpossibleError, match="3 accepted connections would be rejected, and max_interruptions is 2"
        ):
            accepted.destroy()
        assert accepted.posts() == []

    def test_what_has_expired_is_not_counted(self, accepted, time):
        moment = (time.date() - timedelta(days=1)).isoformat()
        accepted.outputs |= {"max_interruptions": 0.0, "rules": [{**RULE, "expires_at": moment}]}
        accepted.destroy()
        assert accepted.posts() == ["reject"] * 3

    def test_a_killed_update_has_recorded_nothing(self, accepted):
        accepted.outputs["decided"] = {}
        accepted.destroy()
        assert accepted.posts() == ["reject"] * 3

    @pytest.mark.parametrize(("event", "is_refused"), [("recorded", False), ("failed", True)])
    def test_what_another_resource_declares(self, accepted, event, is_refused):
        provider = accepted.provider()
        for told in ("declared", "checked", event):
            provider.operation.claims.tell(
                told, "1", name="'one'", urn=OTHER, status="accepted", connection=ConnectionKey("svc", "ep1")
            )
        outputs = {**accepted.outputs, URN_OUTPUT: MINE, "max_interruptions": 2.0}
        if is_refused:
            with pytest.raises(DeclaredElsewhereError, match="connection ep1 of service svc is not rejected"):
                provider.delete(outputs)
            assert accepted.posts() == []
        else:
            provider.delete(outputs)
            assert accepted.said("info") == ["service svc: the program declares ep1: left as they are"]
            assert accepted.live()["ep1"] == "accepted"
            assert accepted.posts() == ["reject", "reject"]

    def test_what_could_not_be_rejected_is_an_error(self, accepted):
        accepted.simulator.fault("failed", "POST", skip=2, times=PACE.most_attempts)
        with pytest.raises(NotSettledError, match="service svc: 1 of 3 connections failed: reject connection ep"):
            accepted.destroy()
        accepted.destroy()
        assert accepted.live()["ep0"] == accepted.live()["ep1"] == accepted.live()["ep2"] == "rejected"

    def test_a_service_that_is_gone(self, accepted):
        accepted.simulator.world.delete_service("svc")
        accepted.destroy()
        assert accepted.posts() == []
