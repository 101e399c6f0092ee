"""What a resource's constructor makes of its arguments: checks them, and finds the secrets among them."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import pulumi

from vpcep_pulumi.lifecycle.schema import DEFAULTS, REQUIRED, RULES
from vpcep_pulumi.provider.hidden import SECRET

ANY: Any = object()
"""An argument that is left out. None is refused: it may come from data, and would mean every account."""


def given_inputs(resource: str, **arguments: Any) -> dict[str, Any]:
    """The inputs that a program gives. Defaults of optional inputs stay out of states and previews.

    :raises pulumi.RunError: one of them is wrong. It is raised here, in the program. If the provider's ``check`` failed
        instead, the CLI would interrupt the program, which prints a traceback.
    """
    given = {name: as_input(value) for name, value in arguments.items()}
    wrong = [f"{name} is required" for name in REQUIRED if given[name] is None]
    for name, value in given.items():
        if value is None or isinstance(value, pulumi.Output):
            continue
        if (problem := problem_with(name, value)) is not None:
            wrong.append(problem)
    if wrong:
        raise pulumi.RunError(f"{resource}: {'; '.join(wrong)}")
    if isinstance(given["status"], pulumi.Output):
        given["status"] = _declarable(resource, given["status"])
    return {name: value for name, value in given.items() if name in REQUIRED or value not in (None, DEFAULTS.get(name))}


def problem_with(name: str, value: object) -> str | None:
    """What is wrong with an argument, with its value; but without a description, which may be long."""
    reason = RULES[name](value)
    if reason is None:
        return None
    return f"{name} {reason}" + (f", not {reprlib.repr(value)}" if name != "description" else "")


def as_input(value: Any) -> Any:
    """The value; an awaitable becomes an output, because a coroutine can be awaited only once."""
    return pulumi.Output.from_input(value) if inspect.isawaitable(value) else value


def _declarable(resource: str, status: pulumi.Output[str]) -> pulumi.Output[str]:
    """The status; the output fails if the status cannot be declared.

    The provider cannot refuse such a status: it may be one that a refresh recorded, and that ``ignore_changes`` kept.
    """

    def refuse_others(value: str) -> str:
        if (problem := problem_with("status", value)) is not None:
            raise pulumi.RunError(f"{resource}: {problem}")
        return value

    return status.apply(refuse_others)


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
