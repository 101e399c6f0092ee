"""Operations that are confined to some resources: targets and exclusions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testing.engine.inprocess import TEAM, Declared, Program, Stack, in_order, urn

A, B, C = Declared("a"), Declared("b", needs=("a",)), Declared("c", needs=("b",))
CHAIN = [A, B, C]


def changed(program: Program, value: str = "new") -> Program:
    return [replace(each, value=value) for each in program]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Up to six resources, some in components and some that need others."""
    found: Program = []
    for number in range(draw(st.integers(1, 6))):
        names = [each.name for each in found]
        teams = [each.name for each in found if each.type == TEAM]
        found.append(
            Declared(
                f"r{number}",
                type=draw(st.sampled_from(["", "", TEAM])) or Declared("").type,
                needs=tuple(draw(st.sets(st.sampled_from(names), max_size=2))) if names else (),
                parent=draw(st.sampled_from(["", *teams])),
            )
        )
    return found


class TestTargets:
    def test_what_is_not_targeted_stays_without_being_asked(self, stack):
        stack.up(CHAIN)
        for outcome in (stack.preview(changed(CHAIN), target=[urn("b")]), stack.up(changed(CHAIN), target=[urn("b")])):
            assert outcome.steps == {"b": "update"}
            assert outcome.asked("a") == outcome.asked("c") == []
        assert stack.values() == {"a": "a", "b": "new", "c": "c"}

    def test_with_their_dependents(self, stack):
        stack.up(CHAIN)
        outcome = stack.up(changed(CHAIN), target=[urn("b")], target_dependents=True)
        assert outcome.steps == {"b": "update", "c": "update"}

    def test_what_is_new_and_not_targeted_is_not_made(self, stack):
        stack.up([A])
        new = Declared("new")
        outcome = stack.up([A, new], target=[urn("a")])
        assert outcome.ok
        assert outcome.asked("new") == []
        assert outcome.told["new"].unknown
        assert "new" not in stack.values()
        assert stack.up([A, new]).steps == {"new": "create"}

    @pytest.mark.parametrize("needed", [{"needs": ("new",)}, {"source": "new"}], ids=["needs", "takes its value"])
    def test_a_target_that_needs_what_is_not_made_is_an_error(self, stack, needed):
        program = [Declared("new"), Declared("target", **needed)]
        said = f"Resource '{urn('target')}' depends on '{urn('new')}' which was was not specified in --target list."
        for outcome in (stack.preview(program, target=["**target"]), stack.up(program, target=["**target"])):
            assert outcome.errors == [said]
            assert "create" not in outcome.asked("target")
        assert stack.up(program, target=["**target", "**new"]).ok

    def test_what_is_skipped_for_the_sake_of_a_skipped_one_is_no_error(self, stack):
        assert stack.up([A, Declared("new"), Declared("newer", needs=("new",))], target=[urn("a")]).ok

    def test_what_is_dropped_is_deleted_where_it_is_targeted(self, stack):
        stack.up([A, Declared("x"), Declared("y")])
        assert stack.up([A], target=["**x"]).steps == {"x": "delete"}
        assert sorted(stack.values()) == ["a", "y"]

    def test_but_not_without_what_depends_on_it(self, stack):
        stack.up(CHAIN)
        for outcome in (stack.preview([A], target=[urn("b")]), stack.up([A], target=[urn("b")])):
            (error,) = outcome.errors
            assert error.startswith(f"Resource '{urn('c')}' will be destroyed but was not specified in --target list.")
            assert "delete" not in outcome.asked("b")
        assert stack.up([A], target=[urn("b")], target_dependents=True).steps == {"b": "delete", "c": "delete"}

    def test_what_it_needs_stays_even_if_it_is_dropped(self, stack):
        """A resource that is left alone still needs what its former program gave it."""
        stack.up([*CHAIN, Declared("d")])
        alone = [Declared("c", value="new"), Declared("d", value="new")]
        outcome = stack.up(alone, target=[urn("d")])
        assert outcome.steps == {"d": "update"}
        assert stack.values() == {"a": "a", "b": "b", "c": "c", "d": "new"}
        assert in_order(stack.entries())

    def test_one_that_is_nowhere_is_an_error_once_all_is_done(self, stack):
        stack.up([A])
        outcome = stack.up(changed([A]), target=[urn("a"), "urn:nobody"])
        assert outcome.errors == [
            "Target 'urn:nobody' could not be found in the stack. Did you forget to escape $ in your shell?"
        ]
        assert stack.values() == {"a": "new"}

    def test_one_to_replace_that_is_nowhere_is_an_error_before(self, stack):
        stack.up([A])
        outcome = stack.up(changed([A]), replace=["urn:a$b"])
        assert outcome.errors == ["Target 'urn:a$b' could not be found in the stack."]
        assert outcome.calls == []

    def test_a_provider_is_replaced_only_where_what_it_manages_takes_part(self, stack):
        stack.up([A, B])
        outcome = stack.up([A, B], target=[urn("a")], replace=["**default"])
        (error,) = outcome.errors
        assert "has not been registered yet, this is due to a change of providers mixed with --target" in error

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(programs(), st.data())
    def test_whatever_is_left_alone_is_as_it_was(self, tmp_path_factory, program, data):
        stack = Stack(tmp_path_factory.mktemp("stack"))
        stack.up(program)
        before = {each.urn: each.outputs for each in stack.entries()}
        names = [each.name for each in program if each.type != TEAM]
        kept = [each for each in changed(program) if each.type == TEAM or data.draw(st.booleans())]
        known = {each.name for each in kept}
        kept = [
            replace(each, needs=tuple(name for name in each.needs if name in known))
            for each in kept
            if each.parent in known | {""}
        ]
        chosen = set(data.draw(st.sets(st.sampled_from(names)) if names else st.just(set())))
        flag = data.draw(st.sampled_from(["target", "exclude"]))
        flags: dict[str, Any] = {flag: [f"**::{name}" for name in sorted(chosen)]}
        if not chosen:
            return
        outcome = stack.up(kept, **flags)
        alone = chosen if flag == "exclude" else set(names) - chosen
        for name in alone:
            assert outcome.asked(name) == []
        for each in stack.entries():
            if each.urn.rpartition("::")[2] in alone:
                assert each.outputs == before[each.urn]
        gone = set(before) - {each.urn for each in stack.entries()}
        assert not alone & {each.rpartition("::")[2] for each in gone}
        assert in_order(stack.entries())
        assert stack.up(changed(program)).ok
        assert stack.destroy().ok


class TestExclusions:
    def test_what_is_excluded_stays(self, stack):
        stack.up(CHAIN)
        outcome = stack.up(changed(CHAIN), exclude=[urn("b")])
        assert outcome.steps == {"a": "update", "c": "update"}
        assert outcome.asked("b") == []

    def test_what_is_new_and_excluded_is_not_made(self, stack):
        outcome = stack.up([A, Declared("new")], exclude=["**new"])
        assert outcome.ok
        assert outcome.steps == {"a": "create"}

    def test_what_needs_it_is_refused(self, stack):
        """The CLI makes it, and then refuses its own state."""
        outcome = stack.up([Declared("new"), Declared("other", needs=("new",))], exclude=["**new"])
        assert outcome.errors == [
            f"Resource '{urn('other')}' depends on '{urn('new')}' which is excluded and was never created."
        ]
        assert outcome.asked("other") == ["check"]

    def test_a_destroy_keeps_what_it_needs(self, stack):
        stack.up([*CHAIN, Declared("d")])
        assert stack.destroy(exclude=[urn("b")]).steps == {"c": "delete", "d": "delete"}
        assert sorted(stack.values()) == ["a", "b"]
