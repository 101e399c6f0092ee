"""An approval that holds until a moment, across it: in previews and updates."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.provider.conftest import ENDPOINT, SERVICE


@pytest.fixture
def connected(stack):
    stack.simulator.connect(SERVICE, ENDPOINT, domain="d1")
    return stack


@pytest.fixture
def moment(time):
    """Two days from now."""
    return (time.date() + timedelta(days=2)).isoformat()


def warnings(stack):
    return [line for line in stack.log.of("warning") if "expires at" in line]


def test_the_story(connected, time, moment):
    assert connected.up(expires_at=moment).error == ""
    assert (connected.live, warnings(connected)) == ("accepted", [])
    assert connected.preview(expires_at=moment).step == "same"
    time.now += timedelta(days=1, hours=1).total_seconds()
    for do in (connected.preview, connected.up):
        assert do(expires_at=moment).step == "same"
        (said,) = warnings(connected)
        assert said == (
            f"connection ep of service svc expires at {moment}, in 23 hours: from then on it is to be rejected"
        )
    connected.posts()
    time.now += timedelta(hours=23).total_seconds()
    expired = connected.preview(expires_at=moment)
    assert (expired.step, expired.plan) == (
        "update",
        f"reject: the connection, owned by d1, is accepted: it expired at {moment}",
    )
    assert connected.posts() == []
    assert connected.up(expires_at=moment).error == ""
    assert (connected.posts(), connected.live, warnings(connected)) == (["reject"], "rejected", [])
    assert connected.preview(expires_at=moment).step == "same"
    later = (time.date() + timedelta(days=9)).isoformat()
    assert connected.preview(expires_at=later).plan == "receive: the connection, owned by d1, is rejected"
    assert connected.up(expires_at=later).error == ""
    assert connected.live == "accepted"


def test_what_has_expired_before_it_is_declared_is_rejected(connected, time):
    past = (time.date() - timedelta(seconds=1)).isoformat()
    assert connected.preview(expires_at=past).plan == (
        f"reject: the connection, owned by d1, is pendingAcceptance: it expired at {past}"
    )
    assert connected.up(expires_at=past).error == ""
    assert connected.live == "rejected"


def test_a_rejection_does_not_expire(connected, time):
    past = (time.date() - timedelta(days=1)).isoformat()
    assert connected.up(status="rejected", expires_at=past).error == ""
    assert connected.live == "rejected"


def test_a_refresh_afterwards_says_what_is_live_and_nothing_more(connected, time, moment):
    assert connected.up(expires_at=moment).error == ""
    time.now += timedelta(days=3).total_seconds()
    connected.refresh()
    assert connected.outputs["status"] == "accepted"
    assert connected.preview(expires_at=moment).step == "update"


def test_nothing_is_accepted_once_it_has_expired_however_long_it_was_waited_for(stack, time):
    """It appears after the moment: it must not be accepted for the time until the next update."""
    stack.simulator.service(SERVICE)
    soon = (time.date() + timedelta(seconds=20)).isoformat()
    time.after(25, lambda: stack.simulator.connect(SERVICE, ENDPOINT, domain="d1"))
    outcome = stack.up(expires_at=soon, appear_timeout=600)
    assert "check endpoint_id: after 20 s there is no such connection" in outcome.error
    time.sleep(10)
    assert (stack.posts(), stack.live) == ([], "pendingAcceptance")


def test_what_is_still_being_decided_when_it_expires_is_not_accepted(connected, time):
    connected.simulator.world.put(SERVICE, ENDPOINT, "creating")
    time.after(25, lambda: connected.simulator.world.put(SERVICE, ENDPOINT, "pendingAcceptance"))
    soon = (time.date() + timedelta(seconds=20)).isoformat()
    assert f"connection ep of service svc is not accepted: it expired at {soon}" in connected.up(expires_at=soon).error
    assert connected.posts() == []


def test_a_refresh_after_an_expiry_that_was_carried_out_finds_nothing(connected, time):
    past = (time.date() - timedelta(days=1)).isoformat()
    connected.up(expires_at=past)
    inputs = dict(connected.inputs)
    assert not connected.operation().diff(connected.outputs, inputs).changes


def test_a_rejection_by_expiry_is_warned_of(connected, time):
    past = (time.date() - timedelta(days=1)).isoformat()
    connected.preview(expires_at=past)
    assert connected.log.of("warning") == [f"connection ep of service svc expired at {past}: it is to be rejected"]


def test_what_expires_while_an_operation_runs_expires_with_the_next_one(connected, time):
    """What the preview of it named is what it does."""
    connected.simulator.world.settings.creating_s = 10
    soon = (time.date() + timedelta(seconds=5)).isoformat()
    assert connected.up(expires_at=soon).error == ""
    assert connected.live == "accepted"
    assert datetime.fromisoformat(soon) < time.date().astimezone(UTC)
    assert connected.up(expires_at=soon).error == ""
    assert connected.live == "rejected"


def test_the_owner_is_looked_at_all_the_same(connected, time):
    past = (time.date() - timedelta(days=1)).isoformat()
    (failure,) = connected.preview(expires_at=past, expected_domain_id="d2").failures
    assert "belongs to account d1" in failure
