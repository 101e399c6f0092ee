"""A marker for values that a preview does not know yet."""

from __future__ import annotations

from typing import Final


class Unknown:
    """The type of the marker. Its only instance is :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
