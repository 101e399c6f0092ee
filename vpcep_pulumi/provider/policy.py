"""The provider's operations for ``EndpointConnectionPolicy`` on plain values. Does not import pulumi.

As :mod:`vpcep_pulumi.provider.core` for approvals, and with the same rules: what can be refused is refused before
anything is sent; what was sent is recorded; a delete leaves alone what another resource of the program declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from vpcep_pulumi.errors import (
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
from vpcep_pulumi.lifecycle.policy import Claimed, Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.policy_plan import (
    Record,
    failure_of,
    named,
    news_of,
    plan_of,
    record_of,
    refusals,
    warnings,
    work_of,
)
from vpcep_pulumi.lifecycle.policy_schema import POLICY, problems
from vpcep_pulumi.lifecycle.table import Goal
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import CLAIM_INPUT, URN_OUTPUT
from vpcep_pulumi.operation.keys import ServiceKey
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.policies import Carried, carry_out, claimed, decided, read_service, service_key
from vpcep_pulumi.provider.answers import Checked, Difference, Planned, Reading
from vpcep_pulumi.provider.deletions import await_holder
from vpcep_pulumi.provider.plans import inputs_for
from vpcep_pulumi.provider.policy_deletion import delete_policy, refused_replacement
from vpcep_pulumi.provider.policy_values import is_held, policy_outputs
from vpcep_pulumi.provider.properties import REFUSED, RETAINED
from vpcep_pulumi.provider.unknown import UNKNOWN, holds_unknown
from vpcep_pulumi.provider.values import Values

DECLARED_LOOKS = 240
"""How many moments an update waits until it is known what approvals of the service declare: a minute."""
IDENTITY, REPEATED = POLICY.names("identity"), POLICY.names("repeated")


class _Declared(NamedTuple):
    """A policy as the program declares it: its claim's id, and its URN. Empty if it is not known."""

    claim: str = ""
    urn: str = ""


class PolicyProvider:
    """The calls of Pulumi's engine for ``EndpointConnectionPolicy``. Thread-safe; one for each operation.

    :ivar operation: what its resources share.
    :param masked: a text as the state holds it: without secrets.
    """

    def __init__(self, operation: Operation, masked: Callable[[str], str] = str) -> None:
        self.operation = operation
        self._masked = masked
        self._claims = operation.claims
        self._checked: dict[ServiceKey, _Declared] = {}
        """The policies that were checked. A ``diff`` of others belongs to a refresh."""
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
            return self._check_live(policy_of(inputs, olds), inputs, olds, news)
        except (SettingsError, RequestError, SharedEventsError, InputError) as error:
            return Checked(inputs, (InputError("", str(error)),))

    def _check_live(self, policy: Policy, inputs: Values, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        held, key, given = is_held(olds, inputs), service_key(self.operation, policy), news.get(CLAIM_INPUT)
        urn = (given or "").partition(" ")[2]
        row = self.operation.log.on(urn or None)
        evaluation = decided(self.operation, policy, held=held, gone=row.warning)
        claim, other = self._claims.check_policy(
            given,
            key,
            accepts=evaluation.of(Goal.ACCEPTED),
            rejects=evaluation.of(Goal.REJECTED) - evaluation.expired,
            undecided=evaluation.undecided,
        )
        if other is not None:
            reason = f"{policy.name} has two policies, the other is {other.name}: put all rules into one"
            return Checked(inputs, (InputError("", reason),))
        # The state's outputs are not known here: whether anything is to be recorded otherwise, ``diff`` finds out.
        plan = work_of(evaluation) if held else plan_of(evaluation, Record.of_state({}))
        refused = [*refusals(policy, evaluation), *([] if held else refused_replacement(self.operation, olds))]
        if refused:
            self._claims.tell("failed", claim)
        for warning in warnings(policy, evaluation, self.operation.now):
            row.warning(warning)
        self._checked[key] = _Declared(claim, urn)
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
        policy = policy_of(news, olds)
        key = service_key(self.operation, policy)
        if key not in self._checked:
            return Difference(key in self._drifted)
        before, claims = Record.of_state(olds), claimed(self.operation, policy)
        if self._claims.unresolved(key):
            # The engine asks here before it goes on. What was left to an approval is taken to be its own still.
            claims = {id_: Claimed("an approval", None) for id_ in before.left} | claims
        connections = read_service(self.operation, policy, held=True)
        evaluation = evaluate(policy, connections, self.operation.now, claims)
        after = record_of(evaluation).masked(self._masked)
        changes = bool(evaluation.work or olds.get("errors")) or after != before
        if not changes:
            self._tell("recorded", key)
        elif told := news_of(evaluation, before, after):
            self._log(key).info(f"{policy.name}: {told}")
        return Difference(changes)

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, Values]:
        """Carry out a new policy.

        :returns: the id and the outputs.
        :raises PartlyDone: some decisions were not carried out, but something was sent.
        :raises VpcepError: nothing was changed remotely.
        """
        policy = policy_of(inputs)
        return policy.service_id, self._done(policy, inputs, Record.of_state({}), held=False)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Values:
        """Carry out what is declared now. It raises the same errors as :meth:`create`.

        :param olds: the state's outputs.
        """
        return self._done(policy_of(news, olds), news, Record.of_state(olds), held=True)

    def _done(self, policy: Policy, inputs: Mapping[str, Any], before: Record, *, held: bool) -> Values:
        """Carry out. If nothing was sent, but deletes were skipped because of this policy, record their connections.

        Their entries are gone from the state: without this record, no state would know of them.
        """
        key = service_key(self.operation, policy)
        try:
            return self._carry_out(policy, inputs, held=held)
        except VpcepError as error:
            if isinstance(error, PartlyDone):
                raise
            self._tell("failed", key)
            kept = self._claims.kept_for(self._declared(key).claim)
            if not kept:
                raise
            declared: Mapping[str, Claimed] = {}
            with suppress(SharedEventsError):
                declared = claimed(self.operation, policy)
            record = before.with_kept({id_: each.status for id_, each in kept.items()}, declared)
            values = policy_outputs(inputs, record, {}, error)
            raise PartlyDone(policy.service_id, self._recorded(key, values), error) from None

    def _carry_out(self, policy: Policy, inputs: Mapping[str, Any], *, held: bool) -> Values:
        key = service_key(self.operation, policy)
        # Other than a check, an update does not hold the engine up.
        await_holder(lambda: bool(self._claims.unresolved(key)), self.operation.clock.sleep, looks=DECLARED_LOOKS)
        connections = read_service(self.operation, policy, held=held)
        claims = claimed(self.operation, policy)
        evaluation = evaluate(policy, connections, self.operation.now, claims)
        # The connections, and what is known of the program, may have changed since the check.
        refused = [*refusals(policy, evaluation), *self._unresolved(key, evaluation)]
        if refused:
            raise ImpossibleError(f"{policy.name}: {'; '.join(refused)}. Nothing was sent")
        carried = carry_out(self.operation, policy, evaluation, claims, self._log(key))
        self._note_interruptions(key, evaluation, carried)
        with suppress(SharedEventsError):  # what was sent must be recorded in any case
            claims = claimed(self.operation, policy)
        after = evaluate(policy, carried.connections, self.operation.now, claims)
        failed = self._failed(carried, after)
        problem = failure_of(policy, failed, len(evaluation.work)) if failed else None
        if problem is not None and not carried.sent:
            raise problem
        values = policy_outputs(inputs, record_of(after), failed, problem)
        if problem is None:
            return self._recorded(key, values)
        self._log(key).warning(f"not reached, but recorded: {problem}")
        raise PartlyDone(policy.service_id, self._recorded(key, values), problem)

    def _unresolved(self, key: ServiceKey, evaluation: Evaluation) -> list[str]:
        """Why nothing may be sent yet: the program declares approvals of which nobody knows the endpoint."""
        names = [each.name for each in self._claims.unresolved(key)]
        if not names or not evaluation.work:
            return []
        return [f"nobody knows yet which connection {named(names)} declares: let the policy depend on it (depends_on)"]

    def _note_interruptions(self, key: ServiceKey, evaluation: Evaluation, carried: Carried) -> None:
        """Note how many consumers were cut off: a delete in the same operation counts them as well."""
        count = sum(each.endpoint_id in carried.sent for each in evaluation.interruptions)
        if count:
            with suppress(SharedEventsError):  # what was sent must be recorded in any case
                self._tell("interrupted", key, service=key, count=count)

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
        urn = self._declared(key).urn
        return values | {URN_OUTPUT: urn} if urn else values

    def _declared(self, key: ServiceKey) -> _Declared:
        return self._checked.get(key, _Declared())

    def _tell(self, event: str, key: ServiceKey, **fields: Any) -> None:
        if claim := self._declared(key).claim:
            self._claims.tell(event, claim, **fields)

    def _log(self, key: ServiceKey) -> Log:
        """The log, with its messages on the policy's row."""
        return self.operation.log.on(self._declared(key).urn or None)

    def read(self, id_: str, props: Mapping[str, Any]) -> Reading:
        """Read the connections that the state has recorded, for a refresh. New ones are the next preview's.

        :param props: the state's outputs.
        :raises InputError: there are none: a policy cannot be read by its id.
        """
        if "decided" not in props:
            raise InputError("", f"there is no policy {id_} to read: a policy is no object of the API")
        policy = policy_of(props, props)
        live = {each.id or "": each for each in read_service(self.operation, policy, held=True)}
        before = Record.of_state(props)
        after = before.as_live(live)
        if after != before:
            self._drifted.add(service_key(self.operation, policy))
        inputs = {name: props[name] for name in (*REPEATED, RETAINED) if props.get(name) is not None}
        return Reading(id_, {**props, **after.outputs()}, inputs)

    def delete(self, olds: Mapping[str, Any]) -> None:
        """Reject what the policy has accepted, and what its rules accept, unless another resource declares it.

        :param olds: the state's outputs.
        :raises DeclaredElsewhereError: the program declares a connection, but the state would not hold it any more.
        :raises ImpossibleError: more accepted connections would be rejected than ``max_interruptions``.
        :raises VpcepError: some could not be rejected.
        """
        delete_policy(self.operation, olds)
