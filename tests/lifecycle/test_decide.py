"""A decision, driven by hand: results in, wants out. What the search cannot see is here; the rest is in the search."""

from dataclasses import replace

import pytest

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.errors import (
    ApiError,
    CancelledError,
    InputError,
    NotSettledError,
    RefusalKind,
    TransportError,
)
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.messages import (
    PACE,
    Answered,
    Describe,
    Done,
    Level,
    Look,
    Lost,
    Pause,
    Refused,
    Report,
    Seen,
    Send,
)
from vpcep_pulumi.lifecycle.table import Goal

ACCEPT = Approval("svc", "ep", "accepted", Goal.ACCEPTED, "r", "p")
CUT_OFF = TransportError("receive connection ep", "cut off", maybe_done=True)


def connection(status, **fields):
    return Connection(id="ep", status=status, domain_id="d1", **fields)


PENDING, ACCEPTED, CREATING = connection("pendingAcceptance"), connection("accepted"), connection("creating")


def driven(decision, *results):
    """The wants that results lead to, and the outcome; reports are made on the way."""
    wants, left = [], list(results)
    try:
        want = next(decision)
        while True:
            if isinstance(want, Report):
                want = decision.send(Done(left[0].at if left and hasattr(left[0], "at") else 0.0))
                continue
            wants.append(want)
            result = left.pop(0)
            want = decision.throw(result) if isinstance(result, Exception) else decision.send(result)
    except StopIteration as end:
        assert not left
        return wants, end.value


def test_the_shortest_story():
    wants, outcome = driven(decide(ACCEPT, seen=False), Seen(PENDING, 0.0), Answered(ACCEPTED, 0.1))
    assert wants == [Look(None), Send("receive", PENDING)]
    assert outcome == (ACCEPTED, ("receive",), None, False)


def test_a_user_is_told_before_anything_is_sent():
    decision = decide(ACCEPT, seen=False)
    next(decision)
    said = decision.send(Seen(PENDING, 0.0))
    assert said == Report(Level.PROGRESS, "receive: the connection, owned by d1, is pendingAcceptance")


def test_the_pauses_of_a_wait_grow_and_each_look_is_a_fresh_one():
    looks = [Done(1.0), Seen(CREATING, 1.0), Done(2.0), Seen(CREATING, 2.0), Done(4.0), Seen(ACCEPTED, 4.0)]
    wants, outcome = driven(decide(ACCEPT, seen=False), Seen(CREATING, 0.0), *looks)
    assert [each.seconds for each in wants if isinstance(each, Pause)] == list(PACE.pauses[:3])
    assert [each.since for each in wants if isinstance(each, Look)] == [None, 0.5, 1.5, 3.0]
    assert outcome == (ACCEPTED, (), None, False)


def test_after_a_lost_answer_nothing_older_than_the_request_is_believed():
    wants, outcome = driven(
        decide(ACCEPT, seen=False), Seen(PENDING, 0.0), Lost(CUT_OFF, 9.0, began=5.0), Seen(ACCEPTED, 9.5)
    )
    assert wants[-1] == Look(5.0)
    assert outcome == (ACCEPTED, ("receive?",), None, False)


def test_a_service_that_is_gone_is_an_error_for_a_new_approval_only():
    gone = Refused(ApiError("x", 404, kind=RefusalKind.ABSENT, code="EndPoint.0005"), 0.0, 0.0)
    _, outcome = driven(decide(ACCEPT, seen=True), gone)
    assert outcome == (None, (), None, False)
    _, outcome = driven(decide(ACCEPT, seen=False), gone)
    assert isinstance(outcome.error, InputError)
    assert "there is no service svc" in str(outcome.error)


def test_a_consumer_who_leaves_meanwhile_is_named():
    _, outcome = driven(decide(ACCEPT, seen=True), Seen(CREATING, 0.0), Done(1.0), Seen(None, 1.0))
    assert outcome.error is None
    assert outcome.has_left


def test_an_answer_that_leaves_things_out_makes_nobody_forget_them():
    approval = replace(ACCEPT, description="a note")
    known = connection("accepted", marker_id="7", description="old")
    wants, outcome = driven(
        decide(approval, seen=True), Seen(known, 0.0), Answered(Connection(id="ep", description="a note"), 0.1)
    )
    assert wants[-1] == Describe("a note", known)
    assert outcome.connection == known.model_copy(update={"description": "a note"})


class TestInterrupted:
    CANCELLED = CancelledError("interrupted")

    def test_while_it_waits_for_its_turn_nothing_was_sent(self):
        _, outcome = driven(decide(ACCEPT, seen=False), Seen(PENDING, 0.0), self.CANCELLED)
        assert outcome == (PENDING, (), self.CANCELLED, False)

    def test_while_it_waits_for_the_connection_to_settle_what_was_sent_is_recorded(self):
        _, outcome = driven(decide(ACCEPT, seen=False), Seen(PENDING, 0.0), Answered(CREATING, 0.1), self.CANCELLED)
        assert outcome == (CREATING, ("receive",), self.CANCELLED, False)


class TestADefect:
    def test_before_anything_is_sent_it_comes_out_as_it_is(self):
        with pytest.raises(ZeroDivisionError):
            driven(decide(ACCEPT, seen=False), ZeroDivisionError("7f3a"))

    @pytest.mark.parametrize("sent", ["receive", "receive?"])
    def test_afterwards_it_is_recorded_without_its_words(self, sent):
        before = [Seen(PENDING, 0.0), *([Answered(CREATING, 0.1)] if sent == "receive" else [])]
        _, outcome = driven(decide(ACCEPT, seen=False), *before, ZeroDivisionError("a secret"))
        assert outcome.sent == (sent,)
        assert isinstance(outcome.error, NotSettledError)
        assert "a defect of vpcep-pulumi (ZeroDivisionError at " in str(outcome.error)
        assert "a secret" not in str(outcome.error)
