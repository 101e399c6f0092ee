"""Decides what to do about one connection, but does not do it. Pure: no I/O, no clock, no thread.

:func:`decide` is a generator. It yields what it wants done (:data:`~vpcep_pulumi.lifecycle.messages.Want`), is sent the
result, and returns an outcome. Its driver does the I/O: :mod:`vpcep_pulumi.operation.drive` with the real client, view
and clock; the exhaustive search of the tests with a model of the world; a unit test by hand::

    decision = decide(approval, seen=False)
    assert next(decision) == Look(since=None)
    assert decision.send(Seen(pending, at=0.0)) == Report(Level.PROGRESS, "receive: …")

The rules, besides those of :mod:`~vpcep_pulumi.lifecycle.table` and :mod:`~vpcep_pulumi.lifecycle.owner`:

1. An action that was answered is not sent again. If the connection then has the opposite status, somebody else decides
   on it as well, which is an error.
2. An action whose response was lost may have been carried out. So the connection is read before anything is sent again.
   The action is sent at most :attr:`Pace.most_attempts` times.
3. If an action is refused because of the connection's status, that status is newer than what a list shows. So the
   decision waits until the list shows it.
4. For :attr:`Pace.read_lag` seconds after an action, a read may show the status before the action.
5. In each response of the API, the owner is checked before anything else is done with it.
6. If anything fails after something may have been sent, the error is a part of the outcome, for the caller to record.

The design is that of httpx's ``auth_flow`` and of h11: https://sans-io.readthedocs.io/
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import Action
from vpcep_pulumi.errors import ApiError, ImpossibleError, NotSettledError, RefusalKind, RequestError, VpcepError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.defects import defect
from vpcep_pulumi.lifecycle.description import described, must_describe
from vpcep_pulumi.lifecycle.messages import (
    PACE,
    Answered,
    Describe,
    Done,
    Level,
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
    Want,
)
from vpcep_pulumi.lifecycle.owner import check_owner, owner_of
from vpcep_pulumi.lifecycle.plan import impossible, not_in_time, situation
from vpcep_pulumi.lifecycle.table import FULFILLED, HELD, REJECTS, SENDS, WAITS, Goal, Live, Step, live_of, step_for

Steps: TypeAlias = Generator[Want, Result, None]
"""A part of a decision."""

SPEAKS_OF_STATUS = frozenset({RefusalKind.STATUS, RefusalKind.ABSENT})
"""The refusals of an action that say something about the connection's status."""

ACTIONS: Final[Mapping[Step, Action]] = MappingProxyType({Step.RECEIVE: "receive", Step.REJECT: "reject"})


def decide(
    approval: Approval,
    *,
    seen: bool,
    written: str | None = None,
    until: float = math.inf,
    spares: bool = False,
    only_waits: bool = False,
    since: float | None = None,
    pace: Pace = PACE,
) -> Generator[Want, Result, Outcome]:
    """Decide, step by step, how to carry out what is declared for one connection.

    :param seen: whether the approval has seen the connection before.
    :param written: the description that was declared last time; counts if a response leaves the description out.
    :param until: from then on nothing is accepted; a time of the results' clock.
    :param spares: whether a connection that is accepted by now must not be rejected.
    :param only_waits: whether a connection that is still being created is waited for, but not accepted again.
    :param since: a read of the connection that began earlier does not count; None: any recent read does.
    :raises Exception: the driver threw in an error that is not a :class:`~vpcep_pulumi.errors.VpcepError`, and nothing
        was sent before.
    """
    decision = _Decision(approval, seen, pace, until, spares, only_waits)
    try:
        yield from decision.steps(written, since)
    except VpcepError as error:
        return decision.outcome(error)
    except Exception as error:
        if not decision.sent:
            raise
        return decision.outcome(defect(approval.name, error, decision.what_was_sent()))
    return decision.outcome(None)


@dataclass
class _Decision:
    """The state of a decision in progress.

    :ivar owner: the account that the API last named; a response that names none does not change it.
    :ivar attempts: how often an action was sent, whatever the result was.
    :ivar now: the time of the last result.
    """

    approval: Approval
    seen: bool
    pace: Pace
    until: float
    spares: bool
    only_waits: bool
    connection: Connection | None = None
    owner: str | None = None
    sent: list[str] = field(default_factory=list)
    attempts: int = 0
    has_left: bool = False
    now: float = -math.inf

    def outcome(self, error: VpcepError | None) -> Outcome:
        """What the decision came to."""
        return Outcome(self.connection, tuple(self.sent), error, self.has_left)

    def steps(self, written: str | None, since: float | None) -> Steps:
        """The whole decision: read the connection, reach the declared status, write the description."""
        yield from self._look(since=since)
        first = live_of(self.connection)
        yield from self._settle()
        last = live_of(self.connection)
        self.has_left = last is not first and step_for(self.approval.goal, last, seen=self.seen) is Step.LEFT
        yield from self._describe(written)

    def _settle(self) -> Steps:
        """Do what the table says, until it says that nothing is left to do."""
        while True:
            live = live_of(self.connection)
            self.seen = self.seen or live is not Live.ABSENT
            step = step_for(self.approval.goal, live, seen=self.seen)
            if step in FULFILLED:
                return
            if step is Step.IMPOSSIBLE:
                raise ImpossibleError(f"{self.approval.name}: {impossible(self.approval.goal, self.connection)}")
            if self.spares and step in REJECTS and live in HELD:
                raise NotSettledError(f"{self.approval.name} is not rejected: it is {live} now, which was not planned")
            if self.only_waits and step is Step.RECEIVE:
                raise NotSettledError(f"{self.approval.name} is not accepted: it is {live} now, which was not planned")
            if step not in SENDS:
                yield from self._watch(step)
            elif ACTIONS[step] in self.sent or self.attempts >= self.pace.most_attempts:
                raise self._somebody_else(step)
            else:
                yield from self._act(step)

    def _describe(self, written: str | None) -> Steps:
        """Write the declared description, if the connection does not have it yet."""
        description, known = self.approval.description, self.connection
        if self.approval.goal is Goal.DELETED or description is None or known is None:
            return
        if not must_describe(description, known, written=written):
            return
        result = yield from self._change("describe", Describe(description, known))
        if not isinstance(result, Answered):
            raise result.error
        self._take(described(known, result.connection))
        if result.connection.status not in (None, known.status):
            yield from self._look(since=result.at)
            yield from self._settle()

    def _act(self, step: Step) -> Steps:
        """Send an action and wait for its effect. If its response is lost, read the connection before the next step."""
        action, known = ACTIONS[step], self.connection
        if step is Step.RECEIVE and self.now >= self.until:
            raise NotSettledError(f"{self.approval.name} is not accepted: it expired at {self.approval.expires_at}")
        self.attempts += 1
        yield from self._report(Level.PROGRESS, f"{action}: {situation(known)}")
        until = self.until if step is Step.RECEIVE else math.inf
        result = yield from self._change(action, Send(action, known, until))
        if isinstance(result, Answered):
            self._take(result.connection)
            if live_of(result.connection) not in WAITS[step].target:
                yield from self._watch(step, before=live_of(known))
        else:
            yield from self._read_back(step, result, live_of(known))

    def _read_back(self, step: Step, result: Refused | Lost, before: Live) -> Steps:
        """After a refusal or a lost response: read the connection, to see whether its status has changed."""
        error = result.error
        refused = isinstance(error, ApiError) and error.kind in SPEAKS_OF_STATUS
        if isinstance(result, Refused) and not refused:
            raise error
        if isinstance(result, Lost):
            yield from self._report(Level.WARNING, f"{error}; reading the connection before sending it again")
        yield from self._look(since=result.began)
        if refused and live_of(self.connection) is before:
            yield from self._watch(step, before=before, refusal=error)
        if live_of(self.connection) is before and self.attempts >= self.pace.most_attempts:
            raise error

    def _watch(self, step: Step, *, before: Live | None = None, refusal: RequestError | None = None) -> Steps:
        """Poll the connection until the wait of a step is over.

        :param before: the status before the action, which a late read may still show.
        :param refusal: the refusal of the action; raised instead of an error of ours if the status does not change.
        """
        approval, wait = self.approval, WAITS[step]
        limit = approval.appear_timeout if step is Step.APPEAR else approval.settle_timeout
        began = reported = self.now
        looks = 0
        while self.now - began < limit:
            pause = min(self.pace.pauses[min(looks, len(self.pace.pauses) - 1)], began + limit - self.now)
            looks += 1
            yield from self._pause(pause)
            yield from self._look(since=self.now - pause / 2)
            live = live_of(self.connection)
            if live in wait.target or (refusal is not None and live is not before):
                return
            is_late = live is before and self.now - began < self.pace.read_lag
            if live not in wait.pending and not is_late:
                raise refusal or self._somebody_else(step)
            if self.now - reported >= self.pace.report_every:
                reported = self.now
                yield from self._report(Level.PROGRESS, f"{live} {self.now - began:.0f}/{limit:.0f} s: {approval.name}")
        raise NotSettledError(f"{approval.name}: {not_in_time(step, self.connection, self.now - began)}")

    def _look(self, *, since: float | None = None) -> Steps:
        result = yield Look(since)
        self.now = result.at
        if isinstance(result, Seen):
            self._take(result.connection)
            return
        assert isinstance(result, Refused | Lost)
        error = self.approval.absence(result.error, seen=self.seen)
        if error is not None:
            raise error
        self._take(None)

    def _take(self, connection: Connection | None) -> None:
        """Take what a read or a response says as the current state. Everything that the API says comes through here.

        :raises OwnerError: the connection belongs to another account than expected.
        """
        if connection is not None:
            self.owner = owner_of(connection.domain_id, self.owner)
            connection = connection.model_copy(update={"domain_id": self.owner})
        self.connection = connection
        check_owner(self.approval, connection, self.what_was_sent())

    def _change(self, name: str, want: Send | Describe) -> Generator[Want, Result, Answered | Refused | Lost]:
        """Ask for a change of the connection. Until its response is here, it may have been carried out."""
        self.sent.append(f"{name}?")
        try:
            result = yield want
        except VpcepError:  # interrupted while it waited for its turn
            self.sent.pop()
            raise
        self.now = result.at
        if isinstance(result, Answered):
            self.sent[-1] = name
        elif isinstance(result, Refused):
            self.sent.pop()
        assert not isinstance(result, Seen | Done)
        return result

    def _pause(self, seconds: float) -> Steps:
        self.now = (yield Pause(seconds)).at

    def _report(self, level: Level, message: str) -> Steps:
        self.now = (yield Report(level, message)).at

    def _somebody_else(self, step: Step) -> NotSettledError:
        return NotSettledError(
            f"{self.approval.name}: after `{step}` {situation(self.connection)}: somebody else decides on it as well"
        )

    def what_was_sent(self) -> str:
        """What was sent last, for messages."""
        if not self.sent:
            return "nothing is sent"
        last = self.sent[-1]
        if last.endswith("?"):
            return f"`{last[:-1]}` was sent, and may have been carried out"
        return f"`{last}` was sent already"
