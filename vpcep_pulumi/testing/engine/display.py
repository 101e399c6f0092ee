"""Steps as text, in the form of ``pulumi preview --diff``. Pure.

Source: pkg/backend/display/diff.go and object_diff.go of Pulumi's engine.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.urns import STACK
from vpcep_pulumi.testing.engine.values import UNKNOWN, Secret, Unknown, contains, plain

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "same": "  ",
        "create": "+ ",
        "delete": "- ",
        "update": "~ ",
        "refresh": "~ ",
        "replace": "+-",
        "create-replacement": "++",
        "delete-replaced": "--",
        "read": "> ",
    }
)
SUMMARISED = ("create", "delete", "update", "replace")
PAST = MappingProxyType({"create": "created", "delete": "deleted", "update": "updated", "replace": "replaced"})


def step(op: str, old: Resource | None, new: Resource | None, *, depth: int) -> str:
    """A step's heading and its properties; what stays the same is shown for the stack alone."""
    resource = new or old
    assert resource is not None
    if op == "same" and resource.type != STACK:
        return ""
    indent = "    " * depth
    retained = "[retain]" if old is not None and old.retain_on_delete and op in _LEAVING else ""
    lock = " 🔒" if (new or resource).protect else ""
    lines = [f"{indent}{PREFIXES[op]}{resource.type}: ({op}{retained}){lock}"]
    if old is not None and old.id:
        lines.append(f"{indent}    [id={old.id}]")
    lines.append(f"{indent}    [urn={resource.urn}]")
    if op in ("create", "read"):
        lines += _listing(resource.inputs, indent + "    ")
    elif new is None and old is not None:
        lines += _listing(old.inputs, indent + "    ")
    elif op != "same" and old is not None and new is not None:
        lines += _changes(old.inputs, new.inputs, indent + "    ")
    return "\n".join(lines) + "\n"


_LEAVING = frozenset({"delete", "replace", "create-replacement", "delete-replaced"})


def refreshed(old: Resource, new: Resource, *, depth: int) -> str:
    """What a refresh found."""
    indent = "    " * depth
    lines = [f"{indent}~ {new.type}: (refresh)", f"{indent}    [id={new.id}]", f"{indent}    [urn={new.urn}]"]
    changes = _changes(old.outputs, new.outputs, indent + "    ", unchanged=False)
    return "\n".join([*lines, f"{indent}    --outputs:--", *changes]) + "\n" if changes else ""


def outputs(old: Resource | None, new: Resource, *, depth: int, dry_run: bool) -> str:
    """The outputs that say more than the inputs do, or have changed. An update shows all of the stack's."""
    indent = "    " * (depth + 1)
    stack = new.type == STACK
    if dry_run and not stack:
        return ""
    told = {
        name: value
        for name, value in new.outputs.items()
        if (stack or name not in new.inputs or plain(new.inputs[name]) != plain(value))
        and not (dry_run and old is not None and name in old.outputs and contains(value, Unknown))
    }
    if old is None or not old.outputs:
        lines = _listing(told, indent)
    else:
        before = {
            name: value for name, value in old.outputs.items() if name in told or (stack and name not in new.outputs)
        }
        lines = _changes(before, told, indent, unchanged=stack and not dry_run)
    return "\n".join([f"{indent}--outputs:--", *lines]) + "\n" if lines else ""


def summarised(ops: Iterable[str], *, dry_run: bool, errored: int = 0) -> str:
    """The closing lines: how many of each; a step that failed is none of them.

    :param errored: how many have failed.
    """
    counts = Counter(ops)
    lines = ["Resources:"]
    for op in SUMMARISED:
        if counts[op]:
            lines += [f"    {PREFIXES[op]}{counts[op]} {f'to {op}' if dry_run else PAST[op]}"]
    if counts["same"]:
        lines.append(f"    {counts['same']} unchanged")
    if errored:
        lines.append(f"    {errored} errored")
    return "\n".join(lines)


def _listing(values: Mapping[str, Any], indent: str) -> list[str]:
    shown = _shown(values)
    width = max(map(len, values), default=0)
    return [_property(name, values[name], width, indent, "  ") for name in shown]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], indent: str, *, unchanged: bool = True) -> list[str]:
    names = sorted({*_shown(old), *_shown(new)})
    width = max(map(len, names), default=0)
    lines = [_change(name, old, new, width, indent) for name in names]
    return lines if unchanged else [line for line in lines if line[len(indent) - 2] != " "]


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any], width: int, indent: str) -> str:
    if name not in old:
        return _property(name, new[name], width, indent, "+ ")
    if name not in new:
        return _property(name, old[name], width, indent, "- ")
    if plain(old[name]) == plain(new[name]):
        return _property(name, new[name], width, indent, "  ")
    return f"{indent[:-2]}~ {name:{width}}: {_value(old[name], indent)} => {_value(new[name], indent)}"


def _property(name: str, value: Any, width: int, indent: str, prefix: str) -> str:
    return f"{indent[:-2]}{prefix}{name:{width}}: {_value(value, indent)}"


def _shown(values: Mapping[str, Any]) -> list[str]:
    """Names in their order; internal ones and what is empty only clutter."""
    return sorted(
        name for name, value in values.items() if not name.startswith("__") and plain(value) not in (None, "", [], {})
    )


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return "[unknown]"
    inner = indent + "    "
    if isinstance(value, list):
        items = "".join(f"{inner}[{index}]: {_value(each, inner)}\n" for index, each in enumerate(value))
        return f"[\n{items}{indent}]"
    if isinstance(value, dict):
        width = max(map(len, value), default=0)
        items = "".join(f"{inner}{name:{width}}: {_value(value[name], inner)}\n" for name in sorted(value))
        return f"{{\n{items}{indent}}}"
    return json.dumps(value, ensure_ascii=False)
