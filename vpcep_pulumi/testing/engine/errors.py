"""What the local engine raises."""

from __future__ import annotations

from vpcep_pulumi.errors import VpcepError


class EngineError(VpcepError):
    """The local engine cannot do what it was asked: a project it cannot read, a state in use, no passphrase."""


class Unsupported(EngineError):
    """Something that only the pulumi CLI does; it is refused by name.

    :param stub: what a test can write to do without it.
    """

    def __init__(self, what: str, *, stub: str = "") -> None:
        advice = f". A test can say what it answers: {stub}" if stub else ""
        super().__init__(f"the local engine does not do {what}; the pulumi CLI does{advice}")
