"""Whose a connection is: the rule of ``expected_domain_id``, for every look at it and every answer. Pure.

1. What belongs to another account than expected is never decided on, described or called reached, whatever its status.
2. An endpoint's owner never changes. So an answer that leaves the owner out belongs to whom an earlier one of the same
   operation named; where none has named anybody, it is nobody's, which is not the expected account.
3. A delete takes back what the state holds, whoever has it.
"""

from __future__ import annotations

from vpcep_pulumi.lifecycle.table import Goal

MINDED = frozenset({Goal.ACCEPTED, Goal.REJECTED, Goal.AS_IT_STANDS})
"""The goals for which it matters whose the connection is."""


def owner_of(named: str | None, known: str | None) -> str | None:
    """The account that a connection belongs to; None where no answer has named one.

    :param named: by this answer; the API may leave it out.
    :param known: by an earlier answer of the same operation.
    """
    return named or known


def is_anothers(goal: Goal, expected: str | None, owner: str | None) -> bool:
    """Whether a connection belongs to another account than expected, or to nobody knows whom.

    :param expected: ``expected_domain_id``; None: any account will do.
    """
    return goal in MINDED and expected is not None and owner != expected
