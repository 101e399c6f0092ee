"""The three functions with which a program writes the rules of a policy. Each returns the rule as an object."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any

import pulumi

from vpcep_pulumi.resources.arguments import ANY, as_input

Ids = pulumi.Input[Collection[pulumi.Input[str]]]
"""Some ids. Each of them, or all together, may be an output."""


def accept(
    *,
    domain_ids: Ids = ANY,
    endpoint_ids: Ids = ANY,
    description: pulumi.Input[str] = ANY,
    created_before: pulumi.Input[str] = ANY,
    created_after: pulumi.Input[str] = ANY,
    limit: pulumi.Input[int] = ANY,
    expires_at: pulumi.Input[str] = ANY,
) -> dict[str, Any]:
    """A rule that accepts the connections that meet all of its conditions.

    A condition that is given must not be None or empty: from data, either would silently mean everybody, or nobody.

    :param domain_ids: they belong to one of these accounts.
    :param endpoint_ids: they are one of these endpoints.
    :param description: their note matches this pattern: ``*`` is any text, ``?`` a character.
    :param created_before: they were made earlier: RFC 3339, with a zone.
    :param created_after: they were made then or later.
    :param limit: the most accepted connections of each account on the service, the oldest first. What is accepted
        already is never rejected because of it.
    :param expires_at: from then on, the rule rejects instead: RFC 3339, with a zone.
    """
    return _rule(
        "accept",
        domain_ids=domain_ids,
        endpoint_ids=endpoint_ids,
        description=description,
        created_before=created_before,
        created_after=created_after,
        limit=limit,
        expires_at=expires_at,
    )


def reject(
    *,
    domain_ids: Ids = ANY,
    endpoint_ids: Ids = ANY,
    description: pulumi.Input[str] = ANY,
    created_before: pulumi.Input[str] = ANY,
    created_after: pulumi.Input[str] = ANY,
) -> dict[str, Any]:
    """A rule that rejects the connections that meet all of its conditions; they are those of :func:`accept`.

    Accepted connections are rejected as well, up to the policy's ``max_interruptions``.
    """
    return _rule(
        "reject",
        domain_ids=domain_ids,
        endpoint_ids=endpoint_ids,
        description=description,
        created_before=created_before,
        created_after=created_after,
    )


def leave(
    *,
    domain_ids: Ids = ANY,
    endpoint_ids: Ids = ANY,
    description: pulumi.Input[str] = ANY,
    created_before: pulumi.Input[str] = ANY,
    created_after: pulumi.Input[str] = ANY,
) -> dict[str, Any]:
    """A rule that leaves the connections that meet all of its conditions as they are; they are those of :func:`accept`.

    Somebody else decides on them: in the console, or with an approval of the same program.
    """
    return _rule(
        "leave",
        domain_ids=domain_ids,
        endpoint_ids=endpoint_ids,
        description=description,
        created_before=created_before,
        created_after=created_after,
    )


def _rule(action: str, **fields: Any) -> dict[str, Any]:
    return {"action": action, **{name: value for name, value in fields.items() if value is not ANY}}


def plain(value: Any, name: str = "rules") -> Any:
    """The value as Pulumi takes it: a set or a tuple is a list, an awaitable an output.

    An output that turns out to be None, or to hold one, fails: Pulumi would drop it, and with it a condition.

    :param name: the field, for messages.
    """
    if isinstance(value, Mapping):
        return {each: plain(part, str(each)) for each, part in value.items()}
    if isinstance(value, set | frozenset):
        if any(isinstance(each, pulumi.Output) or inspect.isawaitable(each) for each in value):
            return plain(pulumi.Output.all(*map(as_input, value)).apply(lambda each: sorted(each, key=str)), name)
        return sorted(value, key=str)
    if isinstance(value, list | tuple):
        return [plain(each, name) for each in value]
    given = as_input(value)
    if not isinstance(given, pulumi.Output):
        return given

    def whole(found: Any) -> Any:
        if (missing := _none_in(found, name)) is not None:
            raise pulumi.RunError(f"{missing} of a rule is None: leave it out, or give it a value")
        return found

    return given.apply(whole)


def _none_in(value: object, name: str) -> str | None:
    """The field that is, or holds, None; None if there is none."""
    if value is None:
        return name
    if isinstance(value, Mapping):
        return next((found for key, each in value.items() if (found := _none_in(each, str(key)))), None)
    if isinstance(value, list | tuple):
        return next((found for each in value if (found := _none_in(each, name))), None)
    return None
