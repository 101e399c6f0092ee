"""The exhaustive search finds nothing; and where the table is spoilt, it does."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from tests.faults.breadth_first import Broken
from tests.faults.search import State, Thing, explore
from vpcep_pulumi.lifecycle import owner, table
from vpcep_pulumi.lifecycle.table import Cell, Goal, Live, Step

DEPTH = 16
"""Each look and each answer may name three owners: one move more would take twice as long."""


def test_one_approval_completely():
    found = explore(State((Thing(),)), depth=100)
    assert found.complete
    assert found.states > 5_000


def test_two_approvals_to_a_depth():
    found = explore(State((Thing(), Thing())), depth=DEPTH)
    assert found.depth == DEPTH
    assert found.states > 100_000


SPOILT = [
    # The accepted that is declared rejected stays; and so on.
    (Live.ACCEPTED, Goal.REJECTED, Step.NOTHING),
    (Live.ACCEPTED, Goal.DELETED, Step.NOTHING),
    (Live.ACCEPTED, Goal.ACCEPTED, Step.REJECT),
    (Live.REJECTED, Goal.ACCEPTED, Step.NOTHING),
    (Live.REJECTED, Goal.REJECTED, Step.RECEIVE),
    (Live.REJECTED, Goal.DELETED, Step.RECEIVE),
    (Live.PENDING_ACCEPTANCE, Goal.ACCEPTED, Step.NOTHING),
    (Live.PENDING_ACCEPTANCE, Goal.ACCEPTED, Step.REJECT),
    (Live.PENDING_ACCEPTANCE, Goal.REJECTED, Step.NOTHING),
    (Live.PENDING_ACCEPTANCE, Goal.REJECTED, Step.RECEIVE),
    (Live.PENDING_ACCEPTANCE, Goal.DELETED, Step.NOTHING),
    (Live.CREATING, Goal.ACCEPTED, Step.NOTHING),
    (Live.CREATING, Goal.REJECTED, Step.NOTHING),
    (Live.CREATING, Goal.REJECTED, Step.REJECT),
    (Live.CREATING, Goal.DELETED, Step.NOTHING),
    (Live.FAILED, Goal.ACCEPTED, Step.NOTHING),
    (Live.FAILED, Goal.REJECTED, Step.REJECT),
    (Live.FAILED, Goal.DELETED, Step.REJECT),
    (Live.DELETING, Goal.ACCEPTED, Step.RECEIVE),
    (Live.DELETING, Goal.DELETED, Step.REJECT),
    (Live.ABSENT, Goal.ACCEPTED, Step.RECEIVE),
    (Live.ABSENT, Goal.DELETED, Step.REJECT),
]


@pytest.mark.parametrize(("live", "goal", "step"), SPOILT, ids=lambda value: value.name.lower())
def test_a_spoilt_table_is_found(monkeypatch, live, goal, step):
    """With the shortest story that shows it."""
    row = MappingProxyType({**table.TABLE[live], goal: Cell(step, step)})
    monkeypatch.setattr(table, "TABLE", MappingProxyType({**table.TABLE, live: row}))
    with pytest.raises(Broken, match=r"\n1\. "):
        explore(State((Thing(),)), depth=100)


SPOILT_OWNER = {
    "nobody looks": ("is_anothers", lambda _goal, _expected, _owner: False),
    "whom nobody names will do": ("is_anothers", lambda _goal, expected, owner: owner not in (None, expected)),
    "only where it is accepted": (
        "is_anothers",
        lambda goal, expected, owner: goal == "accepted" and owner != expected,
    ),
    "only where it is rejected": (
        "is_anothers",
        lambda goal, expected, owner: goal == "rejected" and owner != expected,
    ),
    "in a delete as well": ("is_anothers", lambda _goal, expected, owner: owner != expected),
    "everybody is another": ("is_anothers", lambda goal, _expected, _owner: goal != "deleted"),
    "the first that was named counts": ("owner_of", lambda named, known: known or named),
    "an answer that names nobody is nobody's": ("owner_of", lambda named, _known: named),
    "nobody is remembered": ("owner_of", lambda _named, _known: None),
}


@pytest.mark.parametrize("name", SPOILT_OWNER)
def test_a_spoilt_rule_of_the_owner_is_found(monkeypatch, name):
    monkeypatch.setattr(owner, *SPOILT_OWNER[name])
    with pytest.raises(Broken, match=r"\n1\. "):
        explore(State((Thing(),)), depth=100)
