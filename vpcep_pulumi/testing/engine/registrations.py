"""What a program asks for, from the protocol's messages to the engine's own values; and what is refused by its name."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from pulumi.runtime import rpc

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.errors import Unsupported
from vpcep_pulumi.testing.engine.names import Goal
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.stubs import Stubs
from vpcep_pulumi.testing.engine.urns import DYNAMIC, PROVIDER
from vpcep_pulumi.testing.engine.values import from_struct, from_value

REFUSED = {
    "importId": "imports",
    "version": "plugin versions",
    "pluginDownloadURL": "plugins to download",
    "packageRef": "other packages",
    "envVarMappings": "environment variables of providers",
    "transforms": "transforms",
    "hooks": "hooks",
    "state_migrations": "state migrations",
}
"""Fields of a registration that ask for what is not done here."""
INHERITED = {"protect": "protect", "retain_on_delete": "retainOnDelete", "deleted_with": "deletedWith"}
"""What a resource has from its parent where it does not say it itself, and the fields that say it."""
OF_A_PACKAGE = {"version", "pluginDownloadURL", "packageRef", "envVarMappings"}
"""Those that say which plugin a package needs: a stub needs none."""


def goal_of(request: Any, stubs: Stubs) -> Goal:
    """A resource that the program declares.

    :raises Unsupported: it asks for what only the CLI does.
    """
    _refuse_what_only_the_cli_does(request, stubs)
    resource = Resource(
        urn="",
        type=request.type,
        custom=request.custom,
        inputs=from_struct(request.object),
        parent=request.parent,
        dependencies=sorted(request.dependencies),
        property_dependencies={
            name: sorted(each.urns) for name, each in sorted(request.propertyDependencies.items()) if each.urns
        },
        additional_secret_outputs=list(request.additionalSecretOutputs),
        ignore_changes=list(request.ignoreChanges),
        deleted_with=request.deletedWith,
        replace_with=list(request.replace_with),
        replacement_trigger=from_value(request.replacement_trigger),
        provider=request.provider,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
    )
    return Goal(
        request.name,
        resource,
        tuple(_alias(each) for each in request.aliases),
        request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        tuple(request.replaceOnChanges),
        tuple(name for name, field in INHERITED.items() if not _is_given(request, field)),
    )


def _is_given(request: Any, field: str) -> bool:
    value = getattr(request, field)
    return bool(value) if isinstance(value, str) else bool(request.HasField(field))


def reading_of(request: Any, stubs: Stubs) -> Goal:
    """A resource that the program reads; its id is among the goal's.

    :raises Unsupported: it is another package's, and not stubbed.
    """
    if not request.type.startswith(DYNAMIC):
        stubs.of(request.type)
    inputs = from_struct(request.properties)
    resource = Resource(
        urn="",
        type=request.type,
        custom=True,
        # An id that a preview cannot know yet is spelled as any unknown.
        id="" if request.id == rpc.UNKNOWN else request.id,
        inputs=inputs,
        parent=request.parent,
        dependencies=sorted(request.dependencies),
        provider=request.provider,
        additional_secret_outputs=list(request.additionalSecretOutputs),
    )
    return Goal(request.name, resource)


def _alias(alias: Any) -> urns.Alias:
    spec = alias.spec
    return urns.Alias(alias.urn, spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)


def _refuse_what_only_the_cli_does(request: Any, stubs: Stubs) -> None:
    is_others = request.custom and not request.type.startswith(DYNAMIC) and request.type != PROVIDER
    if is_others:
        stubs.of(request.type)
    if request.remote:
        raise Unsupported(f"remote components ({request.type})")
    for field, what in REFUSED.items():
        if is_others and field in OF_A_PACKAGE:
            continue
        value = getattr(request, field, None)
        if value.ByteSize() if isinstance(value, Message) else value:
            raise Unsupported(what)
