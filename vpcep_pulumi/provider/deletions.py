"""What a delete waits for, and what it says if it leaves its connection alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.table import Step, live_of, step_for
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.rules import Deletion, Verdict

REFUSALS = frozenset(each for each in Deletion if each.name.startswith("REFUSE"))
"""The deletions that fail: the resource stays in the state."""

WORDS: Mapping[Deletion, str] = MappingProxyType(
    {
        Deletion.KEEP: "{connection} is left as it is: the program declares it, as {holder}",
        Deletion.KEEP_FOR_NOW: (
            "{connection} is left as it is: the program declares it, as {holder}, which is still to come"
        ),
        Deletion.REFUSE_FAILED: (
            "{connection} is not rejected: the program declares it, as {holder}, which has failed in this operation. "
            "Nothing was sent for it, and the state keeps it; the next update goes on from there"
        ),
        Deletion.REFUSE_LEFT_OUT: (
            "{connection} is not rejected: the program declares it, as {holder}, which this operation leaves out "
            "(--target, --exclude). Nothing was sent for it, and the state keeps it: run `pulumi up` without them, "
            "or include {holder}"
        ),
        Deletion.REFUSE_TO_COME: (
            "{connection} is not rejected: the program declares {holder}, which may accept it, but is checked only "
            "after this delete. Nothing was sent for it, and the state keeps it. Drop delete_before_replace or "
            "replace_with, or let {holder} not depend on what is deleted first"
        ),
        Deletion.REFUSE_UNDECIDED: (
            "{connection} is not rejected: the program declares {holder}, whose rules may accept it, but the API left "
            "out what they depend on. Nothing was sent for it, and the state keeps it; run it again later"
        ),
        Deletion.REFUSE_AMBIGUOUS: (
            "{connection} is not rejected: the program declares it, as {holder}, which this operation did not ask "
            "about. Nothing was sent for it, and the state keeps it. To keep the connection, run `pulumi up` without "
            "--target and --exclude; to reject it, remove {holder} from the program, or declare it rejected"
        ),
    }
)
"""By deletion: the message of a delete that does not reject."""


def sentence(verdict: Verdict, connection: str) -> str:
    """The sentence for a verdict that does not reject.

    :param connection: its name, for messages.
    """
    holder = verdict.holder.name if verdict.holder is not None else "a resource"
    return WORDS[verdict.deletion].format(connection=connection, holder=holder)


def would_send(operation: Operation, approval: Approval) -> bool:
    """Whether a delete would reject anything. If not, nothing is lost with the state's entry.

    :param approval: what the state holds, with the goal of a delete.
    :raises RequestError: the connection could not be read.
    """
    live = live_of(operation.get_connection(approval, seen=True))
    return step_for(approval.goal, live, seen=True) is not Step.NOTHING


HOLDER_SECONDS, HOLDER_LOOKS = 0.25, 4
"""The seconds between two looks, and the number of looks, with which a delete waits for the engine to check the holder:
the resource that now declares the connection. The wait ends, because a holder may itself wait for this delete."""


def await_holder(is_awaited: Callable[[], bool], sleep: Callable[[float], None], *, looks: int = HOLDER_LOOKS) -> None:
    """Give the engine a moment to check the holder, or to leave it out (``--target``, ``--exclude``).

    :param looks: how many moments, each of :data:`HOLDER_SECONDS`.
    """
    for _ in range(looks):
        if not is_awaited():
            return
        sleep(HOLDER_SECONDS)
