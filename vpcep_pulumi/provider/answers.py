"""What the provider answers to the calls of Pulumi's engine, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from vpcep_pulumi.errors import InputError
from vpcep_pulumi.provider.unknown import Unknown
from vpcep_pulumi.provider.values import Values


@dataclass(frozen=True)
class Planned:
    """What is going to happen to a connection.

    :ivar words: for people; ``UNKNOWN`` where a preview cannot know.
    :ivar verb: what is done, such as ``receive``, ``adopt`` or ``record``.
    """

    words: str | Unknown
    verb: str


@dataclass(frozen=True)
class Checked:
    """What ``check`` found.

    :ivar inputs: resolved.
    :ivar failures: what is refused; each is shown on a line of its own, its input's value beside it.
    :ivar plan: None where nothing is to be done.
    """

    inputs: Values
    failures: tuple[InputError, ...] = ()
    plan: Planned | None = None


@dataclass(frozen=True)
class Difference:
    """What ``diff`` found.

    :ivar changes: whether an update (or replacement) is to be made.
    :ivar replaces: the inputs that make it a replacement.
    """

    changes: bool
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What ``read`` found: the state as it is live, and the inputs that would lead to it."""

    id: str
    outputs: Values
    inputs: Values
