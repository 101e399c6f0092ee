"""What a preview says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection, ConnectionFault
from vpcep_pulumi.api.statuses import ConnectionStatus
from vpcep_pulumi.lifecycle.plan import impossible, must_describe, plan_for
from vpcep_pulumi.lifecycle.table import FULFILLED, Goal, Step, live_of, step_for

connections = st.none() | st.builds(
    Connection,
    status=st.sampled_from(ConnectionStatus) | st.text(max_size=5),
    domain_id=st.none() | st.just("d1"),
    description=st.none() | st.just("note"),
)
goals = st.sampled_from([Goal.ACCEPTED, Goal.REJECTED])


def plan(status, goal=Goal.ACCEPTED, *, seen=True, describe=False, previous=None, **fields):
    connection = None if status == "absent" else Connection(status=status, domain_id="d1", **fields)
    return plan_for(goal, connection, seen=seen, describe=describe, previous=previous)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (plan("pendingAcceptance", seen=False), "receive: the connection is pendingAcceptance, owned by d1"),
        (plan("rejected"), "receive: the connection is rejected, owned by d1"),
        (plan("rejected", describe=True), "receive and describe: the connection is rejected, owned by d1"),
        (plan("accepted", Goal.REJECTED), "reject: the connection is accepted, owned by d1"),
        (plan("creating"), "wait: the connection is creating, owned by d1"),
        (plan("creating", Goal.REJECTED), "wait, then reject: the connection is creating, owned by d1"),
        (plan("accepted", seen=False), "adopt: the connection is accepted, owned by d1"),
        (plan("accepted", describe=True), "describe: the connection is accepted, owned by d1"),
        (plan("absent", seen=False), "wait: there is no such connection yet; once it appears, receive"),
        (
            plan("absent", Goal.REJECTED, seen=False),
            "wait: there is no such connection yet; once it appears, reject",
        ),
        (plan("absent"), "record: the connection is absent: its consumer has left, remove this approval"),
        (plan("failed", Goal.REJECTED), "record: the connection is failed, owned by d1"),
        (plan("accepted"), None),
        (plan("accepted", previous="receive: …"), None),
        (plan("rejected", Goal.REJECTED), None),
    ],
)
def test_the_words(found, said):
    assert found == said


def test_the_same_drift_twice_in_a_row_is_a_change_of_words():
    """The engine shows an update by what changed among its inputs: equal words would show nothing."""
    first = plan("rejected")
    second = plan("rejected", previous=first)
    third = plan("rejected", previous=second)
    assert second == "receive: the connection is again rejected, owned by d1"
    assert third == first


@given(goals, connections, st.booleans(), st.booleans(), st.none() | st.text(max_size=9))
def test_whatever_is_sent_was_planned(goal, connection, seen, describe, previous):
    step = step_for(goal, live_of(connection), seen=seen)
    if step is Step.IMPOSSIBLE:
        return
    said = plan_for(goal, connection, seen=seen, describe=describe, previous=previous)
    if step not in FULFILLED:
        assert said is not None
        assert said != previous
        assert said.startswith(("receive", "reject", "wait"))


@given(goals, connections)
def test_what_is_impossible_says_what_to_do(goal, connection):
    if step_for(goal, live_of(connection), seen=False) is Step.IMPOSSIBLE:
        assert "cannot be" in impossible(goal, connection)
        assert impossible(goal, connection).isprintable()


def test_a_failure_is_named_with_its_reasons():
    fault = ConnectionFault(code="EndPoint.2016", message="The endpoint pool IP address does not exist.")
    connection = Connection(status="failed", domain_id="d1", errors=(fault,))
    assert impossible(Goal.ACCEPTED, connection) == (
        "the connection is failed (EndPoint.2016: The endpoint pool IP address does not exist.), owned by d1 "
        "and cannot be accepted: its consumer must delete the endpoint and connect again, which gives a new endpoint id"
    )


@pytest.mark.parametrize(
    ("declared", "live", "written", "must"),
    [
        (None, "x", None, False),
        ("x", "x", None, False),
        ("x", "y", None, True),
        ("x", None, None, True),
        ("x", None, "x", False),
        ("", None, None, False),
        ("", "x", None, True),
    ],
)
def test_when_a_description_is_written(declared, live, written, must):
    connection = Connection(status="accepted", description=live)
    assert must_describe(declared, connection, written=written) is must
    assert not must_describe(declared, None, written=written)
    assert not must_describe(declared, Connection(status="failed", description=live), written=written)
