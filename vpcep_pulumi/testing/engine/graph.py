"""Who depends on whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vpcep_pulumi.testing.engine.resource import Resource


def dependents(root: Resource, entries: Iterable[Resource]) -> list[Resource]:
    """Everything that depends on a resource, directly or not, in the order given.

    :param entries: each after those that it depends on.
    """
    condemned, found = {root.urn}, []
    for entry in entries:
        if entry is not root and entry.depends_on() & condemned:
            condemned.add(entry.urn)
            found.append(entry)
    return found


def with_dependents(urns: Iterable[str], entries: Iterable[Resource]) -> set[str]:
    """URNs, and those of everything that depends on one of them, directly or not."""
    left, found = list(entries), set(urns)
    while more := {each.urn for each in left if each.urn not in found and each.depends_on() & found}:
        found |= more
    return found


def with_dependencies(urns: Iterable[str], entries: Iterable[Resource]) -> set[str]:
    """URNs, and those of everything that one of them depends on, directly or not."""
    left, found = list(entries), set(urns)
    while more := {urn for each in left if each.urn in found for urn in each.depends_on()} - found:
        found |= more
    return found


def deletion_order(doomed: Iterable[Resource]) -> list[list[Resource]]:
    """The doomed in generations: each may be deleted at once when those before it are gone.

    As in Pulumi's engine, by how deep a resource stands upon others: the deepest go first.
    """
    left = list(doomed)
    generations: list[list[Resource]] = []
    while left:
        named = {each.urn for each in left}
        free = [each for each in left if not each.depends_on() & named] or left
        generations.append(free)
        left = [each for each in left if each not in free]
    return generations[::-1]
