"""What the core is given by its shell: a log, time, and the values that Pulumi has and Python lacks."""

from __future__ import annotations

from typing import Final, Protocol


class Log(Protocol):
    """Where the core reports to: the engine's log, as a rule."""

    def info(self, message: str) -> None:
        """Something that was done, or left undone on purpose."""

    def warning(self, message: str) -> None:
        """Something that the user should act upon, though nothing failed."""

    def progress(self, message: str) -> None:
        """Where a wait stands; shown while it lasts and then forgotten."""


class Unknown:
    """A value that a preview cannot know yet. There is one: :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
