"""Decides what a delete does to its connection, by what the running program declares. Pure.

Pulumi's engine may delete a resource whose connection another resource declares: after a rename or a replacement,
with ``--target`` and ``--exclude``, with ``delete_before_replace``, or in a second provider process. Such a delete must
not reject the connection, because it is to stay accepted. But the engine does not say why it deletes. So the program
claims each connection in the resource's constructor, the provider notes the engine's calls about it
(:mod:`~vpcep_pulumi.operation.known`), and ``delete`` decides by both (:func:`on_delete`).

The engine's order was read in pkg/resource/deploy/step_generator.go, and tried with the CLI:

- With ``destroy --run-program``, the engine runs the program, answers every registration, checks nothing, and deletes
  at the end.
- With ``--target`` and ``--exclude``, it answers the registrations of the resources that are left out without a check.
- With ``delete_before_replace`` and ``replace_with``, it deletes before it answers the next registration.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.known import Claim, Known


class Deletion(Enum):
    """What a delete does to its connection, and why."""

    REJECT = "nobody declares it any more"
    KEEP = "another resource holds it"
    KEEP_FOR_NOW = "a resource that is still to come may hold it: what becomes of that is recorded, whatever it is"
    REFUSE_FAILED = "the resource that declares it has failed in this operation"
    REFUSE_LEFT_OUT = "the resource that declares it is left out of this operation"
    REFUSE_TO_COME = "a policy that is still to come may accept it"
    REFUSE_UNDECIDED = "a policy may accept it: the API left out what its rules depend on"
    REFUSE_AMBIGUOUS = "it is declared, and nothing tells this operation from a destroy that runs the program"


class Verdict(NamedTuple):
    """What a delete does, and the claim because of which it leaves the connection alone."""

    deletion: Deletion
    holder: Claim | None = None


def on_delete(known: Known, connection: ConnectionKey, urn: str | None) -> Verdict:
    """What the delete of a resource does to its connection.

    :param connection: the connection that the state holds under the deleted resource.
    :param urn: the deleted resource's URN, as its outputs recorded it; None if they did not. It is out of date after a
        rename with an alias or ``pulumi state rename``. Then ``destroy --run-program`` may be refused, with a message.
    """
    own = known.own(urn)
    holders = known.holders(connection)
    if not holders:
        candidates = known.candidates(connection)
        policies = [each for each in candidates if each.service is not None]
        approvals = (each for each in own if each.service is None)
        coming = next((each for each in approvals if each.connection is None and not each.is_answered), None)
        if coming is not None and not policies:
            return Verdict(Deletion.KEEP_FOR_NOW, coming)
        holders = policies or [each for each in candidates if each not in own]
    if not holders:
        return Verdict(Deletion.REJECT)
    if not any(each.is_checked for each in holders) and any(_is_destroyed(each, connection) for each in own):
        return Verdict(Deletion.REJECT)
    if all(each.may_hold(connection) and each.service is not None for each in holders):
        # A policy says which connections it accepts when it is checked. Until then, nothing may be taken for granted.
        return Verdict(_refusal(known, connection, holders[0]), holders[0])
    for applies, deletion in HOLDERS:
        holder = next((each for each in holders if applies(each)), None)
        if holder is not None:
            return Verdict(deletion, holder)
    return Verdict(_refusal(known, connection, holders[0]), holders[0])


def _refusal(known: Known, connection: ConnectionKey, holder: Claim) -> Deletion:
    """The refusal if nothing shows what is to become of the connection."""
    if not (holder.is_checked or holder.is_answered):
        return Deletion.REFUSE_TO_COME
    if any(connection.endpoint_id in each.undecided for each in known.policies()):
        return Deletion.REFUSE_UNDECIDED
    asked = any(each.is_checked for each in known.claims.values())
    return Deletion.REFUSE_LEFT_OUT if asked else Deletion.REFUSE_AMBIGUOUS


def _is_destroyed(claim: Claim, connection: ConnectionKey) -> bool:
    """Whether a claim of the deleted resource shows that the operation is ``destroy --run-program``.

    It does if the engine has answered the resource's registration without a check by the provider, and still deletes
    the resource.
    """
    return claim.is_answered and not claim.is_checked and (claim.connection is None or claim.holds(connection))


HOLDERS: tuple[tuple[Callable[[Claim], bool], Deletion], ...] = (
    (lambda each: each.is_recorded or each.reads, Deletion.KEEP),
    # Checked and answered, but not recorded: it has failed, or was skipped because one of its dependencies has failed.
    (lambda each: each.has_failed or (each.is_checked and each.is_answered), Deletion.REFUSE_FAILED),
    (lambda each: each.is_checked or not each.is_answered, Deletion.KEEP_FOR_NOW),
)
"""What a delete does if another resource claims its connection: the first line that holds for any of the claims."""
