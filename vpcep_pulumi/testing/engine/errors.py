"""What the local engine raises: a branch of :mod:`vpcep_pulumi.errors`."""

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


class UnsupportedValue(EngineError):
    """A kind of value that the local engine does not carry."""


class StepFailed(EngineError):
    """A step went wrong."""


class Protected(StepFailed):
    """A resource is not deleted, since it is protected. Nothing was done, so the other deletions go on."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, '
            "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, "
            f"or use the command:\n`pulumi state unprotect '{urn}'`"
        )


class ProviderError(EngineError):
    """What a provider raised; its message without the host's traceback."""


class HostEnded(ProviderError):
    """The host is gone, and with it the answer: nobody knows what became of the call."""

    def __init__(self) -> None:
        super().__init__("the dynamic provider host has ended; what was under way may have been done")
