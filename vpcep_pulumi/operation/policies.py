"""Reads a service, and carries out what a policy decides about its connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.retry import reason_to_retry
from vpcep_pulumi.errors import (
    AuthenticationError,
    CancelledError,
    HandshakeError,
    InputError,
    PermissionDeniedError,
    RequestError,
    VpcepError,
)
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.messages import Outcome
from vpcep_pulumi.lifecycle.policy import Claimed, Decision, Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.policy_work import acceptances, arguments_of, rejections
from vpcep_pulumi.lifecycle.table import Goal, goal_of
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.drive import Driver
from vpcep_pulumi.operation.keys import ServiceKey
from vpcep_pulumi.operation.many import Many, Task
from vpcep_pulumi.operation.operation import Operation

ENDS = (AuthenticationError, PermissionDeniedError, CancelledError)
"""The errors after which no further connection is begun: each would fail likewise."""
MOST_LOST = 16
"""After so many connections in a row that failed because of network or service, no further one is begun."""
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


def place_of(policy: Policy) -> tuple[str, str, str | None]:
    """Region, project and profile of a policy."""
    return policy.region, policy.project_id, policy.profile


def service_key(operation: Operation, policy: Policy) -> ServiceKey:
    """Which service a policy is about."""
    return ServiceKey(policy.service_id, operation.projects.address(*place_of(policy)))


def read_service(
    operation: Operation, policy: Policy, *, held: bool, gone: Callable[[str], None] = lambda _problem: None
) -> list[Connection]:
    """Every connection of the policy's service.

    :param held: whether the state holds the policy: then it is no error that the service is gone.
    :param gone: called with what to say about a service that is gone.
    :raises InputError: there is no such service.
    :raises RequestError: the API could not be asked.
    """
    try:
        return operation.get_connections(
            policy.service_id, region=policy.region, project_id=policy.project_id, profile=policy.profile
        )
    except InputError as error:
        if not held:
            raise
        gone(f"{error}. If it was deleted, remove its policy")
        return []


def decided(
    operation: Operation, policy: Policy, *, held: bool, gone: Callable[[str], None] = lambda _problem: None
) -> Evaluation:
    """What the policy decides about the connections as they are, with what else the program declares.

    The parameters and errors are those of :func:`read_service` and :func:`claimed`.
    """
    connections = read_service(operation, policy, held=held, gone=gone)
    return evaluate(policy, connections, operation.now, claimed(operation, policy))


def claimed(operation: Operation, policy: Policy) -> dict[str, Claimed]:
    """By endpoint: what other resources of the program declare.

    :raises SharedEventsError: what the program declares cannot be found.
    """
    declared = operation.claims.declared_in(service_key(operation, policy))
    return {
        id_: Claimed(each.name, goal_of(each.status) if each.status is not None else None, each.by_expiry)
        for id_, each in declared.items()
    }


def carry_out(
    operation: Operation, policy: Policy, evaluation: Evaluation, claims: Mapping[str, Claimed], log: Log
) -> Carried:
    """Do what was decided: first what rejects, then, with the places that are free now, what accepts.

    It does not stop at the first failure. What was not decided before is left alone.

    :param claims: those of the evaluation.
    :raises SettingsError: the settings name no project, or no credential.
    """
    run = _Run(operation, policy, log, evaluation, most=len(evaluation.work))
    run.of(rejections(evaluation))
    again = evaluate(policy, run.connections.values(), operation.now, claims, rejected=True)
    run.of(acceptances(evaluation, again))
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
        self._session = operation.projects.get(*place_of(policy))
        self.connections = {id_: each.connection for id_, each in evaluation.decisions.items()}
        self.sent: set[str] = set()
        self.errors: dict[str, VpcepError] = {}
        self._most, self._done, self._lost = most, 0, 0
        self._ended: VpcepError | None = None
        self._began = operation.clock.monotonic()
        self._reported = operation.clock.monotonic()

    def of(self, decisions: Iterable[Decision]) -> None:
        """Carry out these decisions; none is begun if those before have ended it."""
        Many(self._operation.clock, self._note, self._ended).drive(self._tasks(decisions))

    def _tasks(self, decisions: Iterable[Decision]) -> Iterator[Task]:
        for each in decisions:
            approval, seconds, spares, only_waits = arguments_of(self._policy, each, self._operation.clock.now())
            until = self._operation.clock.monotonic() + seconds
            # Who was accepted since the plan was made is spared: what was read for the plan does not show it.
            since = self._began if spares else None
            decision = decide(approval, seen=True, until=until, spares=spares, only_waits=only_waits, since=since)
            driver = Driver(approval, self._session, self._operation.clock, _Unprogressed(self._log))
            yield Task(each.endpoint_id, approval.name, decision, driver)

    def _note(self, id_: str, outcome: Outcome) -> VpcepError | None:
        """Take an outcome over, and report the progress from time to time."""
        if outcome.connection is not None:
            self.connections[id_] = outcome.connection.completed_by(self.connections[id_])
        elif outcome.error is None:
            del self.connections[id_]
        if outcome.sent:
            self.sent.add(id_)
        self._lost = self._lost + 1 if _says_nothing(outcome.error) else 0
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


def _says_nothing(error: VpcepError | None) -> bool:
    """Whether an error is the network's or the service's, and says nothing about the connection."""
    if not isinstance(error, RequestError):
        return False
    return isinstance(error, HandshakeError) or reason_to_retry("GET", error) is not None


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
