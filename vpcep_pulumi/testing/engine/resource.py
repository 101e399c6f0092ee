"""One resource, as the state holds it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from vpcep_pulumi.testing.engine.values import Values


@dataclass(eq=False)
class Resource:
    """One entry of the state. Several may have one URN: a replaced one stays until it is deleted.

    :ivar delete: it was replaced and is to be deleted.
    :ivar pending_replacement: it was deleted and is to be created anew.
    :ivar external: it was read, not made.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Values = field(default_factory=dict)
    outputs: Values = field(default_factory=dict)
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    additional_secret_outputs: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    deleted_with: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    serial: int = -1
    """Its number in the journal; none before it was written."""

    def depends_on(self) -> set[str]:
        """Every URN that must be there while this one is."""
        named = {self.parent, self.deleted_with, *self.dependencies}
        return (named | {urn for urns in self.property_dependencies.values() for urn in urns}) - {""}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


KEYS = {each.name: _camel(each.name) for each in fields(Resource) if each.name != "serial"}
"""Pulumi's spelling of each field."""
