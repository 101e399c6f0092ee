"""Carries a declared decision out: asks the table, sends what it says, watches what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from vpcep_pulumi.api.client import Tempo
from vpcep_pulumi.api.codes import Meaning, look_up
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import Action, act_on_connection, describe_connection
from vpcep_pulumi.errors import ApiError, ImpossibleError, NotSettledError, OwnerError, RequestError
from vpcep_pulumi.lifecycle.plan import impossible, must_describe, situation
from vpcep_pulumi.lifecycle.table import FULFILLED, SENDS, WAITS, Goal, Live, Step, live_of, step_for
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

ACTIONS: Final[Mapping[Step, Action]] = MappingProxyType({Step.RECEIVE: "receive", Step.REJECT: "reject"})


def look(account: Account, approval: Approval, *, seen: bool, since: float | None = None) -> Connection | None:
    """The connection as it stands, or None where it is not there.

    :param seen: whether the approval has seen it before; then a service that is gone is no error.
    :raises ApiError: among others where there is no such service, and the connection was never seen.
    """
    try:
        return account.view.find(approval.service_id, approval.endpoint_id, since=since)
    except ApiError as error:
        if seen and look_up(error.http_status, error.code).meaning is Meaning.ABSENT:
            return None
        raise


def check_owner(approval: Approval, connection: Connection | None) -> None:
    """Refuse a connection of another account than expected, or of nobody knows whom.

    :raises OwnerError: it is.
    """
    expected = approval.expected_domain_id
    if expected is None or connection is None or connection.domain_id == expected:
        return
    owner = f"account {connection.domain_id}" if connection.domain_id else "an account that the API does not name"
    raise OwnerError(
        f"{approval.name} belongs to {owner}, not to the expected {expected}: nothing is sent. "
        "Check endpoint_id, or expected_domain_id if that account is right"
    )


@dataclass
class Decision:
    """One decision being carried out.

    :ivar seen: whether the approval has seen the connection before.
    :ivar connection: as it was last seen.
    :ivar sent: the actions sent so far; not empty means that something may have changed remotely.
    :ivar has_left: whether its consumer left while the decision was carried out.
    """

    account: Account
    approval: Approval
    log: Log
    tempo: Tempo
    seen: bool
    connection: Connection | None = None
    sent: list[str] = field(default_factory=list)
    has_left: bool = False

    def carry_out(self) -> Connection | None:
        """Do what the table says until nothing is left to be done. Each action is sent for once.

        :returns: the connection as it stands in the end; None where it is gone.
        :raises ImpossibleError: its status rules the goal out.
        :raises OwnerError: it is another account's than expected.
        :raises NotSettledError: it did not get there in time, or somebody else acted meanwhile.
        :raises RequestError: the API could not be asked.
        """
        approval = self.approval
        self.connection = first = look(self.account, approval, seen=self.seen)
        while True:
            live = live_of(self.connection)
            self.seen = self.seen or live is not Live.ABSENT
            step = step_for(approval.goal, live, seen=self.seen)
            if step in FULFILLED:
                self.has_left = step is Step.LEFT and live_of(first) is not live
                return self.connection
            if step is Step.IMPOSSIBLE:
                raise ImpossibleError(f"{approval.name}: {impossible(approval.goal, self.connection)}")
            if approval.goal is not Goal.DELETED:
                check_owner(approval, self.connection)
            if step not in SENDS:
                self._watch(step)
            elif ACTIONS[step] in self.sent:
                raise NotSettledError(
                    f"{approval.name}: after `{step}` {situation(self.connection)}: somebody else decides on it as well"
                )
            else:
                self._act(step)

    def describe(self, written: str | None) -> Connection | None:
        """Write the declared description, where the connection does not have it yet.

        :param written: what was declared last time.
        """
        approval = self.approval
        if approval.description is not None and must_describe(approval.description, self.connection, written=written):
            before = self.connection.status if self.connection is not None else None
            answer = self.account.client.send(
                describe_connection(
                    approval.project_id, approval.service_id, approval.endpoint_id, approval.description
                )
            )
            self.sent.append("describe")
            # The answer may leave out what did not change.
            known = self.connection.model_dump() if self.connection is not None else {}
            told = {name: value for name, value in answer.model_dump().items() if value is not None}
            self.connection = answer.model_copy(update={**known, **told, "errors": answer.errors})
            self.account.view.note(approval.service_id, self.connection, before=before)
        return self.connection

    def _act(self, step: Step) -> None:
        """Send an action; where its answer is lost, read the connection before sending it again."""
        action, approval = ACTIONS[step], self.approval
        before = live_of(self.connection)
        status = self.connection.status if self.connection is not None else None
        operation = act_on_connection(approval.project_id, approval.service_id, approval.endpoint_id, action)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            began = self.tempo.monotonic()
            try:
                answer = self.account.client.send(operation)
            except RequestError as error:
                settled = self._read_back(step, error, before, began, last=attempt == MOST_ATTEMPTS)
                if settled:
                    return
                continue
            self.sent.append(action)
            self.connection = answer
            self.account.view.note(approval.service_id, answer, before=status)
            if live_of(answer) not in WAITS[step].ends:
                self._watch(step, before=before)
            return

    def _read_back(self, step: Step, error: RequestError, before: Live, began: float, *, last: bool) -> bool:
        """After a refusal or a lost answer: whether the connection has moved, so that the table decides anew.

        :returns: False where it stands as before and the action may be sent again.
        :raises RequestError: the error itself, where nothing is to be learned or it keeps coming back.
        """
        meaning = look_up(error.http_status, error.code).meaning if isinstance(error, ApiError) else None
        refused = meaning in (Meaning.STATUS, Meaning.ABSENT)
        if not refused and not error.maybe_done:
            raise error
        if error.maybe_done:
            self.sent.append(f"{ACTIONS[step]}?")
            self.log.warning(f"{error}; reading the connection before sending it again")
        self.connection = look(self.account, self.approval, seen=True, since=began)
        if refused and live_of(self.connection) is before:
            # The refusal knows more than the list does: give the list its grace.
            self._watch(step, before=before, refusal=error)
        if live_of(self.connection) is not before:
            return True
        if last:
            raise error
        return False

    def _watch(self, step: Step, *, before: Live | None = None, refusal: RequestError | None = None) -> None:
        """Look at the connection until the wait of a step is over.

        :param before: the status that a late read may still show for a short grace.
        :param refusal: to be raised instead, where the status does not move within the grace.
        """
        approval, wait = self.approval, WAITS[step]
        limit = approval.appear_timeout if step is Step.APPEAR else approval.settle_timeout
        began = reported = self.tempo.monotonic()
        for pause in _pauses():
            now = self.tempo.monotonic()
            if now - began >= limit:
                raise NotSettledError(
                    f"{approval.name}: after {now - began:.0f} s {situation(self.connection)}; "
                    f"raise {'appear_timeout' if step is Step.APPEAR else 'settle_timeout'}, or run it again later"
                )
            self.tempo.sleep(min(pause, began + limit - now))
            self.connection = look(self.account, approval, seen=self.seen, since=self.tempo.monotonic() - pause / 2)
            now, live = self.tempo.monotonic(), live_of(self.connection)
            if live in wait.ends or (refusal is not None and live is not before):
                return
            late = live is before and now - began < GRACE
            if live not in wait.passes and not late:
                raise refusal or NotSettledError(
                    f"{approval.name}: after `{step}` {situation(self.connection)}: somebody else decides on it as well"
                )
            if now - reported >= REPORT_SECONDS:
                reported = now
                self.log.progress(f"{approval.name}: {situation(self.connection)}, {now - began:.0f} of {limit:.0f} s")


def _pauses() -> Iterator[float]:
    yield from POLL_SECONDS
    while True:
        yield POLL_SECONDS[-1]
