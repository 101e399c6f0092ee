"""A marker for values that a preview does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class Unknown:
    """The type of the marker. Its only instance is :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def holds_unknown(value: object) -> bool:
    """Whether a value is not known yet, or holds one that is not."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list | tuple) else value is UNKNOWN
