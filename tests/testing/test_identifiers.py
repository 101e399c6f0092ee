"""The simulator's identifiers: never twice, the same for the same seed, whatever else is drawn or set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.testing.simulator import Settings, Simulator
from vpcep_pulumi.testing.simulator.world import World

SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "latency_s": st.floats(0, 10),
        "creating_s": st.floats(0, 10),
        "deleting_s": st.floats(0, 10),
        "seed": st.none() | st.integers(0, 3),
    },
)
MAKES = st.tuples(
    st.sampled_from(["connect", "many", "endpoint", "service", "leave"]), st.sampled_from(["svc", "other"])
)
OTHERWISE = st.tuples(st.just("settings"), SETTINGS) | st.tuples(st.sampled_from(["latency", "accept"]), st.none())


class Played:
    """A world in which something has happened, and every identifier that it made."""

    def __init__(self, seed: int | None) -> None:
        self.world = World(lambda: 1_000.0, Settings(seed=seed))
        self.world.create_service("svc", approval_enabled=False)
        self.ids: list[str] = []
        self.markers: list[int] = []
        self.live: list[tuple[str, str]] = []

    def do(self, what: str, given: object) -> None:
        world = self.world
        if what == "settings":
            world.configure(replace(world.settings, **given))  # type: ignore[arg-type]  # drawn for it
        elif what == "latency":
            world.latency()
        elif what == "accept" and self.live:
            world.act(*self.live[-1], "receive") if world.settings.creating_s == 0 else None
        elif what == "leave" and self.live:
            world.leave(*self.live.pop())
        elif what == "service":
            self.ids.append(world.create_service().id)
        elif what == "many":
            self.ids += world.connect_many(str(given), 3, [None, "d1"])
            newest_first = world.connections(str(given))[:3]
            self.markers += [each.marker_id for each in newest_first]
            self.live += [(str(given), each.id) for each in newest_first]
        elif what in ("connect", "endpoint"):
            service = world.create_service(str(given)).id
            if what == "connect":
                connection = world.connect(service)
            else:
                connection = world.create_endpoint("p", service, {}).connection
            self.ids.append(connection.id)
            self.markers.append(connection.marker_id)
            self.live.append((service, connection.id))


@given(st.none() | st.integers(0, 5), st.lists(MAKES | OTHERWISE, max_size=30))
def test_nothing_that_happens_makes_two_alike(seed, story):
    played = Played(seed)
    for step in story:
        played.do(*step)
    assert len(set(played.ids)) == len(played.ids)
    assert len(set(played.markers)) == len(played.markers)


@given(st.integers(0, 5), st.lists(MAKES | OTHERWISE, max_size=30))
def test_they_depend_on_the_seed_and_on_nothing_else_that_is_set_or_drawn(seed, story):
    whole, bare = Played(seed), Played(seed)
    for step in story:
        whole.do(*step)
    for step in story:
        if step[0] in ("connect", "many", "endpoint", "service", "leave"):
            bare.do(*step)
    assert whole.ids == bare.ids
    assert whole.markers == bare.markers


@given(st.integers(0, 5), st.integers(0, 5))
def test_another_seed_makes_others(one, other):
    found = [World(lambda: 0.0, Settings(seed=seed)).connect("svc").id for seed in (one, other)]
    assert (found[0] == found[1]) is (one == other)


def test_without_a_seed_every_run_makes_others():
    assert World(lambda: 0.0).connect("svc").id != World(lambda: 0.0).connect("svc").id


def test_one_that_somebody_chose_before_is_not_made_again():
    chosen = World(lambda: 0.0, Settings(seed=7)).connect("svc").id
    world = World(lambda: 0.0, Settings(seed=7))
    world.connect("other", "explicit")
    second = World(lambda: 0.0, Settings(seed=7))
    second.connect("svc", "explicit")
    taken = second.connect("svc").id
    world.connect("svc", taken)
    world.leave("svc", taken)
    assert len({chosen, taken, *(world.connect("svc").id for _ in range(5))}) == 7


def test_a_setting_between_two_connections_does_not_make_them_collide():
    with Simulator.start(seed=7) as simulator:
        first = simulator.connect("svc")
        simulator.latency(0)
        second = simulator.connect("svc")
    assert first.id != second.id
    assert first.domain_id != second.domain_id


@pytest.mark.parametrize("length", ["id", "domain_id", "project_id"])
def test_they_are_no_longer_than_documented(length):
    assert 1 <= len(getattr(World(lambda: 0.0).connect("svc"), length)) <= 64
