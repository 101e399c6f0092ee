"""A status that a refresh recorded and ``ignore_changes`` kept: the connection may be as it is, and the approval is green."""

from __future__ import annotations

import pytest

SERVICE, ENDPOINT = "svc", "ep"
LIVES = ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen", "deleted", "absent"]
IGNORED = [live for live in LIVES if live not in ("accepted", "rejected")]
FAULT = [{"error_code": "EndPoint.2016", "error_message": "no pool"}]


def put(stack, live: str) -> None:
    if live == "absent":
        stack.simulator.leave(SERVICE, ENDPOINT)
    else:
        stack.simulator.world.put(SERVICE, ENDPOINT, live, FAULT if live == "failed" else [])


@pytest.fixture
def connected(stack):
    stack.simulator.connect(SERVICE, ENDPOINT, domain="d1")
    stack.up()
    stack.posts()
    return stack


@pytest.mark.parametrize("later", LIVES)
@pytest.mark.parametrize("ignored", IGNORED)
def test_it_is_never_red_and_sends_nothing(connected, ignored, later):
    """Wherever the connection goes from there; what it comes to is recorded once."""
    put(connected, ignored)
    connected.refresh()
    kept = {"status": connected.inputs["status"]}
    assert kept["status"] == ignored
    if ignored != "absent":
        put(connected, later)
    first = connected.up(**kept)
    assert (first.error, first.failures) == ("", [])
    assert (first.plan or "nothing").startswith("nothing" if connected.live == ignored else "record: ")
    assert connected.outputs["status"] == connected.live
    assert connected.outputs["errors"] == []
    again = connected.up(**kept)
    assert (again.step, again.error, again.failures) == ("same", "", [])
    assert connected.posts() == []


def test_its_description_is_written_all_the_same(connected):
    put(connected, "creating")
    connected.refresh()
    assert connected.up(status="creating", description="note").plan == (
        "describe: the connection, owned by d1, is creating"
    )
    assert connected.outputs["description"] == "note"


def test_its_owner_matters_all_the_same(connected):
    put(connected, "creating")
    connected.refresh()
    (failure,) = connected.up(status="creating", expected_domain_id="d2").failures
    assert "belongs to account d1, not to the expected d2" in failure


@pytest.mark.parametrize("status", ["creating", "deleted", "as it stands", "undocumented"])
def test_without_a_state_that_holds_it_it_is_refused(stack, status):
    stack.simulator.connect(SERVICE, ENDPOINT, domain="d1")
    assert stack.preview(status=status).failures == [f'status: must be "accepted" or "rejected", not {status!r}']


@pytest.mark.parametrize("status", ["creating", "deleted"])
def test_another_than_the_state_holds_is_refused(connected, status):
    put(connected, "failed")
    connected.refresh()
    assert connected.preview(status=status).failures == [f'status: must be "accepted" or "rejected", not {status!r}']


def test_a_delete_rejects_whatever_was_ignored(connected):
    put(connected, "creating")
    connected.refresh()
    connected.simulator.accept(SERVICE, ENDPOINT)
    connected.up(status="creating")
    assert connected.destroy() == ""
    assert connected.posts() == ["reject"]
