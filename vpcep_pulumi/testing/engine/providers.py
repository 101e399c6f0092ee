"""Provider resources: what stands in the state for each provider that manages resources. Pure.

Source: pkg/resource/deploy/default_providers.go and deployment.go of Pulumi's engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.values import Values

INTERNAL = "__internal"
"""A key that providers never see, as in Pulumi's own states."""
OF_THE_STACK = {INTERNAL: {"configuration": "stack"}}
"""The inputs of a default provider: it gets the stack's configuration as it stands, so that no state holds a copy."""


def new_id() -> str:
    """An id for a provider resource, as Pulumi's engine draws it."""
    return str(uuid4())


def configuration(inputs: Values) -> Values | None:
    """What a provider is configured with; None is the stack's configuration."""
    if INTERNAL in inputs:
        return None
    return inputs


def with_default_provider(entries: list[Resource], fresh: Callable[[], str] = new_id) -> list[Resource]:
    """A state's entries, each with a provider: states of earlier versions name none, and have the default one."""
    orphans = {id(each) for each in entries if each.hosted and not each.provider and _is_dynamic(each)}
    if not orphans:
        return entries
    urn = urns.default_provider(next(each.urn for each in entries if id(each) in orphans))
    present = _current(entries, urn)
    provider = present or Resource(urn, urns.PROVIDER, custom=True, id=fresh(), inputs=OF_THE_STACK)
    found = [replace(each, provider=provider.reference) if id(each) in orphans else each for each in entries]
    return found if present is not None else [provider, *found]


def _is_dynamic(entry: Resource) -> bool:
    return entry.type.startswith(urns.DYNAMIC)


def _current(entries: Iterable[Resource], urn: str) -> Resource | None:
    return next((each for each in entries if each.urn == urn and not each.delete), None)
