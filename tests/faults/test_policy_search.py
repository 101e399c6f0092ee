"""The exhaustive search with policies finds nothing; and where a rule of a policy is spoilt, it does."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType

import pytest

from tests.faults.breadth_first import Broken
from tests.faults.policy_cases import CASES
from tests.faults.policy_search import explore
from vpcep_pulumi.lifecycle import decide, policy, policy_plan, policy_work

DEPTHS = {
    "a place is made": 12,
    "nobody is cut off": 10,
    "one expires": 9,
    "one is claimed": 9,
    "three": 8,
}
"""By case: the moves."""
DEPTH_WITH_OWNERS = 6
"""Moves where an answer may name another account."""
MOST = (5, 8)
"""Moves within which what is spoilt shows, the first ones first: most of it shows early."""
MODULES = {"decide": decide, "policy": policy, "policy_plan": policy_plan, "policy_work": policy_work}


@pytest.mark.parametrize("name", CASES)
def test_a_policy_to_a_depth(name):
    """``make figures`` goes further."""
    found = explore(CASES[name], depth=DEPTHS[name])
    assert found.depth == DEPTHS[name]
    assert found.states > 20_000


@pytest.mark.parametrize("name", CASES)
def test_a_policy_where_an_answer_may_name_another_account(name):
    assert explore(CASES[name], depth=DEPTH_WITH_OWNERS, owners=True).states > 2_500


TAKEN = "if taken[each.connection.domain_id] < limit:"
STAYS = "return rejected or decision.goal is not Goal.REJECTED"
INTERRUPTS = "return self.step in REJECTS and live_of(self.connection) in HELD and self.counts"
SPARED = "spares = decision.goal is Goal.REJECTED and decision.counts and not decision.interrupts"
DELETED = "return live in HELD and (is_recorded or decision.goal is Goal.ACCEPTED or decision.has_expired)"
SPARES = "if self.spares and step in REJECTS and live in HELD:"
WAITS = "if self.only_waits and step is Step.RECEIVE:"
CUT_OFF = "return [id_ for id_ in endpoints if evaluation.decisions[id_].counts]"
MOST_CUT_OFF = "if len(cut_off) > policy.max_interruptions:"
SPOILT = {
    # What the policy says.
    "the limit is one too high": ("policy", TAKEN, TAKEN.replace("<", "<=")),
    "the limit is one too low": ("policy", TAKEN, TAKEN.replace("limit:", "limit - 1:")),
    "the limit is for all accounts": ("policy", TAKEN, "if sum(taken.values()) < limit:"),
    "who gets a place is not counted": ("policy", "taken[each.connection.domain_id] += 1\n", "pass\n"),
    "the accepted take no place": ("policy", STAYS, "return False"),
    "a rejection that failed makes a place": ("policy", STAYS, "return decision.goal is not Goal.REJECTED"),
    "a rejection makes no place": ("policy", STAYS, "return True"),
    "what an approval accepts takes no place": (
        "policy",
        "return live in WAITING and accepts",
        "return False",
    ),
    "what an approval declares is not asked": (
        "policy",
        "accepts = decision.goal is Goal.ACCEPTED if claimed is None else claimed.goal is not Goal.REJECTED",
        "accepts = decision.goal is Goal.ACCEPTED",
    ),
    "the youngest come first": ("policy", "*_age(each.connection))", "-_age(each.connection)[0].timestamp())"),
    "only the pending ask for a place": (
        "policy",
        "in WAITING\n    ]",
        "is Live.PENDING_ACCEPTANCE\n    ]",
    ),
    "the accepted ask for a place": ("policy", "in WAITING\n    ]", "in (*WAITING, *HELD)\n    ]"),
    "what has expired counts as an interruption": (
        "policy",
        INTERRUPTS,
        INTERRUPTS.replace(" and self.counts", ""),
    ),
    "nothing counts as an interruption": ("policy", INTERRUPTS, "return False"),
    "every rejection counts as an interruption": ("policy", INTERRUPTS, "return self.step in REJECTS"),
    "an approval's connection is decided": (
        "policy",
        "Decision(each.connection, None, is_claimed=True",
        "Decision(each.connection, each.goal, is_claimed=True",
    ),
    "nothing expires": ("policy", 'if status_at("accepted", rule.expires_at, now) == "rejected":', "if False:"),
    "every rule matches": ("policy", "        if not matches:\n            continue\n", ""),
    "otherwise is to leave": (
        "policy",
        "return Decision(connection, GOALS[policy.otherwise])",
        "return Decision(connection, None)",
    ),
    # What is refused.
    "any number may be cut off": ("policy_plan", MOST_CUT_OFF, "if False:"),
    "one more may be cut off": ("policy_plan", MOST_CUT_OFF, MOST_CUT_OFF.replace(">", "> 1 +")),
    "nobody may be cut off": ("policy_plan", MOST_CUT_OFF, "if cut_off:"),
    "a delete may cut off any number": (
        "policy_plan",
        "if not found or len(found) + before <= policy.max_interruptions:",
        "if True:",
    ),
    "a delete cuts off nobody": ("policy_work", CUT_OFF, "return []"),
    "a delete counts what has expired": ("policy_work", CUT_OFF, "return [*endpoints]"),
    "nothing is recorded": (
        "policy_plan",
        "return decision.goal is not None and not decision.is_trouble",
        "return False",
    ),
    # How it is carried out.
    "nobody is spared": ("policy_work", SPARED, "spares = False"),
    "who is to be interrupted is spared": (
        "policy_work",
        SPARED,
        SPARED.replace(" and not decision.interrupts", ""),
    ),
    "what has expired is spared": ("policy_work", SPARED, SPARED.replace("decision.counts and ", "")),
    "what was to be waited for is accepted again": (
        "policy_work",
        "only_waits=decision.step is Step.WAIT",
        "only_waits=False",
    ),
    "nothing is accepted": ("policy_work", "only_waits=decision.step is Step.WAIT", "only_waits=True"),
    "nobody says until when": ("policy_work", "seconds_left(decision.expires_at, now)", 'float("inf")'),
    "the owner may be another": ("policy_work", "expected_domain_id=decision.connection.domain_id,", ""),
    "nobody decides again": ("policy_work", "and again.decisions[each.endpoint_id].goal is Goal.ACCEPTED", ""),
    "everything at once": ("policy_work", "if each.step in REJECTS]", "]"),
    "a delete rejects only what is recorded": ("policy_work", DELETED, "return live in HELD and is_recorded"),
    "a delete rejects only what is accepted by rules": ("policy_work", DELETED, DELETED.replace("is_recorded or ", "")),
    "a delete keeps what has expired": ("policy_work", DELETED, DELETED.replace(" or decision.has_expired", "")),
    "a delete rejects everybody": ("policy_work", DELETED, "return True"),
    # What each decision makes of it.
    "spares is ignored": ("decide", SPARES, "if False:"),
    "spares once": ("decide", SPARES, SPARES.replace("self.spares and", "self.spares and not self.sent and")),
    "spares always": ("decide", SPARES, "if step in REJECTS and live in HELD:"),
    "only_waits is ignored": ("decide", WAITS, "if False:"),
}
"""By what it is: the module, a piece of its source, and what stands in its place."""
DEEPER = {
    "what was to be waited for is accepted again": ("a place is made", 12),
    "only_waits is ignored": ("a place is made", 12),
}
"""The case, and the moves within which these show."""


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_rule_of_a_policy_is_found(monkeypatch, name):
    """With the shortest story that shows it, in one of the cases."""
    module, before, after = SPOILT[name]
    source = inspect.getsource(MODULES[module])
    assert source.count(before) == 1
    spoilt = ModuleType("spoilt")
    monkeypatch.setitem(sys.modules, "spoilt", spoilt)
    exec(compile(source.replace(before, after), "spoilt", "exec"), vars(spoilt))
    deeper = [DEEPER[name]] if name in DEEPER else [(case, depth) for depth in MOST for case in CASES]
    with pytest.raises(Broken):
        _explore_all(deeper, owners="owner" in name, **{module: spoilt})


def _explore_all(cases, **given):
    for case, depth in cases:
        explore(CASES[case], depth=depth, **given)
