"""The exhaustive search finds nothing; and where a table or a rule is spoilt, it does."""

from __future__ import annotations

import inspect
import math
import sys
from types import MappingProxyType, ModuleType

import pytest

from tests.faults.breadth_first import Broken
from tests.faults.search import GONE, State, Thing, explore
from vpcep_pulumi.lifecycle import decide, owner, table
from vpcep_pulumi.lifecycle.table import Cell, Goal, Live, Step

DEPTH, DEPTH_OF_TWO = 14, 9
"""Within so many moves: one approval with a description, and two."""
START = State((Thing(live=GONE, yet=True),))
START_OF_TWO = State((Thing(), Thing(live=GONE, yet=True)))
"""One connection is there, one is still to appear."""
MOST = 17
"""Moves within which what is spoilt shows."""


def test_one_approval_completely():
    found = explore(START, depth=100, described=False)
    assert found.complete
    assert found.states > 100_000


def test_one_approval_with_a_description_to_a_depth():
    """``make figures`` goes through all of it."""
    found = explore(START, depth=DEPTH)
    assert found.depth == DEPTH
    assert found.states > 20_000


@pytest.mark.parametrize("until", [0.0, 1.0])
def test_one_approval_that_expires_completely(until):
    """At once, or in the middle of a wait."""
    assert explore(START, depth=100, described=False, until=until).complete


def test_two_approvals_to_a_depth():
    found = explore(START_OF_TWO, depth=DEPTH_OF_TWO)
    assert found.depth == DEPTH_OF_TWO
    assert found.states > 60_000


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
        explore(START, depth=MOST)


SPOILT_OWNER: dict[str, tuple[object, str, object]] = {
    "nobody looks": (owner, "is_anothers", lambda _goal, _expected, _owner: False),
    "whom nobody names will do": (owner, "is_anothers", lambda _goal, expected, owner: owner not in (None, expected)),
    "only where it is accepted": (
        owner,
        "is_anothers",
        lambda goal, expected, owner: goal == "accepted" and owner != expected,
    ),
    "only where it is rejected": (
        owner,
        "is_anothers",
        lambda goal, expected, owner: goal == "rejected" and owner != expected,
    ),
    "in a delete as well": (owner, "is_anothers", lambda _goal, expected, owner: owner != expected),
    "everybody is another": (owner, "is_anothers", lambda goal, _expected, _owner: goal != "deleted"),
    "the first that was named counts": (decide, "owner_of", lambda named, known: known or named),
    "an answer that names nobody is nobody's": (decide, "owner_of", lambda named, _known: named),
    "nobody is remembered": (decide, "owner_of", lambda _named, _known: None),
}


@pytest.mark.parametrize("name", SPOILT_OWNER)
def test_a_spoilt_rule_of_the_owner_is_found(monkeypatch, name):
    monkeypatch.setattr(*SPOILT_OWNER[name])
    with pytest.raises(Broken, match=r"\n1\. "):
        explore(START, depth=MOST)


SPOILT_RULES = {
    "receive and reject are swapped": ('Step.RECEIVE: "receive"', 'Step.RECEIVE: "reject"'),
    "it is over as soon as something was sent": ("if step in FULFILLED:", "if step in FULFILLED or self.sent:"),
    "what is impossible is left alone": (
        "if step is Step.IMPOSSIBLE:",
        "if step is Step.IMPOSSIBLE:\n                return",
    ),
    "an action is sent again after its answer": ("ACTIONS[step] in self.sent or ", ""),
    "attempts have no end": (
        " or self.attempts >= self.pace.most_attempts:\n                raise self",
        ":\n                raise self",
    ),
    "attempts are not counted": ("self.attempts += 1", "pass"),
    "a lost answer is not read back": ("yield from self._read_back(step, result, live_of(known))", "pass"),
    "what is not allowed is sent again": ("if isinstance(result, Refused) and not refused:", "if False:"),
    "nobody looks before it is sent again": ("        yield from self._look(since=result.began)\n", ""),
    "a wait is over at once": ("if live in wait.target or", "if True or"),
    "a wait has no end": ("while self.now - began < limit:", "while True:"),
    "no read may be late": ("is_late = live is before and", "is_late = False and"),
    "the owner is not looked at": ("        check_owner(self.approval, connection, self.what_was_sent())\n", ""),
    "looks are not believed": ("        self.connection = connection\n", ""),
    "a lost answer counts as nothing sent": (
        "elif isinstance(result, Refused):",
        "elif not isinstance(result, Answered):",
    ),
    "an answered action may not have been carried out": ("self.sent[-1] = name", "pass"),
    "nothing is described": ("if not must_describe(description, known, written=written):", "if True:"),
    "what is deleted is described": ("if self.approval.goal is Goal.DELETED or description", "if description"),
    "a description that is refused will do": ("raise result.error\n        self._take", "return\n        self._take"),
    "the answer to a description names nobody": ("self._take(described(known, result.connection))", "pass"),
    "a look that fails shows that nothing is there": ("if error is not None:", "if False:"),
    "every connection was there before": (
        "_Decision(approval, seen, pace,",
        "_Decision(approval, True, pace,",
    ),
    "no connection was there before": (
        "_Decision(approval, seen, pace,",
        "_Decision(approval, False, pace,",
    ),
    "what was refused counts as sent": ("self.sent.pop()\n        assert not", "pass\n        assert not"),
    "what has expired is accepted": ("self.now >= self.until", "False"),
    "what was sent is forgotten": ("tuple(self.sent), error", "(), error"),
    "why it failed is forgotten": ("return decision.outcome(error)", "return decision.outcome(None)"),
}
"""By what it is: a piece of the decision's source, and what stands in its place."""


@pytest.mark.parametrize("name", SPOILT_RULES)
def test_a_spoilt_rule_of_the_decision_is_found(monkeypatch, name):
    before, after = SPOILT_RULES[name]
    source = inspect.getsource(decide)
    assert source.count(before) == 1
    spoilt = ModuleType("spoilt")
    monkeypatch.setitem(sys.modules, "spoilt", spoilt)
    exec(compile(source.replace(before, after), "spoilt", "exec"), vars(spoilt))
    with pytest.raises(Broken, match=r"\n1\. "):
        explore(START, depth=MOST, decisions=spoilt, until=1.0 if "expired" in name else math.inf)
