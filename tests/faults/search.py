"""An exhaustive search: every state that one or two approvals can come to, with everybody interfering at every moment.

The steps are those of the lifecycle's own table and waits; around them stands a model, small enough to be read, of the
connection as the API keeps it and of an update as the provider carries it out, call by call: look, send, answer, wait,
describe, record. Between any two of these an administrator may act, a consumer leave, an answer be lost, a request be
refused, or the engine be killed; and every look and every answer may name the expected account, another, or none.
``explore`` goes breadth first, so that a broken invariant comes with the shortest story.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.faults.breadth_first import Broken, Explored, breadth_first
from vpcep_pulumi.lifecycle import owner
from vpcep_pulumi.lifecycle.table import FULFILLED, SENDS, WAITS, Goal, Live, Step, step_for

P, C, A, R, F, D, GONE, _UNDOCUMENTED = Live
GOALS = (Goal.ACCEPTED, Goal.REJECTED)
REACHED = {Goal.ACCEPTED: {A, GONE, D}, Goal.REJECTED: {R, GONE, D, F}, Goal.DELETED: {R, GONE, D, F}}
"""What may be left behind by a green update. Written by hand, not from the table."""
MOST_ATTEMPTS = 3
OURS, OTHERS, _NOBODY = NAMED = ("d1", "d2", None)
"""Whom an answer may name. Every approval expects the first."""
AFTER = {
    ("receive", P): (A, C),
    ("receive", R): (A, C),
    ("receive", A): (A,),
    ("reject", P): (R,),
    ("reject", A): (R,),
    ("reject", R): (R,),
}
"""What an action makes of a connection; anything else is refused."""


class Thing(NamedTuple):
    """One connection and its approval.

    :ivar declared: what the program declares; None is nothing.
    :ivar held: the status that the state records; None where it has no such resource.
    :ivar ours: whether we accepted it, last of all.
    :ivar gap: whether an engine was killed between a decision and its record.
    """

    live: Live = P
    declared: Goal | None = None
    held: Live | None = None
    ours: bool = False
    gap: bool = False


class Run(NamedTuple):
    """An update under way, at one of its things.

    :ivar clean: whether nobody interfered so far.
    :ivar failed: whether something was not reached: then nothing is deleted.
    :ivar owner: the connection's, as the provider has it.
    :ivar named: whether the expected account was named, of this thing in this update.
    :ivar anothers: whether another was, or none before that one.
    """

    at: int
    phase: str
    saw: Live = P
    sent: frozenset[str] = frozenset()
    attempts: int = 0
    clean: bool = True
    failed: bool = False
    deleting: bool = False
    owner: str | None = None
    named: bool = False
    anothers: bool = False


class State(NamedTuple):
    """Everything."""

    things: tuple[Thing, ...]
    run: Run | None = None


Move = tuple[str, State]


def moves(state: State) -> Iterator[Move]:
    """Everything that can happen next."""
    yield from _others(state)
    if state.run is None:
        for at, thing in enumerate(state.things):
            for goal in (*GOALS, None):
                if goal is not thing.declared:
                    yield f"declare {at} {goal}", _put(state, at, thing._replace(declared=goal))
        yield "up", state._replace(run=Run(0, "look"))
        return
    yield "the engine is killed", _killed(state)
    yield from _goes_on(state, state.run)


def _others(state: State) -> Iterator[Move]:
    """Administrator, consumer and cloud."""
    run = state.run._replace(clean=False) if state.run is not None else None
    for at, thing in enumerate(state.things):
        if thing.live in (P, A, R):
            for live in {A, R} - {thing.live}:
                yield f"somebody else makes {at} {live}", _put(state, at, thing._replace(live=live, ours=False), run)
        if thing.live is C:
            yield f"{at} settles", _put(state, at, thing._replace(live=A))
            yield f"{at} fails", _put(state, at, thing._replace(live=F, ours=False), run)
        if thing.live is not GONE:
            yield f"the consumer of {at} leaves", _put(state, at, thing._replace(live=GONE, ours=False), run)
            if thing.live is not D:
                yield f"the consumer of {at} is leaving", _put(state, at, thing._replace(live=D, ours=False), run)


def _goes_on(state: State, run: Run) -> Iterator[Move]:
    """What the provider does next, and what may go wrong with it."""
    if run.at == len(state.things):
        if run.failed or run.deleting:
            yield "the update ends", _ended(state, run)
        else:
            yield "what is not declared is deleted", state._replace(run=Run(0, "look", clean=run.clean, deleting=True))
        return
    thing = state.things[run.at]
    goal = _goal(thing, run)
    if goal is None:
        yield "next", state._replace(run=_next(run))
    elif run.phase == "look":
        for name, taken in _taken(run._replace(phase="decide", saw=thing.live), goal):
            yield f"look{name}", state._replace(run=taken)
    elif run.phase == "decide":
        yield from _decide(state, run, thing, goal)
    elif run.phase == "send":
        yield from _send(state, run, thing, goal)
    elif run.phase == "describe":
        yield from _describe(state, run, goal)
    elif run.phase == "record":
        yield "record", _recorded(state, run, thing, goal)


def _taken(run: Run, goal: Goal) -> Iterator[tuple[str, Run]]:
    """What becomes of an update when a look or an answer names an owner, by the lifecycle's own rule."""
    if goal is Goal.DELETED or run.saw is GONE:
        if owner.is_anothers(Goal.DELETED, OURS, OTHERS):
            raise Broken("what the state holds is not rejected, for it is another's")
        yield "", run
        return
    for name in NAMED:
        named = run.named or name == OURS
        after = run._replace(
            owner=owner.owner_of(name, run.owner),
            named=named,
            anothers=run.anothers or name == OTHERS or not named,
        )
        if not owner.is_anothers(goal, OURS, after.owner):
            yield f", of {name}", after
        elif after.anothers:
            yield f", of {name}: refused", _failed(after)
        else:
            raise Broken("it is refused, although the expected account was named and no other")


def _check_owner(run: Run, what: str) -> None:
    if run.anothers:
        raise Broken(f"{what}, and it is another account's")


def _decide(state: State, run: Run, thing: Thing, goal: Goal) -> Iterator[Move]:
    # An approval that is carried out has seen the connection as soon as it is there.
    step = step_for(goal, run.saw, seen=thing.held is not None or bool(run.sent) or run.saw is not GONE)
    if step in FULFILLED:
        _check_owner(run, "nothing is left to be done")
        yield f"{step}", state._replace(run=_to_record(run))
        if goal is not Goal.DELETED and run.saw is not GONE:
            yield f"{step}, but for the description", state._replace(run=run._replace(phase="describe"))
    elif step is Step.IMPOSSIBLE or step is Step.APPEAR:
        yield f"{step}: the update fails", state._replace(run=_failed(run))
    elif step in SENDS:
        action = step.name.lower()
        if action in run.sent:
            yield "somebody else decides as well: the update fails", state._replace(run=_failed(run))
        else:
            yield f"about to {action}", state._replace(run=run._replace(phase="send"))
    elif thing.live not in WAITS[step].passes:
        yield f"{step}: over", state._replace(run=run._replace(phase="look"))
    else:
        yield f"{step}: it takes too long", state._replace(run=_failed(run))


def _send(state: State, run: Run, thing: Thing, goal: Goal) -> Iterator[Move]:
    action = step_for(goal, run.saw, seen=True).name.lower()
    _check_justified(goal, action, run.saw)
    _check_owner(run, f"{action} is sent")
    answered = run._replace(phase="look", sent=run.sent | {action})
    again = run._replace(phase="look", attempts=run.attempts + 1, clean=False)
    for live in AFTER.get((action, thing.live), ()):
        ours = action == "receive" and (thing.live is not A or thing.ours)
        done = _put(state, run.at, thing._replace(live=live, ours=ours))
        for name, taken in _taken(answered._replace(saw=live), goal):
            yield f"{action}: {live}{name}", done._replace(run=taken)
        # The answer is lost: the connection is read before anything is sent again.
        if run.attempts + 1 < MOST_ATTEMPTS:
            yield (
                f"{action}: {live}, the answer is lost",
                done._replace(run=again._replace(sent=run.sent | {f"{action}?"})),
            )
        yield f"{action}: {live}, killed before it is recorded", _killed(done, gap=True)
    # Throttled, or cut off before: nobody knows which.
    for what, sent in (("not carried out", run.sent), ("cut off, not carried out", run.sent | {f"{action}?"})):
        after = again._replace(sent=sent)
        yield f"{action}: {what}", state._replace(run=after if after.attempts < MOST_ATTEMPTS else _failed(after))
    if (action, thing.live) not in AFTER:
        yield f"{action}: refused", state._replace(run=again if run.attempts + 1 < MOST_ATTEMPTS else _failed(again))


def _describe(state: State, run: Run, goal: Goal) -> Iterator[Move]:
    """The description is written: its answer names an owner as well, is refused, or is lost."""
    _check_owner(run, "it is described")
    for name, taken in _taken(run._replace(sent=run.sent | {"describe"}), goal):
        yield f"describe{name}", state._replace(run=_to_record(taken))
    yield "describe: refused", state._replace(run=_failed(run))
    yield "describe: the answer is lost", state._replace(run=_failed(run._replace(sent=run.sent | {"describe?"})))


def _check_justified(goal: Goal, action: str, saw: Live) -> None:
    """Every decision is the one that is declared, about a connection that can be decided."""
    if action != {Goal.ACCEPTED: "receive", Goal.REJECTED: "reject", Goal.DELETED: "reject"}[goal]:
        raise Broken(f"{action} is sent for what is {goal}")
    if saw not in (P, A, R):
        raise Broken(f"{action} is sent to a connection that is {saw}")


def _goal(thing: Thing, run: Run) -> Goal | None:
    if run.deleting:
        return Goal.DELETED if thing.declared is None and thing.held is not None else None
    return thing.declared


def _recorded(state: State, run: Run, thing: Thing, goal: Goal) -> State:
    if goal is Goal.DELETED and run.clean and thing.live not in REACHED[goal]:
        raise Broken(f"{run.at} is deleted, and its connection is {thing.live}")
    held = None if goal is Goal.DELETED else run.saw
    return _put(state, run.at, thing._replace(held=held, gap=thing.gap and held is None), _next(run))


def _failed(run: Run) -> Run:
    """What was sent is recorded all the same; the update goes on with the others, and deletes nothing."""
    if run.sent and not run.deleting:
        return _to_record(run._replace(failed=True))
    return _next(run._replace(failed=True))


def _to_record(run: Run) -> Run:
    """Whose it is matters no more: forgetting it makes fewer states."""
    return run._replace(phase="record", owner=None, named=False, anothers=False)


def _next(run: Run) -> Run:
    return Run(run.at + 1, "look", clean=run.clean, failed=run.failed, deleting=run.deleting)


def _killed(state: State, *, gap: bool = False) -> State:
    """The state on the disk is all that is left."""
    if state.run is None or state.run.at == len(state.things):
        return state._replace(run=None)
    thing = state.things[state.run.at]
    unrecorded = gap or bool(state.run.sent) or state.run.attempts > 0
    return _put(state, state.run.at, thing._replace(gap=thing.gap or unrecorded), None)


def _ended(state: State, run: Run) -> State:
    """What holds after a green update that nobody interfered with."""
    if run.clean and not run.failed:
        for at, thing in enumerate(state.things):
            if thing.declared is not None and thing.live not in REACHED[thing.declared]:
                raise Broken(f"the update is green, {at} is declared {thing.declared} and is {thing.live}")
            if thing.declared is None and thing.held is not None:
                raise Broken(f"the update is green, and {at} is still in the state")
    return state._replace(run=None)


def check(state: State) -> None:
    """What holds at every moment."""
    for at, thing in enumerate(state.things):
        under_way = state.run is not None and state.run.at == at
        if thing.ours and thing.live in (A, C) and thing.held is None and not thing.gap and not under_way:
            raise Broken(f"{at} was accepted by us, and no state knows of it")


def _put(state: State, at: int, thing: Thing, *run: Run | None) -> State:
    things = (*state.things[:at], thing, *state.things[at + 1 :])
    return State(things, run[0] if run else state.run)


def explore(start: State, *, depth: int) -> Explored:
    """Go through everything within so many moves.

    :raises Broken: an invariant does not hold; with the shortest story that leads there.
    """
    return breadth_first(start, moves, check, depth=depth)
