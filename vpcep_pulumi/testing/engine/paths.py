"""Property paths, as ``ignore_changes`` takes them: ``a``, ``a.b``, ``a[0].b``, ``a["b"]``, ``a[*]``. Pure.

Source: "ignoreChanges" in Pulumi's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from vpcep_pulumi.testing.engine.values import Secret, Values

PART = re.compile(r'(?:^|\.)([^.\["]+)|\[(\d+|\*)\]|(?:^|\.?)\["((?:[^"\\]|\\.)*)"\]')
MISSING = object()


def ignoring(news: Values, olds: Values, paths: Iterable[str]) -> Values:
    """New inputs in which the ignored ones are as they were."""
    found: Any = deepcopy(news)
    for path in paths:
        found = _reset(found, olds, _parse(path))
    return dict(found)


def _parse(path: str) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(path):
        part = PART.match(path, at)
        if part is None:
            raise ValueError(f"{path!r} is not a property path")
        name, index, quoted = part.groups()
        if index is not None:
            parts.append("*" if index == "*" else int(index))
        else:
            parts.append(quoted if quoted is not None else name)
        at = part.end()
    return parts


def _reset(new: Any, old: Any, path: list[str | int]) -> Any:
    """``new`` with what the path leads to taken from ``old``."""
    if not path:
        return old
    if isinstance(new, Secret) or isinstance(old, Secret):
        inner = _reset(_open(new), _open(old), path)
        return Secret(inner)
    first, rest = path[0], path[1:]
    if isinstance(new, dict) and (isinstance(old, dict) or old is MISSING):
        olds = old if isinstance(old, dict) else {}
        for name in {*new, *olds} if first == "*" else [first]:
            value = _reset(new.get(name, MISSING), olds.get(name, MISSING), rest)
            if value is MISSING:
                new.pop(name, None)
            else:
                new[name] = value
    elif isinstance(new, list) and isinstance(old, list):
        for index in range(len(new)) if first == "*" else [first]:
            if isinstance(index, int) and index < len(new) and index < len(old):
                new[index] = _reset(new[index], old[index], rest)
    return new


def _open(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value
