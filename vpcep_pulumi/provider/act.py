"""Carries a declared decision out: asks the table, sends what it says, watches what becomes of it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import Action, Operation, act_on_connection, describe_connection
from vpcep_pulumi.api.text import shown_id
from vpcep_pulumi.clock import Tempo
from vpcep_pulumi.errors import ApiError, ImpossibleError, NotSettledError, OwnerError, RequestError, VpcepError
from vpcep_pulumi.lifecycle.owner import is_anothers, owner_of
from vpcep_pulumi.lifecycle.plan import impossible, must_describe, not_in_time, situation
from vpcep_pulumi.lifecycle.table import FULFILLED, SENDS, WAITS, Live, Step, live_of, step_for
from vpcep_pulumi.provider.accounts import Account
from vpcep_pulumi.provider.approval import Approval
from vpcep_pulumi.provider.context import Log
from vpcep_pulumi.provider.view import GRACE

POLL_SECONDS = (1.0, 1.0, 2.0, 3.0, 5.0)
"""Pauses between two looks at a connection; the last one again and again. ``creating`` took 2 to 6 s."""
REPORT_SECONDS = 10.0
"""How often a wait says where it stands."""
MOST_ATTEMPTS = 3
"""How often an action is sent whose answers get lost; the connection is read before each."""

CUT_OFF = 'to cut it off, declare status="rejected" without expected_domain_id'
"""What to do about a connection of another account that is accepted. Nothing of it is done by itself: what the account
would be judged by is the very answer that contradicts an earlier one."""

ACTIONS: Final[Mapping[Step, Action]] = MappingProxyType({Step.RECEIVE: "receive", Step.REJECT: "reject"})


def look(account: Account, approval: Approval, *, seen: bool, since: float | None = None) -> Connection | None:
    """The connection as it stands, or None where it is not there.

    :param seen: whether the approval has seen it before; then a service that is gone is no error.
    :raises InputError: there is no such service, and the connection was never seen.
    :raises RequestError: the API could not be asked.
    """
    try:
        return account.view.find(approval.service_id, approval.endpoint_id, since=since)
    except ApiError as error:
        if look_up(error.http_status, error.code).meaning is not Meaning.ABSENT:
            raise
        if seen:
            return None
        raise approval.without_service(error) from None


def is_foreign(approval: Approval, connection: Connection | None) -> bool:
    """Whether the connection belongs to another account than the approval expects, or to nobody knows whom."""
    if connection is None:
        return False
    return is_anothers(approval.goal, approval.expected_domain_id, owner_of(connection.domain_id, None))


def check_owner(approval: Approval, connection: Connection | None, done: str = "nothing is sent") -> None:
    """Refuse a connection of another account than expected, or of nobody knows whom.

    :param done: what the message says of what was sent.
    :raises OwnerError: it is.
    """
    if connection is not None and is_foreign(approval, connection):
        live = live_of(connection)
        raise OwnerError(
            f"{approval.name} {whose(approval, connection)}: {done}. "
            "Check endpoint_id, or expected_domain_id if that account is right"
            + (f"; the connection is {live}: {CUT_OFF}" if live in (Live.ACCEPTED, Live.CREATING) else "")
        )


def whose(approval: Approval, connection: Connection) -> str:
    """Whose the connection is, and whose it should be."""
    named = connection.domain_id
    owner = f"account {shown_id(named)}" if named else "an account that the API does not name"
    return f"belongs to {owner}, not to the expected {approval.expected_domain_id}"


@dataclass
class Decision:
    """One decision being carried out.

    :ivar seen: whether the approval has seen the connection before.
    :ivar connection: as it was last seen.
    :ivar owner: the account that the API last named; an answer that names none does not change it.
    :ivar sent: what was sent so far, with a ``?`` where it may not have been carried out; not empty means that
        something may have changed remotely.
    :ivar attempts: how often the action was sent, whatever came of it.
    :ivar has_left: whether its consumer left while the decision was carried out.
    """

    account: Account
    approval: Approval
    log: Log
    tempo: Tempo
    seen: bool
    connection: Connection | None = None
    owner: str | None = None
    sent: list[str] = field(default_factory=list)
    attempts: int = 0
    has_left: bool = False

    def fulfil(self, written: str | None) -> None:
        """Carry the decision out, and write the declared description.

        Once something may have been sent, whatever fails is an error of ours, for the caller to record.

        :param written: the description that was declared last time.
        :raises VpcepError: as :meth:`carry_out`.
        """
        try:
            self.carry_out()
            self.describe(written)
        except VpcepError:
            raise
        except Exception as error:
            if not self.sent:
                raise
            # What it says may hold anything that was sent or answered, so only its kind and its place are told.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            raise NotSettledError(
                f"{self.approval.name}: a defect of vpcep-pulumi ({place}): {self._said()}. Please report it"
            ) from error

    def carry_out(self) -> None:
        """Do what the table says until nothing is left to be done. Each action is sent for once.

        :raises ImpossibleError: its status rules the goal out.
        :raises OwnerError: it is another account's than expected.
        :raises NotSettledError: it did not get there in time, or somebody else acted meanwhile.
        :raises RequestError: the API could not be asked.
        """
        self._look()
        first = live_of(self.connection)
        self._settle()
        last = live_of(self.connection)
        self.has_left = step_for(self.approval.goal, last, seen=self.seen) is Step.LEFT and last is not first

    def describe(self, written: str | None) -> None:
        """Write the declared description, where the connection does not have it yet.

        :param written: what was declared last time.
        :raises VpcepError: as :meth:`carry_out`.
        """
        approval, known = self.approval, self.connection
        if approval.description is None or known is None:
            return
        if not must_describe(approval.description, known, written=written):
            return
        answer = self._send(
            "describe",
            describe_connection(approval.project_id, approval.service_id, approval.endpoint_id, approval.description),
        )
        # The answer may leave out what did not change; and it speaks of the description, not of the status.
        told = {name: value for name, value in answer.model_dump().items() if value is not None}
        merged = answer.model_copy(
            update={**known.model_dump(), **told, "errors": answer.errors, "status": known.status}
        )
        self.account.view.note(approval.service_id, merged, before=known.status)
        self._take(merged)
        if answer.status not in (None, known.status):
            self._look(since=self.tempo.monotonic())
            self._settle()

    def _settle(self) -> None:
        approval = self.approval
        while True:
            live = live_of(self.connection)
            self.seen = self.seen or live is not Live.ABSENT
            step = step_for(approval.goal, live, seen=self.seen)
            if step in FULFILLED:
                return
            if step is Step.IMPOSSIBLE:
                raise ImpossibleError(f"{approval.name}: {impossible(approval.goal, self.connection)}")
            if step not in SENDS:
                self._watch(step)
            elif ACTIONS[step] in self.sent or self.attempts >= MOST_ATTEMPTS:
                raise self._somebody_else(step)
            else:
                self._act(step)

    def _look(self, *, since: float | None = None) -> None:
        self._take(look(self.account, self.approval, seen=self.seen, since=since))

    def _take(self, connection: Connection | None) -> None:
        """Go by what a look or an answer says from now on.

        Everything that the API says comes through here, and whose the connection is, is looked at here: before
        anything is decided, sent, described, waited for or returned.

        :raises OwnerError: it is another account's than expected.
        """
        if connection is not None:
            self.owner = owner_of(connection.domain_id, self.owner)
            connection = connection.model_copy(update={"domain_id": self.owner})
        self.connection = connection
        check_owner(self.approval, connection, self._said())

    def _send(self, name: str, operation: Operation[Connection]) -> Connection:
        """Send what changes something. Until its answer is here, it may have been carried out: whatever is raised."""
        self.sent.append(f"{name}?")
        try:
            answer = self.account.client.send(operation)
        except VpcepError as error:
            if not (isinstance(error, RequestError) and error.maybe_done):
                self.sent.pop()
            raise
        self.sent[-1] = name
        return answer

    def _act(self, step: Step) -> None:
        """Send an action; where its answer is lost, read the connection before the table is asked again."""
        action, approval, known = ACTIONS[step], self.approval, self.connection
        self.attempts += 1
        self.log.progress(f"{action}: {situation(known)}")
        began = self.tempo.monotonic()
        try:
            answer = self._send(
                action, act_on_connection(approval.project_id, approval.service_id, approval.endpoint_id, action)
            )
        except RequestError as error:
            self._read_back(step, error, live_of(known), began)
            return
        self.account.view.note(approval.service_id, answer, before=known.status if known is not None else None)
        self._take(answer)
        if live_of(answer) not in WAITS[step].ends:
            self._watch(step, before=live_of(known))

    def _read_back(self, step: Step, error: RequestError, before: Live, began: float) -> None:
        """After a refusal or a lost answer: see whether the connection has moved.

        :raises RequestError: the error itself, where nothing is to be learned or it keeps coming back.
        """
        meaning = look_up(error.http_status, error.code).meaning if isinstance(error, ApiError) else None
        refused = meaning in (Meaning.STATUS, Meaning.ABSENT)
        if not refused and not error.maybe_done:
            raise error
        if error.maybe_done:
            self.log.warning(f"{error}; reading the connection before sending it again")
        self._look(since=began)
        if refused and live_of(self.connection) is before:
            # The refusal knows more than the list does: give the list its grace.
            self._watch(step, before=before, refusal=error)
        if live_of(self.connection) is before and self.attempts >= MOST_ATTEMPTS:
            raise error

    def _watch(self, step: Step, *, before: Live | None = None, refusal: RequestError | None = None) -> None:
        """Look at the connection until the wait of a step is over.

        :param before: the status that a late read may still show for a short grace.
        :param refusal: to be raised instead, where the status does not move within the grace.
        """
        approval, wait = self.approval, WAITS[step]
        appear_timeout = min(approval.appear_timeout, self.account.longest_appear)
        limit = appear_timeout if step is Step.APPEAR else approval.settle_timeout
        began = reported = self.tempo.monotonic()
        for pause in _pauses():
            now = self.tempo.monotonic()
            if now - began >= limit:
                raise NotSettledError(f"{approval.name}: {not_in_time(step, self.connection, now - began)}")
            self.tempo.sleep(min(pause, began + limit - now))
            self._look(since=self.tempo.monotonic() - pause / 2)
            now, live = self.tempo.monotonic(), live_of(self.connection)
            if live in wait.ends or (refusal is not None and live is not before):
                return
            late = live is before and now - began < GRACE
            if live not in wait.passes and not late:
                raise refusal or self._somebody_else(step)
            if now - reported >= REPORT_SECONDS:
                reported = now
                self.log.progress(f"{live} {now - began:.0f}/{limit:.0f} s: {approval.name}")

    def _somebody_else(self, step: Step) -> NotSettledError:
        return NotSettledError(
            f"{self.approval.name}: after `{step}` {situation(self.connection)}: somebody else decides on it as well"
        )

    def _said(self) -> str:
        """What was sent, for a message."""
        if not self.sent:
            return "nothing is sent"
        last = self.sent[-1]
        if last.endswith("?"):
            return f"`{last[:-1]}` was sent, and may have been carried out"
        return f"`{last}` was sent already"


def _pauses() -> Iterator[float]:
    yield from POLL_SECONDS
    while True:
        yield POLL_SECONDS[-1]
