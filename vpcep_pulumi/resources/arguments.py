"""What the constructors of the resources do with their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import pulumi

from vpcep_pulumi.provider.hidden import SECRET

ANY: Any = object()
"""An argument that is left out. None is refused: it may come from data, and would mean every account."""


def as_input(value: Any) -> Any:
    """The value; an awaitable becomes an output, because a coroutine can be awaited only once."""
    return pulumi.Output.from_input(value) if inspect.isawaitable(value) else value


def is_later(value: object) -> bool:
    """Whether a value may not be known yet."""
    return isinstance(value, pulumi.Output)


def spelled_out(opts: pulumi.ResourceOptions | None, inputs: Iterable[str]) -> pulumi.ResourceOptions:
    """The options, with ``*`` in ``ignore_changes`` replaced by the names of all inputs.

    ``*`` would also ignore the hidden inputs, which must reach the provider.
    """
    own = copy(opts) if opts is not None else pulumi.ResourceOptions()
    if "*" in (own.ignore_changes or ()):
        own.ignore_changes = list(inputs)
    return own


def secret_names(inputs: Mapping[str, Any], hidden: Iterable[str]) -> dict[str, pulumi.Output[list[str]]]:
    """The hidden input that names the secret inputs; empty if no input can be secret.

    :param hidden: the inputs that are hidden if they are, or hold, a secret.
    """
    given = [(name, output) for name in hidden for output in _outputs(inputs.get(name))]
    if not given:
        return {}
    checks: list[Any] = [output.is_secret() for _, output in given]

    def named(found: Sequence[bool]) -> list[str]:
        return sorted({name for (name, _), is_secret in zip(given, found, strict=True) if is_secret})

    return {SECRET: pulumi.Output.all(*checks).apply(named)}


def _outputs(value: object) -> Iterator[pulumi.Output[Any]]:
    """Every output in a value."""
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _outputs(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _outputs(each)
