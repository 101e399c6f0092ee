"""Names of resources (URNs), and the names that a resource had before (aliases). Pure.

Source: "Resource names" in Pulumi's documentation, and pkg/resource/deploy/step_generator.go of its engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

STACK = "pulumi:pulumi:Stack"
DYNAMIC = "pulumi-python:"
"""What the types of dynamic resources begin with."""
PROVIDER = "pulumi:providers:pulumi-python"
"""The type of the resources that stand for a dynamic provider."""
DEFAULT_PROVIDER = "default"
"""The name of the one that is made for resources that name no other."""


@dataclass(frozen=True)
class Alias:
    """A name that a resource may have had before; what is empty is as it is now.

    :ivar urn: the whole name; then nothing else counts.
    """

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


def create(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource."""
    parent_type = qualified_type(parent) if parent else ""
    whole = type_ if parent_type in ("", STACK) else f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{whole}::{name}"


def qualified_type(urn: str) -> str:
    """The type of a resource, behind those of its parents: ``a$b``."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The type of a resource."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The name of a resource."""
    return urn.split("::", 3)[3]


def renamed(urn: str, name: str) -> str:
    """The URN of a resource under another name."""
    return f"{urn.removesuffix(name_of(urn))}{name}"


def reparented(urn: str, parent: str) -> str:
    """The URN of a resource under another parent."""
    _, _, stack, rest = urn.split(":", 3)
    return create(stack, rest.removeprefix(":").split("::")[0], parent, type_of(urn), name_of(urn))


def default_provider(urn: str) -> str:
    """The URN of the default provider of the stack that a resource belongs to."""
    return "::".join([*urn.split("::")[:2], PROVIDER, DEFAULT_PROVIDER])


def reference(urn: str, id_: str) -> str:
    """A provider resource as the resources that it manages name it."""
    return f"{urn}::{id_}"


def provider_of(reference: str) -> str:
    """The URN of a provider resource in a reference; empty where there is none."""
    return reference.rpartition("::")[0]


def former(  # noqa: PLR0917 -- the parts of a URN, in its order
    stack: str, project: str, parent: str, type_: str, name: str, aliases: Iterable[Alias], renamed: Mapping[str, str]
) -> list[str]:
    """Every URN that a resource may have had before, the likeliest first.

    :param renamed: the URNs of this program's resources that were found under another one, and that one.
    """
    own = [_collapse(alias, stack, project, parent, type_, name, renamed) for alias in aliases]
    inherited = []
    if parent in renamed:
        inherited.append(_inherit(stack, project, name_of(parent), renamed[parent], type_, name))
        inherited += [
            _inherit(stack, project, name_of(parent), renamed[parent], type_of(each), name_of(each)) for each in own
        ]
    return list(dict.fromkeys(own + inherited))


def _collapse(  # noqa: PLR0917 -- as above
    alias: Alias, stack: str, project: str, parent: str, type_: str, name: str, renamed: Mapping[str, str]
) -> str:
    if alias.urn:
        return alias.urn
    former_parent = renamed.get(alias.parent, alias.parent) or parent
    if alias.no_parent:
        former_parent = ""
    return create(
        alias.stack or stack, alias.project or project, former_parent, alias.type or type_, alias.name or name
    )


def _inherit(  # noqa: PLR0917 -- as above
    stack: str, project: str, parent_name: str, parent_alias: str, type_: str, name: str
) -> str:
    """A child named after its parent was named after its parent's former name."""
    if name.startswith(parent_name):
        name = name_of(parent_alias) + name[len(parent_name) :]
    return create(stack, project, parent_alias, type_, name)
