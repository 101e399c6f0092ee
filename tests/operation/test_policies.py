"""A policy carried out: over the real client and a simulator, with time that passes only in sleeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.operation.policy_runs import ACCEPT, SERVICE, OverlappingTime, Runs
from vpcep_pulumi.api.window import FIRST, MOST
from vpcep_pulumi.errors import CancelledError, InputError, NotSettledError, PermissionDeniedError, TransportError
from vpcep_pulumi.lifecycle.messages import PACE
from vpcep_pulumi.operation.policies import MOST_LOST, read_service, reject_all
from vpcep_pulumi.testing.simulator import Simulator

REJECT = {"action": "reject"}


@pytest.fixture
def time() -> OverlappingTime:
    return OverlappingTime()


@pytest.fixture
def runs(patient: Simulator, time: OverlappingTime, tmp_path: Any) -> Iterator[Runs]:
    patient.service(SERVICE)
    found = Runs(patient, time, tmp_path)
    yield found
    found.operation.close()


def connect(runs: Runs, *names: str, status: str | None = None) -> None:
    for name in names:
        runs.simulator.connect(SERVICE, name, domain="d1", status=status)


class TestUnderAQuota:
    CONNECTIONS, QUOTA, SECONDS = 1_000, 200, 300.0
    """As it was seen: 200 calls in 5 minutes."""

    def test_a_thousand_are_accepted_once_each_and_fewer_than_two_hundred_calls_are_throttled(self, runs):
        runs.simulator.connect_many(SERVICE, self.CONNECTIONS, domain="d1")
        runs.simulator.quota(self.QUOTA, self.SECONDS)
        carried = runs.carry_out(runs.policy(ACCEPT))
        assert carried.errors == {}
        assert len(carried.sent) == self.CONNECTIONS
        decided = runs.decided()
        assert len(decided) == len(set(decided)) == self.CONNECTIONS, "none was decided twice"
        assert {each.status for each in carried.connections} == set(runs.live().values()) == {"accepted"}
        throttled = sum(call["status"] == 429 for call in runs.simulator.calls())
        walls = self.CONNECTIONS // self.QUOTA
        # At each wall, those under way run into it at once; then one asks until the service answers again.
        assert walls <= throttled <= walls * MOST + walls * self.SECONDS / 15
        assert throttled < 200
        assert len([each for each in runs.log.of("warning") if "429" in each]) == throttled
        assert runs.log.of("progress")
        assert all(" of 1000: service svc" in each for each in runs.log.of("progress"))

    def test_the_window_halves(self, runs):
        connect(runs, "ep")
        policy = runs.policy(ACCEPT)
        evaluation = runs.planned(policy)
        assert runs.session.client._window.size == FIRST
        runs.simulator.fault("throttled", "POST", times=1)
        assert runs.carry_out(policy, evaluation).errors == {}
        assert runs.session.client._window.size == FIRST // 2


class TestNobodyIsCutOffByAccident:
    def test_who_was_pending_when_it_was_planned_and_is_accepted_meanwhile_is_spared(self, runs):
        connect(runs, "ep", "other")
        policy = runs.policy(REJECT)
        evaluation = runs.planned(policy)
        runs.simulator.accept(SERVICE, "ep")
        runs.time.now += 1
        carried = runs.carry_out(policy, evaluation)
        assert runs.live() == {"ep": "accepted", "other": "rejected"}
        assert list(carried.errors) == ["ep"]
        assert str(carried.errors["ep"]) == (
            "connection ep of service svc is not rejected: it is accepted now, which was not planned"
        )
        assert runs.decided() == [("other", "reject")]

    def test_whose_interruption_was_planned_is_rejected(self, runs):
        connect(runs, "ep", status="accepted")
        assert runs.carry_out(runs.policy(REJECT)).errors == {}
        assert runs.live() == {"ep": "rejected"}

    def test_who_was_left_alone_when_it_was_planned_is_left_alone(self, runs):
        connect(runs, "ep")
        policy = runs.policy({"action": "leave", "description": "mine*"}, ACCEPT)
        evaluation = runs.planned(policy)
        connect(runs, "late")
        assert runs.carry_out(policy, evaluation).errors == {}
        assert runs.live() == {"ep": "accepted", "late": "pendingAcceptance"}


class TestExpiryInTheMiddle:
    def test_nothing_is_sent_after_the_moment(self, tmp_path):
        """Each request takes a second; those that are under way when it expires are ended."""
        time = OverlappingTime()

        def passes(_line: str) -> None:
            time.now += 1

        with Simulator.start(tokens=["t"], clock=lambda: time.now, log=passes) as simulator:
            simulator.connect_many(SERVICE, 200, domain="d1")
            runs = Runs(simulator, time, tmp_path)
            moment = (time.date() + timedelta(seconds=20)).isoformat()
            carried = runs.carry_out(runs.policy({**ACCEPT, "expires_at": moment}))
            runs.operation.close()
        accepted = sum(each == "accepted" for each in runs.live().values())
        assert 0 < accepted <= 20 + MOST
        assert len(carried.errors) == 200 - accepted
        assert {str(each).partition(" is ")[2] for each in carried.errors.values()} <= {
            f"not accepted: it expired at {moment}",
            "too late for it, and it is not sent",
        }

    def test_nothing_that_was_throttled_is_sent_after_the_moment(self, runs):
        connect(runs, "ep")
        runs.simulator.fault("throttled", "POST", times=1)
        moment = (runs.time.date() + timedelta(seconds=2)).isoformat()
        carried = runs.carry_out(runs.policy({**ACCEPT, "expires_at": moment}))
        assert "it is too late for it, and it is not sent" in str(carried.errors["ep"])
        assert carried.sent == set()
        assert runs.live() == {"ep": "pendingAcceptance"}

    def test_a_rule_that_has_expired_rejects(self, runs):
        connect(runs, "ep", status="accepted")
        moment = (runs.time.date() - timedelta(seconds=1)).isoformat()
        assert runs.carry_out(runs.policy({**ACCEPT, "expires_at": moment})).errors == {}
        assert runs.live() == {"ep": "rejected"}


class TestLimits:
    @pytest.fixture
    def policy(self, runs):
        connect(runs, "old", status="accepted")
        connect(runs, "new")
        return runs.policy({"action": "reject", "endpoint_ids": ["old"]}, {**ACCEPT, "limit": 1}, max_interruptions=1)

    def test_a_place_that_a_rejection_frees_is_given_away_at_once(self, runs, policy):
        assert runs.carry_out(policy).errors == {}
        assert runs.decided() == [("old", "reject"), ("new", "receive")]

    def test_a_place_that_is_not_freed_because_the_rejection_failed_is_not_given_away(self, runs, policy):
        runs.simulator.fault("failed", "POST", times=PACE.most_attempts)
        carried = runs.carry_out(policy)
        assert list(carried.errors) == ["old"]
        assert runs.live() == {"old": "accepted", "new": "pendingAcceptance"}
        assert runs.carry_out(policy).errors == {}
        assert runs.live() == {"old": "rejected", "new": "accepted"}


class TestItEnds:
    def test_after_the_first_denied_permission(self, runs):
        runs.simulator.connect_many(SERVICE, 200, domain="d1")
        runs.simulator.fault("forbidden", "POST")
        carried = runs.carry_out(runs.policy(ACCEPT))
        assert len(carried.errors) == 200
        assert all(isinstance(each, PermissionDeniedError) for each in carried.errors.values())
        assert 1 <= len(runs.posts()) <= MOST
        assert carried.sent == set()
        assert {each.status for each in carried.connections} == {"pendingAcceptance"}

    @pytest.mark.parametrize(("fault", "kind"), [("forbidden", PermissionDeniedError), ("", CancelledError)])
    def test_with_what_rejects_nothing_is_accepted_afterwards(self, runs, fault, kind):
        connect(runs, "bad")
        runs.simulator.connect(SERVICE, "good", domain="d2")
        policy = runs.policy({"action": "accept", "domain_ids": ["d2"]}, REJECT)
        if fault:
            runs.simulator.fault(fault, "POST", times=1)
        else:
            runs.simulator.world.put(SERVICE, "bad", "creating")
            runs.time.after(1, _interrupted)
        carried = runs.carry_out(policy)
        assert {id_: type(each) for id_, each in carried.errors.items()} == {"bad": kind, "good": kind}
        assert runs.decided() == []

    def test_after_many_in_a_row_without_an_answer(self, runs):
        runs.simulator.connect_many(SERVICE, 300, domain="d1")
        runs.simulator.fault("cut", "POST")
        carried = runs.carry_out(runs.policy(ACCEPT))
        assert len(carried.errors) == 300
        assert all(isinstance(each, TransportError) for each in carried.errors.values())
        assert MOST_LOST <= len(carried.sent) <= MOST_LOST + MOST
        assert len(runs.posts()) <= PACE.most_attempts * (MOST_LOST + MOST)

    def test_one_that_fails_ends_nothing(self, runs):
        connect(runs, *(f"ep{n}" for n in range(9)))
        runs.simulator.fault("failed", "POST", skip=8, times=PACE.most_attempts)
        carried = runs.carry_out(runs.policy(ACCEPT))
        assert len(carried.errors) == 1
        assert sorted(runs.live().values()) == ["accepted"] * 8 + ["pendingAcceptance"]
        assert len(carried.sent) == 9, "what failed may have been carried out"


def _interrupted() -> None:
    raise CancelledError("interrupted")


class TestReads:
    def test_what_was_sent_is_known_without_another_read(self, runs):
        connect(runs, "ep", "other")
        policy = runs.policy(ACCEPT)
        runs.carry_out(policy)
        found = {each.id: each.status for each in read_service(runs.operation, policy, held=True)}
        assert found == runs.live() == {"ep": "accepted", "other": "accepted"}
        assert runs.planned(policy).work == ()
        assert len(runs.simulator.calls("GET")) == 1

    def test_those_who_wait_are_read_once_more_before_they_are_rejected(self, runs):
        connect(runs, *(f"ep{number}" for number in range(9)))
        policy = runs.policy(REJECT)
        evaluation = runs.planned(policy)
        runs.time.now += 1
        assert runs.carry_out(policy, evaluation).errors == {}
        assert len(runs.simulator.calls("GET")) == 2, "one page for all of them"

    def test_ten_thousand_are_read_in_ten_pages(self, runs):
        runs.simulator.connect_many(SERVICE, 10_000, domain=["d1", "d2"])
        policy = runs.policy(ACCEPT)
        assert len(runs.planned(policy).work) == 5_000
        assert len(runs.planned(policy).work) == 5_000
        assert len(runs.simulator.calls()) == 10

    def test_a_consumer_who_has_left_meanwhile_is_no_error(self, runs):
        connect(runs, "ep", "other")
        policy = runs.policy(ACCEPT)
        evaluation = runs.planned(policy)
        runs.simulator.leave(SERVICE, "ep")
        runs.time.now += 31
        carried = runs.carry_out(policy, evaluation)
        assert carried.errors == {}
        assert [each.id for each in carried.connections] == ["other"]

    def test_a_service_that_is_not_there(self, runs):
        missing = runs.policy(ACCEPT, service_id="other")
        with pytest.raises(InputError, match="there is no service other in region cn-north-4, project p"):
            read_service(runs.operation, missing, held=False)
        assert read_service(runs.operation, missing, held=True) == []


class TestRejectAll:
    def test_those_and_no_others(self, runs):
        connect(runs, "a", "b", "c", status="accepted")
        policy = runs.policy(ACCEPT)
        carried = reject_all(runs.operation, policy, runs.planned(policy), ["a", "c"], runs.log)
        assert carried.errors == {}
        assert carried.sent == {"a", "c"}
        assert runs.live() == {"a": "rejected", "b": "accepted", "c": "rejected"}

    def test_its_progress_counts_what_it_rejects(self, runs):
        runs.simulator.connect_many(SERVICE, 20, domain="d1", status="accepted")
        policy = runs.policy(ACCEPT)
        runs.simulator.fault("throttled", "POST", skip=10, times=1)
        reject_all(runs.operation, policy, runs.planned(policy), runs.live(), runs.log)
        assert runs.log.of("progress")
        assert all(" of 20" in each for each in runs.log.of("progress"))

    def test_what_cannot_be_rejected_is_an_error_of_its_own(self, runs):
        connect(runs, "a", "b", status="accepted")
        policy = runs.policy(ACCEPT)
        evaluation = runs.planned(policy)
        runs.simulator.world.put(SERVICE, "a", "creating")
        runs.time.now += 31
        short = runs.policy(ACCEPT, settle_timeout=2)
        carried = reject_all(runs.operation, short, evaluation, ["a", "b"], runs.log)
        assert isinstance(carried.errors.pop("a"), NotSettledError)
        assert carried.errors == {}
        assert runs.live() == {"a": "creating", "b": "rejected"}
