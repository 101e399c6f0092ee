"""Many decisions at once: written by hand, and the real one over the simulator, in driven time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from tests.conftest import DrivenTime
from tests.operation.policy_runs import SERVICE, WAIT, OverlappingTime, Runs
from vpcep_pulumi.api.window import MOST
from vpcep_pulumi.errors import CancelledError, NotSettledError, PermissionDeniedError, VpcepError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.messages import PACE, Done, Level, Look, Outcome, Pause, Report, Result, Seen, Want
from vpcep_pulumi.lifecycle.table import Goal
from vpcep_pulumi.operation.drive import Driver
from vpcep_pulumi.operation.many import Many, Task
from vpcep_pulumi.testing.simulator import Simulator

Decision = Generator[Want, Result, Outcome]
NOTHING = Outcome(None, (), None, has_left=False)
ENOUGH = PermissionDeniedError("receive", 403)


class World:
    """Answers looks, and counts how many are under way."""

    def __init__(self, until_busy: int = 0) -> None:
        self.lock, self.gate = threading.Lock(), threading.Event()
        self.until_busy, self.running, self.most, self.said = until_busy, 0, 0, [""][:0]
        if not until_busy:
            self.gate.set()

    def result_of(self, want: Want) -> Result:
        if isinstance(want, Report):
            self.said.append(want.message)
            return Done(0.0)
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running >= self.until_busy:
                self.gate.set()
        assert self.gate.wait(WAIT)
        with self.lock:
            self.running -= 1
        return Seen(None, 0.0)


class Outcomes:
    """Takes outcomes, and may say that it is enough."""

    def __init__(self, time: DrivenTime, *, ends: tuple[type[VpcepError], ...] = (CancelledError,)) -> None:
        self.of: dict[str, Outcome] = {}
        self.order: list[str] = []
        self.ends, self.time = ends, time

    def __call__(self, id_: str, outcome: Outcome) -> VpcepError | None:
        assert id_ not in self.of, "two outcomes"
        self.of[id_] = outcome
        self.order.append(id_)
        return outcome.error if isinstance(outcome.error, self.ends) else None

    def drive(self, decisions: Iterable[Decision], driver: Any) -> None:
        tasks = (Task(str(n), f"connection {n}", each, driver) for n, each in enumerate(decisions))
        Many(self.time.clock(), self).drive(tasks)


def looks(times: int, begun: list[int] | None = None, error: Exception | None = None) -> Decision:
    if begun is not None:
        begun.append(1)
    for _ in range(times):
        yield Look()
    if error is not None:
        raise error
    return NOTHING


def pauses(*seconds: float) -> Decision:
    for each in seconds:
        yield Pause(each)
        yield Look()
    return NOTHING


def ends_with(error: VpcepError, *, after: int) -> Decision:
    for _ in range(after):
        yield Look()
    return Outcome(None, (), error, has_left=False)


def test_each_decision_comes_to_its_outcome(time):
    outcomes = Outcomes(time)
    outcomes.drive([looks(n % 4) for n in range(200)], World())
    assert outcomes.of == dict.fromkeys(map(str, range(200)), NOTHING)
    assert sum(time.sleeps) == 0


def test_nothing_to_do(time):
    outcomes = Outcomes(time)
    outcomes.drive([], World())
    assert outcomes.of == {}


def test_as_many_as_there_may_be_are_busy_at_once_and_no_more(time):
    world, outcomes = World(until_busy=MOST), Outcomes(time)
    outcomes.drive([looks(2) for _ in range(3 * MOST)], world)
    assert len(outcomes.of) == 3 * MOST
    assert world.most == MOST


def test_no_more_either_when_many_pauses_are_over_at_the_same_moment(time):
    world, outcomes = World(until_busy=MOST), Outcomes(time)
    outcomes.drive([pauses(5) for _ in range(3 * MOST)], world)
    assert len(outcomes.of) == 3 * MOST
    assert world.most == MOST


def test_pauses_are_waited_for_together_and_end_in_their_order(time):
    outcomes = Outcomes(time)
    outcomes.drive([pauses(seconds) for seconds in (30, 10, 20, 10)], World())
    assert sum(time.sleeps) == 30
    assert sorted(outcomes.order[:2]) == ["1", "3"]
    assert outcomes.order[2:] == ["2", "0"]


def test_reports_are_made_in_the_order_of_a_decision_and_hold_no_thread(time):
    def reports() -> Decision:
        for number in range(3):
            yield Report(Level.PROGRESS, str(number))
        yield Look()
        return NOTHING

    world = World()
    Outcomes(time).drive([reports()], world)
    assert world.said == ["0", "1", "2"]


class TestItEnds:
    def test_done_ends_it_and_those_that_did_not_begin_have_its_error(self, time):
        begun: list[int] = []
        outcomes = Outcomes(time, ends=(PermissionDeniedError,))
        outcomes.drive([ends_with(ENOUGH, after=1), *(looks(1, begun) for _ in range(10 * MOST))], World())
        assert len(outcomes.of) == 10 * MOST + 1
        assert len(begun) <= 2 * MOST
        failed = [id_ for id_, each in outcomes.of.items() if each.error is ENOUGH]
        assert len(failed) + len(begun) == 10 * MOST + 1
        assert all(outcomes.of[id_].sent == () for id_ in failed)

    def test_an_interrupt_gives_every_decision_an_outcome(self, time):
        def sleep(_seconds: float) -> None:
            raise CancelledError("interrupted")

        time.sleep = sleep
        outcomes = Outcomes(time)
        outcomes.drive([looks(1), *(pauses(5, 5) for _ in range(2 * MOST)), looks(3)], World())
        errors = [type(each.error) for each in outcomes.of.values()]
        assert len(errors) == 2 * MOST + 2
        assert errors.count(CancelledError) >= 2 * MOST

    def test_an_interrupt_begins_nothing_new_although_nothing_waits(self, time):
        """It is noticed before each beginning: a run of a thousand requests may have no wait at all."""
        begun: list[int] = []

        def sleep(_seconds: float) -> None:
            if len(begun) >= 5:
                raise CancelledError("interrupted")

        time.sleep = sleep
        outcomes = Outcomes(time)
        outcomes.drive([looks(1, begun) for _ in range(300)], World())
        assert len(begun) == 5
        assert len(outcomes.of) == 300
        assert sum(each.error is None for each in outcomes.of.values()) == 5


class TestADefect:
    @pytest.mark.parametrize("after", [0, 1, 2])
    def test_in_a_decision_it_loses_no_other_s_outcome_and_shows_no_words(self, time, after):
        outcomes = Outcomes(time)
        outcomes.drive([looks(2), looks(after, None, ZeroDivisionError("a secret")), looks(2), pauses(3)], World())
        assert {id_ for id_, each in outcomes.of.items() if each == NOTHING} == {"0", "2", "3"}
        error = outcomes.of["1"].error
        assert isinstance(error, NotSettledError)
        assert "connection 1: a defect of vpcep-pulumi (ZeroDivisionError at test_many.py:" in str(error)
        assert "a secret" not in str(error)

    def test_in_a_driver_it_is_the_decision_s_to_take(self, time):
        class Broken(World):
            def result_of(self, want: Want) -> Result:
                raise KeyError("a secret")

        def takes() -> Decision:
            with pytest.raises(KeyError):
                yield Look()
            return NOTHING

        outcomes = Outcomes(time)
        outcomes.drive([takes(), looks(1)], Broken())
        assert outcomes.of["0"] == NOTHING
        assert "KeyError at " in str(outcomes.of["1"].error)


class TestTheRealDecision:
    @pytest.fixture
    def runs(self, tmp_path):
        time = OverlappingTime()
        with Simulator.start(tokens=["t"], creating_s=4, clock=lambda: time.now) as simulator:
            found = Runs(simulator, time, tmp_path)
            yield found
            found.operation.close()

    def test_a_hundred_that_the_service_takes_seconds_to_create_are_waited_for_together(self, runs):
        ids = runs.simulator.connect_many(SERVICE, 100, domain="d1")
        outcomes = Outcomes(runs.time)

        def task(id_: str) -> Task:
            approval = Approval(SERVICE, id_, "accepted", Goal.ACCEPTED, "cn-north-4", "p")
            driver = Driver(approval, runs.session, runs.time.clock(), runs.log)
            return Task(id_, approval.name, decide(approval, seen=True), driver)

        began = runs.time.now
        Many(runs.time.clock(), outcomes).drive(map(task, ids))
        assert set(runs.live().values()) == {"accepted"}
        assert all(each.error is None and each.sent == ("receive",) for each in outcomes.of.values())
        assert sorted(outcomes.of) == sorted(ids)
        assert runs.time.now - began < sum(PACE.pauses[:4]) + 1
        reads = runs.simulator.calls("GET")
        assert len(reads) <= 10, "one read for all those that look at the same moment"
