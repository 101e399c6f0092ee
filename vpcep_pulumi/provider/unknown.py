"""The value that Python lacks: one that a preview cannot know yet."""

from __future__ import annotations

from typing import Final


class Unknown:
    """A value that a preview cannot know yet. There is one: :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
