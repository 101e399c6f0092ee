"""Names, dependents and the order of deletions: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.testing.engine.graph import deletion_order, dependents
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.urns import STACK, Alias, create, former, name_of, qualified_type, type_of

ROOT = f"urn:pulumi:dev::p::{STACK}::p-dev"


def entry(name: str, *needs: str) -> Resource:
    return Resource(urn=name, type="t", custom=True, dependencies=list(needs))


@st.composite
def graphs(draw: st.DrawFn) -> list[Resource]:
    """Entries, each of which depends on some before it."""
    count = draw(st.integers(0, 8))
    return [
        entry(
            f"r{number}",
            *draw(st.sets(st.sampled_from([f"r{each}" for each in range(number)]) if number else st.nothing())),
        )
        for number in range(count)
    ]


@given(graphs())
def test_nothing_is_deleted_before_what_depends_on_it(entries):
    gone: set[str] = set()
    for generation in deletion_order(entries):
        for each in generation:
            needers = {other.urn for other in entries if each.urn in other.depends_on()}
            assert needers <= gone
        gone |= {each.urn for each in generation}
    assert gone == {each.urn for each in entries}


@given(graphs())
def test_dependents_are_all_that_lead_to_a_resource(entries):
    for root in entries:
        found = dependents(root, entries)
        names = {root.urn, *(each.urn for each in found)}
        assert all(each.depends_on() & names for each in found)
        assert all(each in found or not each.depends_on() & names for each in entries if each is not root)


def test_urns():
    parent = create("dev", "p", ROOT, "acme:index:Team", "team")
    child = create("dev", "p", parent, "t:i:C", "child")
    assert parent == "urn:pulumi:dev::p::acme:index:Team::team"
    assert child == "urn:pulumi:dev::p::acme:index:Team$t:i:C::child"
    assert (qualified_type(child), type_of(child), name_of(child)) == ("acme:index:Team$t:i:C", "t:i:C", "child")
    assert name_of(create("dev", "p", "", "t:i:C", "a::b")) == "a::b"


def test_former_names():
    parent = "urn:pulumi:dev::p::acme:index:Team::new"
    renamed = {parent: "urn:pulumi:dev::p::acme:index:Team::old"}
    found = former("dev", "p", parent, "t:i:C", "new-child", [Alias(name="first"), Alias(no_parent=True)], renamed)
    assert (
        found
        == [
            "urn:pulumi:dev::p::acme:index:Team$t:i:C::first",
            "urn:pulumi:dev::p::t:i:C::new-child",
            "urn:pulumi:dev::p::acme:index:Team$t:i:C::old-child",
            "urn:pulumi:dev::p::acme:index:Team$t:i:C::first",
            "urn:pulumi:dev::p::acme:index:Team$t:i:C::old-child",
        ][:3]
    )
