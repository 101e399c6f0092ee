"""The model of the search with policies: the service, the state, and an operation under way. Data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.faults.automaton import Situation
from tests.faults.breadth_first import Broken
from tests.faults.policy_cases import GONE, A, C, Case, Said
from tests.faults.search import CUT_OFF
from vpcep_pulumi.lifecycle.messages import Answered, Done, Lost, Refused, Report, Result, Seen
from vpcep_pulumi.lifecycle.policy_work import Arguments
from vpcep_pulumi.lifecycle.table import Live

HELD = frozenset({A, C})
"""Accepted. Written by hand."""


class Place(NamedTuple):
    """One connection.

    :ivar yet: whether it is still to appear.
    :ivar ours: whether the policy accepted it, last of all.
    :ivar gap: whether an engine was killed between what was sent and its record.
    """

    live: Live
    yet: bool = False
    ours: bool = False
    gap: bool = False


class Record(NamedTuple):
    """What the state holds: which policy, and for each connection what it has decided."""

    policy: int
    decided: tuple[str | None, ...]


class Task(NamedTuple):
    """A decision under way.

    :ivar planned: whether it is counted as an interruption.
    :ivar shown: how the connection was shown last.
    :ivar exact: whether it still stands like that, as far as others are concerned.
    :ivar late: what a look may still show; and for how many seconds.
    :ivar anothers: whether an answer has named another account.
    :ivar did: whether something was carried out.
    :ivar may: whether something may have been.
    :ivar waited: seconds since something was sent.
    """

    arguments: Arguments
    situation: Situation
    planned: bool
    shown: Live
    exact: bool = False
    late: tuple[Live, float] | None = None
    anothers: bool = False
    did: bool = False
    may: bool = False
    sent: int = 0
    waited: float = 0.0


class Run(NamedTuple):
    """An operation under way.

    :ivar said: the number of its policy.
    :ivar over: whether the moment of expiry had passed when it began.
    :ivar first: how the connections stood when it was planned.
    :ivar known: how each was seen last.
    :ivar tasks: those of this phase.
    :ivar begun: those that had a task.
    :ivar sent: those for which something was sent.
    :ivar cut: those whose consumers were interrupted.
    :ivar clean: whether nobody interfered so far.
    :ivar calm: whether nothing went wrong either.
    :ivar failed: whether something was not reached.
    """

    said: int
    over: bool
    first: tuple[Live, ...]
    known: tuple[Live, ...]
    phase: str
    tasks: tuple[Task | None, ...]
    begun: tuple[bool, ...]
    sent: tuple[bool, ...]
    cut: tuple[bool, ...]
    clean: bool = True
    calm: bool = True
    failed: bool = False


class State(NamedTuple):
    """Everything.

    :ivar declared: the number of the policy that the program declares; None: none.
    :ivar over: whether the moment of expiry has passed.
    """

    places: tuple[Place, ...]
    declared: int | None = 0
    record: Record | None = None
    over: bool = False
    run: Run | None = None


def check_refused(refused: bool, cut_off: int, said: Said) -> None:
    if refused != (cut_off > said.policy.max_interruptions):
        raise Broken(f"{cut_off} consumers would be interrupted, and that is {'' if refused else 'not '}refused")


def told(situation: Situation) -> Situation:
    """Reports are made on the way."""
    while isinstance(situation.want, Report):
        situation = situation.after("reported", Done)
    return situation


def came(state: State, run: Run, at: int, task: Task, name: object, result: Callable[[float], Result]) -> State:
    return put_task(state, run, at, task._replace(situation=told(task.situation.after(name, result))))


def put_task(state: State, run: Run, at: int, task: Task) -> State:
    return state._replace(run=run._replace(tasks=changed(run.tasks, at, task)))


def put(state: State, at: int, place: Place) -> State:
    return state._replace(places=changed(state.places, at, place))


def disturbed(state: State, at: int, place: Place) -> State:
    """Somebody else has changed a connection."""
    state, run = put(state, at, place), state.run
    if run is None:
        return state
    task = run.tasks[at]
    tasks = changed(run.tasks, at, task._replace(exact=False)) if task is not None else run.tasks
    return state._replace(run=run._replace(clean=False, calm=False, tasks=tasks))


def killed(state: State, run: Run) -> State:
    """The state on the disk is all that is left."""
    places = tuple(place._replace(gap=place.gap or sent) for place, sent in zip(state.places, run.sent, strict=True))
    return state._replace(places=places, run=None)


def changed(values: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    return (*values[:at], value, *values[at + 1 :])


def lives_of(state: State) -> tuple[Live, ...]:
    return tuple(each.live for each in state.places)


def run_of(said: int, over: bool, first: tuple[Live, ...], phase: str) -> Run:
    no = (False,) * len(first)
    return Run(said, over, first, first, phase, (None,) * len(first), no, no, no)


def live_named(status: str | None) -> Live:
    return Live(status) if status in set(Live) else Live.UNDOCUMENTED


def seen(case: Case, at: int, live: Live, owner: str | None, now: float) -> Result:
    return Seen(None if live is GONE else case.connection(at, live, owner), now)


def answered(case: Case, at: int, live: Live, owner: str | None, now: float) -> Result:
    return Answered(case.connection(at, live, owner), now)


def refused_with(error: Any, now: float) -> Result:
    return Refused(error, now, now)


def lost(now: float) -> Result:
    return Lost(CUT_OFF, now, now)
