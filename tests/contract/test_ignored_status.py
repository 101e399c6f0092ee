"""``ignore_changes=["status"]`` after a refresh, on both engines: the live status became the declared one."""

import pytest

from tests.contract.conftest import shown, steps

IGNORING = """
for number in range(1, 7):
    Approval(f"a{number}", service_id="svc", endpoint_id=f"ep{number}",
             opts=pulumi.ResourceOptions(ignore_changes=["status"]))
"""
ABSENT, *OTHERS = [f"ep{number}" for number in range(1, 7)]
STATUSES = dict(zip(OTHERS, ["creating", "failed", "deleting", "pendingAcceptance", "frozen"], strict=True))
FAULT = [{"error_code": "EndPoint.2016", "error_message": "no pool"}]


@pytest.fixture
def refreshed(deployment):
    """Six approvals whose connections are none of what can be declared, and a state that says so."""
    for endpoint in (ABSENT, *OTHERS):
        deployment.simulator.connect("svc", endpoint, domain="d1")
    deployment.program(IGNORING)
    assert deployment.up().ok
    for endpoint, status in STATUSES.items():
        deployment.simulator.world.put("svc", endpoint, status, FAULT if status == "failed" else [])
    deployment.simulator.leave("svc", ABSENT)
    assert deployment.refresh().ok
    return deployment


def test_is_never_red_and_sends_nothing(refreshed):
    """Also when the connections are accepted again, and when they are not declared any more."""
    assert refreshed.preview().ok
    first = refreshed.up()
    assert first.ok, first.errors()
    # Why it failed is no error of what is declared any more.
    assert steps(first) == {"a3": "update"}
    assert refreshed.posts() == []
    assert steps(refreshed.preview()) == steps(refreshed.up()) == {}
    for endpoint in OTHERS:
        refreshed.simulator.accept("svc", endpoint)
    assert 'plan: "record: the connection, owned by d1, is accepted"' in shown(refreshed.preview())
    changed = refreshed.up()
    assert changed.ok, changed.errors()
    assert steps(changed) == {f"a{number}": "update" for number in range(2, 7)}
    assert refreshed.posts() == []
    assert steps(refreshed.up()) == {}
    assert refreshed.refresh().ok
    assert steps(refreshed.up()) == {}
    assert refreshed.destroy().ok
    assert refreshed.posts() == [("reject", endpoint) for endpoint in OTHERS]


def test_no_longer_ignored_is_declared_again(refreshed):
    for endpoint in OTHERS:
        refreshed.simulator.reject("svc", endpoint)
    refreshed.program(IGNORING.replace('ignore_changes=["status"]', ""))
    result = refreshed.up()
    assert result.ok, result.errors()
    assert refreshed.posts() == [("receive", endpoint) for endpoint in OTHERS]


def test_what_a_program_itself_declares_is_one_of_two(connected):
    """Even where the state holds the same, from a refresh."""
    program = 'Approval("one", service_id="svc", endpoint_id="ep1", status={})'
    connected.program(program.format('"accepted"'))
    connected.up()
    connected.simulator.world.put("svc", "ep1", "creating")
    connected.refresh()
    for status in ('"creating"', '"on"', 'pulumi.Output.from_input("creating")'):
        connected.program(program.format(status))
        result = connected.preview()
        assert not result.ok
        assert any('one: status must be "accepted" or "rejected"' in each for each in result.messages("error"))
    assert not connected.up().ok
    assert connected.posts() == []
