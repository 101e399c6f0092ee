"""``expected_domain_id``: what belongs to another account is never decided on, described or green, whatever its status.

The answers come from the simulator; on the way, one of them is changed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.provider.proxy import LEFT_OUT, Proxy, answer, provider_behind
from vpcep_pulumi.errors import OwnerError

SERVICE, ENDPOINT = "svc", "ep"
OWN, OTHER = "d1", "intruder"


@pytest.fixture
def proxy(stack, monkeypatch):
    found = Proxy()
    monkeypatch.setattr(stack, "operation", partial(provider_behind, stack, found))
    return found


def written(stack) -> Any:
    return stack.simulator.calls("PUT")


DECLARED = {"expected_domain_id": OWN, "description": "ticket 1"}


def connect(stack, status):
    """Another's connection, in any status: also one that is not documented."""
    stack.simulator.connect(SERVICE, ENDPOINT, domain=OTHER)
    stack.simulator.world.put(SERVICE, ENDPOINT, status)


class TestAnothersEndpoint:
    """Red and named, whatever its status; never described, never decided on."""

    @pytest.mark.parametrize(
        "status", ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen"]
    )
    @pytest.mark.parametrize("declared", ["accepted", "rejected"])
    def test_that_appears_while_it_is_waited_for(self, stack, status, declared):
        """A service that needs no approval accepts whoever comes."""
        stack.simulator.service(SERVICE)
        stack.time.after(10, lambda: connect(stack, status))
        outcome = stack.up(status=declared, **DECLARED)
        assert f"belongs to account {OTHER}, not to the expected {OWN}: nothing is sent" in outcome.error
        assert (stack.inputs, stack.posts(), written(stack)) == (None, [], [])

    @pytest.mark.parametrize(
        "status", ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen"]
    )
    @pytest.mark.parametrize("declared", ["accepted", "rejected"])
    def test_that_is_there_already(self, stack, status, declared):
        connect(stack, status)
        for outcome in (stack.preview(status=declared, **DECLARED), stack.up(status=declared, **DECLARED)):
            (failure,) = outcome.failures
            assert f"belongs to account {OTHER}, not to the expected {OWN}" in failure
        assert (stack.inputs, stack.posts(), written(stack)) == (None, [], [])

    def test_that_is_accepted_is_named_with_what_to_do(self, stack):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OTHER, status="accepted")
        (failure,) = stack.preview(expected_domain_id=OWN).failures
        assert failure == (
            "endpoint_id: connection ep of service svc belongs to account intruder, not to the expected d1: nothing "
            "is sent. Check endpoint_id, or expected_domain_id if that account is right; the connection is accepted: "
            'to cut it off, declare status="rejected" without expected_domain_id'
        )

    def test_that_is_as_declared_and_recorded_is_red_in_the_preview(self, stack, proxy):
        """Nothing else changed: only whom the API names."""
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        assert stack.up(**DECLARED).error == ""
        proxy.names(OTHER, 0)
        (failure,) = stack.preview(**DECLARED).failures
        assert f"belongs to account {OTHER}" in failure

    def test_that_comes_between_check_and_diff_is_an_update_that_is_refused(self, stack, proxy):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        stack.up(**DECLARED)
        provider = stack.operation()
        inputs = provider.check(stack.inputs, stack.program(**DECLARED)).inputs
        assert not provider.diff(stack.outputs, inputs).changes
        stack.time.now += 100
        proxy.names(OTHER, 0, 1)
        provider.check(stack.inputs, stack.program(**DECLARED))  # reads anew, for another resource, as it were
        assert provider.diff(stack.outputs, inputs).changes
        with pytest.raises(OwnerError, match=f"belongs to account {OTHER}"):
            provider.update(stack.outputs, inputs)

    def test_a_refresh_records_and_warns(self, stack, proxy):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        stack.up(**DECLARED)
        proxy.names(OTHER, 0)
        stack.refresh()
        assert stack.outputs["domain_id"] == OTHER
        (line,) = stack.log.of("warning")
        assert f"belongs to account {OTHER}, not to the expected {OWN}" in line

    def test_is_rejected_all_the_same_where_it_is_held(self, stack, proxy):
        """A delete takes back what the state holds, whoever has it."""
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        stack.up(**DECLARED)
        stack.posts()
        proxy.names(OTHER, *range(10))
        assert stack.destroy() == ""
        assert (stack.live, stack.posts()) == ("rejected", ["reject"])


def slow(stack):
    stack.simulator.world.settings.creating_s = 6
    stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)


def accepted(stack):
    stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN, status="accepted")


def appears(stack):
    stack.simulator.service(SERVICE)
    stack.time.after(10, lambda: stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN))


STORIES = [
    (slow, "accepted", ["GET", "POST", "GET", "GET", "GET", "GET", "PUT"]),
    (accepted, "accepted", ["GET", "PUT"]),
    (accepted, "rejected", ["GET", "POST", "PUT"]),
    (appears, "accepted", ["GET", "POST", "PUT"]),
]
"""How the world is, what is declared, and the answers that then come."""
EVERY_ANSWER = [
    pytest.param(begin, declared, methods, number, id=f"{begin.__name__}-{declared}-{number}-{methods[number]}")
    for begin, declared, methods in STORIES
    for number in range(len(methods))
]


@pytest.mark.parametrize(("begin", "declared", "methods", "number"), EVERY_ANSWER)
class TestEachAnswer:
    """Of an operation: the owner is looked at in every one."""

    def test_that_names_another_is_red_and_what_was_sent_is_recorded(
        self, stack, proxy, begin, declared, methods, number
    ):
        begin(stack)
        proxy.names(OTHER, number)
        outcome = stack.up(status=declared, **DECLARED)
        (words,) = outcome.failures or [outcome.error]
        assert f"belongs to account {OTHER}, not to the expected {OWN}" in words
        assert proxy.answers == methods[: number + 1], "nothing more is asked or sent"
        sent = [method for method in methods[: number + 1] if method != "GET"]
        assert (stack.inputs is not None) == bool(sent)
        if sent:
            assert stack.outputs["domain_id"] == OTHER
            assert stack.outputs["errors"][0] == words
            name = {"PUT": "describe", "POST": "receive" if declared == "accepted" else "reject"}[sent[-1]]
            assert f": `{name}` was sent already. " in words

    def test_that_names_nobody_counts_by_who_was_named_before(self, stack, proxy, begin, declared, methods, number):
        begin(stack)
        proxy.names(LEFT_OUT, number)
        outcome = stack.up(status=declared, **DECLARED)
        if number == 0:
            (words,) = outcome.failures or [outcome.error]
            assert "belongs to an account that the API does not name, not to the expected d1" in words
            assert (stack.inputs, stack.posts(), written(stack)) == (None, [], [])
        else:
            assert outcome.error == ""
            assert stack.outputs["domain_id"] == OWN
            assert proxy.answers == methods


@pytest.mark.parametrize("owner", [OTHER, LEFT_OUT])
def test_a_read_after_a_lost_answer_names_the_owner_as_well(stack, proxy, owner):
    """Nothing is sent again before that was looked at."""
    stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)

    def spoilt(_number: int, method: str, page: list[dict[str, Any]]) -> Any:
        if method == "POST":
            return answer(b"<html>")
        return [{**page[0], "domain_id": owner}] if "POST" in proxy.answers else page

    proxy.spoilt = spoilt
    outcome = stack.up(expected_domain_id=OWN)
    assert stack.posts() == ["receive"]
    if owner is LEFT_OUT:
        assert (outcome.error, stack.outputs["domain_id"]) == ("", OWN)
    else:
        assert f"belongs to account {OTHER}, not to the expected {OWN}: `receive` was sent, and may" in outcome.error
        assert stack.outputs["errors"] == [outcome.error]


def test_the_stories_have_the_answers_that_they_say(stack, proxy):
    """Else a number above would spoil nothing."""
    for begin, declared, methods in STORIES:
        stack.simulator.world.settings.creating_s = 0
        if stack.inputs is not None:
            stack.destroy()
            stack.simulator.leave(SERVICE, ENDPOINT)
        proxy.names(OTHER)
        begin(stack)
        assert stack.up(status=declared, **DECLARED).error == ""
        assert proxy.answers == methods
