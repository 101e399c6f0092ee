"""The local engine's own steps and state over a provider that echoes, without the processes of program and hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from tests.inprocess import PHRASE, session
from vpcep_pulumi.testing.engine import edits, options
from vpcep_pulumi.testing.engine.decision import Registered
from vpcep_pulumi.testing.engine.deployment import Goal
from vpcep_pulumi.testing.engine.errors import ProviderError
from vpcep_pulumi.testing.engine.host import Difference
from vpcep_pulumi.testing.engine.options import Mode
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.steps import Stopped
from vpcep_pulumi.testing.engine.urns import PROVIDER, name_of, provider_of
from vpcep_pulumi.testing.engine.values import UNKNOWN, Values
from vpcep_pulumi.testing.results import summary

ECHO, TEAM = "pulumi-python:dynamic:Resource", "acme:index:Team"
DEFAULT = f"urn:pulumi:dev::p::{PROVIDER}::default"


def urn(name: str, type_: str = ECHO) -> str:
    return f"urn:pulumi:dev::p::{type_}::{name}"


@dataclass(frozen=True)
class Declared:
    """A resource as a program declares it; others by their names.

    :ivar source: whose value it takes.
    """

    name: str
    value: Any = None
    replaced: int = 1
    type: str = ECHO
    fails: str = ""
    needs: tuple[str, ...] = ()
    source: str = ""
    parent: str = ""
    provider: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    first: bool | None = None

    def goal(self, told: dict[str, Registered]) -> Goal:
        value = self.name if self.value is None else self.value
        needed = [told[each].resource for each in (*self.needs, self.source, self.parent) if each]
        if self.source:
            source = told[self.source]
            value = UNKNOWN if source.unknown or source.failed else source.resource.outputs.get("value", UNKNOWN)
        inputs = {"value": value, "replaced": self.replaced, "fails": self.fails, "name": self.name}
        resource = Resource(
            urn="",
            type=self.type,
            custom=self.type != TEAM,
            inputs=inputs if self.type == ECHO else {},
            parent=told[self.parent].resource.urn if self.parent else "",
            dependencies=sorted(each.urn for each in needed),
            property_dependencies={"value": [told[self.source].resource.urn]} if self.source else {},
            provider=told[self.provider].resource.reference if self.provider else "",
            **self.options,
        )
        return Goal(self.name, resource, delete_before_replace=self.first)


Program = list[Declared]


@dataclass
class Echo:
    """A provider as a host would serve it; every call is written down with the provider resource that it is for."""

    reference: str
    calls: list[tuple[str, str, str]]

    def check(self, _olds: Values, news: Values) -> tuple[Values, list[tuple[str, str]]]:
        self._called("check", news)
        return dict(news), [("value", "is refused")] if news.get("fails") == "check" else []

    def diff(self, _id: str, olds: Values, news: Values) -> Difference:
        self._called("diff", news)
        replaces = ("replaced",) if olds["replaced"] != news["replaced"] else ()
        return Difference(bool(replaces) or olds["value"] != news["value"], replaces, False)

    def create(self, inputs: Values) -> tuple[str, Values]:
        self._called("create", inputs)
        return f"id-{inputs['value']}", dict(inputs)

    def read(self, id_: str, outputs: Values, _inputs: Values) -> tuple[str, Values, Values | None]:
        self._called("read", outputs)
        return ("" if outputs.get("fails") == "gone" else id_), dict(outputs), None

    def update(self, _id: str, _olds: Values, news: Values) -> Values:
        self._called("update", news)
        return dict(news)

    def delete(self, resource: Resource) -> None:
        self._called("delete", resource.outputs)

    def _called(self, what: str, values: Values) -> None:
        self.calls.append((self.reference, what, values["name"]))
        if values.get("fails") == what != "check":
            raise ProviderError(f"{what} of {values['name']} fails")


class Echoes:
    """Providers by the provider resource that stands for them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self._known: set[str] = set()

    def declare(self, provider: Resource, _former: Resource | None = None) -> None:
        self._known.add(provider.reference)

    def of(self, reference: str) -> Echo:
        if reference not in self._known:
            raise ProviderError(f"unknown provider '{reference}'")
        return Echo(reference, self.calls)

    def drop(self, reference: str) -> None:
        self.calls.append((reference, "end", name_of(provider_of(reference))))
        self._known.discard(reference)

    def finish(self, _seconds: float) -> None: ...


@dataclass
class Outcome:
    """What an operation came to.

    :ivar steps: by name; providers and what stays the same are left out.
    :ivar calls: the name or the id of the provider resource, the call, and the resource, in their order.
    :ivar told: what the program was told.
    """

    ok: bool
    steps: dict[str, str]
    errors: list[str]
    calls: list[tuple[str, str, str]]
    told: dict[str, Registered]

    def asked(self, name: str) -> list[str]:
        """What was asked of a provider about one resource."""
        return [call for _, call, each in self.calls if each == name]


class Stack:
    """A stack, on a state file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dev.json"
        self._numbers = count(1)

    def preview(self, program: Program, **flags: Any) -> Outcome:
        return self._run(program, dry_run=True, **flags)

    def up(self, program: Program, **flags: Any) -> Outcome:
        return self._run(program, **flags)

    def refresh(self, program: Program | None = None, **flags: Any) -> Outcome:
        return self._run(program, mode=Mode.REFRESH, **flags)

    def destroy(self, program: Program | None = None, **flags: Any) -> Outcome:
        return self._run(program, mode=Mode.DESTROY, **flags)

    def edit(self, edit: Callable[..., list[Resource]], *arguments: str) -> None:
        with State(self.path, PHRASE, writes=True) as state:
            state.rewrite(edit(state.all(), *arguments))

    def taint(self, name: str) -> None:
        self.edit(edits.tainted, urn(name))

    def entries(self) -> list[Resource]:
        with State(self.path, PHRASE, writes=False) as state:
            return state.all()

    def values(self) -> dict[str, Any]:
        """By name, what the state holds of each resource."""
        return {name_of(each.urn): each.outputs["value"] for each in self.entries() if each.hosted}

    def _run(self, program: Program | None, *, dry_run: bool = False, refresh: bool = False, **flags: Any) -> Outcome:
        told: dict[str, Registered] = {}
        echoes = Echoes()
        fresh_id = partial(next, (f"p{number}" for number in self._numbers))
        with session(self.path, echoes, dry_run=dry_run, options=options.of(**flags), fresh_id=fresh_id) as found:
            deployment, report = found.deployment, found.report
            try:
                deployment.begin(refresh=refresh)
                for each in program or []:
                    told[each.name] = deployment.register(each.goal(told))
                deployment.complete()
            except Stopped:
                pass
            deployment.finish()
        made = summary((step.op, step.resource.urn) for step in report.steps)
        return Outcome(
            ok=not report.failed(),
            steps={name_of(each): op for each, op in made.items()},
            errors=[each.message for each in report.diagnostics if each.severity == "error"],
            calls=[(_short(reference), call, name) for reference, call, name in echoes.calls],
            told=told,
        )


def _short(reference: str) -> str:
    return reference.rpartition("::")[2]


def in_order(entries: list[Resource]) -> bool:
    """Whether each entry comes after those that it depends on; what is to be deleted may depend on what it likes."""
    known: set[str] = set()
    present = {each.urn for each in entries}
    for each in entries:
        if not each.delete and not each.depends_on() & present <= known:
            return False
        known.add(each.urn)
    return True
