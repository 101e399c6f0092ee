"""Where everything reports to: the engine's log, as a rule."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """Takes lines for people."""

    def info(self, message: str) -> None:
        """Something that was done, or left undone on purpose."""

    def warning(self, message: str) -> None:
        """Something that the user should act upon, though nothing failed."""

    def debug(self, message: str) -> None:
        """What somebody looks for who wonders what goes on: each request to the API."""

    def progress(self, message: str) -> None:
        """What is under way; shown while it lasts and then forgotten."""

    def on(self, urn: str | None) -> Log:
        """The same log, whose lines stand on the row of a resource; None is the stack's."""
