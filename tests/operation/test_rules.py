"""What a delete does, by what is claimed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.operation.keys import ConnectionKey, ServiceKey
from vpcep_pulumi.operation.known import CHANGES, Claim, Known
from vpcep_pulumi.operation.rules import Deletion, on_delete

X = ConnectionKey("svc", "ep1", "https://here")
Y = ConnectionKey("svc", "ep2", "https://here")
ONE = "urn:pulumi:dev::story::type::one"
TWO = "urn:pulumi:dev::story::type::two"

KEEPS = (Deletion.KEEP, Deletion.KEEP_FOR_NOW)


def known(*events: dict[str, Any]) -> Known:
    found = Known()
    for event in events:
        found.take(event)
    return found


def claimed(
    claim: str, connection: ConnectionKey | None, *then: str, urn: str = "", **fields: Any
) -> list[dict[str, Any]]:
    """The events of one claim."""
    first = {"event": "declared", "claim": claim, "name": claim, "urn": urn or ONE, "connection": connection, **fields}
    return [first, *({"event": event, "claim": claim} for event in then)]


def deleted(*events: dict[str, Any], urn: str | None = ONE, connection: ConnectionKey = X) -> Deletion:
    return on_delete(known(*events), connection, urn).deletion


class TestNobodyDeclaresIt:
    def test_a_destroy_runs_no_program(self):
        assert deleted() is Deletion.REJECT

    def test_removed_from_the_program(self):
        assert deleted(*claimed("two", Y, "answered", "checked", "recorded", urn=TWO)) is Deletion.REJECT

    def test_another_endpoint_deleted_first(self):
        assert deleted(*claimed("one", Y, "checked")) is Deletion.REJECT

    def test_the_same_ids_at_another_address_are_another_connection(self):
        there = X._replace(address="https://there")
        assert deleted(*claimed("two", there, "answered", "checked", "recorded", urn=TWO)) is Deletion.REJECT

    def test_an_address_that_is_not_known_may_be_this_one(self):
        anywhere = X._replace(address=None)
        assert deleted(*claimed("two", anywhere, urn=TWO)) is Deletion.KEEP_FOR_NOW


class TestIdsThatTheStateMayOverrule:
    """``ignore_changes``: what the program names counts for a new resource only."""

    @pytest.mark.parametrize(
        ("then", "deletion"),
        [
            ([], Deletion.KEEP_FOR_NOW),
            (["answered"], Deletion.REFUSE_AMBIGUOUS),
            (["checked"], Deletion.REJECT),
        ],
        ids=["not asked yet", "nothing is asked", "checked for another"],
    )
    def test_until_the_engine_has_said(self, then, deletion):
        assert deleted(*claimed("two", None, *then, urn=TWO, possible=X)) is deletion

    def test_left_out_it_is_not_rejected(self):
        checked = claimed("three", Y, "checked", urn="urn:pulumi:dev::story::type::three")
        assert deleted(*claimed("two", None, "answered", urn=TWO, possible=X), *checked) is Deletion.REFUSE_LEFT_OUT

    def test_a_destroy_that_runs_the_program_rejects(self):
        """Both of a connection's own declaration, and of another's that names it besides."""
        assert deleted(*claimed("one", None, "answered", possible=X)) is Deletion.REJECT
        events = [*claimed("one", X, "answered"), *claimed("two", None, "answered", urn=TWO, possible=X)]
        assert deleted(*events) is Deletion.REJECT

    def test_of_another_connection_it_is_none(self):
        assert deleted(*claimed("two", None, urn=TWO, possible=Y)) is Deletion.REJECT

    def test_checked_for_this_one_it_holds_it(self):
        checked = [*claimed("two", None, urn=TWO, possible=X), {"event": "checked", "claim": "two", "connection": X}]
        assert deleted(*checked) is Deletion.KEEP_FOR_NOW


class TestAnotherHoldsIt:
    def test_a_rename(self):
        assert deleted(*claimed("two", X, "checked", "recorded", "answered", urn=TWO)) is Deletion.KEEP

    def test_a_replacement_of_itself(self):
        assert deleted(*claimed("one", X, "checked", "recorded", "answered")) is Deletion.KEEP

    def test_a_replacement_of_itself_that_deletes_first(self):
        assert deleted(*claimed("one", X, "checked")) is Deletion.KEEP_FOR_NOW

    def test_deleted_before_the_new_holder_is_registered(self):
        events = [*claimed("one", Y, "checked"), *claimed("two", X, urn=TWO)]
        assert deleted(*events) is Deletion.KEEP_FOR_NOW

    def test_a_newcomer_whose_service_comes_through_another_resource(self):
        """Its endpoint is known all the same."""
        events = [*claimed("one", Y, "checked"), *claimed("two", X._replace(service_id=None), urn=TWO)]
        assert deleted(*events) is Deletion.KEEP_FOR_NOW

    def test_deleted_with_another_resource_before_its_own_registration(self):
        """``replace_with``, and dependents of what is deleted first."""
        assert deleted(*claimed("one", X), *claimed("two", Y, "checked", urn=TWO)) is Deletion.KEEP_FOR_NOW
        assert deleted(*claimed("one", X)) is Deletion.KEEP_FOR_NOW

    def test_deleted_with_another_resource_before_its_own_ids_are_known(self):
        assert deleted(*claimed("one", None)) is Deletion.KEEP_FOR_NOW

    def test_a_get_names_it(self):
        assert deleted(*claimed("two", X, urn=TWO, reads=True)) is Deletion.KEEP

    def test_what_the_engine_makes_of_the_inputs_counts(self):
        """``ignore_changes``: the program writes another endpoint than the engine goes on with."""
        events = [*claimed("two", Y, urn=TWO), {"event": "checked", "claim": "two", "connection": X}]
        assert deleted(*events) is Deletion.KEEP_FOR_NOW


class TestTheHolderIsLeftOut:
    def test_a_rename_whose_new_name_is_left_out(self):
        events = [*claimed("two", X, "answered", urn=TWO), *claimed("three", Y, "answered", "checked", urn="three")]
        assert deleted(*events) is Deletion.REFUSE_LEFT_OUT

    def test_a_swap_of_which_one_half_is_left_out(self):
        events = [*claimed("one", Y, "checked", "recorded", "answered"), *claimed("two", X, "answered", urn=TWO)]
        assert deleted(*events) is Deletion.REFUSE_LEFT_OUT

    def test_nothing_tells_it_from_a_destroy(self):
        assert deleted(*claimed("two", X, "answered", urn=TWO)) is Deletion.REFUSE_AMBIGUOUS

    def test_the_holder_was_skipped_because_something_else_failed(self):
        """``--continue-on-error``: the provider is not told of it."""
        assert deleted(*claimed("two", X, "checked", "answered", urn=TWO)) is Deletion.REFUSE_FAILED

    def test_the_holder_has_failed(self):
        assert deleted(*claimed("two", X, "failed", urn=TWO)) is Deletion.REFUSE_FAILED
        assert deleted(*claimed("two", X, "failed", "checked", "recorded", urn=TWO)) is Deletion.KEEP


def policy(claim: str, *then: str, urn: str = TWO) -> list[dict[str, Any]]:
    """The events of a policy of the service."""
    return claimed(claim, None, *then, urn=urn, service=ServiceKey("svc"))


class TestAPolicyThatIsStillToCome:
    """It depends on what is deleted first: the engine has neither checked nor answered it."""

    def test_nothing_is_taken_for_granted(self):
        moved = claimed("one", Y, "checked")
        assert deleted(*moved, *policy("rest")) is Deletion.REFUSE_TO_COME
        assert deleted(*moved, *policy("rest", "answered")) is Deletion.REFUSE_LEFT_OUT
        assert deleted(*moved, *policy("rest"), connection=X._replace(service_id="other")) is Deletion.REJECT

    def test_checked_it_says_what_it_accepts(self):
        checked = {"event": "checked", "claim": "rest", "service": ServiceKey("svc")}
        assert deleted(*policy("rest"), {**checked, "accepts": []}) is Deletion.REJECT
        assert deleted(*policy("rest"), {**checked, "accepts": ["ep1"]}) is Deletion.KEEP_FOR_NOW

    def test_nor_is_anything_left_to_an_approval_whose_endpoint_is_not_known(self):
        """If it turned out to be another one, nobody would reject the connection: the policy might accept it."""
        assert deleted(*claimed("one", None), *policy("rest")) is Deletion.REFUSE_TO_COME
        assert deleted(*claimed("one", None)) is Deletion.KEEP_FOR_NOW

    def test_deleted_first_itself(self):
        assert deleted(*policy("rest", urn=ONE)) is Deletion.REFUSE_TO_COME

    def test_what_it_cannot_decide_on_it_does_not_let_go_for_its_own_successor(self):
        checked = {
            "event": "checked",
            "claim": "rest",
            "service": ServiceKey("svc"),
            "undecided": ["ep1"],
            "accepts": [],
        }
        assert deleted(*policy("rest", urn=ONE), checked) is Deletion.REFUSE_UNDECIDED

    def test_a_destroy_that_runs_the_program_rejects(self):
        assert deleted(*claimed("one", X, "answered"), *policy("rest", "answered")) is Deletion.REJECT


class TestADestroyThatRunsTheProgram:
    def test_what_it_declares_is_rejected(self):
        assert deleted(*claimed("one", X, "answered")) is Deletion.REJECT

    def test_a_swap_that_was_never_made_is_refused(self):
        """The URN that the state holds may be a former one: nothing is rejected on the strength of it alone."""
        events = [*claimed("one", Y, "answered"), *claimed("two", X, "answered", urn=TWO)]
        assert deleted(*events) is Deletion.REFUSE_AMBIGUOUS

    def test_a_connection_that_was_checked_is_none_that_is_destroyed(self):
        """A former URN once more: after two renames, the first with an alias."""
        events = [*claimed("one", None, "answered"), *claimed("two", X, "checked", "recorded", "answered", urn=TWO)]
        assert deleted(*events) is Deletion.KEEP

    def test_the_stack_was_renamed(self):
        there = ONE.replace("dev::story", "prod::other")
        assert deleted(*claimed("one", X, "answered", urn=there)) is Deletion.REJECT

    def test_a_urn_that_was_not_recorded_is_refused(self):
        assert deleted(*claimed("one", X, "answered"), urn=None) is Deletion.REFUSE_AMBIGUOUS


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of up to three claims, in any order that keeps each claim's first."""
    events: list[dict[str, Any]] = []
    for claim, urn in (("one", ONE), ("two", TWO), ("three", None)):
        if draw(st.booleans()):
            where = draw(st.sampled_from([X, Y, None, X._replace(address=None)]))
            fields = {"reads": True} if draw(st.integers(0, 5)) == 0 else {}
            first, *_ = claimed(claim, where, urn=urn or "", **fields)
            then = draw(st.lists(st.sampled_from(sorted(CHANGES)), max_size=5))
            events += [first, *({"event": event, "claim": claim} for event in then if event != "declared")]
    return events


@given(histories(), st.sampled_from([ONE, TWO, "urn:pulumi:dev::story::type::gone", None]))
def test_what_is_declared_is_rejected_by_a_destroy_alone(events, urn):
    found = known(*events)
    verdict = on_delete(found, X, urn)
    holders = [each for each in found.claims.values() if each.holds(X)]
    if not holders:
        assert verdict.deletion in (Deletion.REJECT, Deletion.KEEP_FOR_NOW)
    if verdict.deletion is Deletion.REJECT and holders:
        # Only a destroy that runs the program answers a registration without a check, and deletes the resource.
        own = [each for each in found.claims.values() if urn is not None and each.urn == urn]
        assert any(each.is_answered and not each.is_checked for each in own)
        assert not any(each.is_checked for each in holders)
    if verdict.deletion in KEEPS and holders:
        assert verdict.holder in holders


@given(histories(), st.sampled_from([ONE, TWO, None]))
def test_what_was_recorded_under_another_name_is_safe_to_forget(events, urn):
    """A delete that is skipped for good leaves the connection in the state."""
    verdict = on_delete(known(*events), X, urn)
    if verdict.deletion is Deletion.KEEP:
        assert verdict.holder is not None
        assert verdict.holder.is_recorded or verdict.holder.reads


@given(st.permutations([None, "https://here", "https://there"]), st.permutations([None, "svc", "svc2"]))
def test_matching_is_symmetric_and_what_is_not_known_matches_everything(addresses, services):
    one, two = (ConnectionKey(services[at], "ep1", addresses[at]) for at in (0, 1))
    assert one.matches(two) == two.matches(one)
    assert one.matches(one)
    assert ConnectionKey(None, "ep1").matches(two)
    assert not one.matches(two._replace(endpoint_id="ep2"))


@pytest.mark.parametrize("event", sorted(set(CHANGES) - {"declared", "resolved", "named"}))
def test_each_event_says_something(event):
    assert CHANGES[event](Claim("one", has_failed=event != "failed")) != Claim("one", has_failed=event != "failed")
