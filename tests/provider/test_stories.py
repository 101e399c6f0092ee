"""Whatever others do: after an update the declared state holds, or the error names why not. Properties."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vpcep_pulumi.testing.simulator import Simulator

ENDPOINT = "ep"
LIVES = ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen", "absent"]
REACHED = {"accepted": {"accepted", "absent", "deleting"}, "rejected": {"rejected", "absent", "deleting", "failed"}}
"""What an update may leave behind without an error, by what is declared. Written by hand, not from the table."""
names = count()


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Simulator]]:
    """One simulator for all examples, each of which has a service of its own; its time never goes back."""
    time = request.getfixturevalue("shared_time")
    with Simulator.start(tokens=["t"], clock=lambda: time.now, creating_s=4) as running:
        yield time, running


@pytest.fixture
def fresh(shared, tmp_path, new_stack):
    """Makes a stack on a service that nothing else touches."""
    time, simulator = shared

    def make():
        stack = new_stack(simulator, time, tmp_path)
        stack.service = f"svc-{next(names)}"
        simulator.service(stack.service)
        simulator.clear_calls()
        time.events.clear()
        return stack

    return make


def put(stack: Any, live: str) -> None:
    """Somebody else, or the cloud, makes it so."""
    there = stack.live != "absent"
    if live == "absent":
        if there:
            stack.simulator.leave(stack.service, ENDPOINT)
    elif there:
        stack.simulator.world.put(stack.service, ENDPOINT, live)
        if live == "creating":
            stack.time.after(3, lambda: settle(stack))
    else:
        stack.simulator.connect(stack.service, ENDPOINT, domain="d1")
        stack.simulator.world.put(stack.service, ENDPOINT, live)  # a status that is not documented, too
        if live == "creating":
            stack.time.after(3, lambda: settle(stack))


def settle(stack: Any) -> None:
    if stack.live == "creating":
        stack.simulator.world.put(stack.service, ENDPOINT, "accepted")


def assert_kept(stack: Any, declared: str, outcome: Any) -> None:
    """The promise of an update."""
    if outcome.failures or outcome.error:
        (words,) = outcome.failures or [outcome.error]
        assert stack.service in words
        assert stack.live in ("failed", "deleting", "frozen", "absent")  # what rules a declaration out
    else:
        assert stack.live in REACHED[declared]
        assert stack.outputs["status"] == stack.live
        assert stack.outputs["errors"] == [] or stack.live == "failed"


@pytest.mark.parametrize(("declared", "live"), list(product(REACHED, LIVES)))
def test_every_pair_for_a_new_approval(fresh, declared, live):
    stack = fresh()
    put(stack, live)
    assert_kept(stack, declared, stack.up(status=declared, appear_timeout=1))


@pytest.mark.parametrize(("before", "declared", "live"), list(product(REACHED, REACHED, LIVES)))
def test_every_pair_for_an_approval_that_exists(fresh, before, declared, live):
    stack = fresh()
    put(stack, "pendingAcceptance")
    stack.up(status=before)
    put(stack, live)
    assert_kept(stack, declared, stack.up(status=declared))


many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The fixture makes a new stack for each example, so it may be shared by them."""

changes = st.sampled_from([live for live in LIVES if live != "absent"]) | st.just("absent")
turns = st.tuples(
    changes | st.none(), st.sampled_from(["accepted", "rejected"]), st.sampled_from(["up", "refresh", "preview"])
)


@many
@given(st.data())
def test_sequences_of_outside_changes(fresh, data):
    stack = fresh()
    put(stack, "pendingAcceptance")
    for change, declared, what in data.draw(st.lists(turns, min_size=1, max_size=6)):
        gone = stack.live == "absent"
        if change is not None and not gone:  # an endpoint's id never comes back
            put(stack, change)
        if what == "refresh" and stack.inputs is not None:
            stack.refresh()
            assert stack.outputs["status"] == stack.live
            continue
        before, live = stack.posts(), stack.live
        preview = stack.preview(status=declared, appear_timeout=1)
        assert (stack.posts(), stack.live) == ([], live), "a preview sends nothing"
        if what == "preview":
            continue
        outcome = stack.up(status=declared, appear_timeout=1)
        assert (outcome.step, outcome.plan) == (preview.step, preview.plan), "the preview is a promise"
        sent = stack.posts()
        assert len(sent) <= 1
        assert all((preview.plan or "").startswith((action, "wait")) for action in sent), "what is sent was planned"
        assert_kept(stack, declared, outcome)
        assert before is not None
        if not outcome.failures and not outcome.error:
            again = stack.up(status=declared, appear_timeout=1)
            assert (again.step, stack.posts()) == ("same", []), "nothing is left to be done"


@many
@given(st.data())
def test_a_destroy_never_leaves_a_connection_accepted(fresh, data):
    stack = fresh()
    put(stack, "pendingAcceptance")
    stack.up()
    for change in data.draw(st.lists(changes, max_size=3)):
        if stack.live != "absent":
            put(stack, change)
    error = stack.destroy()
    assert stack.live in ("rejected", "failed", "deleting", "absent") or (stack.live == "frozen" and "frozen" in error)
