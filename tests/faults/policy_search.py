"""An exhaustive search: every state that a small policy can come to, with everybody interfering at every moment.

What decides is the real thing: what the policy says (:mod:`vpcep_pulumi.lifecycle.policy`), how its decisions are
carried out (:mod:`~vpcep_pulumi.lifecycle.policy_work`), and each decision
(:func:`~vpcep_pulumi.lifecycle.decide.decide`). The decisions of a phase go on at once, in any order. The first look of
a decision may show what the policy has read when it planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tests.faults.automaton import Automaton
from tests.faults.automaton import Decision as Generated
from tests.faults.breadth_first import Broken, Explored, breadth_first
from tests.faults.policy_cases import BEFORE, GONE, IDS, MOMENT, A, C, Case, F, P, R, Said
from tests.faults.policy_model import (
    HELD,
    Place,
    Record,
    Run,
    State,
    Task,
    answered,
    came,
    changed,
    check_refused,
    disturbed,
    killed,
    live_named,
    lives_of,
    lost,
    put,
    put_task,
    refused_with,
    run_of,
    seen,
    told,
)
from tests.faults.search import ABSENT, AFTER, FORBIDDEN, LONGEST, PACE, STATUS
from vpcep_pulumi.errors import ImpossibleError
from vpcep_pulumi.lifecycle import decide, policy, policy_plan, policy_work
from vpcep_pulumi.lifecycle.messages import Done, Look, Pause, Send
from vpcep_pulumi.lifecycle.policy import Decision, Evaluation
from vpcep_pulumi.lifecycle.policy_work import Arguments
from vpcep_pulumi.lifecycle.table import Goal, Live

Move = tuple[str, State]
STRANGER = "another"
"""The account that an answer names by mistake."""


@dataclass(frozen=True)
class Real:
    """The modules that decide; the tests spoil one of them."""

    decide: Any = decide
    policy: Any = policy
    policy_plan: Any = policy_plan
    policy_work: Any = policy_work


class Search:
    """The moves of the model around one version of the real functions.

    :param owners: whether an answer may name another account.
    """

    def __init__(self, case: Case, real: Real, *, owners: bool) -> None:
        self._case, self._real, self._owners = case, real, owners
        self._automata: dict[Arguments, Automaton] = {}
        self._evaluations: dict[Any, Evaluation] = {}

    # What can happen.

    def moves(self, state: State) -> Iterator[Move]:
        """Everything that can happen next."""
        yield from self._others(state)
        run = state.run
        if run is None:
            for number in (*range(len(self._case.said)), None):
                if number != state.declared:
                    yield f"declare {number}", state._replace(declared=number)
            if state.declared is not None:
                yield "up", self._up(state, state.declared)
            elif state.record is not None:
                yield "up: the policy is deleted", self._delete(state, state.record)
            return
        yield "the engine is killed", killed(state, run)
        for at, task in enumerate(run.tasks):
            if task is not None:
                yield from ((f"{IDS[at]}: {label}", after) for label, after in self._goes_on(state, run, at, task))

    def _others(self, state: State) -> Iterator[Move]:
        """Administrator, consumer, cloud and time."""
        if self._case.expires and not state.over:
            yield "the moment passes", state._replace(over=True)
        for at, place in enumerate(state.places):
            id_, live = IDS[at], place.live
            for other in {P: (A, R), A: (R,), R: (A,)}.get(live, ()):
                yield (
                    f"somebody else makes {id_} {other}",
                    disturbed(state, at, place._replace(live=other, ours=False)),
                )
            if live is C:
                yield f"{id_} settles", put(state, at, place._replace(live=A))
                yield f"{id_} fails", disturbed(state, at, place._replace(live=F, ours=False))
            if place.yet:
                yield f"{id_} appears", disturbed(state, at, place._replace(live=P, yet=False))
            if live is not GONE:
                yield f"the consumer of {id_} leaves", disturbed(state, at, Place(GONE))

    def _up(self, state: State, number: int) -> State:
        """Read, decide, and begin with what rejects."""
        said, first = self._case.said[number], lives_of(state)
        evaluation = self._evaluated(number, first, over=state.over)
        cut_off = sum(said.cuts_off(at, over=state.over) and live in HELD for at, live in enumerate(first))
        refused = bool(self._real.policy_plan.refusals(said.policy, evaluation))
        check_refused(refused, cut_off, said)
        if refused:
            return state
        run = run_of(number, state.over, first, "reject")
        return self._begun(state, run, self._real.policy_work.rejections(evaluation))

    def _delete(self, state: State, record: Record) -> State:
        """Reject what the stored policy accepted."""
        said, first = self._case.said[record.policy], lives_of(state)
        evaluation = self._evaluated(record.policy, first, over=state.over, claimed=False)
        held = [IDS[at] for at, status in enumerate(record.decided) if status in HELD]
        targets = [id_ for id_ in self._real.policy_work.to_delete(evaluation, held) if id_ not in self._case.claims]
        cut_off = self._real.policy_work.cut_off(evaluation, targets)
        refused = self._real.policy_plan.refused_delete(said.policy, cut_off) is not None
        expected = sum(
            self._is_let_go(record, at) and live in HELD and not (state.over and at in said.expiring)
            for at, live in enumerate(first)
        )
        check_refused(refused, expected, said)
        if refused:
            return state
        rejects = [self._real.policy.Decision(evaluation.decisions[id_].connection, Goal.DELETED) for id_ in targets]
        return self._begun(state, run_of(record.policy, state.over, first, "delete"), rejects)

    def _is_let_go(self, record: Record, at: int) -> bool:
        """Whether a delete of the policy is to reject a connection, by hand."""
        wish = self._case.said[record.policy].wishes[at]
        return wish != "claimed" and (record.decided[at] in HELD or wish == "accept")

    def _begun(self, state: State, run: Run, decisions: list[Decision]) -> State:
        """With the tasks of a phase; where it has none, at the next one, or at the end."""
        said, tasks = self._case.said[run.said], list(run.tasks)
        for each in decisions:
            at = IDS.index(each.endpoint_id)
            planned = said.cuts_off(at, over=run.over) and run.first[at] in HELD
            found = self._real.policy_work.arguments_of(said.policy, each, MOMENT if state.over else BEFORE)
            if found not in self._automata:
                self._automata[found] = Automaton(partial(_made, self._real, found))
            run = run._replace(begun=changed(run.begun, at, True))
            tasks[at] = Task(found, told(self._automata[found].start), planned or run.phase == "delete", run.known[at])
        return self._gone_on(state, run._replace(tasks=tuple(tasks)))

    def _gone_on(self, state: State, run: Run) -> State:
        if any(run.tasks):
            return state._replace(run=run)
        if run.phase == "reject":
            return self._begun(state, run._replace(phase="accept"), self._accepting(run))
        return self._recorded(state, run) if run.phase == "accept" else self._deleted(state, run)

    def _accepting(self, run: Run) -> list[Decision]:
        evaluation = self._evaluated(run.said, run.first, over=run.over)
        again = self._evaluated(run.said, run.known, over=run.over, rejected=True)
        found: list[Decision] = self._real.policy_work.acceptances(evaluation, again)
        return found

    def _evaluated(
        self, number: int, lives: tuple[Live, ...], *, over: bool, claimed: bool = True, **more: bool
    ) -> Any:
        key = (number, lives, over, claimed, *more)
        if key not in self._evaluations:
            connections = [self._case.connection(at, live) for at, live in enumerate(lives) if live is not GONE]
            self._evaluations[key] = self._real.policy.evaluate(
                self._case.said[number].policy,
                connections,
                MOMENT if over else BEFORE,
                self._case.claims if claimed else {},
                **more,
            )
        return self._evaluations[key]

    # One decision.

    def _goes_on(self, state: State, run: Run, at: int, task: Task) -> Iterator[Move]:
        want = task.situation.want
        if want is None:
            yield self._ended(state, run, at, task)
        elif isinstance(want, Look):
            yield from self._look(state, run, at, task, want)
        elif isinstance(want, Send):
            yield from self._send(state, run, at, task, want)
        elif isinstance(want, Pause):
            if task.waited > LONGEST:
                raise Broken("a decision waits without an end")
            late = (task.late[0], task.late[1] - want.seconds) if task.late is not None else None
            late = late if late is not None and late[1] > 0 else None
            after = task.situation.after(("pause", want.seconds), lambda now: Done(now + want.seconds))
            passed = task._replace(late=late, waited=task.waited + want.seconds, situation=told(after))
            yield f"{want.seconds:.0f} s pass", put_task(state, run, at, passed)

    def _look(self, state: State, run: Run, at: int, task: Task, want: Look) -> Iterator[Move]:
        live = state.places[at].live
        shown = {live} | ({task.late[0]} if task.late is not None else set())
        shown |= {run.known[at]} if want.since is None else set()
        for each in sorted(shown):
            is_true = each is live
            shows = task._replace(shown=each, exact=is_true, late=None if is_true else task.late)
            for owner in self._named(each):
                result = partial(seen, self._case, at, each, owner)
                named = shows._replace(anothers=task.anothers or owner is not None)
                calm = run.calm and is_true and owner is None
                label = f"look: {each}{f', of {owner}' if owner else ''}"
                yield label, came(state, run._replace(calm=calm), at, named, ("seen", each, owner), result)
        wrong = run._replace(calm=False)
        yield "look: no answer", came(state, wrong, at, task, "refused", partial(refused_with, FORBIDDEN))

    def _named(self, live: Live) -> tuple[str | None, ...]:
        """The account that an answer names; None is the right one."""
        return (None, STRANGER) if self._owners and live is not GONE else (None,)

    def _send(self, state: State, run: Run, at: int, task: Task, want: Send) -> Iterator[Move]:
        place, action = state.places[at], want.action
        self._check_send(run, at, task, action)
        task, wrong = task._replace(sent=task.sent + 1, waited=0.0), run._replace(calm=False)
        sent = changed(run.sent, at, True)
        for live in AFTER.get((action, place.live), ()):
            ours = action == "receive" and (place.live is not A or place.ours)
            cut = run.cut
            if action == "reject" and place.live in HELD and (task.planned or task.exact):
                cut = changed(cut, at, cut[at] or not self._is_over(run, at))
            if sum(cut) > self._case.said[run.said].policy.max_interruptions:
                raise Broken("more consumers are interrupted than max_interruptions")
            done = put(state, at, place._replace(live=live, ours=ours))
            did = task._replace(did=True, late=(place.live, PACE.read_lag), exact=True)
            counted, wrongly = run._replace(cut=cut, sent=sent), wrong._replace(cut=cut, sent=sent)
            for owner in self._named(live):
                named = did._replace(shown=live, anothers=did.anothers or owner is not None)
                result = partial(answered, self._case, at, live, owner)
                now = counted._replace(calm=counted.calm and owner is None)
                label = f"{action}: {live}{f', of {owner}' if owner else ''}"
                yield label, came(done, now, at, named, ("answered", live, owner), result)
            yield f"{action}: {live}, the answer is lost", came(done, wrongly, at, did, "lost", lost)
        may = task._replace(may=True)
        yield f"{action}: cut off, not carried out", came(state, wrong._replace(sent=sent), at, may, "lost", lost)
        denied = partial(refused_with, FORBIDDEN)
        yield f"{action}: not allowed", came(state, wrong, at, task, "denied", denied)
        kind = ABSENT if place.live is GONE else STATUS
        yield f"{action}: refused", came(state, wrong, at, task, kind.kind.name, partial(refused_with, kind))

    def _is_over(self, run: Run, at: int) -> bool:
        return run.over and at in self._case.said[run.said].expiring

    def _check_send(self, run: Run, at: int, task: Task, action: str) -> None:
        """What is sent is needed, allowed, and counted."""
        said = self._case.said[run.said]
        wish = "reject" if run.phase == "delete" else said.wish(at, over=run.over)
        if {"accept": "receive", "reject": "reject"}.get(wish) != action:
            raise Broken(f"{action} is sent, and the policy says {wish}")
        if task.shown not in ((P, R) if action == "receive" else (P, A)):
            raise Broken(f"{action} is sent to a connection that was shown as {task.shown}")
        if task.anothers and run.phase != "delete":  # what is deleted may be anybody's
            raise Broken(f"{action} is sent, and it is another account's")
        if action == "reject" and task.shown in HELD and not (task.planned or self._is_over(run, at)):
            raise Broken("a consumer is interrupted that was shown as accepted, and that was not planned")
        if action == "receive" and task.situation.now >= task.arguments.seconds:
            raise Broken("it is accepted, and that has expired")
        if action == "receive" and at in said.expiring and task.arguments.seconds > 1.0:
            raise Broken("nothing says when it expires")
        if task.sent >= PACE.most_attempts:
            raise Broken(f"{action} is sent for the {task.sent + 1}th time")
        if action == "receive" and at in said.limited:
            self._check_limit(run, at, said)

    def _check_limit(self, run: Run, at: int, said: Said) -> None:
        """By what was seen last, the account has a place; and nobody older waits for it."""
        owners = self._case.owners
        others = [each for each in range(len(owners)) if owners[each] == owners[at] and each != at]
        taken = sum(self._takes(run, each) for each in others)
        if taken >= said.limit:
            raise Broken("an account has more accepted connections than the limit")
        for each in others if run.first[at] in (P, R) else ():  # what was accepted already keeps its place
            waits = run.first[each] in (P, R) and run.known[each] in (P, R) and said.wishes[each] == "accept"
            if each < at and each in said.limited and waits and not run.begun[each]:
                raise Broken("a younger connection is accepted, and an older one waits")

    def _takes(self, run: Run, at: int) -> bool:
        """Whether a connection has one of its account's places; an approval is going to accept what it declares."""
        task = run.tasks[at]
        if IDS[at] in self._case.claims and run.known[at] in (P, R):
            return True
        if task is not None and (task.did or task.may or task.shown in HELD):
            return True
        return run.known[at] in HELD

    def _ended(self, state: State, run: Run, at: int, task: Task) -> Move:
        """A decision is over: what it came to is known, and, after the last one, what follows begins."""
        outcome = task.situation.outcome
        assert outcome is not None
        if bool(outcome.sent) != (task.did or task.may):
            raise Broken("what was sent, and may have been carried out, is not what the outcome says")
        known, failed = run.known, run.failed
        if outcome.connection is not None:
            known = changed(known, at, live_named(outcome.connection.status))
        elif outcome.error is None:
            known = changed(known, at, GONE)
        is_trouble = isinstance(outcome.error, ImpossibleError) and known[at] is F and run.phase != "delete"
        if outcome.error is not None and not is_trouble:
            failed = True
            if run.calm and not (task.shown is C or task.situation.now >= task.arguments.seconds):
                raise Broken("the decision is red, and nobody interfered")
        run = run._replace(known=known, failed=failed, tasks=changed(run.tasks, at, None))
        return ("failed" if outcome.error else "done"), self._gone_on(state, run)

    # The end of an operation.

    def _recorded(self, state: State, run: Run) -> State:
        """What the provider records after an update."""
        self._check_green(state, run)
        if run.failed and not any(run.sent):
            return state._replace(run=None)
        after = self._evaluated(run.said, run.known, over=run.over)
        decided = self._real.policy_plan.record_of(after).decided
        found = after.decisions
        for at, live in enumerate(run.known):
            if run.sent[at] and live in HELD and decided.get(IDS[at]) != live:
                raise Broken(f"{IDS[at]} is {live}, and that is not recorded")
        places = tuple(
            place._replace(gap=False, ours=place.ours and id_ in found and found[id_].goal is not None)
            for id_, place in zip(IDS, state.places, strict=False)
        )
        record = Record(run.said, tuple(decided.get(id_) for id_ in IDS[: len(places)]))
        return state._replace(places=places, record=record, run=None)

    def _deleted(self, state: State, run: Run) -> State:
        if run.failed:
            return state._replace(run=None)
        assert state.record is not None
        for at, place in enumerate(state.places):
            if run.clean and place.live in HELD and self._is_let_go(state.record, at):
                raise Broken(f"the policy is deleted, and {IDS[at]} is {place.live}")
        return state._replace(record=None, run=None)

    def _check_green(self, state: State, run: Run) -> None:
        if run.failed or not run.clean:
            return
        said, lives = self._case.said[run.said], lives_of(state)
        for at, live in enumerate(lives):
            wish = said.wish(at, over=run.over)
            if wish == "reject" and live not in (R, F, GONE):
                raise Broken(f"green, and {IDS[at]}, which is to be rejected, is {live}")
            if wish in ("leave", "claimed") and live is not run.first[at] and not (run.first[at] is C and live is A):
                raise Broken(f"{IDS[at]} is to be left alone, and is {live}")
            if wish == "accept" and live not in (A, F, GONE) and not (at in said.limited and self._is_full(lives, at)):
                raise Broken(f"green, and {IDS[at]}, which is to be accepted, is {live}")

    def _is_full(self, lives: tuple[Live, ...], at: int) -> bool:
        """Whether an account has no place left. An approval is going to accept what it declares."""
        claimed = {IDS.index(id_) for id_ in self._case.claims}
        mine = [each for each, owner in enumerate(self._case.owners) if owner == self._case.owners[at]]
        taken = sum(lives[each] in HELD or (each in claimed and lives[each] in (P, R)) for each in mine)
        return taken >= self._case.said[0].limit

    def check(self, state: State) -> None:
        """What holds at every moment: what we accepted is known to the state."""
        if state.run is not None:
            return
        record = state.record
        for at, place in enumerate(state.places):
            is_known = record is not None and self._is_let_go(record, at)
            if place.ours and place.live in HELD and not place.gap and not is_known:
                raise Broken(f"{IDS[at]} was accepted by us, and no state knows of it")


def _made(real: Real, arguments: Arguments) -> Generated:
    approval, seconds, spares, only_waits = arguments
    decision: Generated = real.decide.decide(
        approval, seen=True, until=seconds, spares=spares, only_waits=only_waits, pace=PACE
    )
    return decision


def explore(case: Case, *, depth: int, owners: bool = False, **spoilt: Any) -> Explored:
    """Go through everything within so many moves.

    :param spoilt: a module of :class:`Real`, spoilt.
    :raises Broken: an invariant does not hold; with the shortest story that leads there.
    """
    start = State(tuple(Place(live, yet=live is GONE) for live in case.starts))
    search = Search(case, replace(Real(), **spoilt), owners=owners)
    return breadth_first(start, search.moves, search.check, depth=depth)
