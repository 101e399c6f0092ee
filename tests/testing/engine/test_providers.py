"""Provider resources: who manages what, before and after a replacement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.testing.engine.inprocess import DEFAULT, ECHO, TEAM, Declared, Stack, urn
from vpcep_pulumi.testing.engine.providers import OF_THE_STACK, with_default_provider
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.urns import PROVIDER

ONE, TWO = Declared("one"), Declared("two", needs=("one",))
MINE = Declared("mine", type=PROVIDER)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def managed(stack: Stack) -> dict[str, str]:
    """By name, the id of the provider that manages each resource."""
    return {each.urn.rpartition("::")[2]: each.provider.rpartition("::")[2] for each in stack.entries() if each.hosted}


def providers(stack: Stack) -> dict[str, str]:
    return {each.id: each.urn for each in stack.entries() if each.is_provider}


class TestTheDefaultOne:
    def test_it_is_made_before_the_first_resource_that_needs_it(self, stack):
        outcome = stack.up([ONE, TWO])
        assert outcome.steps == {"one": "create", "two": "create"}
        assert [each.urn for each in stack.entries()] == [DEFAULT, urn("one"), urn("two")]
        assert managed(stack) == {"one": "p1", "two": "p1"}
        assert stack.up([ONE, TWO]).steps == {}
        assert providers(stack) == {"p1": DEFAULT}

    def test_not_for_components(self, stack):
        stack.up([Declared("team", type=TEAM)])
        assert providers(stack) == {}

    def test_it_goes_last(self, stack):
        stack.up([ONE, TWO])
        assert [call for _, *call in stack.destroy().calls] == [
            ["delete", "two"],
            ["delete", "one"],
            ["end", "default"],
        ]
        assert stack.entries() == []

    def test_no_state_holds_a_copy_of_the_configuration(self, stack):
        stack.up([ONE])
        (provider,) = [each for each in stack.entries() if each.is_provider]
        assert provider.inputs == provider.outputs == OF_THE_STACK


class TestReplacements:
    def test_everything_is_made_by_the_new_provider_and_deleted_by_the_old_one(self, stack):
        stack.up([ONE, TWO])
        preview = stack.preview([ONE, TWO], replace=["**"])
        assert preview.steps == {"one": "replace", "two": "replace"}
        assert {call for _, call, _ in preview.calls} == {"check"}
        outcome = stack.up([ONE, TWO], replace=["**"])
        assert outcome.steps == preview.steps
        assert outcome.calls == [
            ("p2", "check", "one"),
            ("p2", "create", "one"),
            ("p2", "check", "two"),
            ("p2", "create", "two"),
            ("p1", "delete", "two"),
            ("p1", "delete", "one"),
            ("p1", "end", "default"),
        ]
        assert managed(stack) == {"one": "p2", "two": "p2"}

    @pytest.mark.parametrize("pattern", [DEFAULT, "**::default", "urn:pulumi:dev::p::pulumi:providers:*::default"])
    def test_that_of_the_provider_alone_leaves_what_it_manages(self, stack, pattern):
        stack.up([ONE])
        outcome = stack.up([ONE], replace=[pattern])
        assert outcome.ok
        assert outcome.steps == {}
        assert outcome.calls == [("p2", "check", "one"), ("p2", "diff", "one"), ("p1", "end", "default")]
        assert managed(stack) == {"one": "p2"}

    def test_together_with_a_rename(self, stack):
        stack.up([ONE])
        outcome = stack.up([Declared("renamed")], replace=[DEFAULT])
        assert ("p1", "delete", "one") in outcome.calls
        assert ("p2", "create", "renamed") in outcome.calls

    def test_with_delete_before_replace_what_it_manages_goes_first(self, stack):
        mine = Declared("mine", type=PROVIDER, first=True)
        program = [mine, Declared("one", provider="mine"), Declared("two")]
        stack.up(program)
        outcome = stack.up(program, replace=["**::mine"])
        assert outcome.steps == {"one": "replace"}
        assert outcome.calls[:4] == [
            ("p1", "delete", "one"),
            ("p1", "end", "mine"),
            ("p3", "check", "one"),
            ("p3", "create", "one"),
        ]
        assert managed(stack) == {"one": "p3", "two": "p2"}

    def test_originals_left_by_a_killed_update_are_deleted_by_their_own_provider(self, stack):
        stack.up([ONE])
        failing = Declared("two", fails="create")
        assert not stack.up([ONE, failing], replace=["**"]).ok
        assert sorted(each.id for each in stack.entries() if each.urn == DEFAULT) == ["p1", "p2"]
        outcome = stack.up([ONE])
        assert outcome.calls == [
            ("p2", "check", "one"),
            ("p2", "diff", "one"),
            ("p1", "delete", "one"),
            ("p1", "end", "default"),
        ]

    def test_a_component_is_replaced_too(self, stack):
        program = [Declared("team", type=TEAM), Declared("one", parent="team")]
        stack.up(program)
        outcome = stack.up(program, replace=["**"])
        assert outcome.steps == {"team": "replace", "one": "replace"}
        assert [each.delete for each in stack.entries()] == [False] * 3

    def test_a_tainted_one_is_replaced_once(self, stack):
        stack.up([ONE, TWO])
        stack.taint("one")
        assert stack.preview([ONE, TWO]).steps == {"one": "replace"}
        assert stack.refresh().ok
        assert stack.up([ONE, TWO]).steps == {"one": "replace"}
        assert stack.up([ONE, TWO]).steps == {}


class TestExplicitOnes:
    def test_what_names_one_is_managed_by_it(self, stack):
        outcome = stack.up([MINE, Declared("one", provider="mine"), Declared("two")])
        assert outcome.told["mine"].resource.id == "p1"
        assert managed(stack) == {"one": "p1", "two": "p2"}

    def test_a_change_of_provider_is_no_step(self, stack):
        stack.up([ONE])
        outcome = stack.up([MINE, Declared("one", provider="mine")])
        assert outcome.steps == {}
        assert outcome.calls == [("p2", "check", "one"), ("p2", "diff", "one"), ("p1", "end", "default")]
        assert managed(stack) == {"one": "p2"}

    def test_with_a_rename_the_former_one_deletes(self, stack):
        stack.up([ONE])
        outcome = stack.up([MINE, Declared("renamed", provider="mine")])
        assert outcome.calls == [
            ("p2", "check", "renamed"),
            ("p2", "create", "renamed"),
            ("p1", "delete", "one"),
            ("p1", "end", "default"),
        ]

    def test_one_that_is_dropped_deletes_what_was_replaced(self, stack):
        stack.up([MINE, Declared("one", provider="mine")])
        outcome = stack.up([ONE], replace=[urn("one")])
        assert outcome.calls == [
            ("p2", "check", "one"),
            ("p2", "create", "one"),
            ("p1", "delete", "one"),
            ("p1", "end", "mine"),
        ]

    def test_in_a_preview_nobody_knows_its_id(self, stack):
        outcome = stack.preview([MINE, Declared("one", provider="mine")])
        assert outcome.ok
        assert outcome.steps == {"one": "create"}


class TestStatesOfEarlierVersions:
    def old(self, stack: Stack) -> None:
        """As a version wrote it that knew no provider resources."""
        stack.up([ONE, TWO])
        document: dict[str, Any] = json.loads(stack.path.read_text())
        entries = [each for each in document["deployment"]["resources"] if each["type"] == ECHO]
        for each in entries:
            del each["provider"]
        document["deployment"]["resources"] = entries
        stack.path.write_text(json.dumps(document))

    def test_they_have_the_default_provider(self, stack):
        self.old(stack)
        assert stack.preview([ONE, TWO]).steps == {}
        assert stack.up([ONE, TWO]).steps == {}
        (provider,) = providers(stack)
        assert managed(stack) == {"one": provider, "two": provider}

    def test_they_can_be_destroyed(self, stack):
        self.old(stack)
        assert [call for _, *call in stack.destroy().calls] == [
            ["delete", "two"],
            ["delete", "one"],
            ["end", "default"],
        ]

    def test_a_preview_writes_nothing(self, stack):
        self.old(stack)
        before = stack.path.read_bytes()
        assert stack.preview([ONE, TWO], replace=["**"]).ok
        assert stack.path.read_bytes() == before

    def test_it_is_one_provider_for_all_and_the_one_that_is_there(self):
        there = Resource(DEFAULT, PROVIDER, custom=True, id="there")
        bare = [Resource(urn(name), ECHO, custom=True) for name in ("a", "b")]
        assert {each.provider for each in with_default_provider([there, *bare]) if each.hosted} == {there.reference}
        component = Resource(urn("team", TEAM), TEAM, custom=False)
        assert with_default_provider([component]) == [component]

    def test_it_is_named_after_the_stack_of_the_resources(self, tmp_path):
        path = tmp_path / "dev.json"
        with State(path, None, writes=True) as state:
            state.put((Resource("urn:pulumi:prod::shop::" + ECHO + "::x", ECHO, custom=True, id="x"), None))
        with State(path, None, writes=False) as state:
            assert state.all()[0].urn == "urn:pulumi:prod::shop::pulumi:providers:pulumi-python::default"
