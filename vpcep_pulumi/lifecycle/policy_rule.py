"""One rule of a policy: which connections it is about, and what it decides about them. Pure.

A rule is an object with these fields, however it is written (``accept(…)`` in a program, an object in YAML)::

    action          "accept", "reject" or "leave"
    domain_ids      it belongs to one of these accounts
    endpoint_ids    it is one of these endpoints
    description     its note matches this pattern: * any text, ? a character, [ab] one of these
    created_before  it was made earlier than this time
    created_after   it was made at this time or later
    limit           accept only: the most accepted connections of each account
    expires_at      accept only: from then on the rule rejects

All conditions of a rule must hold; of a list, one member. If the API leaves out what a condition asks for, nobody knows
whether the rule matches (:meth:`PolicyRule.matches`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from vpcep_pulumi.api.times import moment_of
from vpcep_pulumi.lifecycle.schema import LONGEST_DESCRIPTION, RULES, count_problem
from vpcep_pulumi.lifecycle.table import Goal

if TYPE_CHECKING:
    from vpcep_pulumi.api.models import Connection

GOALS: Final[Mapping[str, Goal | None]] = MappingProxyType(
    {"accept": Goal.ACCEPTED, "reject": Goal.REJECTED, "leave": None}
)
"""By action: the goal for the connections that the rule is about; None: they are left as they are."""
MOST_RULES = 1000
ACCEPT_ONLY = ("limit", "expires_at")


@dataclass(frozen=True)
class Condition:
    """A field of a rule that tells connections apart.

    :ivar problem: returns what is wrong with a value; None if nothing is.
    :ivar parse: the value in the form that the other functions take.
    :ivar holds: whether it holds for a connection; None if the API left out what it asks for.
    :ivar covers: whether each connection for which the second value holds is one for which the first holds.
    """

    problem: Callable[[object], str | None]
    parse: Callable[[Any], Any]
    holds: Callable[[Any, Connection], bool | None]
    covers: Callable[[Any, Any], bool]


def _ids_problem(value: object) -> str | None:
    if not isinstance(value, list | tuple | set | frozenset):
        return "must be a list of ids"
    if not value:
        return "is empty: the rule could never match"
    for each in value:
        if (reason := RULES["endpoint_id"](each)) is not None:
            return f"has an entry that {reason}"
    return None


def _pattern_problem(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "must be a text with at least one character"
    return None if len(value) <= LONGEST_DESCRIPTION else f"must have at most {LONGEST_DESCRIPTION} characters"


def _has_note(pattern: str, connection: Connection) -> bool | None:
    if pattern == "*":
        return True
    return None if connection.description is None else fnmatchcase(connection.description, pattern)


def _is_created(holds: Callable[[datetime, datetime], bool]) -> Callable[[datetime, Connection], bool | None]:
    """A condition on the time at which a connection was made."""

    def condition(bound: datetime, connection: Connection) -> bool | None:
        created = moment_of(connection.created_at)
        return None if created is None else holds(created, bound)

    return condition


CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "endpoint_ids": Condition(
            _ids_problem, frozenset, lambda ids, each: each.id in ids, lambda mine, theirs: mine >= theirs
        ),
        "domain_ids": Condition(
            _ids_problem,
            frozenset,
            lambda ids, each: each.domain_id in ids if each.domain_id else None,
            lambda mine, theirs: mine >= theirs,
        ),
        "description": Condition(
            _pattern_problem,
            str,
            _has_note,
            lambda mine, theirs: mine in (theirs, "*"),
        ),
        "created_before": Condition(
            RULES["expires_at"],
            datetime.fromisoformat,
            _is_created(lambda created, bound: created < bound),
            lambda mine, theirs: mine >= theirs,
        ),
        "created_after": Condition(
            RULES["expires_at"],
            datetime.fromisoformat,
            _is_created(lambda created, bound: created >= bound),
            lambda mine, theirs: mine <= theirs,
        ),
    }
)
"""Every condition, by its name."""
LACKING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "domain_ids": "account",
        "description": "note",
        "created_before": "time of creation",
        "created_after": "time of creation",
    }
)
"""By condition: what it asks for and the API may leave out, for messages."""
PROBLEMS: Final[Mapping[str, Callable[[object], str | None]]] = MappingProxyType(
    {
        "action": lambda value: (
            None if isinstance(value, str) and value in GOALS else 'must be "accept", "reject" or "leave"'
        ),
        **{name: condition.problem for name, condition in CONDITIONS.items()},
        "limit": lambda value: count_problem(value, least=1),
        "expires_at": RULES["expires_at"],
    }
)
"""By field of a rule: what is wrong with a value."""


@dataclass(frozen=True)
class PolicyRule:
    """A rule, with every value known.

    :ivar conditions: by name, parsed.
    :ivar limit: the most accepted connections of each account; None: any number.
    :ivar expires_at: RFC 3339; None: never.
    """

    action: str
    conditions: Mapping[str, Any]
    limit: int | None = None
    expires_at: str | None = None

    def matches(self, connection: Connection) -> bool | None:
        """Whether it is about this connection; None if the API left out what that depends on."""
        unknown = False
        for name, value in self.conditions.items():
            holds = CONDITIONS[name].holds(value, connection)
            if holds is False:
                return False
            unknown = unknown or holds is None
        return None if unknown else True

    def lacks(self, connection: Connection) -> str:
        """What the API left out of a connection, so that nobody knows whether the rule matches."""
        lacking = (name for name, value in self.conditions.items() if CONDITIONS[name].holds(value, connection) is None)
        return LACKING[next(lacking)]

    def covers(self, later: PolicyRule) -> bool:
        """Whether every connection that ``later`` is about is one that this rule is about."""
        return all(
            name in later.conditions and CONDITIONS[name].covers(value, later.conditions[name])
            for name, value in self.conditions.items()
        )


def rule_of(values: Mapping[str, Any]) -> PolicyRule:
    """The rule that checked values describe."""
    return PolicyRule(
        values["action"],
        {name: each.parse(values[name]) for name, each in CONDITIONS.items() if name in values},
        int(values["limit"]) if "limit" in values else None,  # numbers come from Pulumi as floats
        values.get("expires_at"),
    )


def rules_problem(value: object, is_unknown: Callable[[object], bool] = lambda _value: False) -> str | None:
    """What is wrong with the rules of a policy; None if nothing is. Rules are counted from 1. No value is shown.

    :param is_unknown: whether a value is not known yet; such a value, and rules that hold one, are not compared.
    """
    if not isinstance(value, list | tuple):
        return "must be a list of rules"
    if len(value) > MOST_RULES:
        return f"must be at most {MOST_RULES}, not {len(value)}"
    found = [f"rule {n}: {each}" for n, rule in enumerate(value, 1) for each in _problems(rule, is_unknown)]
    return "; ".join(found or _unreachable(value, is_unknown)) or None


def _problems(rule: object, is_unknown: Callable[[object], bool]) -> list[str]:
    if is_unknown(rule):
        return []
    if not isinstance(rule, Mapping):
        return ["it must be made by accept(), reject() or leave(), or be an object with an `action`"]
    if "action" not in rule:
        return ["it has no `action`"]
    found = [
        f"{name} {reason}"
        for name, given in rule.items()
        if not is_unknown(given) and (reason := _problem(name, given, is_unknown)) is not None
    ]
    if not found and not is_unknown(rule["action"]) and rule["action"] != "accept":
        found = [f"{name} is only for rules that accept" for name in ACCEPT_ONLY if name in rule]
    return found


def _problem(name: str, given: object, is_unknown: Callable[[object], bool]) -> str | None:
    if name not in PROBLEMS:
        like = difflib.get_close_matches(str(name), PROBLEMS, n=1)
        advice = f"is {like[0]} meant?" if like else f"there are {', '.join(PROBLEMS)}"
        return f"is no field of a rule; {advice}"
    if given is None:
        return "is None: leave it out, or give it a value"
    if isinstance(given, list | tuple) and any(map(is_unknown, given)):
        given = [each for each in given if not is_unknown(each)] or ["x"]
    return PROBLEMS[name](given)


def _unreachable(values: list[Any] | tuple[Any, ...], is_unknown: Callable[[object], bool]) -> list[str]:
    """The rules that can never match, each with the reason."""
    known = [(n, rule_of(each)) for n, each in enumerate(values, 1) if not _holds_unknown(each, is_unknown)]
    found = []
    for at, (number, rule) in enumerate(known):
        before, after = (rule.conditions.get(name) for name in ("created_before", "created_after"))
        if before is not None and after is not None and before <= after:
            found.append(f"rule {number}: it can never match: created_before is not later than created_after")
        shadow = next((n for n, earlier in known[:at] if earlier.covers(rule)), None)
        if shadow is not None:
            found.append(f"rule {number}: it can never match, because rule {shadow} matches first")
    return found


def _holds_unknown(rule: Any, is_unknown: Callable[[object], bool]) -> bool:
    if is_unknown(rule):
        return True
    return any(
        is_unknown(given) or (isinstance(given, list | tuple) and any(map(is_unknown, given)))
        for given in rule.values()
    )
