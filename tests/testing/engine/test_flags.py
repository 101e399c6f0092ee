"""What the CLI's flags and options do, in the local engine: failures, refresh and destroy, with the program or without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.testing.engine.inprocess import TEAM, Declared, Program, Stack, urn
from vpcep_pulumi.testing.engine.urns import PROVIDER
from vpcep_pulumi.testing.engine.values import UNKNOWN

A, B, C = Declared("a"), Declared("b", needs=("a",)), Declared("c", needs=("b",))
CHAIN = [A, B, C]


def changed(program: Program, value: str = "new") -> Program:
    return [replace(each, value=value) for each in program]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


class TestDestroy:
    def test_of_a_target_needs_that_its_dependents_go(self, stack):
        stack.up(CHAIN)
        outcome = stack.destroy(target=[urn("b")])
        assert len(outcome.errors) == 1
        assert outcome.calls == []
        assert stack.destroy(target=[urn("b")], target_dependents=True).steps == {"b": "delete", "c": "delete"}

    @pytest.mark.parametrize("flag", ["target", "exclude"])
    @pytest.mark.parametrize("operation", ["destroy", "refresh"])
    def test_of_what_is_not_there(self, stack, operation, flag):
        stack.up([A])
        outcome = getattr(stack, operation)(**{flag: ["urn:nobody"]})
        assert outcome.errors == ["no resource named 'urn:nobody' found"]
        assert outcome.calls == []

    def test_with_the_program_nothing_is_checked_or_made(self, stack):
        stack.up([A, B])
        team = Declared("team", type=TEAM)
        program = [*changed([A]), Declared("new"), Declared("newer", needs=("new",)), team, Declared("b", parent="")]
        outcome = stack.destroy(program)
        assert outcome.ok
        assert outcome.steps == {"a": "delete", "b": "delete", "team": "delete"}
        assert [call for _, *call in outcome.calls] == [["delete", "b"], ["delete", "a"], ["end", "default"]] or [
            call for _, *call in outcome.calls
        ] == [["delete", "a"], ["delete", "b"], ["end", "default"]]
        assert outcome.told["new"].unknown
        assert outcome.told["a"].resource.outputs["value"] == "a"
        assert stack.entries() == []

    def test_the_programs_options_count(self, stack):
        stack.up([A])
        assert stack.destroy([Declared("a", options={"retain_on_delete": True})]).asked("a") == []
        stack.up([A])
        outcome = stack.destroy([Declared("a", options={"protect": True})])
        assert "because it is protected" in outcome.errors[0]

    def test_so_does_its_provider(self, stack):
        stack.up([A])
        outcome = stack.destroy([Declared("mine", type=PROVIDER), Declared("a", provider="mine")])
        assert outcome.calls[0] == ("p2", "delete", "a")

    def test_with_the_program_and_a_target(self, stack):
        stack.up(CHAIN)
        outcome = stack.destroy(CHAIN, target=[urn("c")])
        assert outcome.steps == {"c": "delete"}
        assert sorted(stack.values()) == ["a", "b"]

    def test_what_is_protected_does_not_keep_the_others(self, stack):
        stack.up([Declared("needed"), Declared("p", needs=("needed",), options={"protect": True}), Declared("other")])
        outcome = stack.destroy()
        assert not outcome.ok
        assert sorted(stack.values()) == ["needed", "p"]


class TestRefresh:
    def test_only_targets_are_read(self, stack):
        stack.up(CHAIN)
        asked: list[tuple[dict[str, Any], list[str]]] = [
            ({"target": [urn("b")]}, ["b"]),
            ({"target": [urn("b")], "target_dependents": True}, ["b", "c"]),
            ({"exclude": [urn("b")]}, ["a", "c"]),
            ({}, ["a", "b", "c"]),
        ]
        for flags, read in asked:
            outcome = stack.refresh(**flags)
            assert sorted(name for _, call, name in outcome.calls if call == "read") == read

    def test_one_that_fails_does_not_keep_the_others(self, stack):
        stack.up([Declared("bad", fails="read"), A])
        outcome = stack.refresh()
        assert outcome.errors == ["read of bad fails"]
        assert sorted(name for _, call, name in outcome.calls if call == "read") == ["a", "bad"]

    def test_with_the_program_nothing_is_made(self, stack):
        stack.up([A, B])
        outcome = stack.refresh([*changed([A]), Declared("new"), Declared("newer", source="new")])
        assert outcome.ok
        assert outcome.steps == {}
        assert {call for _, call, _ in outcome.calls} == {"read", "diff"}
        assert sorted(name for _, call, name in outcome.calls if call == "read") == ["a", "b"]
        assert outcome.told["new"].unknown
        assert stack.values() == {"a": "a", "b": "b"}

    def test_what_is_gone_is_told_so(self, stack):
        gone = Declared("a", fails="gone")
        stack.up([gone])
        outcome = stack.refresh([gone])
        assert outcome.steps == {"a": "delete"}
        assert outcome.told["a"].unknown


class TestFailures:
    def test_what_does_not_depend_on_a_failure_is_done(self, stack):
        program = [
            Declared("bad", fails="create"),
            Declared("needs", needs=("bad",)),
            Declared("takes", source="bad"),
            Declared("further", needs=("takes",)),
            Declared("team", type=TEAM, needs=("bad",)),
            Declared("child", parent="team"),
            Declared("good"),
        ]
        stopped = stack.up(program)
        assert stopped.errors == ["create of bad fails"]
        assert "good" not in stopped.told
        outcome = stack.up(program, continue_on_error=True)
        assert not outcome.ok
        assert outcome.errors == ["create of bad fails"]
        assert sorted(stack.values()) == ["good"]
        assert {name for name, found in outcome.told.items() if found.failed} == {each.name for each in program[:-1]}

    def test_a_failed_update_keeps_what_it_was_and_what_that_needs(self, stack):
        stack.up([Declared("x"), Declared("y"), Declared("a", needs=("x",)), Declared("b", needs=("a",))])
        program = [Declared("a", value="new", fails="update"), Declared("b", value="new", needs=("a",))]
        outcome = stack.up(program, continue_on_error=True)
        assert outcome.errors == ["update of a fails"]
        assert stack.values() == {"x": "x", "a": "a", "b": "b"}

    def test_what_cannot_be_decided_ends_the_operation(self, stack):
        outcome = stack.up([Declared("bad", fails="check"), A], continue_on_error=True)
        assert len(outcome.errors) == 1
        assert "a" not in outcome.told

    def test_deletions_go_on_but_for_what_is_needed(self, stack):
        needed, bad = Declared("needed"), Declared("bad", needs=("needed",), fails="delete")
        stack.up([needed, bad, Declared("other"), Declared("another", needs=("other",))])
        outcome = stack.destroy(continue_on_error=True)
        assert outcome.errors == ["delete of bad fails"]
        assert sorted(stack.values()) == ["bad", "needed"]

    def test_nothing_that_was_not_known_is_asked_of_a_provider(self, stack):
        """But in a preview."""
        program = [Declared("bad", fails="create"), Declared("takes", source="bad")]
        assert stack.up(program, continue_on_error=True).asked("takes") == ["check"]
        assert "takes" not in stack.values()


class TestOptions:
    def test_what_is_replaced_with_another(self, stack):
        program = [A, Declared("b", options={"replace_with": [urn("a")]}), Declared("c")]
        stack.up(program)
        for outcome in (stack.preview(program, replace=[urn("a")]), stack.up(program, replace=[urn("a")])):
            assert outcome.steps == {"a": "replace", "b": "replace"}

    def test_and_deleted_before_it(self, stack):
        program = [replace(A, first=True), Declared("b", options={"replace_with": [urn("a")]})]
        stack.up(program)
        outcome = stack.up(program, replace=[urn("a")])
        assert [call for _, *call in outcome.calls] == [
            ["check", "a"],
            ["delete", "b"],
            ["delete", "a"],
            ["create", "a"],
            ["check", "b"],
            ["create", "b"],
        ]

    def test_what_is_deleted_with_another_that_is_deleted_before_it_is_replaced(self, stack):
        program = [replace(A, first=True), Declared("b", options={"deleted_with": urn("a")})]
        stack.up(program)
        outcome = stack.up(program, replace=[urn("a")])
        assert outcome.steps == {"a": "replace", "b": "replace"}
        assert outcome.asked("b") == ["check", "create"]

    @pytest.mark.parametrize(
        ("before", "now", "step"),
        [(None, 1, {}), (1, 1, {}), (1, 2, {"a": "replace"}), (1, None, {}), ([1], [2], {"a": "replace"})],
    )
    def test_a_trigger_of_replacement(self, stack, before, now, step):
        stack.up([Declared("a", options={"replacement_trigger": before})])
        assert stack.up([Declared("a", options={"replacement_trigger": now})]).steps == step

    def test_a_trigger_that_is_not_known_yet(self, stack):
        stack.up([A])
        program = [Declared("a", options={"replacement_trigger": UNKNOWN})]
        assert stack.preview(program).steps == {"a": "replace"}
        assert stack.up(program).errors == [f"replacement trigger contains unknowns for {urn('a')}"]
