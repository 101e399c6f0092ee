"""What the delete of a policy rejects, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vpcep_pulumi.errors import DeclaredElsewhereError, ImpossibleError
from vpcep_pulumi.lifecycle.declared import policy_of
from vpcep_pulumi.lifecycle.policy import Policy, evaluate
from vpcep_pulumi.lifecycle.policy_plan import Record, failure_of, named, refused_delete
from vpcep_pulumi.lifecycle.policy_work import cut_off, to_delete
from vpcep_pulumi.lifecycle.table import HELD, live_named
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import URN_OUTPUT
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.policies import decided, read_service, reject_all, service_key
from vpcep_pulumi.operation.rules import Deletion
from vpcep_pulumi.provider.deletions import REFUSALS, await_holder, sentence
from vpcep_pulumi.provider.properties import RETAINED


def delete_policy(operation: Operation, olds: Mapping[str, Any]) -> None:
    """Reject what the policy has accepted, and what its rules accept, unless another resource declares it.

    :param olds: the state's outputs.
    :raises DeclaredElsewhereError: the program declares a connection, but the state would not hold it any more.
    :raises ImpossibleError: more accepted connections would be rejected than ``max_interruptions``.
    :raises VpcepError: some could not be rejected.
    """
    policy = policy_of(olds, olds)
    key, urn = service_key(operation, policy), olds.get(URN_OUTPUT)
    evaluation = evaluate(policy, read_service(operation, policy, held=True), operation.now)
    log = operation.log.on(urn)
    record = Record.of_state(olds)
    held = {id_ for id_, status in record.decided.items() if live_named(status) in HELD}
    candidates = [each for each in to_delete(evaluation, held) if each not in record.left]
    targets = _unclaimed(operation, policy, candidates, urn=urn, log=log)
    before = operation.claims.interrupted(key)
    problem = refused_delete(policy, cut_off(evaluation, targets), before=before)
    if problem is not None:
        raise ImpossibleError(problem)
    carried = reject_all(operation, policy, evaluation, targets, log)
    if carried.errors:
        raise failure_of(policy, carried.errors, len(targets))


def refused_replacement(operation: Operation, olds: Mapping[str, Any]) -> list[str]:
    """Why a policy of another service must not be deleted for a new one; empty if it may be, or there is none.

    If it were refused only when it is deleted, the state would hold a delete that can never succeed.

    :param olds: the inputs that the state holds; empty if there are none.
    """
    if not olds.get("rules") or olds.get(RETAINED):
        return []
    former = policy_of(olds, olds)
    evaluation = decided(operation, former, held=True)
    # The state's outputs are not known here, so neither is what they have recorded as accepted.
    problem = refused_delete(former, cut_off(evaluation, to_delete(evaluation, held=())))
    return [] if problem is None else [f"it would replace the policy of {problem}"]


def _unclaimed(
    operation: Operation, policy: Policy, endpoints: Iterable[str], *, urn: str | None, log: Log
) -> list[str]:
    """Those of the endpoints that no other resource of the program declares."""
    key = service_key(operation, policy)
    keys = {each: ConnectionKey(policy.service_id, each, key.address) for each in endpoints}
    await_holder(lambda: any(operation.claims.is_awaited(each, urn) for each in keys.values()), operation.clock.sleep)
    place = {"region": policy.region, "project_id": policy.project_id, "profile": policy.profile}
    verdicts = {id_: operation.claims.on_delete(each, urn, status="accepted", **place) for id_, each in keys.items()}
    for id_, verdict in verdicts.items():
        if verdict.deletion in REFUSALS:
            raise DeclaredElsewhereError(sentence(verdict, f"connection {id_} of {policy.name}"))
    kept = [id_ for id_, verdict in verdicts.items() if verdict.deletion is not Deletion.REJECT]
    if kept:
        log.info(f"{policy.name}: the program declares {named(kept)}: left as they are")
    return [id_ for id_, verdict in verdicts.items() if verdict.deletion is Deletion.REJECT]
