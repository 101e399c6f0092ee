"""What a test says of other packages: resources, functions and other stacks that nobody runs here.

A stub's resource is made at once, as declared: its outputs are its inputs and what the test gives. A change of an input
updates it. Nothing is stubbed by itself: what the test does not name is refused, and the refusal says how to name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import uuid4

from vpcep_pulumi.testing.engine.errors import ProviderError, Unsupported
from vpcep_pulumi.testing.engine.host import Difference
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.values import Values, plain, to_struct

STACK_REFERENCE = "pulumi:pulumi:StackReference"
OTHER_PROVIDERS = "pulumi:providers:"
"""What the types of provider resources begin with; the name of the package follows."""

Answer: TypeAlias = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Outputs, or a function that makes them of the inputs."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Stubs:
    """The stubs of a stack.

    :ivar answers: by token, such as ``huaweicloud:Vpcep/service:Service``: of resources and of functions.
    :ivar stacks: the outputs of other stacks, by the name that programs refer to them with.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    stacks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def has(self, token: str) -> bool:
        """Whether a resource's type or a function is stubbed; a provider is, where anything of its package is."""
        if token.startswith(OTHER_PROVIDERS):
            package = token.removeprefix(OTHER_PROVIDERS)
            return any(each.partition(":")[0] == package for each in self.answers)
        return token in self.answers or token == STACK_REFERENCE

    def of(self, type_: str) -> Stub:
        """The provider of a type.

        :raises Unsupported: there is none.
        """
        if not self.has(type_):
            # A provider needs no stub of its own: any of its package's will do.
            token = f"{type_.removeprefix(OTHER_PROVIDERS)}:…" if type_.startswith(OTHER_PROVIDERS) else type_
            raise Unsupported(f"resources of other packages ({type_})", stub=f"stack.stub({token!r}, {{…}})")
        if type_ == STACK_REFERENCE:
            return Stub(type_, self._referred)
        return Stub(type_, self.answers.get(type_, NOTHING))

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a function returns.

        :raises Unsupported: there is no such stub.
        """
        if token not in self.answers:
            raise Unsupported(f"invokes ({token})", stub=f"stack.stub({token!r}, {{…}})")
        return answered(token, self.answers[token], arguments)

    def _referred(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        name = str(inputs.get("name"))
        if name not in self.stacks:
            raise Unsupported(f"references to other stacks ({name})", stub=f"stack.stub_stack({name!r}, {{…}})")
        return {"outputs": dict(self.stacks[name]), "secretOutputNames": []}


@dataclass(frozen=True)
class Stub:
    """The provider of one type of resources. See :class:`~vpcep_pulumi.testing.engine.hosts.Provider`."""

    token: str
    answer: Answer

    def check(self, olds: Values, news: Values) -> tuple[Values, list[tuple[str, str]]]:
        """The inputs as they are."""
        del olds
        return news, []

    def diff(self, id_: str, olds: Values, news: Values) -> Difference:
        """The engine compares the inputs itself."""
        del id_, olds, news
        return Difference(None, (), False)

    def create(self, inputs: Values) -> tuple[str, Values]:
        """The id that the test gives, or a new one, and the outputs."""
        outputs = self._outputs(inputs)
        return str(outputs.pop("id", None) or uuid4()), outputs

    def read(self, id_: str, outputs: Values, inputs: Values) -> tuple[str, Values, Values | None]:
        """What is there already is left as it is."""
        return id_, outputs or self._outputs(inputs), None

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        """The outputs anew."""
        del id_, olds
        outputs = self._outputs(news)
        outputs.pop("id", None)
        return outputs

    def delete(self, resource: Resource) -> None:
        """Nothing is there to be deleted."""

    def _outputs(self, inputs: Values) -> Values:
        return {**inputs, **answered(self.token, self.answer, inputs)}


def answered(token: str, answer: Answer, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a stub makes of inputs, which hold no secrets here.

    :raises ProviderError: it is nothing that a provider could answer.
    """
    try:
        found = answer(plain(dict(inputs))) if callable(answer) else answer
        to_struct(dict(found), secrets=True)
    except Unsupported:
        raise
    except Exception as error:  # the test's own function
        raise ProviderError(f"the stub of {token} answers with no outputs: {type(error).__name__}: {error}") from None
    return found
