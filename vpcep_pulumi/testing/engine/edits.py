"""Edits of a state by hand: the CLI's ``pulumi state rename``, ``delete`` and ``taint``. Pure.

Source: pkg/cmd/pulumi/state of Pulumi's CLI.
"""

from __future__ import annotations

from dataclasses import replace

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.graph import with_dependents
from vpcep_pulumi.testing.engine.resource import Resource


def renamed(entries: list[Resource], urn: str, name: str) -> list[Resource]:
    """The entries with one under another name; children have other URNs then, too.

    :raises EngineError: there is none of that URN, or one of the new one.
    """
    _only(entries, urn)
    return _moved(entries, urn, urns.renamed(urn, name))


def without(entries: list[Resource], urn: str) -> list[Resource]:
    """The entries but one.

    :raises EngineError: there is none of that URN, it is protected, or others depend on it.
    """
    condemned = _only(entries, urn)
    if condemned.protect:
        raise EngineError(f"{urn} can't be safely deleted because it is protected. Remove the `protect` flag first")
    others = with_dependents({urn}, entries) - {urn}
    if others:
        listed = "".join(f"\n * {each.urn}" for each in entries if each.urn in others)
        raise EngineError(f"{urn} can't be safely deleted because the following resources depend on it:{listed}")
    return [each for each in entries if each is not condemned]


def tainted(entries: list[Resource], urn: str) -> list[Resource]:
    """The entries with one marked to be replaced.

    :raises EngineError: there is none of that URN.
    """
    found = _only([each for each in entries if not each.delete], urn)
    return [replace(each, taint=True) if each is found else each for each in entries]


def _only(entries: list[Resource], urn: str) -> Resource:
    found = [each for each in entries if each.urn == urn]
    if not found:
        raise EngineError(f'No such resource "{urn}" exists in the current state')
    if len(found) > 1:
        raise EngineError(f"{urn} ambiguously refers to {len(found)} resources")
    return found[0]


def _moved(entries: list[Resource], urn: str, to: str) -> list[Resource]:
    if urn == to:
        return entries
    if any(each.urn == to for each in entries):
        raise EngineError("The chosen new urn for the state corresponds to an already existing resource")
    found = [_with_reference(each, urn, to) for each in entries]
    for child in [each for each in found if each.parent == to]:
        found = _moved(found, child.urn, urns.reparented(child.urn, to))
    return found


def _with_reference(entry: Resource, urn: str, to: str) -> Resource:
    """An entry in which every mention of a URN is another one."""

    def now(each: str) -> str:
        return to if each == urn else each

    provider = entry.provider
    if urns.provider_of(provider) == urn:
        provider = urns.reference(to, provider.rpartition("::")[2])
    needed = {key: [now(each) for each in urns_] for key, urns_ in entry.property_dependencies.items()}
    return replace(
        entry,
        urn=now(entry.urn),
        parent=now(entry.parent),
        provider=provider,
        deleted_with=now(entry.deleted_with),
        replace_with=[now(each) for each in entry.replace_with],
        dependencies=[now(each) for each in entry.dependencies],
        property_dependencies=needed,
    )
