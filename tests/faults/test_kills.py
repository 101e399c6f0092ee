"""Whoever is killed, at whichever call to the API: the next run ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.faults.conftest import Worlds
from tests.faults.engine import SERVICE, Approval, Engine, Kill, Outcome, Policy

ENDPOINTS = ("ep0", "ep1", "ep2", "ep3", "ep4")
FIRST = [
    Approval("one", "ep0", description="ticket 1"),
    Approval("two", "ep1", owner="d1"),
    Approval("three", "ep2", status="rejected"),
    Approval("four", "ep3"),
]
SECOND = [
    Approval("one", "ep0", status="rejected", description="ticket 2"),
    Approval("renamed", "ep1", owner="d1"),
    Approval("three", "ep4"),  # another endpoint: a replacement
]
SCENES: dict[str, Callable[[Engine, Kill | None], Outcome]] = {
    "create": lambda engine, kill: engine.up(FIRST, kill),
    "change": lambda engine, kill: engine.up(SECOND, kill),
    "refresh": lambda engine, kill: engine.refresh(kill),
    "destroy": lambda engine, kill: engine.destroy(kill),
}
"""What is done, one after the other."""
POLICY = Policy(
    "all", ({"action": "reject", "endpoint_ids": ["ep2"]}, {"action": "accept", "domain_ids": ["d1"]}), most=5
)
LATER = Policy(
    "all",
    (
        {"action": "reject", "endpoint_ids": ["ep0"]},
        {"action": "leave", "endpoint_ids": ["ep4"]},
        {"action": "accept", "domain_ids": ["d1"], "limit": 4},
    ),
    most=5,
)
POLICY_SCENES: dict[str, Callable[[Engine, Kill | None], Outcome]] = {
    "create": lambda engine, kill: engine.up([POLICY], kill),
    "change": lambda engine, kill: engine.up([LATER], kill),
    "refresh": lambda engine, kill: engine.refresh(kill),
    "beside": lambda engine, kill: engine.up([LATER, Approval("one", "ep1"), Approval("two", "ep4")], kill),
    "delete": lambda engine, kill: engine.up([Approval("one", "ep1")], kill),
    "destroy": lambda engine, kill: engine.destroy(kill),
}
"""The same with a policy, which approvals come beside, and that is deleted before they are."""


def brought_to(
    engine: Engine, scene: str, scenes: Mapping[str, Callable[[Engine, Kill | None], Outcome]] = SCENES
) -> Callable[[Kill | None], Outcome]:
    """Everything before a scene, and the scene itself, to be played."""
    for name, play in scenes.items():
        if name == scene:
            if name == "refresh":
                engine.simulator.reject(SERVICE, "ep1")
            engine.simulator.world.decisions.clear()
            return lambda kill: scenes[scene](engine, kill)
        assert play(engine, None).ok
    raise AssertionError(scene)


def told(engine: Engine) -> dict[str, Any]:
    """How the world and the state stand; the moments in it are not the same in any two runs."""
    moments = {"created_at", "updated_at"}
    return {
        "world": {each: engine.simulator.status(SERVICE, each) for each in ENDPOINTS},
        "descriptions": {each.id: each.description for each in engine.simulator.world.connections(SERVICE)},
        "state": {
            name: {key: value for key, value in each.outputs.items() if key not in moments}
            for name, each in engine.recorded().items()
        },
    }


VICTIMS = ("engine", "host", "program")
CREATING = (0.0, 3.0)
"""Seconds that a connection stays ``creating``."""


@pytest.mark.parametrize("creating_s", CREATING, ids=["at once", "through creating"])
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("scene", SCENES)
def test_every_call(worlds, scene, victim, creating_s):
    assert kill_everywhere(worlds, scene, victim, creating_s) >= 2


@pytest.mark.parametrize("creating_s", CREATING, ids=["at once", "through creating"])
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("scene", POLICY_SCENES)
def test_every_call_of_a_policy(worlds, scene, victim, creating_s):
    assert kill_everywhere(worlds, scene, victim, creating_s, POLICY_SCENES) >= 2


def kill_everywhere(
    worlds: Worlds,
    scene: str,
    victim: str,
    creating_s: float,
    scenes: Mapping[str, Callable[[Engine, Kill | None], Outcome]] = SCENES,
) -> int:
    """Kill somebody at each call of a scene in turn; how often."""
    undisturbed = worlds.new(*ENDPOINTS, creating_s=creating_s)
    outcome = brought_to(undisturbed, scene, scenes)(None)
    assert outcome.ok
    expected = told(undisturbed)
    for at in range(1, outcome.calls + 1):
        for carried_out in (False, True):
            engine = worlds.new(*ENDPOINTS, creating_s=creating_s)
            play = brought_to(engine, scene, scenes)
            killed = play(Kill(victim, at, carried_out))
            assert killed.killed, (at, carried_out)
            assert victim == "program" or not killed.ok
            again = play(None)
            assert again.ok, (at, carried_out, again)
            assert told(engine) == expected, (at, carried_out)
            assert_no_outage(engine)
            assert play(None).ok
            worlds.stop()
    return 2 * outcome.calls


def assert_no_outage(engine: Engine) -> None:
    """Nobody was rejected who is to be accepted, not even for a moment."""
    accepted = {each for each in ENDPOINTS if engine.simulator.status(SERVICE, each) == "accepted"}
    assert not [each for each in engine.simulator.world.decisions if each.action == "reject" and each.id in accepted]


def test_the_one_gap(worlds):
    """A kill between a decision and its record: a destroy does not know of it, the next update adopts it."""
    engine = worlds.new("ep0")
    program = [Approval("one", "ep0")]
    assert engine.up(program, Kill("engine", 2, carried_out=True)).killed
    assert engine.simulator.status(SERVICE, "ep0") == "accepted"
    assert engine.recorded() == {}
    assert engine.destroy().ok
    assert engine.simulator.status(SERVICE, "ep0") == "accepted"
    engine.simulator.clear_calls()
    assert engine.up(program).ok
    assert engine.simulator.calls("POST") == []
    assert engine.destroy().ok
    assert engine.simulator.status(SERVICE, "ep0") == "rejected"


@pytest.mark.parametrize("victim", ["engine", "host"])
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_destroy_after_a_killed_update_of_a_policy(worlds, victim, carried_out):
    """The update has recorded nothing: what the stored rules accept, and is accepted, is rejected all the same."""
    engine = worlds.new("ep0")
    assert engine.up([POLICY]).ok
    engine.simulator.connect(SERVICE, "ep5", domain="d1")
    killed = engine.up([POLICY], Kill(victim, 2, carried_out))
    assert killed.killed
    assert (engine.simulator.status(SERVICE, "ep5") == "accepted") is carried_out
    assert "ep5" not in engine.recorded()["all"].outputs["decided"]
    assert engine.destroy().ok
    expected = "rejected" if carried_out else "pendingAcceptance"
    assert engine.simulator.status(SERVICE, "ep5") == expected
    assert engine.simulator.status(SERVICE, "ep0") == "rejected"


def test_the_gap_of_a_policy(worlds):
    """A create that is killed: no state knows of the policy. The next update takes over what it has accepted."""
    engine = worlds.new("ep0", "ep1")
    assert engine.up([POLICY], Kill("engine", 2, carried_out=True)).killed
    assert sorted(told(engine)["world"].values()).count("accepted") == 1
    assert engine.recorded() == {}
    assert engine.destroy().ok
    assert sorted(told(engine)["world"].values()).count("accepted") == 1
    engine.simulator.clear_calls()
    assert engine.up([POLICY]).ok
    assert len(engine.simulator.calls("POST")) == 1
    assert engine.destroy().ok
    assert "accepted" not in told(engine)["world"].values()
