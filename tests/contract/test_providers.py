"""Provider resources and replacements: both engines ask the same hosts for the same, and keep the same."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.contract.conftest import ECHO, Deployment, steps

RESOURCE, PROVIDER = "pulumi-python:dynamic:Resource", "pulumi:providers:pulumi-python"
TRACED = (
    ECHO
    + '''
import os, pathlib

def write(what, name):
    with open(pathlib.Path(__file__).parent / "trace", "a") as file:
        file.write(f"{os.getpid()} {what} {name}\\n")

class TracedProvider(EchoProvider):
    """Writes down what it is asked, and in which process."""

    def configure(self, request):
        write("configured", request.config.get("story:size"))

    def check(self, olds, news):
        write("check", news["value"])
        return super().check(olds, news)

    def diff(self, id_, olds, news):
        write("diff", news["value"])
        return super().diff(id_, olds, news)

    def create(self, props):
        write("create", props["value"])
        return super().create(props)

    def update(self, id_, olds, news):
        write("update", news["value"])
        return super().update(id_, olds, news)

    def read(self, id_, props):
        write("read", props["value"])
        return super().read(id_, props)

    def delete(self, id_, props):
        write("delete", props["value"])

class Traced(dynamic.Resource):
    value: pulumi.Output[typing.Any]
    def __init__(self, name, value=None, replaced=None, opts=None):
        props = {"value": value or name, "replaced": replaced, "fails": None}
        super().__init__(TracedProvider(), name, props, opts)

def options(**given):
    return pulumi.ResourceOptions(**given)

def provider(name, inputs=None, **given):
    return pulumi.ProviderResource("pulumi-python", name, inputs or {}, options(**given))

class Team(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Team", name, {}, opts)
        self.register_outputs({})
'''
)


class Traced:
    """A deployment whose provider writes down what it is asked."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._trace = deployment.folder / "trace"

    def program(self, text: str) -> None:
        self.deployment.program(TRACED + dedent(text))

    def run(self, operation: str, **flags: Any) -> tuple[dict[str, str], list[list[str]]]:
        """The steps of an operation, and what each of its hosts was asked, whatever their order."""
        self._trace.write_text("")
        result = getattr(self.deployment, operation)(**flags)
        assert result.ok, result.diff
        hosts: dict[str, list[str]] = {}
        for line in self._trace.read_text().splitlines():
            pid, what = line.split(" ", 1)
            hosts.setdefault(pid, []).append(what)
        asked = [sorted(each for each in calls if not each.startswith("configured")) for calls in hosts.values()]
        return steps(result), sorted(asked)

    def configured(self) -> set[str]:
        """With what the last operation's hosts were configured."""
        lines = [line.split(" ", 2) for line in self._trace.read_text().splitlines()]
        return {size for _, what, size in lines if what == "configured"}

    def entries(self) -> list[dict[str, Any]]:
        """The state's resources, in their order."""
        if self.deployment.engine_name == "local":
            text = Path(self.deployment.state / "dev.json").read_text()
        else:
            (file,) = [
                each for each in self.deployment.state.rglob("*.json") if "/stacks/" in str(each) and each.stem == "dev"
            ]
            text = file.read_text()
        document = json.loads(text)
        found: list[dict[str, Any]] = document.get("checkpoint", {}).get("latest", document.get("deployment"))[
            "resources"
        ]
        return found

    def managers(self) -> dict[str, str]:
        """By name, the name of the provider that manages each resource; each names one that is there."""
        providers = {f"{each['urn']}::{each['id']}": each["urn"] for each in self.entries() if _is_provider(each)}
        return {
            _name(each["urn"]): _name(providers[each["provider"]]) for each in self.entries() if each.get("provider")
        }


def _is_provider(entry: dict[str, Any]) -> bool:
    return bool(entry["type"] == PROVIDER)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


@pytest.fixture
def traced(deployment: Deployment) -> Traced:
    return Traced(deployment)


TWO = """
    one = Traced("one")
    Traced("two", opts=options(depends_on=[one]))
    """


def test_the_default_provider_is_in_the_state(traced):
    traced.program(TWO)
    assert traced.run("up") == (
        {"one": "create", "two": "create"},
        [["check one", "check two", "create one", "create two"]],
    )
    assert [_name(each["urn"]) for each in traced.entries()] == ["story-dev", "default", "one", "two"]
    assert traced.managers() == {"one": "default", "two": "default"}
    assert traced.run("up") == ({}, [["check one", "check two", "diff one", "diff two"]])
    assert traced.run("destroy") == ({"one": "delete", "two": "delete"}, [["delete one", "delete two"]])


def test_everything_is_replaced_by_one_host_and_deleted_by_another(traced):
    traced.program(TWO)
    traced.run("up")
    before = {each["id"] for each in traced.entries() if _is_provider(each)}
    replaced = {"one": "replace", "two": "replace"}
    assert traced.run("preview", replace=["**"]) == (replaced, [["check one", "check two"]])
    asked = [["check one", "check two", "create one", "create two"], ["delete one", "delete two"]]
    assert traced.run("up", replace=["**"]) == (replaced, asked)
    after = {each["id"] for each in traced.entries() if _is_provider(each)}
    assert len(after) == 1
    assert not after & before


def test_a_pattern_names_what_is_replaced(traced):
    traced.program(TWO)
    traced.run("up")
    for pattern, replaced in [
        (f"urn:pulumi:dev::story::{PROVIDER}::default", {}),
        ("urn:pulumi:dev::story::pulumi-python:dynamic:*::two", {"two": "replace"}),
        ("urn:pulumi:dev::story::pulumi-python*::two", {}),
        ("**two", {"two": "replace"}),
    ]:
        assert traced.run("up", replace=[pattern])[0] == replaced
    result = traced.deployment.up(replace=["urn:pulumi:dev::story::nothing::two"])
    assert not result.ok
    assert any("could not be found in the stack" in each for each in result.messages("error"))
    assert steps(result) == {}


def test_a_replaced_provider_together_with_a_rename(traced):
    traced.program('Traced("one")')
    traced.run("up")
    traced.program('Traced("renamed")')
    urn = traced.deployment.urn("default", PROVIDER)
    done, asked = traced.run("up", replace=[urn])
    assert done == {"renamed": "create", "one": "delete"}
    assert asked == [["check renamed", "create renamed"], ["delete one"]]


def test_explicit_providers_have_hosts_of_their_own(traced):
    traced.program('Traced("one", opts=options(provider=provider("mine")))\nTraced("two")')
    assert traced.run("preview")[1] == [["check one"], ["check two"]]
    assert traced.run("up")[1] == [["check one", "create one"], ["check two", "create two"]]
    assert traced.managers() == {"one": "mine", "two": "default"}
    traced.program('Traced("one")\nTraced("two")')
    assert traced.run("up") == ({}, [["check one", "check two", "diff one", "diff two"]])
    assert traced.managers() == {"one": "default", "two": "default"}
    assert [_name(each["urn"]) for each in traced.entries() if _is_provider(each)] == ["default"]


def test_the_providers_of_a_component_are_those_of_its_children(traced):
    traced.program('Traced("one")')
    traced.run("up")
    traced.program(
        """
        team = Team("team", options(providers=[provider("mine")]))
        Traced("one", opts=options(parent=team))
        """
    )
    done, asked = traced.run("up")
    assert done["team"] == "create"
    assert asked == [["check one", "create one"], ["delete one"]]
    assert traced.managers() == {"one": "mine"}
    replaced = {"team": "replace", "one": "replace"}
    assert traced.run("up", replace=["**"]) == (replaced, [["check one", "create one"], ["delete one"]])


def test_a_dropped_provider_still_deletes_what_was_its(traced):
    traced.program('Traced("one", opts=options(provider=provider("mine")))')
    traced.run("up")
    traced.program('Traced("one")')
    urn = traced.deployment.urn("one", RESOURCE)
    assert traced.run("up", replace=[urn]) == ({"one": "replace"}, [["check one", "create one"], ["delete one"]])


def test_delete_before_replace_of_a_provider_takes_what_it_manages(traced):
    traced.program(
        """
        mine = provider("mine", delete_before_replace=True)
        one = Traced("one", opts=options(provider=mine))
        Traced("two", opts=options(depends_on=[one]))
        """
    )
    traced.run("up")
    done, asked = traced.run("up", replace=["**::mine"])
    assert done == {"one": "replace"}
    assert asked == [["check one", "create one"], ["check two", "diff two"], ["delete one"]]


def test_a_host_is_configured_with_its_providers_inputs_or_the_stacks_configuration(traced):
    traced.deployment.config["story:size"] = "large"
    traced.program(
        """
        Traced("one", opts=options(provider=provider("mine", {"story:size": "small"})))
        Traced("two", opts=options(provider=provider("bare")))
        Traced("three")
        """
    )
    traced.run("up")
    assert traced.configured() == {"small", "None", "large"}
    traced.run("refresh")
    assert traced.configured() == {"small", "None", "large"}
    traced.run("destroy")
    assert traced.configured() == {"small", "None", "large"}


def test_a_provider_under_another_name_is_the_same(traced):
    traced.program(
        'Traced("one", opts=options(provider=provider("mine")))\nTraced("two", opts=options(provider=provider("x")))'
    )
    traced.run("up")
    traced.program(
        'Traced("one", opts=options(provider=provider("yours", aliases=[pulumi.Alias(name="mine")])))\n'
        'Traced("three", opts=options(provider=provider("y", aliases=[pulumi.Alias(name="x")])))'
    )
    done, asked = traced.run("up")
    assert done == {"three": "create", "two": "delete"}
    assert asked == [["check one", "diff one"], ["check three", "create three", "delete two"]]
    assert traced.managers() == {"one": "yours", "three": "y"}


class TestOptions:
    def test_replace_with(self, traced):
        traced.program('one = Traced("one")\nTraced("two", opts=options(replace_with=[one]))')
        traced.run("up")
        urn = traced.deployment.urn("one", RESOURCE)
        replaced = {"one": "replace", "two": "replace"}
        assert traced.run("preview", replace=[urn])[0] == replaced
        assert traced.run("up", replace=[urn])[0] == replaced
        assert traced.run("up")[0] == {}

    @pytest.mark.parametrize("option", ["replace_with=[one]", "deleted_with=one"])
    def test_with_one_that_is_deleted_before_it_is_replaced(self, traced, option):
        traced.program(
            f"""
            one = Traced("one", opts=options(delete_before_replace=True))
            Traced("two", opts=options({option}))
            """
        )
        traced.run("up")
        done, asked = traced.run("up", replace=[traced.deployment.urn("one", RESOURCE)])
        assert done == {"one": "replace", "two": "replace"}
        deleted = ["delete one", "delete two"] if "replace_with" in option else ["delete one"]
        assert asked == [sorted(["check one", "check two", "create one", "create two", *deleted])]

    def test_replacement_trigger(self, traced):
        program = 'Traced("one", opts=options(replacement_trigger={}))'
        for trigger, done in [("None", "create"), ("1", None), ("2", "replace"), ("2", None), ("None", None)]:
            traced.program(program.format(trigger))
            assert traced.run("up")[0] == ({"one": done} if done else {})

    def test_a_trigger_that_a_preview_cannot_know(self, traced):
        traced.program('Traced("one", opts=options(replacement_trigger="x"))')
        traced.run("up")
        traced.program('Traced("one", opts=options(replacement_trigger=Traced("two").id))')
        assert traced.run("preview")[0] == {"one": "replace", "two": "create"}
        assert traced.run("up")[0] == {"one": "replace", "two": "create"}

    def test_children_inherit_what_their_component_says(self, traced):
        traced.program(
            """
            team = Team("team", options(retain_on_delete=True))
            Traced("one", opts=options(parent=team))
            Traced("two", opts=options(parent=team, retain_on_delete=False))
            """
        )
        traced.run("up")
        assert traced.run("destroy")[1] == [["delete two"]]

    def test_what_is_protected_does_not_keep_the_others(self, traced):
        traced.program('Traced("one", opts=options(protect=True))\nTraced("two")')
        traced.run("up")
        result = traced.deployment.destroy()
        assert not result.ok
        assert "two" not in traced.managers()
        assert "one" in traced.managers()
