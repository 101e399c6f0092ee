"""An exhaustive search: every state that one or two approvals can come to, with everybody interfering at every moment.

What decides is the real thing, :func:`vpcep_pulumi.lifecycle.decide.decide`; around it stands a model, small enough to
be read, of the connection as the API keeps it and of an update as the engine makes it. Between any two things that a
decision wants, an administrator may act, a consumer leave, time run out, an answer be lost, a request be refused, or
the engine be killed; every look and every answer may name the expected account, another, or none; and a look may show
what stood before. ``explore`` goes breadth first, so that a broken invariant comes with the shortest story.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import NamedTuple

from tests.faults.automaton import Automaton, Decision, Situation
from tests.faults.breadth_first import Broken, Explored, breadth_first
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.errors import (
    ApiError,
    NotSettledError,
    OwnerError,
    PermissionDeniedError,
    RefusalKind,
    TransportError,
)
from vpcep_pulumi.lifecycle import decide as real
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.messages import (
    Answered,
    Describe,
    Done,
    Look,
    Lost,
    Outcome,
    Pace,
    Pause,
    Refused,
    Report,
    Result,
    Seen,
    Send,
)
from vpcep_pulumi.lifecycle.table import Goal, Live

P, C, A, R, F, D, GONE, UNDOCUMENTED = Live
GOALS = (Goal.ACCEPTED, Goal.REJECTED)
REACHED = {Goal.ACCEPTED: {A, GONE, D}, Goal.REJECTED: {R, GONE, D, F}, Goal.DELETED: {R, GONE, D, F}}
"""What may be left behind by a green update. Written by hand, not from the table."""
ACTION = {Goal.ACCEPTED: "receive", Goal.REJECTED: "reject", Goal.DELETED: "reject"}
DESCRIBABLE = {P, C, A, R}
OURS, OTHERS, _NOBODY = NAMED = ("d1", "d2", None)
"""Whom an answer may name. Every approval expects the first."""
NOTE = "the declared note"
AFTER = {
    ("receive", P): (A, C),
    ("receive", R): (A, C),
    ("receive", A): (A,),
    ("reject", P): (R,),
    ("reject", A): (R,),
    ("reject", R): (R,),
}
"""What an action makes of a connection; anything else is refused."""
PACE = Pace(pauses=(1.0,), read_lag=1.5, report_every=10.0)
APPEAR, SETTLE = 2.0, 2.0
LONGEST = 5.0
"""Seconds for which no decision may wait without sending anything, whatever happens."""

STATUS = ApiError("x", 400, kind=RefusalKind.STATUS)
ABSENT = ApiError("x", 404, kind=RefusalKind.ABSENT)
FORBIDDEN = PermissionDeniedError("x", 403)
CUT_OFF = TransportError("x", "cut off", maybe_done=True)


class Thing(NamedTuple):
    """One connection and its approval.

    :ivar yet: whether it is still to appear.
    :ivar declared: what the program declares; None is nothing.
    :ivar held: the status that the state records; None where it has no such resource.
    :ivar noted: whether it bears the declared description.
    :ivar ours: whether we accepted it, last of all.
    :ivar gap: whether an engine was killed between a decision and its record.
    """

    live: Live = P
    yet: bool = False
    declared: Goal | None = None
    held: Live | None = None
    noted: bool = False
    ours: bool = False
    gap: bool = False


class Run(NamedTuple):
    """An update under way, at one of its things.

    :ivar situation: where the decision on it stands; None before it begins.
    :ivar late: what a look may still show; and for how many seconds.
    :ivar clean: whether nobody interfered so far.
    :ivar calm: whether, in this decision, nobody interfered and nothing went wrong.
    :ivar failed: whether something was not reached: then nothing is deleted.
    :ivar met: whether the connection was there, in a look or by the state.
    :ivar named: whether the expected account was named, of this thing in this update.
    :ivar anothers: whether another was, or none before that one.
    :ivar did: whether something was carried out.
    :ivar may: whether something may have been.
    :ivar unread: whether an action was sent, and the connection not looked at since.
    :ivar waited: seconds since an action was sent.
    :ivar sent: how many actions were sent.
    :ivar answered: those that were answered.
    """

    at: int
    situation: Situation | None = None
    late: tuple[Live, float] | None = None
    clean: bool = True
    calm: bool = True
    failed: bool = False
    deleting: bool = False
    met: bool = False
    named: bool = False
    anothers: bool = False
    did: bool = False
    may: bool = False
    unread: bool = False
    waited: float = 0.0
    sent: int = 0
    answered: frozenset[str] = frozenset()


class State(NamedTuple):
    """Everything."""

    things: tuple[Thing, ...]
    run: Run | None = None


Move = tuple[str, State]


class Search:
    """The moves of the model around one version of the decision.

    :param decisions: the module that decides; the tests spoil it.
    :param described: whether a description is declared as well.
    :param until: when what is declared expires, in seconds of each decision.
    """

    def __init__(self, decisions: ModuleType = real, *, described: bool = True, until: float = math.inf) -> None:
        self._described, self._until = described, until
        self._automata = {
            (goal, seen): Automaton(partial(_made, decisions, goal, seen, NOTE if described else None, until))
            for goal in (*GOALS, Goal.DELETED)
            for seen in (False, True)
        }

    @property
    def situations(self) -> int:
        """How many situations of decisions were seen so far."""
        return sum(map(len, self._automata.values()))

    def moves(self, state: State) -> Iterator[Move]:
        """Everything that can happen next."""
        yield from _others(state)
        if state.run is None:
            for at, thing in enumerate(state.things):
                yield from _declared_anew(state, at, thing)
            yield "up", self._advanced(state, Run(0))
            return
        yield "the engine is killed", _killed(state)
        yield from self._goes_on(state, state.run)

    def _goes_on(self, state: State, run: Run) -> Iterator[Move]:
        """What the decision wants next, and what may come of it."""
        if run.at == len(state.things):
            if run.failed or run.deleting:
                yield "the update ends", state._replace(run=None)
            else:
                then = Run(0, clean=run.clean, deleting=True)
                yield "what is not declared is deleted", self._advanced(state, then)
            return
        thing, situation = state.things[run.at], run.situation
        assert situation is not None
        want = situation.want
        if want is None:
            assert situation.outcome is not None
            yield from self._ended(state, run, thing, situation)
        elif isinstance(want, Look):
            yield from self._look(state, run, thing)
        elif isinstance(want, Send):
            yield from self._send(state, run, thing, want)
        elif isinstance(want, Describe):
            yield from self._describe(state, run, thing)
        elif isinstance(want, Pause):
            seconds = want.seconds
            if run.waited > LONGEST or seconds <= 0:
                raise Broken("a decision waits without an end")
            late = (run.late[0], run.late[1] - seconds) if run.late is not None else None
            late = late if late is not None and late[1] > 0 else None
            after = situation.after(("pause", seconds), lambda now: Done(now + seconds))
            yield f"{seconds:.0f} s pass", self._at(state, run._replace(late=late, waited=run.waited + seconds), after)

    def _look(self, state: State, run: Run, thing: Thing) -> Iterator[Move]:
        shown = {thing.live} | ({run.late[0]} if run.late is not None else set())
        run = run._replace(unread=False)
        for live in sorted(shown):
            seen = run._replace(met=run.met or live is not GONE)
            seen = seen if live is not thing.live else seen._replace(late=None)  # never old again after new
            for owner, named in _owners(seen, live, self._goal(run, thing)):
                yield from self._came(
                    state,
                    named,
                    f"look: {live}, of {owner}",
                    ("seen", live, owner, thing.noted),
                    partial(_seen, live, owner, thing.noted),
                )
        wrong = run._replace(calm=False)
        yield from self._came(state, wrong, "look: no answer", "refused", partial(_refused, FORBIDDEN))
        if thing.live is GONE:
            yield from self._came(state, run, "look: no such service", "absent", partial(_refused, ABSENT))

    def _send(self, state: State, run: Run, thing: Thing, want: Send) -> Iterator[Move]:
        action = want.action
        self._check_send(run, thing, want)
        run = run._replace(unread=True, waited=0.0, sent=run.sent + 1)
        wrong = run._replace(calm=False)
        denied = wrong._replace(unread=False, sent=PACE.most_attempts)
        for live in AFTER.get((action, thing.live), ()):
            ours = action == "receive" and (thing.live is not A or thing.ours)
            done = _put(state, run.at, thing._replace(live=live, ours=ours))
            did = run._replace(did=True, late=(thing.live, PACE.read_lag))
            answered = did._replace(unread=False, answered=did.answered | {action})
            for owner, named in _owners(answered, live, self._goal(run, thing)):
                yield from self._came(
                    done,
                    named,
                    f"{action}: {live}, of {owner}",
                    ("answered", live, owner, thing.noted),
                    partial(_answered, live, owner, thing.noted),
                )
            yield from self._came(
                done, did._replace(calm=False), f"{action}: {live}, the answer is lost", "lost", _lost
            )
        yield from self._came(state, wrong._replace(may=True), f"{action}: cut off, not carried out", "lost", _lost)
        yield from self._came(state, denied, f"{action}: not allowed", "refused", partial(_refused, FORBIDDEN))
        kind = ABSENT if thing.live is GONE else STATUS  # also where the action would have been right
        yield from self._came(state, wrong, f"{action}: refused", kind.kind.name, partial(_refused, kind))

    def _describe(self, state: State, run: Run, thing: Thing) -> Iterator[Move]:
        """The description is written: its answer names an owner as well, is refused, or is lost."""
        if run.anothers:
            raise Broken("it is described, and it is another account's")
        if run.deleting:
            raise Broken("it is described, and nobody declares it any more")
        wrong = run._replace(calm=False)
        if thing.live in DESCRIBABLE:
            done, did = _put(state, run.at, thing._replace(noted=True)), run._replace(did=True)
            for owner, named in _owners(did, thing.live, self._goal(run, thing)):
                for live in (thing.live, None):
                    yield from self._came(
                        done,
                        named,
                        f"describe: {live}, of {owner}",
                        ("answered", live, owner, True),
                        partial(_answered, live, owner, True),
                    )
            yield from self._came(done, did._replace(calm=False), "describe: the answer is lost", "lost", _lost)
        yield from self._came(state, wrong._replace(may=True), "describe: cut off, not carried out", "lost", _lost)
        yield from self._came(state, wrong, "describe: refused", "refused", partial(_refused, FORBIDDEN))

    def _came(
        self, state: State, run: Run, label: str, name: object, result: Callable[[float], Result]
    ) -> Iterator[Move]:
        """A result of what was wanted."""
        assert run.situation is not None
        yield label, self._at(state, run, run.situation.after(name, result))

    def _at(self, state: State, run: Run, situation: Situation) -> State:
        """With the decision at another situation; reports are made on the way."""
        while isinstance(situation.want, Report):
            situation = situation.after("reported", Done)
        return state._replace(run=run._replace(situation=situation))

    def _advanced(self, state: State, run: Run) -> State:
        """At the beginning of the next decision there is, or at the end."""
        for at in range(run.at, len(state.things)):
            thing = state.things[at]
            goal = self._wanted(thing, run)
            if goal is None:
                continue
            start = self._automata[goal, thing.held is not None].start
            return self._at(state, run._replace(at=at, met=thing.held is not None), start)
        return state._replace(run=run._replace(at=len(state.things)))

    @staticmethod
    def _wanted(thing: Thing, run: Run) -> Goal | None:
        if run.deleting:
            return Goal.DELETED if thing.declared is None and thing.held is not None else None
        return thing.declared

    def _goal(self, run: Run, thing: Thing) -> Goal:
        goal = self._wanted(thing, run)
        assert goal is not None
        return goal

    def _check_send(self, run: Run, thing: Thing, want: Send) -> None:
        """Every decision is the one that is declared, about a connection that can be decided."""
        goal, before = self._goal(run, thing), want.before
        if want.action != ACTION[goal]:
            raise Broken(f"{want.action} is sent for what is {goal}")
        if before is None or before.status not in (P, A, R):
            raise Broken(f"{want.action} is sent to a connection that is {before and before.status}")
        if (want.action, before.status) in (("receive", A), ("reject", R)):
            raise Broken(f"{want.action} is sent to a connection that is {before.status} already")
        if want.action == "receive" and self._is_over(run):
            raise Broken("it is accepted, and that has expired")
        if run.anothers:
            raise Broken(f"{want.action} is sent, and it is another account's")
        if run.unread:
            raise Broken(f"{want.action} is sent, and nobody has looked since the last one")
        if want.action in run.answered:
            raise Broken(f"{want.action} is sent again, although it was answered")
        if run.sent >= PACE.most_attempts:
            raise Broken(f"{want.action} is sent for the {run.sent + 1}th time")

    def _ended(self, state: State, run: Run, thing: Thing, situation: Situation) -> Iterator[Move]:
        """The decision is over: what it came to is recorded, and the next one begins."""
        outcome, goal = situation.outcome, self._goal(run, thing)
        assert outcome is not None
        self._check_outcome(run, thing, goal, outcome)
        failed = outcome.error is not None
        if failed and (run.deleting or not outcome.sent):
            after = thing
        else:
            held = None if goal is Goal.DELETED else _live(outcome)
            after = thing._replace(held=held, gap=thing.gap and held is None)
        then = Run(run.at + 1, clean=run.clean, failed=run.failed or failed, deleting=run.deleting)
        yield "failed" if failed else "record", self._advanced(_put(state, run.at, after), then)

    def _check_outcome(self, run: Run, thing: Thing, goal: Goal, outcome: Outcome) -> None:
        if (run.did or run.may) and not outcome.sent:
            raise Broken("something may have been carried out, and the outcome does not say so")
        if outcome.sent and not (run.did or run.may):
            raise Broken("nothing was carried out, and the outcome says that something may have been")
        if isinstance(outcome.error, OwnerError) and (goal is Goal.DELETED or not run.anothers):
            raise Broken("it is refused, although the expected account was named and no other")
        if outcome.error is None:
            self._check_green(run, thing, goal, outcome)
        elif run.calm and isinstance(outcome.error, NotSettledError):
            # What is not there yet, or still being created, may take too long.
            live = _live(outcome)
            may_be = live is C or (live is GONE and not run.met) or self._is_over(run)
            if not may_be:
                raise Broken(f"the decision is red, and nobody interfered: {live}")

    def _is_over(self, run: Run) -> bool:
        return run.situation is not None and run.situation.now >= self._until

    def _check_green(self, run: Run, thing: Thing, goal: Goal, outcome: Outcome) -> None:
        if goal is not Goal.DELETED and not run.met:
            raise Broken("the decision is green, and the connection was never there")
        if goal is not Goal.DELETED and outcome.connection is not None and run.anothers:
            raise Broken("nothing is left to be done, and it is another account's")
        if run.clean and thing.live not in REACHED[goal]:
            raise Broken(f"the decision is green, {run.at} is to be {goal} and is {thing.live}")
        must_be_noted = self._described and goal is not Goal.DELETED and thing.live in DESCRIBABLE
        if run.clean and must_be_noted and not thing.noted:
            raise Broken(f"the decision is green, and {run.at} is not described")


def _made(decisions: ModuleType, goal: Goal, seen: bool, note: str | None, until: float) -> Decision:
    approval = Approval(
        "svc", "ep", str(goal), goal, "r", "p", OURS, note, appear_timeout=APPEAR, settle_timeout=SETTLE
    )
    decision: Decision = decisions.decide(approval, seen=seen, until=until, pace=PACE)
    return decision


@cache
def _connection(live: Live | None, owner: str | None, noted: bool) -> Connection:
    status = "frozen" if live is UNDOCUMENTED else live
    return Connection(id="ep", status=status, domain_id=owner, description=NOTE if noted else "another")


def _live(outcome: Outcome) -> Live:
    if outcome.connection is None:
        return GONE
    return Live(outcome.connection.status) if outcome.connection.status in set(Live) else UNDOCUMENTED


def _seen(live: Live, owner: str | None, noted: bool, now: float) -> Result:
    return Seen(None if live is GONE else _connection(live, owner, noted), now)


def _answered(live: Live | None, owner: str | None, noted: bool, now: float) -> Result:
    return Answered(_connection(live, owner, noted), now)


def _refused(error: ApiError, now: float) -> Result:
    return Refused(error, now, now)


def _lost(now: float) -> Result:
    return Lost(CUT_OFF, now, now)


def _owners(run: Run, live: Live, goal: Goal) -> Iterator[tuple[str | None, Run]]:
    """Whom a look or an answer may name, and what is known of it then."""
    if live is GONE or goal is Goal.DELETED:
        yield OTHERS, run  # what is deleted may be anybody's
        return
    for owner in NAMED:
        named = run.named or owner == OURS
        yield owner, run._replace(named=named, anothers=run.anothers or owner == OTHERS or not named)


def _declared_anew(state: State, at: int, thing: Thing) -> Iterator[Move]:
    for goal in (*GOALS, None):
        if goal is not thing.declared:
            yield f"declare {at} {goal}", _put(state, at, thing._replace(declared=goal))


def _others(state: State) -> Iterator[Move]:
    """Administrator, consumer and cloud."""
    run = state.run._replace(clean=False, calm=False) if state.run is not None else None
    for at, thing in enumerate(state.things):
        live = thing.live
        if live in (P, A, R, UNDOCUMENTED):
            for other in sorted({A, R, UNDOCUMENTED} - {live}):
                after = _put(state, at, thing._replace(live=other, ours=False, noted=False))
                yield f"somebody else makes {at} {other}", after._replace(run=run)
        if live is C:
            yield f"{at} settles", _put(state, at, thing._replace(live=A))
            yield f"{at} fails", _put(state, at, thing._replace(live=F, ours=False))._replace(run=run)
        if thing.yet:
            yield f"{at} appears", _put(state, at, thing._replace(live=P, yet=False))
        if live is not GONE:
            after = _put(state, at, thing._replace(live=GONE, ours=False, noted=False))
            yield f"the consumer of {at} leaves", after._replace(run=run)
            if live is not D:
                after = _put(state, at, thing._replace(live=D, ours=False))
                yield f"the consumer of {at} is leaving", after._replace(run=run)


def _killed(state: State) -> State:
    """The state on the disk is all that is left."""
    run = state.run
    if run is None or run.at == len(state.things):
        return state._replace(run=None)
    thing = state.things[run.at]
    return _put(state, run.at, thing._replace(gap=thing.gap or bool(run.sent) or run.did))._replace(run=None)


def check(state: State) -> None:
    """What holds at every moment."""
    for at, thing in enumerate(state.things):
        under_way = state.run is not None and state.run.at == at
        if thing.ours and thing.live in (A, C) and thing.held is None and not thing.gap and not under_way:
            raise Broken(f"{at} was accepted by us, and no state knows of it")


def _put(state: State, at: int, thing: Thing) -> State:
    return state._replace(things=(*state.things[:at], thing, *state.things[at + 1 :]))


def explore(
    start: State, *, depth: int, decisions: ModuleType = real, described: bool = True, until: float = math.inf
) -> Explored:
    """Go through everything within so many moves.

    :raises Broken: an invariant does not hold; with the shortest story that leads there.
    """
    return breadth_first(start, Search(decisions, described=described, until=until).moves, check, depth=depth)
