"""What the provider answers to the calls of Pulumi's engine, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vpcep_pulumi.errors import InputError
from vpcep_pulumi.provider.unknown import Unknown
from vpcep_pulumi.provider.values import Values


@dataclass(frozen=True)
class Planned:
    """What is going to happen to a connection, or to those of a service.

    :ivar words: the text for the user, by endpoint for a service; ``UNKNOWN`` if a preview does not know it yet.
    :ivar verb: what is done, such as ``receive``, ``adopt`` or ``record``; for a service, with counts.
    """

    words: str | Mapping[str, str] | Unknown
    verb: str


@dataclass(frozen=True)
class Checked:
    """What ``check`` found.

    :ivar inputs: resolved.
    :ivar failures: what is refused; each is shown on a line of its own, with the value of its input.
    :ivar plan: None if there is nothing to do.
    """

    inputs: Values
    failures: tuple[InputError, ...] = ()
    plan: Planned | None = None


@dataclass(frozen=True)
class Difference:
    """What ``diff`` found.

    :ivar changes: whether an update (or a replacement) is needed.
    :ivar replaces: the inputs that make it a replacement.
    """

    changes: bool
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What ``read`` found: the outputs of the live connection, and the inputs that match them."""

    id: str
    outputs: Values
    inputs: Values
