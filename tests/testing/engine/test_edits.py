"""The state, edited by hand as the CLI edits it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.conftest import ECHO, HEADER
from tests.testing.engine.inprocess import TEAM, Declared, Stack, in_order, urn
from vpcep_pulumi.testing.engine import EngineError, LocalEngine, edits
from vpcep_pulumi.testing.engine.urns import PROVIDER, STACK, default_provider, renamed, reparented

TEAM_URN = urn("team", TEAM)
CHILD = "urn:pulumi:dev::p::acme:index:Team$pulumi-python:dynamic:Resource::child"
GRANDCHILD = (
    "urn:pulumi:dev::p::acme:index:Team$pulumi-python:dynamic:Resource$pulumi-python:dynamic:Resource::grandchild"
)
PROGRAM = [
    Declared("team", type=TEAM),
    Declared("child", parent="team"),
    Declared("grandchild", parent="child"),
    Declared("one"),
    Declared("two", source="one", options={"protect": True}),
]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    found = Stack(tmp_path)
    found.up(PROGRAM)
    return found


def test_urns():
    assert renamed("urn:pulumi:dev::p::t::a::b", "c") == "urn:pulumi:dev::p::t::c"
    assert reparented(CHILD, f"urn:pulumi:dev::p::{STACK}::p-dev") == urn("child")
    assert reparented(urn("child"), TEAM_URN) == CHILD
    assert default_provider(CHILD) == f"urn:pulumi:dev::p::{PROVIDER}::default"


def test_a_rename_is_followed_by_all_that_name_it(stack):
    stack.edit(edits.renamed, urn("one"), "uno")
    (two,) = [each for each in stack.entries() if each.urn == urn("two")]
    assert (two.dependencies, two.property_dependencies) == ([urn("uno")], {"value": [urn("uno")]})
    assert in_order(stack.entries())
    outcome = stack.up([Declared("one"), *PROGRAM[:3], Declared("two", source="one", options={"protect": True})])
    assert outcome.steps == {"one": "create", "uno": "delete"}


def test_children_of_one_that_is_renamed_keep_their_names(stack):
    stack.edit(edits.renamed, TEAM_URN, "squad")
    assert {each.parent for each in stack.entries() if each.urn == CHILD} == {urn("squad", TEAM)}
    stack.edit(edits.renamed, CHILD, "kid")
    parents = {each.urn: each.parent for each in stack.entries()}
    assert parents[GRANDCHILD] == renamed(CHILD, "kid")


def test_what_a_renamed_provider_manages_still_has_it(stack):
    stack.edit(edits.renamed, default_provider(CHILD), "other")
    assert {each.provider.rpartition("::")[0] for each in stack.entries() if each.hosted} == {
        renamed(default_provider(CHILD), "other")
    }
    assert stack.up(PROGRAM).steps == {}


@pytest.mark.parametrize(
    ("edit", "arguments", "said"),
    [
        (edits.renamed, (urn("nobody"), "x"), "No such resource"),
        (edits.without, (urn("nobody"),), "No such resource"),
        (edits.tainted, (urn("nobody"),), "No such resource"),
        (edits.renamed, (urn("one"), "two"), "corresponds to an already existing resource"),
        (edits.without, (urn("two"),), "because it is protected"),
        (edits.without, (urn("one"),), rf"the following resources depend on it:\n \* {urn('two')}$"),
        (edits.without, (TEAM_URN,), "the following resources depend on it"),
        (edits.without, (default_provider(CHILD),), "the following resources depend on it"),
    ],
)
def test_what_is_refused_changes_nothing(stack, edit, arguments, said):
    before = stack.path.read_bytes()
    with pytest.raises(EngineError, match=said):
        stack.edit(edit, *arguments)
    assert stack.path.read_bytes() == before


def test_what_is_forgotten_is_not_deleted(stack):
    stack.edit(edits.without, GRANDCHILD)
    assert "grandchild" not in stack.values()
    assert stack.destroy().asked("grandchild") == []


def test_the_engine_has_them(tmp_path):
    (tmp_path / "__main__.py").write_text(HEADER + ECHO + "Echo('one', value='x')\nEcho('two', value='x')\n")
    engine = LocalEngine(tmp_path, tmp_path / "state/dev.json", environ={**os.environ, "PULUMI_CONFIG_PASSPHRASE": "p"})
    assert engine.up().ok
    one, two = (f"urn:pulumi:dev::program::pulumi-python:dynamic:Resource::{name}" for name in ("one", "two"))
    engine.state_taint(one)
    assert engine.preview().steps == {one: "replace"}
    engine.state_delete(two)
    assert engine.preview().steps == {one: "replace", two: "create"}
    engine.state_rename(one, "two")
    assert engine.preview().steps == {one: "create", two: "replace"}
    with pytest.raises(EngineError, match="No such resource"):
        engine.state_delete(one)
