"""Reads a service, and carries out what a policy decides about its connections."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.errors import (
    AuthenticationError,
    CancelledError,
    InputError,
    PermissionDeniedError,
    TransportError,
    VpcepError,
)
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.expiry import seconds_left
from vpcep_pulumi.lifecycle.messages import Outcome
from vpcep_pulumi.lifecycle.policy import Claimed, Decision, Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.table import REJECTS, Goal, goal_of
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.drive import Driver
from vpcep_pulumi.operation.many import Many, Task
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.rules import ServiceKey

ENDS = (AuthenticationError, PermissionDeniedError, CancelledError)
"""The errors after which no further connection is begun: each would fail likewise."""
MOST_LOST = 16
"""After so many connections in a row whose requests got no answer, no further one is begun."""
REPORT_EVERY = 2.0
"""Seconds between two reports of the progress."""


@dataclass
class Carried:
    """What came of carrying a policy out.

    :ivar connections: those of the service, as they stand now.
    :ivar sent: the endpoints for which something was sent, and may have changed remotely.
    :ivar errors: by endpoint: why its decision was not carried out.
    """

    connections: list[Connection]
    sent: set[str] = field(default_factory=set)
    errors: dict[str, VpcepError] = field(default_factory=dict)


def service_key(operation: Operation, policy: Policy) -> ServiceKey:
    """Which service a policy is about."""
    return ServiceKey(policy.service_id, operation.projects.address(policy.region, policy.project_id))


def read_service(operation: Operation, policy: Policy, *, held: bool) -> list[Connection]:
    """Every connection of the policy's service.

    :param held: whether the state holds the policy: then it is no error that the service is gone.
    :raises InputError: there is no such service.
    :raises RequestError: the API could not be asked.
    """
    try:
        return operation.get_connections(policy.service_id, region=policy.region, project_id=policy.project_id)
    except InputError:
        if held:
            return []
        raise


def decided(
    operation: Operation, policy: Policy, connections: Iterable[Connection], *, are_rejected: bool = False
) -> Evaluation:
    """What the policy decides about the connections, with what else the program declares.

    :param are_rejected: as in :func:`~vpcep_pulumi.lifecycle.policy.evaluate`.
    """
    declared = operation.claims.declared_in(service_key(operation, policy))
    claims = {
        id_: Claimed(each.name, goal_of(each.status) if each.status is not None else None)
        for id_, each in declared.items()
    }
    return evaluate(policy, connections, operation.now, claims, are_rejected=are_rejected)


def carry_out(operation: Operation, policy: Policy, evaluation: Evaluation, log: Log) -> Carried:
    """Do what was decided: first what rejects, then, with the places that are free now, what accepts.

    It does not stop at the first failure. What was not decided before is left alone.

    :raises SettingsError: the settings name no project, or no credential.
    """
    run = _Run(operation, policy, log, evaluation, most=len(evaluation.work))
    run.of([each for each in evaluation.work if each.step in REJECTS])
    again = decided(operation, policy, run.connections.values(), are_rejected=True)
    run.of(
        each
        for each in evaluation.work
        if each.step not in REJECTS and again.decisions[each.endpoint_id].goal is Goal.ACCEPTED
    )
    return Carried(list(run.connections.values()), run.sent, run.errors)


def reject_all(
    operation: Operation, policy: Policy, evaluation: Evaluation, endpoints: Iterable[str], log: Log
) -> Carried:
    """Reject connections, as the delete of a policy does."""
    decisions = [Decision(evaluation.decisions[each].connection, Goal.DELETED) for each in endpoints]
    run = _Run(operation, policy, log, evaluation, most=len(decisions))
    run.of(decisions)
    return Carried(list(run.connections.values()), run.sent, run.errors)


class _Run:
    """Carries out decisions about one service.

    :param most: how many decisions there are, for the progress.
    :ivar connections: by endpoint, as they stand now. Those that are gone are left out.
    """

    def __init__(self, operation: Operation, policy: Policy, log: Log, evaluation: Evaluation, *, most: int) -> None:
        self._operation, self._policy, self._log = operation, policy, log
        self._session = operation.projects.get(policy.region, policy.project_id)
        self.connections = {id_: each.connection for id_, each in evaluation.decisions.items()}
        self.sent: set[str] = set()
        self.errors: dict[str, VpcepError] = {}
        self._most, self._done, self._lost = most, 0, 0
        self._ended: VpcepError | None = None
        self._reported = operation.clock.monotonic()

    def of(self, decisions: Iterable[Decision]) -> None:
        """Carry out these decisions; none is begun if those before have ended it."""
        Many(self._operation.clock, self._note, self._ended).drive(self._tasks(decisions))

    def _tasks(self, decisions: Iterable[Decision]) -> Iterator[Task]:
        for each in decisions:
            approval = approval_of(self._policy, each)
            left = seconds_left(each.expires_at, self._operation.clock.now())
            until = self._operation.clock.monotonic() + left if left < math.inf else math.inf
            spares = each.goal is Goal.REJECTED and not (each.interrupts or each.has_expired)
            decision = decide(approval, seen=True, until=until, spares=spares)
            driver = Driver(approval, self._session, self._operation.clock, _Unprogressed(self._log))
            yield Task(each.endpoint_id, approval.name, decision, driver)

    def _note(self, id_: str, outcome: Outcome) -> VpcepError | None:
        """Take an outcome over, and report the progress from time to time."""
        if outcome.connection is not None:
            self.connections[id_] = _completed(outcome.connection, self.connections[id_])
        elif outcome.error is None:
            del self.connections[id_]
        if outcome.sent:
            self.sent.add(id_)
        self._lost = self._lost + 1 if isinstance(outcome.error, TransportError) else 0
        if outcome.error is not None:
            self.errors[id_] = outcome.error
        self._done += 1
        now = self._operation.clock.monotonic()
        if now - self._reported >= REPORT_EVERY:
            self._reported = now
            failed = f", {len(self.errors)} failed" if self.errors else ""
            self._log.progress(f"{self._done} of {self._most}{failed}: {self._policy.name}")
        if isinstance(outcome.error, ENDS) or self._lost >= MOST_LOST:
            self._ended = outcome.error
        return self._ended


def approval_of(policy: Policy, decision: Decision) -> Approval:
    """The approval of one connection that a policy's decision comes to. Its owner must not turn out to be another."""
    goal = decision.goal or Goal.AS_IT_STANDS
    return Approval(
        service_id=policy.service_id,
        endpoint_id=decision.endpoint_id,
        status=str(goal),
        goal=goal,
        region=policy.region,
        project_id=policy.project_id,
        expected_domain_id=decision.connection.domain_id,
        expires_at=decision.expires_at,
        settle_timeout=policy.settle_timeout,
    )


def _completed(connection: Connection, known: Connection) -> Connection:
    """A connection whose response may have left out fields: they are as they were."""
    named = {name: value for name, value in dict(connection).items() if value is not None}
    return known.model_copy(update={**named, "errors": connection.errors})


class _Unprogressed:
    """A log without the progress of single connections: that of all is reported instead."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.info, self.warning, self.debug = log.info, log.warning, log.debug

    def progress(self, message: str) -> None:
        """Left out."""

    def on(self, urn: str | None) -> Log:
        """As the log's own."""
        return self._log.on(urn)
