"""What the provider does about connections that the program claims: in one process, over the real client."""

from __future__ import annotations

import pytest

from vpcep_pulumi.errors import DeclaredElsewhereError, PartlyDone
from vpcep_pulumi.operation.claims import CLAIM_INPUT, URN_OUTPUT
from vpcep_pulumi.operation.keys import ConnectionKey

ONE, TWO = (f"urn:pulumi:dev::story::type::{name}" for name in ("one", "two"))


@pytest.fixture
def accepted(stack):
    """Two consumers; the first is accepted, as ``one``."""
    for endpoint in ("ep", "ep2"):
        stack.simulator.connect("svc", endpoint, domain="d1")
    stack.up()
    stack.outputs[URN_OUTPUT] = ONE
    stack.posts()
    return stack


def declares(provider, claim, urn, connection):
    provider.operation.claims.tell("declared", claim, name=repr(claim), urn=urn, connection=connection)


def inputs(stack, claim, urn, **declared):
    return {**stack.program(**declared), CLAIM_INPUT: f"{claim} {urn}"}


EP, EP2 = ConnectionKey("svc", "ep"), ConnectionKey("svc", "ep2")


class TestIdsThatAreNotKnownYet:
    """``replace_with``: deleted with another resource, before its own ids are known."""

    @pytest.fixture
    def deleted(self, accepted):
        provider = accepted.operation()
        declares(provider, "one", ONE, None)
        provider.delete(accepted.outputs)
        assert accepted.posts() == []
        return provider

    def made(self, stack, provider, endpoint):
        provider.operation.claims.tell("resolved", "one", connection=ConnectionKey("svc", endpoint))
        checked = provider.check({}, inputs(stack, "one", ONE, endpoint_id=endpoint))
        assert not checked.failures
        return provider.create(checked.inputs)

    def test_the_same_connection_is_left_alone(self, accepted, deleted):
        self.made(accepted, deleted, "ep")
        assert accepted.posts() == []

    def test_the_former_one_of_another_is_rejected_then(self, accepted, deleted):
        self.made(accepted, deleted, "ep2")
        assert accepted.posts() == ["receive", "reject"]
        assert accepted.simulator.status("svc", "ep") == "rejected"

    def test_where_that_fails_it_is_recorded(self, accepted, deleted):
        accepted.simulator.fault("forbidden", "POST", skip=1)
        with pytest.raises(PartlyDone, match=r"EndPoint\.0004") as part:
            self.made(accepted, deleted, "ep2")
        assert part.value.outputs["status"] == "accepted"
        assert part.value.outputs["errors"]


class TestASkippedDelete:
    """With ``delete_before_replace`` the state has forgotten the resource by then."""

    def test_a_create_that_fails_after_it_is_recorded(self, accepted):
        provider = accepted.operation()
        declares(provider, "one", ONE, EP)
        checked = provider.check({}, inputs(accepted, "one", ONE, description="new"))
        provider.delete(accepted.outputs)
        accepted.simulator.fault("forbidden", "PUT")
        with pytest.raises(PartlyDone, match=r"EndPoint\.0004") as part:
            provider.create(checked.inputs)
        assert part.value.outputs["status"] == "accepted"
        assert part.value.outputs[URN_OUTPUT] == ONE
        assert accepted.posts() == []

    def test_a_check_after_it_refuses_nothing(self, accepted):
        provider = accepted.operation()
        declares(provider, "two", TWO, EP)
        provider.delete(accepted.outputs)
        checked = provider.check({}, inputs(accepted, "two", TWO, expected_domain_id="another"))
        assert not checked.failures
        with pytest.raises(PartlyDone, match="belongs to account d1"):
            provider.create(checked.inputs)

    def test_a_create_that_fails_without_one_records_nothing(self, accepted):
        provider = accepted.operation()
        declares(provider, "two", TWO, EP2)
        checked = provider.check({}, inputs(accepted, "two", TWO, endpoint_id="ep2"))
        accepted.simulator.fault("forbidden")
        with pytest.raises(Exception, match=r"EndPoint\.0004") as error:
            provider.create(checked.inputs)
        assert not isinstance(error.value, PartlyDone)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (["answered"], "which this operation did not ask about"),
        (["failed"], "which has failed in this operation"),
    ],
)
def test_a_refused_delete_sends_nothing_and_names_the_holder(accepted, events, words):
    provider = accepted.operation()
    declares(provider, "two", TWO, EP)
    for event in events:
        provider.operation.claims.tell(event, "two")
    with pytest.raises(DeclaredElsewhereError, match="'two', " + words) as error:
        provider.delete(accepted.outputs)
    assert "Nothing was sent" in str(error.value)
    assert accepted.posts() == []


class TestAHolderThatIsStillToCome:
    """The engine deletes a resource and registers the next holder of its connection at once."""

    @pytest.fixture
    def provider(self, accepted):
        provider = accepted.operation()
        declares(provider, "one", ONE, EP2)
        declares(provider, "two", TWO, EP)
        provider.operation.claims.tell("checked", "one", connection=EP2)
        return provider

    def test_one_that_is_left_out_meanwhile_refuses_the_delete(self, accepted, provider):
        accepted.time.after(0.1, lambda: provider.operation.claims.tell("answered", "two"))
        with pytest.raises(DeclaredElsewhereError, match="'two', which this operation leaves out"):
            provider.delete(accepted.outputs)
        assert accepted.posts() == []

    def test_one_that_is_checked_meanwhile_is_waited_for_no_longer(self, accepted, provider):
        before = accepted.time.now
        accepted.time.after(0.1, lambda: provider.check({}, inputs(accepted, "two", TWO)))
        provider.delete(accepted.outputs)
        assert accepted.time.now - before == 0.25
        assert accepted.posts() == []

    def test_one_that_waits_for_the_delete_itself_is_not_waited_for_long(self, accepted, provider):
        before = accepted.time.now
        accepted.time.after(0.1, lambda: None)
        provider.delete(accepted.outputs)
        assert accepted.time.now - before == 1
        assert accepted.posts() == []


def test_a_connection_that_two_hold_is_refused_by_name(accepted):
    provider = accepted.operation()
    declares(provider, "one", ONE, EP)
    declares(provider, "two", TWO, EP2)
    assert not provider.check({}, inputs(accepted, "one", ONE)).failures
    (failure,) = provider.check({}, inputs(accepted, "two", TWO)).failures
    assert failure.reason == "connection ep of service svc is declared twice, also by 'one'"


def test_another_region_of_the_same_address_is_the_same_place(accepted):
    """``vpcep:endpoint`` is set, and somebody corrects the region's name: the approval is replaced."""
    provider = accepted.operation()
    declares(provider, "one", ONE, EP)
    checked = provider.check({}, inputs(accepted, "one", ONE, region="cn-north-1"))
    provider.create(checked.inputs)
    provider.delete(accepted.outputs)
    assert accepted.posts() == []
