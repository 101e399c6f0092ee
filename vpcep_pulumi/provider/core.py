"""The provider's operations (``check``, ``diff``, ``create``, …) on plain values. Does not import pulumi.

Each method answers one call of Pulumi's engine. A second adapter, such as a provider plugin for all of Pulumi's
languages, can use the same core.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpcep_pulumi.errors import (
    DeclaredElsewhereError,
    InputError,
    OwnerError,
    PartlyDone,
    RequestError,
    SettingsError,
    SharedEventsError,
    VpcepError,
)
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.declared import approval_for, approval_of
from vpcep_pulumi.lifecycle.difference import has_drifted, inputs_changed, replaced_by
from vpcep_pulumi.lifecycle.owner import is_foreign, whose
from vpcep_pulumi.lifecycle.schema import REPEATED, RULES
from vpcep_pulumi.lifecycle.table import Goal
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import CLAIM_INPUT, URN_OUTPUT
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.rules import Deletion
from vpcep_pulumi.provider.answers import Checked, Difference, Reading
from vpcep_pulumi.provider.deletions import REFUSALS, await_holder, sentence, would_send
from vpcep_pulumi.provider.plans import inputs_for, planned, unknown_plan
from vpcep_pulumi.provider.properties import REFUSED
from vpcep_pulumi.provider.unknown import UNKNOWN
from vpcep_pulumi.provider.values import Values, is_held, outputs, problems, split_id


class ApprovalProvider:
    """The calls of Pulumi's engine for ``EndpointConnectionApproval``. Thread-safe; one for each operation.

    :ivar operation: what its resources share.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._claims = operation.claims
        self._log = operation.log
        self._key = operation.key_of
        self._checked: set[ConnectionKey] = set()
        """The connections that were checked. If a connection is not among them, its ``diff`` belongs to a refresh."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Validate and resolve the inputs, read the connection, and plan what is going to happen.

        Whatever can be refused before anything is sent is refused here. :mod:`~vpcep_pulumi.provider.plans` explains
        what a preview gets besides, and how.

        :param olds: the inputs that the state holds; empty for a new resource.
        :param news: the program's inputs; those that a preview does not know yet are ``UNKNOWN``.
        """
        checked = self._check(olds, news)
        inputs = inputs_for(checked, news)
        return Checked(inputs, () if REFUSED in inputs else checked.failures, checked.plan)

    def _check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        inputs: Values = {name: news[name] for name in RULES if news.get(name) is not None}
        failures = problems(inputs, olds)
        if failures:
            return Checked(inputs, tuple(failures))
        if inputs.get("profile") is UNKNOWN:
            inputs = {"region": UNKNOWN, "project_id": UNKNOWN, **inputs}
        location = [inputs.get(name) for name in ("region", "project_id", "profile")]
        if UNKNOWN in location:
            return Checked(inputs, plan=unknown_plan(olds, inputs))
        try:
            session = self.operation.projects.get(*location)
            inputs |= {"region": session.region, "project_id": session.project_id}
            if any(value is UNKNOWN for value in inputs.values()):
                return Checked(inputs, plan=unknown_plan(olds, inputs))
        except (SettingsError, RequestError) as error:
            return Checked(inputs, (InputError("", str(error)),))
        return self._check_claimed(inputs, olds, news.get(CLAIM_INPUT))

    def _check_claimed(self, inputs: Values, olds: Mapping[str, Any], claim: str | None) -> Checked:
        approval = approval_of(inputs, now=self.operation.now)
        try:
            key, status, by_expiry = self._key(approval), str(approval.goal), approval.has_expired
            other = self._claims.check(claim, key, status, by_expiry=by_expiry)
            policy = None if by_expiry else self._claims.opposite(key, status)
        except SharedEventsError as error:
            return Checked(inputs, (InputError("", str(error)),))
        if other is not None:
            return Checked(inputs, (InputError("", f"{approval.name} is declared twice, also by {other.name}"),))
        if policy is not None:
            reason = (
                f"{approval.name} is declared {approval.goal}, and {policy.name} decides the opposite: put "
                f'leave(endpoint_ids=["{approval.endpoint_id}"]) first among its rules, or remove one of them'
            )
            return Checked(inputs, (InputError("", reason),))
        if self._claims.kept(self._key(approval)) is not None:
            # If it were refused here, no state would hold the connection. ``create`` records whatever is wrong with it.
            self._checked.add(self._key(approval))
            return Checked(inputs)
        try:
            plan = planned(self.operation, approval, olds)
        except (OwnerError, RequestError, InputError) as error:
            if not is_held(olds, approval):
                self._claims.outcome("failed", self._key(approval))
            problem = self._reject_owed(approval)
            reason = str(error) if problem is None else f"{error}; and {problem}"
            return Checked(inputs, (InputError("endpoint_id" if isinstance(error, OwnerError) else "", reason),))
        self._checked.add(self._key(approval))
        return Checked(inputs, plan=plan)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        """Whether there is anything to do. The live status decides, not only the recorded one.

        :param olds: the state's outputs.
        :param news: what ``check`` returned; in a refresh, the state's inputs.
        """
        if REFUSED in news:
            return Difference(True)
        replaces = replaced_by(olds, news, UNKNOWN)
        if replaces or inputs_changed(olds, news, UNKNOWN):
            return Difference(True, replaces)
        approval = approval_of(news, now=self.operation.now)
        # ``check`` has read it a moment ago; whatever its age, this is what the plan was made from.
        connection = self.operation.get_connection(approval, seen=True, since=float("-inf"))
        changes = (
            has_drifted(approval, connection, olds)
            # In a refresh, ``news`` are the state's own inputs: is their status another than the recorded one?
            or (approval.status != olds.get("status") and self._key(approval) not in self._checked)
            or bool(self._claims.owed(self._key(approval)))  # an update rejects them
        )
        if not changes:
            self._claims.outcome("recorded", self._key(approval))
        return Difference(changes)

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, Values]:
        """Carry out a new approval.

        :returns: the id and the outputs.
        :raises PartlyDone: the declared status was not reached, but something was sent, or a former entry of the
            connection was deleted from the state.
        :raises VpcepError: nothing was changed remotely.
        """
        approval = approval_of(inputs, now=self.operation.now)
        key = self._key(approval)
        try:
            values = self._carry_out(approval, inputs, before=None)
        except PartlyDone:
            raise
        except VpcepError as error:
            kept = self._claims.kept(key)
            if kept is None:
                self._claims.outcome("failed", key)
                raise
            # A former entry was deleted from the state. Without this record, no state would know of its connection.
            values = outputs(inputs, None, errors=[str(error)]) | {"status": kept.status}
            raise self._partly_done(approval, values, error) from None
        return approval.id, values

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Values:
        """Carry out what is declared now. It raises the same errors as :meth:`create`.

        :param olds: the state's outputs.
        """
        return self._carry_out(approval_of(news, now=self.operation.now), news, before=olds)

    def _carry_out(self, approval: Approval, inputs: Mapping[str, Any], *, before: Mapping[str, Any] | None) -> Values:
        outcome = self.operation.carry_out(
            approval, seen=before is not None, written=before.get("description") if before is not None else None
        )
        owed = self._reject_owed(approval)  # whatever has become of the connection
        values = outputs(inputs, outcome.connection, goal=approval.goal, before=before)
        if owed is not None:
            values["errors"] = [str(owed), *values["errors"]]
        if outcome.error is not None:
            if not outcome.sent:
                if owed is not None:
                    self._log.warning(str(owed))
                raise outcome.error
            values["errors"] = [str(outcome.error), *values["errors"]]
            raise self._partly_done(approval, values, outcome.error) from outcome.error
        if outcome.has_left:
            self._log.warning(f"{approval.name}: its consumer has left meanwhile; remove this approval")
        if owed is not None:
            raise self._partly_done(approval, values, owed)
        return self._recorded(approval, values)

    def _reject_owed(self, approval: Approval) -> VpcepError | None:
        """Reject the connections whose delete was skipped for this resource, but that it does not declare after all.

        When they were deleted, it was not known yet which connection this resource declares.

        :returns: why that could not be done; None if it was.
        """
        try:
            for key, kept in self._claims.owed(self._key(approval)):
                ids = {"service_id": key.service_id, "endpoint_id": key.endpoint_id}
                former = approval_for(
                    {**ids, "region": kept.region, "project_id": kept.project_id, "profile": kept.profile}, Goal.DELETED
                )
                self._reject(former, self._log)
        except VpcepError as error:
            return error
        return None

    def _partly_done(self, approval: Approval, values: Values, error: VpcepError) -> PartlyDone:
        self._log.warning(f"not reached, but recorded: {error}")
        return PartlyDone(approval.id, self._recorded(approval, values), error)

    def _recorded(self, approval: Approval, values: Values) -> Values:
        """Note that the connection is recorded, and return the outputs for the state, with the URN."""
        key = self._key(approval)
        try:
            self._claims.outcome("recorded", key)
            urn = self._claims.urn_of(key)
        except SharedEventsError as error:
            # What was sent must be recorded in any case. A later delete will refuse.
            self._log.warning(f"{approval.name}: {error}")
            return values
        return values if urn is None else {**values, URN_OUTPUT: urn}

    def read(self, id_: str, props: Mapping[str, Any]) -> Reading:
        """Read the live connection, for a refresh or for ``.get``.

        If the connection is gone, a refresh keeps the approval as ``absent``. If it were removed from the state, the
        next update would wait for an endpoint that has left.

        :param props: the state's outputs; for ``.get``, the inputs that the program gave.
        :raises InputError: the id is malformed, or ``.get`` asks for a connection that is not there.
        """
        service_id, endpoint_id = split_id(id_)
        known = "status" in props
        profile = props.get("profile")
        if profile is not None and (reason := RULES["profile"](profile)) is not None:  # of a ``.get``
            raise InputError("profile", reason)
        session = self.operation.projects.get(props.get("region"), props.get("project_id"), profile)
        identity = {
            "service_id": service_id,
            "endpoint_id": endpoint_id,
            "region": session.region,
            "project_id": session.project_id,
        }
        inputs: Values = {name: props[name] for name in REPEATED if props.get(name) is not None} | identity
        approval = approval_for(inputs, Goal.ACCEPTED)
        connection = self.operation.get_connection(approval, seen=known)
        if connection is None and not known:
            raise InputError(
                "",
                f"there is no {approval.name} in {approval.location}: check both ids and the region; "
                "or its consumer has left",
            )
        if connection is not None and is_foreign(approval, connection):
            # A refresh only reports what there is. The next preview refuses it.
            self._log.warning(f"{approval.name} {whose(approval, connection)}")
        values = outputs(inputs, connection, before=props)
        if URN_OUTPUT in props:
            values[URN_OUTPUT] = props[URN_OUTPUT]
        inputs["status"] = values["status"]
        if values.get("description") is not None:
            inputs["description"] = values["description"]
        return Reading(id_, values, inputs)

    def delete(self, olds: Mapping[str, Any]) -> None:
        """Reject the connection, unless another resource of the program declares it: see ``operation.rules``.

        :param olds: the state's outputs.
        :raises DeclaredElsewhereError: the program declares it, but the state would not hold it any more.
        :raises VpcepError: it could not be rejected.
        """
        approval = approval_for(olds, Goal.DELETED)
        known = {name: str(olds.get(name)) for name in ("status", "region", "project_id")}
        known |= {"profile": olds["profile"]} if olds.get("profile") is not None else {}
        key, urn = self._key(approval), olds.get(URN_OUTPUT)
        await_holder(lambda: self._claims.is_awaited(key, urn), self.operation.clock.sleep)
        verdict = self._claims.on_delete(key, urn, **known)
        log = self._log.on(urn)
        if verdict.deletion is Deletion.REJECT:
            self._reject(approval, log)
        elif verdict.deletion not in REFUSALS:
            log.info(sentence(verdict, approval.name))
        elif would_send(self.operation, approval):
            raise DeclaredElsewhereError(sentence(verdict, approval.name))
        else:
            log.info(f"{approval.name}: there is nothing to reject any more")

    def _reject(self, approval: Approval, log: Log) -> None:
        error = self.operation.carry_out(approval, seen=True, log=log).error
        if error is not None:
            raise error
