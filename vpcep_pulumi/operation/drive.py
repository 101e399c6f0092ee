"""Carries out a decision with the real client, view, clock and log. The decision itself does no I/O."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.operations import ApiCall, act_on_connection, describe_connection
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import RequestError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.description import described
from vpcep_pulumi.lifecycle.messages import (
    Answered,
    Describe,
    Done,
    Level,
    Look,
    Lost,
    Outcome,
    Pause,
    Refused,
    Report,
    Result,
    Seen,
    Send,
    Want,
)
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.projects import ProjectSession


def drive(
    decision: Generator[Want, Result, Outcome], approval: Approval, session: ProjectSession, *, clock: Clock, log: Log
) -> Outcome:
    """Do what a decision wants until it returns.

    :raises Exception: an error that is not a ``VpcepError`` was raised, and nothing was sent before.
    """
    driver = Driver(approval, session, clock, log)
    try:
        want = next(decision)
        while True:
            try:
                result = driver.result_of(want)
            except Exception as error:
                want = decision.throw(error)
            else:
                want = decision.send(result)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    finally:
        decision.close()


class Driver:
    """Does what one decision wants."""

    def __init__(self, approval: Approval, session: ProjectSession, clock: Clock, log: Log) -> None:
        self._approval, self._session, self._clock, self._log = approval, session, clock, log

    def result_of(self, want: Want) -> Result:
        """Do it, and return the result."""
        match want:
            case Look(since):
                return self._look(since)
            case Send(action, before, until):
                call = replace(act_on_connection(*self._ids, action), until=until)
                return self._change(call, before)
            case Describe(description, before):
                call = describe_connection(*self._ids, description)
                return self._change(call, before)
            case Pause(seconds):
                self._clock.sleep(seconds)
            case Report(Level.WARNING, message):
                self._log.warning(message)
            case Report(Level.PROGRESS, message):
                self._log.progress(message)
        return Done(self._clock.monotonic())

    @property
    def _ids(self) -> tuple[str, str, str]:
        return self._session.project_id, self._approval.service_id, self._approval.endpoint_id

    def _look(self, since: float | None) -> Seen | Refused:
        began = self._clock.monotonic()
        try:
            found = self._session.view.find(self._approval.service_id, self._approval.endpoint_id, since=since)
        except RequestError as error:
            return Refused(error, self._clock.monotonic(), began)
        return Seen(found, self._clock.monotonic())

    def _change(self, call: ApiCall[Connection], before: Connection | None) -> Answered | Refused | Lost:
        """Send a request that changes the connection. Its response corrects what later looks see."""
        began = self._clock.monotonic()
        try:
            answer = self._session.client.send(call)
        except RequestError as error:
            failed = Lost if error.maybe_done else Refused
            return failed(error, self._clock.monotonic(), began)
        is_action = call.request.method == "POST"
        shown = answer if is_action or before is None else described(before, answer)
        self._session.view.apply_response(
            self._approval.service_id, shown, before=before.status if before is not None else None
        )
        return Answered(answer, self._clock.monotonic())
