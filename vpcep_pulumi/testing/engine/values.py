"""Pulumi's property values: JSON's, with secrets and unknowns, and how they travel between processes.

An unknown is a string constant on the wire, a secret an object with a signature; both are the SDK's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from vpcep_pulumi.testing.engine.errors import UnsupportedValue

Values = dict[str, Any]

SIGNATURE: Final[str] = rpc._special_sig_key  # noqa: SLF001 -- part of the protocol, see sdk/go/common/resource
SECRET: Final[str] = rpc._special_secret_sig  # noqa: SLF001 -- likewise
OTHERS: Final = ("asset", "archive", "resource reference", "output value")


class Unknown:
    """A value that a preview cannot know yet. There is one: :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must never be shown or written in plain."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


def from_struct(struct: struct_pb2.Struct) -> Values:
    """The values of a message.

    :raises UnsupportedValue: an asset, an archive or a resource reference is among them.
    """
    return {name: _from_wire(value) for name, value in struct.fields.items()}


def from_value(value: struct_pb2.Value) -> Any:
    """A single value; None where there is none.

    :raises UnsupportedValue: it is an asset, an archive or a resource reference, or holds one.
    """
    return _from_wire(value)


def to_struct(values: Mapping[str, Any], *, secrets: bool) -> struct_pb2.Struct:
    """The message of values.

    :param secrets: whether the receiver takes secrets; otherwise they travel plain, at any depth.
    """
    struct = struct_pb2.Struct()
    struct.update({name: _to_wire(value, secrets=secrets) for name, value in values.items() if value is not None})
    return struct


def plain(value: Any) -> Any:
    """A value without any secret around it or in it."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def contains(value: Any, kind: type) -> bool:
    """Whether a secret, or an unknown, is a value or anywhere in it."""
    if isinstance(value, kind):
        return True
    if isinstance(value, Secret):
        return contains(value.value, kind)
    if isinstance(value, dict):
        return any(contains(each, kind) for each in value.values())
    return isinstance(value, list) and any(contains(each, kind) for each in value)


def known(value: Any) -> Any:
    """A value without what is not known in it, which only a preview may ask a provider about."""
    if isinstance(value, Secret):
        return Secret(known(value.value))
    if isinstance(value, dict):
        return {name: known(each) for name, each in value.items() if each is not UNKNOWN}
    if isinstance(value, list):
        return [known(each) for each in value if each is not UNKNOWN]
    return value


def marked(values: Mapping[str, Any], like: Mapping[str, Any], names: Iterable[str] = ()) -> Values:
    """Values with those secret that are secret in others of the same name, or are named.

    A nested secret makes the whole of its property secret: hosts return properties plain.
    """
    secret = {name for name, value in like.items() if contains(value, Secret)} | set(names)
    return {name: Secret(plain(value)) if name in secret else value for name, value in values.items()}


def _from_wire(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_from_wire(each) for each in value.list_value.values]
    if kind == "struct_value":
        found = from_struct(value.struct_value)
        if SIGNATURE not in found:
            return found
        if found[SIGNATURE] != SECRET:
            raise UnsupportedValue(f"the local engine carries no {', '.join(OTHERS)}: the pulumi CLI does")
        return Secret(found.get("value"))
    return None


def _to_wire(value: Any, *, secrets: bool) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Secret):
        inner = _to_wire(value.value, secrets=secrets)
        return {SIGNATURE: SECRET, "value": inner} if secrets else inner
    if isinstance(value, dict):
        return {name: _to_wire(each, secrets=secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_wire(each, secrets=secrets) for each in value]
    return value
