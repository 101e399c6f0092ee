"""What passes between the core and its shell: a log, the values that Python lacks, a change half made."""

from __future__ import annotations

from typing import Any, Final, Protocol

from vpcep_pulumi.errors import VpcepError


class Log(Protocol):
    """Where the core reports to: the engine's log, as a rule."""

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


class Unknown:
    """A value that a preview cannot know yet. There is one: :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class PartlyDone(VpcepError):
    """Something was changed remotely, but the declared status was not reached. It must be recorded.

    :ivar id: the resource's id.
    :ivar outputs: what to record; ``errors`` among them says what went wrong.
    """

    def __init__(self, id_: str, values: dict[str, Any], cause: VpcepError) -> None:
        super().__init__(str(cause))
        self.id = id_
        self.outputs = values
