"""The interface of the log. Usually, it is the log of Pulumi's engine."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """Takes messages for the user."""

    def info(self, message: str) -> None:
        """Report something that was done, or deliberately not done."""

    def warning(self, message: str) -> None:
        """Report something that the user should act on, although nothing failed."""

    def debug(self, message: str) -> None:
        """Report details for debugging: each request to the API."""

    def progress(self, message: str) -> None:
        """Report what is in progress. It is shown while it lasts, and not kept."""

    def on(self, urn: str | None) -> Log:
        """The same log, with its messages on the row of a resource; None: on the stack's."""
