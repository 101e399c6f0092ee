"""The table, the waits and the step function: closed, total, and the same as the documented table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.statuses import ConnectionStatus
from vpcep_pulumi.lifecycle.table import (
    DESCRIBABLE,
    FULFILLED,
    SENDS,
    TABLE,
    WAITS,
    Goal,
    Live,
    Step,
    goal_of,
    is_reached,
    live_named,
    live_of,
    status_for_state,
    step_for,
)

lives, goals = st.sampled_from(Live), st.sampled_from(Goal)

# Written a second time, by hand, from the design: (goal, seen before?) in the order of COLUMNS.
COLUMNS = [(goal, seen) for goal in Goal for seen in (False, True)]
ADOPTED = ["adopt", "nothing"]
DESIGN = {
    "pendingAcceptance": ["receive", "receive", "reject", "reject", "reject", "reject", *ADOPTED],
    "creating": ["wait", "wait", *["wait, then reject"] * 4, *ADOPTED],
    "accepted": [*ADOPTED, "reject", "reject", "reject", "reject", *ADOPTED],
    "rejected": ["receive", "receive", *ADOPTED, "nothing", "nothing", *ADOPTED],
    "failed": ["impossible", "impossible", *ADOPTED, "nothing", "nothing", *ADOPTED],
    "deleting": ["impossible", "nothing, its consumer has left", *ADOPTED, "nothing", "nothing", *ADOPTED],
    "absent": [*["wait for it to appear", "nothing, its consumer has left"] * 2, "nothing", "nothing", *ADOPTED],
    "undocumented": [*["impossible"] * 6, *ADOPTED],
}


@pytest.mark.parametrize("live", Live)
def test_the_table_is_the_designs(live):
    assert [step_for(goal, live, seen=seen) for goal, seen in COLUMNS] == DESIGN[live]


def test_the_table_has_a_cell_for_everything():
    assert set(TABLE) == set(Live)
    assert all(set(row) == set(Goal) for row in TABLE.values())


@given(st.none() | st.sampled_from(ConnectionStatus) | st.text(max_size=20))
def test_every_answer_has_a_live_status(status):
    live = live_of(Connection(status=status))
    assert live is (Live(status) if status in set(ConnectionStatus) else Live.UNDOCUMENTED)


@given(st.none() | st.builds(Connection, status=st.none() | st.sampled_from(ConnectionStatus) | st.text(max_size=20)))
def test_what_is_recorded_is_what_was_seen(connection):
    assert live_named(status_for_state(connection)) is live_of(connection)


def test_no_connection_is_absent():
    assert live_of(None) is Live.ABSENT


def test_the_api_cannot_say_absent_or_undocumented():
    """Both are our words: from the API they are a status that nobody documented."""
    assert live_of(Connection(status="absent")) is Live.UNDOCUMENTED
    assert live_of(Connection(status="undocumented")) is Live.UNDOCUMENTED
    assert live_named("absent") is Live.ABSENT
    assert live_named(status_for_state(Connection(status="absent"))) is Live.UNDOCUMENTED


@given(goals, lives, st.booleans())
def test_only_receive_and_reject_are_ever_sent_and_only_towards_the_goal(goal, live, seen):
    step = step_for(goal, live, seen=seen)
    if step is Step.RECEIVE:
        assert goal is Goal.ACCEPTED
        assert live in (Live.PENDING_ACCEPTANCE, Live.REJECTED)
    if step is Step.REJECT:
        assert goal in (Goal.REJECTED, Goal.DELETED)
        assert live in (Live.PENDING_ACCEPTANCE, Live.ACCEPTED)


@given(goals, st.booleans())
def test_an_undocumented_status_is_never_acted_upon(goal, seen):
    step = step_for(goal, Live.UNDOCUMENTED, seen=seen)
    assert step in ({Step.NOTHING, Step.ADOPT} if goal is Goal.AS_IT_STANDS else {Step.IMPOSSIBLE})


@given(lives, st.booleans())
def test_a_status_that_is_left_as_it_stands_leads_to_nothing(live, seen):
    """Neither sent nor waited for nor red: somebody told the engine to ignore it."""
    assert step_for(Goal.AS_IT_STANDS, live, seen=seen) is (Step.NOTHING if seen else Step.ADOPT)


@given(st.none() | st.text() | st.sampled_from([*Live, *Goal, "Accepted", "accepted\u200b"]))
def test_only_what_can_be_declared_asks_for_something(status):
    """Least of all a "deleted" that the API made up."""
    assert goal_of(status) is {"accepted": Goal.ACCEPTED, "rejected": Goal.REJECTED}.get(status, Goal.AS_IT_STANDS)


@given(goals, lives, st.booleans())
def test_every_step_that_does_not_end_it_is_watched(goal, live, seen):
    step = step_for(goal, live, seen=seen)
    assert (step in WAITS) == (step not in FULFILLED and step is not Step.IMPOSSIBLE)


@pytest.mark.parametrize("step", WAITS)
def test_the_waits_are_closed_sets(step):
    wait = WAITS[step]
    assert not wait.pending & wait.target
    assert Live.UNDOCUMENTED in wait.target  # where the table says that it is impossible


@given(goals, lives)
def test_whatever_ends_a_wait_for_an_action_leads_to_the_goal_or_out(goal, live):
    """After receive (or reject) was sent, the same action is not called for again by what may end its wait."""
    for step in SENDS:
        for end in WAITS[step].target:
            wish = Goal.ACCEPTED if step is Step.RECEIVE else Goal.REJECTED
            assert step_for(wish, end, seen=True) in FULFILLED | {Step.IMPOSSIBLE}


@given(goals, st.lists(lives, max_size=6), st.booleans())
def test_whatever_others_do_the_decision_ends(goal, story, seen):
    """Follow the table through what others do, then let our actions work: it ends within a few steps."""
    for live in story:
        seen = seen or live is not Live.ABSENT
        step_for(goal, live, seen=seen)
    live = story[-1] if story else Live.PENDING_ACCEPTANCE
    moves = {
        Step.RECEIVE: Live.ACCEPTED,
        Step.REJECT: Live.REJECTED,
        Step.WAIT: Live.ACCEPTED,
        Step.WAIT_THEN_REJECT: Live.ACCEPTED,
        Step.APPEAR: Live.PENDING_ACCEPTANCE,
    }
    for _ in range(4):
        step = step_for(goal, live, seen=seen)
        if step in FULFILLED or step is Step.IMPOSSIBLE:
            break
        live, seen = moves[step], True
    else:
        pytest.fail(f"{goal} from {story} does not end")
    assert step is Step.IMPOSSIBLE or goal in (Goal.DELETED, Goal.AS_IT_STANDS) or is_reached(goal, live)


@given(st.sampled_from(["accepted", "rejected"]), lives)
def test_reached_is_what_the_table_leaves_alone(declared, live):
    reached = is_reached(declared, live if live is not Live.UNDOCUMENTED else "freezing")
    assert reached == (step_for(Goal(declared), live, seen=True) in FULFILLED)


def test_a_connection_that_is_on_its_way_out_bears_no_description():
    assert {Live.FAILED, Live.DELETING, Live.ABSENT, Live.UNDOCUMENTED} == set(Live) - DESCRIBABLE
