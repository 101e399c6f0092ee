"""Patterns of URNs, and what an operation is confined to: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.testing.engine.test_order import entry, graphs
from vpcep_pulumi.testing.engine import options
from vpcep_pulumi.testing.engine.options import Mode
from vpcep_pulumi.testing.engine.selection import Patterns, Selection
from vpcep_pulumi.testing.engine.urns import PROVIDER, STACK

URN = "urn:pulumi:dev::shop::acme:index:Team$pulumi-python:dynamic:Resource::one"


# Source: TestUrnTargets in pkg/resource/deploy/deployment_test.go has more of the same.
@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (URN, True),
        (URN[:-1], False),
        ("**", True),
        ("*", False),
        ("**one", True),
        ("**::one", True),
        ("urn:pulumi:dev::shop::**::one", True),
        ("urn:pulumi:dev::shop::*::one", False),
        ("urn:pulumi:*::shop::acme:index:Team$pulumi-python:dynamic:*::o*", True),
        ("urn:pulumi:dev::shop::acme*::one", False),
        ("**Team$**", True),
        ("**team$**", False),
        ("urn:pulumi:dev::shop::acme:index:Team.pulumi-python:dynamic:Resource::on*", False),
    ],
)
def test_a_pattern(pattern, matches):
    assert (URN in Patterns.of([pattern])) is matches
    assert (URN in Patterns.of(["urn:other", pattern])) is matches


def test_without_patterns_nothing_is_named():
    assert not Patterns.of([])
    assert "" not in Patterns.of([])


@given(st.text(alphabet="ab:*$.[\\", max_size=12))
def test_a_text_without_a_star_names_itself_alone(text):
    named = Patterns.of([text])
    if "*" not in text:
        assert text in named
        assert named.missing([]) == [text]
    else:
        assert named.missing([]) == []
        assert text.replace("*", "a") in named


@given(graphs(), st.data())
def test_what_may_be_deleted_is_closed(entries, data):
    """With a target go all that depend on it; with what is kept stays all that it depends on."""
    names = [each.urn for each in entries]
    chosen = data.draw(st.sets(st.sampled_from(names)) if names else st.just(set()))
    deleted = Selection(target=Patterns.of(chosen)).deletable(entries) if chosen else set(names)
    kept = set(names) - Selection(exclude=Patterns.of(chosen)).deletable(entries)
    for each in entries:
        assert not each.depends_on() & deleted or each.urn in deleted
        assert each.urn not in kept or each.depends_on() <= kept
    assert not chosen or chosen <= deleted
    assert chosen <= kept


@given(graphs(), st.data())
def test_a_target_includes_its_dependents_where_it_is_asked_for(entries, data):
    names = [each.urn for each in entries]
    chosen = data.draw(st.sets(st.sampled_from(names), min_size=1) if names else st.just({"none"}))
    alone = Selection(target=Patterns.of(chosen))
    wide = Selection(target=Patterns.of(chosen), dependents=True)
    assert {each.urn for each in entries if alone.includes(each)} == chosen & set(names)
    assert {each.urn for each in entries if wide.includes(each)} == wide.deletable(entries)


def test_providers_and_the_stack_always_take_part():
    for selection in (Selection(target=Patterns.of(["x"])), Selection(exclude=Patterns.of(["**"]))):
        for type_ in (STACK, PROVIDER):
            resource = entry("u")
            resource.type = type_
            assert selection.includes(resource)
        assert not selection.includes(entry("u"))


def test_flags_that_make_no_sense():
    both = options.of(target=["**"], exclude=["**"])
    assert both.problem([]) == "target and exclude cannot be used together"
    for mode, said in [
        (Mode.UPDATE, ""),
        (Mode.REFRESH, "no resource named 'urn:x' found"),
        (Mode.DESTROY, "no resource named 'urn:x' found"),
    ]:
        assert options.of(target=["urn:x"], mode=mode).problem([]) == said
        assert options.of(exclude=["urn:x"], mode=mode).problem([]) == said
        assert options.of(target=["urn:x", "**y"], mode=mode).problem(["urn:x"]) == ""
