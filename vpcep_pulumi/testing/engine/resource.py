"""One resource, as the state holds it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.values import Values


@dataclass(eq=False)
class Resource:
    """One entry of the state. Several may have one URN: a replaced one stays until it is deleted.

    :ivar delete: it was replaced and is to be deleted.
    :ivar pending_replacement: it was deleted and is to be created anew.
    :ivar external: it was read, not made.
    :ivar provider: the provider resource that manages it: URN and id.
    :ivar taint: it is to be replaced by the next update.
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
    replace_with: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    taint: bool = False
    serial: int = -1
    """Its number in the journal; none before it was written."""

    @property
    def is_provider(self) -> bool:
        """Whether it stands for a provider, and is managed by the engine itself."""
        return self.type == urns.PROVIDER

    @property
    def hosted(self) -> bool:
        """Whether a provider's host manages it: it is neither a component nor a provider."""
        return self.custom and not self.is_provider

    @property
    def is_default_provider(self) -> bool:
        """Whether no program declares it."""
        return self.is_provider and self.urn == urns.default_provider(self.urn)

    @property
    def reference(self) -> str:
        """A provider, as what it manages names it."""
        return urns.reference(self.urn, self.id)

    def depends_on(self) -> set[str]:
        """Every URN that must be there while this one is."""
        named = {self.parent, self.deleted_with, urns.provider_of(self.provider), *self.dependencies}
        named |= {urn for needed in self.property_dependencies.values() for urn in needed}
        return (named | set(self.replace_with)) - {""}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


KEYS = {each.name: _camel(each.name) for each in fields(Resource) if each.name != "serial"}
"""Pulumi's spelling of each field."""
