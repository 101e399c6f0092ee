"""The provider's operations for ``EndpointConnectionPolicy`` on plain values. Does not import pulumi.

As :mod:`vpcep_pulumi.provider.core` for approvals, and with the same rules: what can be refused is refused before
anything is sent; what was sent is recorded; a delete leaves alone what another resource of the program declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vpcep_pulumi.errors import (
    DeclaredElsewhereError,
    ImpossibleError,
    InputError,
    PartlyDone,
    RequestError,
    SettingsError,
    SharedEventsError,
    VpcepError,
)
from vpcep_pulumi.lifecycle.declared import policy_of
from vpcep_pulumi.lifecycle.difference import inputs_changed, replaced_by
from vpcep_pulumi.lifecycle.policy import Decision, Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.policy_plan import (
    Record,
    failure_of,
    named,
    news_of,
    plan_of,
    record_of,
    refusals,
    refused_delete,
    warnings,
    work_of,
)
from vpcep_pulumi.lifecycle.policy_schema import POLICY, problems
from vpcep_pulumi.lifecycle.table import HELD, Goal, Live, live_named, live_of
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import CLAIM_INPUT, URN_OUTPUT
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.policies import Carried, carry_out, decided, read_service, reject_all, service_key
from vpcep_pulumi.operation.rules import ConnectionKey, Deletion, ServiceKey
from vpcep_pulumi.provider.answers import Checked, Difference, Planned, Reading
from vpcep_pulumi.provider.deletions import REFUSALS, await_holder, sentence
from vpcep_pulumi.provider.plans import inputs_for
from vpcep_pulumi.provider.policy_values import is_held, policy_outputs
from vpcep_pulumi.provider.properties import REFUSED
from vpcep_pulumi.provider.unknown import UNKNOWN, holds_unknown
from vpcep_pulumi.provider.values import Values

IDENTITY, REPEATED = POLICY.names("identity"), POLICY.names("repeated")


class PolicyProvider:
    """The calls of Pulumi's engine for ``EndpointConnectionPolicy``. Thread-safe; one for each operation.

    :ivar operation: what its resources share.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._claims = operation.claims
        self._checked: dict[ServiceKey, tuple[str, str]] = {}
        """The policies that were checked: the claim and the URN of each. A ``diff`` of others belongs to a refresh."""
        self._drifted: set[ServiceKey] = set()
        """The services whose connections a refresh found otherwise than they were recorded."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Validate and resolve the inputs, read the service, and plan what is going to happen.

        :param olds: the inputs that the state holds; empty for a new resource.
        :param news: the program's inputs; those that a preview does not know yet are, or hold, ``UNKNOWN``.
        """
        checked = self._check(olds, news)
        inputs = inputs_for(checked, news)
        return Checked(inputs, () if REFUSED in inputs else checked.failures, checked.plan)

    def _check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        inputs: Values = {name: news[name] for name in POLICY.rules if news.get(name) is not None}
        wrong = problems(inputs, lambda value: value is UNKNOWN)
        if wrong:
            return Checked(inputs, tuple(InputError(name, reason) for name, reason in wrong.items()))
        unknown_plan = Planned(UNKNOWN, "not known yet")
        if inputs.get("profile") is UNKNOWN:
            inputs = {"region": UNKNOWN, "project_id": UNKNOWN, **inputs}
        place = [inputs.get(name) for name in ("region", "project_id", "profile")]
        if UNKNOWN in place:
            return Checked(inputs, plan=unknown_plan)
        try:
            session = self.operation.projects.get(*place)
            inputs |= {"region": session.region, "project_id": session.project_id}
            if holds_unknown(inputs):
                return Checked(inputs, plan=unknown_plan)
            return self._check_live(policy_of(inputs), inputs, olds, news.get(CLAIM_INPUT))
        except (SettingsError, RequestError, SharedEventsError, InputError) as error:
            return Checked(inputs, (InputError("", str(error)),))

    def _check_live(self, policy: Policy, inputs: Values, olds: Mapping[str, Any], given: str | None) -> Checked:
        held, key = is_held(olds, inputs), service_key(self.operation, policy)
        connections = read_service(self.operation, policy, held=held)
        evaluation = decided(self.operation, policy, connections)
        claim, other = self._claims.check_policy(
            given, key, accepts=evaluation.of(Goal.ACCEPTED), rejects=evaluation.of(Goal.REJECTED)
        )
        urn = (given or "").partition(" ")[2]
        if other is not None:
            reason = f"{policy.name} has two policies, the other is {other.name}: put all rules into one"
            return Checked(inputs, (InputError("", reason),))
        # The state's outputs are not known here: whether anything is to be recorded otherwise, ``diff`` finds out.
        plan = work_of(evaluation) if held else plan_of(evaluation, Record.of_state({}))
        refused = refusals(policy, evaluation)
        if refused:
            self._claims.tell("recorded" if held else "failed", claim)
        for warning in warnings(policy, evaluation, self.operation.now):
            self.operation.log.on(urn or None).warning(warning)
        self._checked[key] = claim, urn
        failures = tuple(InputError("", f"{policy.name}: {each}") for each in refused)
        return Checked(inputs, failures, Planned(plan.words, plan.summary) if plan.words else None)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        """Whether there is anything to do, or to record. The live connections decide.

        :param olds: the state's outputs.
        :param news: what ``check`` returned; in a refresh, the state's inputs.
        """
        if REFUSED in news:
            return Difference(True)
        replaces = replaced_by(olds, news, UNKNOWN, IDENTITY)
        if replaces or inputs_changed(olds, news, UNKNOWN, REPEATED) or holds_unknown(news):
            return Difference(True, replaces)
        policy = policy_of(news)
        key = service_key(self.operation, policy)
        if key not in self._checked:
            return Difference(key in self._drifted)
        evaluation = decided(self.operation, policy, read_service(self.operation, policy, held=True))
        before, claim = Record.of_state(olds), self._checked[key]
        changes = bool(evaluation.work or olds.get("errors")) or record_of(evaluation) != before
        if not changes:
            self._claims.tell("recorded", claim[0])
        elif news_ := news_of(plan_of(evaluation, before), work_of(evaluation)):
            self._log(key).info(f"{policy.name}: {news_}")
        return Difference(changes)

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, Values]:
        """Carry out a new policy.

        :returns: the id and the outputs.
        :raises PartlyDone: some decisions were not carried out, but something was sent.
        :raises VpcepError: nothing was changed remotely.
        """
        policy = policy_of(inputs)
        try:
            return policy.service_id, self._carry_out(policy, inputs, held=False)
        except PartlyDone:
            raise
        except VpcepError:
            self._tell("failed", service_key(self.operation, policy))
            raise

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Values:
        """Carry out what is declared now. It raises the same errors as :meth:`create`.

        :param olds: the state's outputs.
        """
        del olds  # what was recorded has no influence on what is done
        return self._carry_out(policy_of(news), news, held=True)

    def _carry_out(self, policy: Policy, inputs: Mapping[str, Any], *, held: bool) -> Values:
        key = service_key(self.operation, policy)
        evaluation = decided(self.operation, policy, read_service(self.operation, policy, held=held))
        refused = refusals(policy, evaluation)  # the connections may have changed since the check
        if refused:
            raise ImpossibleError(f"{policy.name}: {'; '.join(refused)}. Nothing was sent")
        carried = carry_out(self.operation, policy, evaluation, self._log(key))
        after = decided(self.operation, policy, carried.connections)
        failed = self._failed(carried, after)
        problem = failure_of(policy, failed, len(evaluation.work)) if failed else None
        if problem is not None and not carried.sent:
            raise problem
        values = policy_outputs(inputs, record_of(after), failed, problem)
        if problem is None:
            return self._recorded(key, values)
        self._log(key).warning(f"not reached, but recorded: {problem}")
        raise PartlyDone(policy.service_id, self._recorded(key, values), problem)

    def _failed(self, carried: Carried, after: Evaluation) -> dict[str, VpcepError]:
        """The connections whose decisions failed, but not because of their consumers."""
        return {
            id_: error
            for id_, error in carried.errors.items()
            if not (isinstance(error, ImpossibleError) and id_ in after.decisions and after.decisions[id_].is_trouble)
        }

    def _recorded(self, key: ServiceKey, values: Values) -> Values:
        """Note that the policy is recorded, and return the outputs for the state, with the URN."""
        try:
            self._tell("recorded", key)
        except SharedEventsError as error:
            # What was sent must be recorded in any case. A later delete will refuse.
            self._log(key).warning(str(error))
        _, urn = self._checked.get(key, ("", ""))
        return values | {URN_OUTPUT: urn} if urn else values

    def _tell(self, event: str, key: ServiceKey) -> None:
        claim, _ = self._checked.get(key, ("", ""))
        if claim:
            self._claims.tell(event, claim)

    def _log(self, key: ServiceKey) -> Log:
        """The log, with its messages on the policy's row."""
        _, urn = self._checked.get(key, ("", ""))
        return self.operation.log.on(urn or None)

    def read(self, id_: str, props: Mapping[str, Any]) -> Reading:
        """Read the connections that the state has recorded, for a refresh. New ones are the next preview's.

        :param props: the state's outputs.
        :raises InputError: there are none: a policy cannot be read by its id.
        """
        if "decided" not in props:
            raise InputError("", f"there is no policy {id_} to read: a policy is no object of the API")
        policy = policy_of(props)
        live = {each.id or "": each for each in read_service(self.operation, policy, held=True)}
        before = Record.of_state(props)
        after = before.as_live(live)
        if after != before:
            self._drifted.add(service_key(self.operation, policy))
        inputs = {name: props[name] for name in REPEATED if props.get(name) is not None}
        return Reading(id_, {**props, **after.outputs()}, inputs)

    def delete(self, olds: Mapping[str, Any]) -> None:
        """Reject what the policy has accepted, and what its rules accept, unless another resource declares it.

        :param olds: the state's outputs.
        :raises DeclaredElsewhereError: the program declares a connection, but the state would not hold it any more.
        :raises ImpossibleError: more accepted connections would be rejected than ``max_interruptions``.
        :raises VpcepError: some could not be rejected.
        """
        policy = policy_of(olds)
        key, urn = service_key(self.operation, policy), olds.get(URN_OUTPUT)
        evaluation = evaluate(policy, read_service(self.operation, policy, held=True), self.operation.now)
        log = self.operation.log.on(urn)
        held = {id_ for id_, status in Record.of_state(olds).decided.items() if live_named(status) in HELD}
        candidates = [
            id_ for id_, each in sorted(evaluation.decisions.items()) if _is_to_reject(each, is_held=id_ in held)
        ]
        targets = self._unclaimed(policy, key, candidates, olds, log)
        cut_off = [id_ for id_ in targets if not evaluation.decisions[id_].has_expired]
        problem = refused_delete(policy, cut_off)
        if problem is not None:
            raise ImpossibleError(problem)
        carried = reject_all(self.operation, policy, evaluation, targets, log)
        if carried.errors:
            raise failure_of(policy, carried.errors, len(targets))

    def _unclaimed(
        self, policy: Policy, key: ServiceKey, endpoints: Iterable[str], olds: Mapping[str, Any], log: Log
    ) -> list[str]:
        """Those of the endpoints that no other resource of the program declares."""
        urn = olds.get(URN_OUTPUT)
        keys = {each: ConnectionKey(policy.service_id, each, key.address) for each in endpoints}
        await_holder(
            lambda: any(self._claims.is_awaited(each, urn) for each in keys.values()), self.operation.clock.sleep
        )
        place = {"region": policy.region, "project_id": policy.project_id, "profile": policy.profile}
        verdicts = {id_: self._claims.on_delete(each, urn, status="accepted", **place) for id_, each in keys.items()}
        for id_, verdict in verdicts.items():
            if verdict.deletion in REFUSALS:
                raise DeclaredElsewhereError(sentence(verdict, f"connection {id_} of {policy.name}"))
        kept = [id_ for id_, verdict in verdicts.items() if verdict.deletion is not Deletion.REJECT]
        if kept:
            log.info(f"{policy.name}: the program declares {named(kept)}: left as they are")
        return [id_ for id_, verdict in verdicts.items() if verdict.deletion is Deletion.REJECT]


def _is_to_reject(decision: Decision, *, is_held: bool) -> bool:
    """Whether the delete of a policy rejects a connection.

    It does if the state or the rules say that the policy accepts it: an update that was killed has recorded nothing.
    """
    if live_of(decision.connection) not in (*HELD, Live.UNDOCUMENTED):
        return False
    return is_held or decision.goal is Goal.ACCEPTED
