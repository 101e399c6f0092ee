"""``expected_domain_id``: what belongs to another account is never decided on, described or green; nothing sent is lost.

The answers come from the simulator; on the way, one of them is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from vpcep_pulumi.api.client import Client, Tempo
from vpcep_pulumi.errors import OwnerError
from vpcep_pulumi.provider.accounts import Accounts
from vpcep_pulumi.provider.core import ApprovalProvider

SERVICE, ENDPOINT = "svc", "ep"
OWN, OTHER = "d1", "intruder"
LEFT_OUT = None


def answer(document: Any, status: int = 200) -> httpx.Response:
    """An answer that is still to be read, as from a socket."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx.Response(status, stream=httpx.ByteStream(body))


def ticking(time: Any) -> Tempo:
    """Driven time in which no two moments are the same, as in life."""

    def tick() -> float:
        time.now += 1e-6
        return float(time.now)

    tempo: Tempo = time.tempo()
    return replace(tempo, monotonic=tick)


class Proxy(httpx.BaseTransport):
    """Stands between the client and the simulator.

    :ivar spoilt: from the number of an answer (from 0), the method, and its connections, to what is passed on.
    """

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.spoilt: Callable[[int, str, list[dict[str, Any]]], Any] = lambda _number, _method, page: page
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        document = json.loads(response.read())
        if response.status_code != 200 or not document["connections"]:
            return answer(document, response.status_code)
        number = len(self.answers)
        self.answers.append(request.method)
        page = self.spoilt(number, request.method, document["connections"])
        return page if isinstance(page, httpx.Response) else answer({**document, "connections": page})

    def close(self) -> None:
        self._inner.close()

    def names(self, owner: str | None, *numbers: int) -> None:
        """These answers name another owner than there is, or none."""

        def spoilt(number: int, _method: str, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if number not in numbers:
                return page
            rest = [{name: value for name, value in each.items() if name != "domain_id"} for each in page]
            return rest if owner is LEFT_OUT else [{**each, "domain_id": owner} for each in rest]

        self.answers, self.spoilt = [], spoilt


@pytest.fixture
def proxy(stack, monkeypatch):
    found = Proxy()

    def operation() -> ApprovalProvider:
        stack.log = type(stack.log)()
        tempo = ticking(stack.time)
        accounts = Accounts(
            config=stack.config,
            environ=stack.environ,
            home=stack.home,
            tempo=tempo,
            log=stack.log,
            client=partial(Client, transport=found),
        )
        stack.closing.append(accounts.close)
        return ApprovalProvider(accounts, log=stack.log, tempo=tempo)

    monkeypatch.setattr(stack, "operation", operation)
    return found


def written(stack) -> Any:
    return stack.simulator.calls("PUT")


DECLARED = {"expected_domain_id": OWN, "description": "ticket 1"}


class TestAnothersEndpoint:
    """Red and named, whatever its status; never described, never decided on."""

    @pytest.mark.parametrize(
        "status", ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen"]
    )
    @pytest.mark.parametrize("declared", ["accepted", "rejected"])
    def test_that_appears_while_it_is_waited_for(self, stack, status, declared):
        """A service that needs no approval accepts whoever comes."""
        stack.simulator.service(SERVICE)
        stack.time.after(10, lambda: stack.simulator.connect(SERVICE, ENDPOINT, domain=OTHER, status=status))
        outcome = stack.up(status=declared, **DECLARED)
        assert f"belongs to account {OTHER}, not to the expected {OWN}: nothing is sent" in outcome.error
        assert (stack.inputs, stack.posts(), written(stack)) == (None, [], [])

    @pytest.mark.parametrize(
        "status", ["pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting", "frozen"]
    )
    @pytest.mark.parametrize("declared", ["accepted", "rejected"])
    def test_that_is_there_already(self, stack, status, declared):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OTHER, status=status)
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


class TestNothingSentIsLost:
    """Whatever fails after an action may have been sent: it is recorded, and the run fails."""

    @pytest.fixture(autouse=True)
    def connected(self, stack):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)

    @pytest.mark.parametrize(
        ("body", "status"),
        [({"error_code": "EndPoint.0004"}, 403), (b"{}x", 200)],
        ids=["refused", "no answer of the API's"],
    )
    def test_a_read_that_fails_after_a_lost_answer(self, stack, proxy, body, status):
        def spoilt(_number: int, method: str, page: list[dict[str, Any]]) -> Any:
            if method == "POST":
                return answer(b"<html>")
            return answer(body, status) if "POST" in proxy.answers else page

        proxy.spoilt = spoilt
        outcome = stack.up()
        assert outcome.error
        assert stack.live == "accepted"
        assert (stack.outputs["status"], stack.outputs["errors"]) == ("pendingAcceptance", [outcome.error])
        proxy.spoilt = lambda _number, _method, page: page
        assert stack.up().error == ""
        assert (stack.outputs["status"], stack.outputs["errors"]) == ("accepted", [])

    @pytest.mark.parametrize("where", ["send", "look"])
    def test_a_defect_of_our_own_is_told_and_loses_nothing(self, stack, proxy, monkeypatch, where):
        """Reading an answer must raise nothing but our own errors; should it ever, the record is not lost."""

        def spoilt(_number: int, method: str, page: list[dict[str, Any]]) -> Any:
            if method == "POST" and where == "send":
                raise ArithmeticError("secret-like text of nobody knows whom")
            if method == "POST":
                return [{**page[0], "status": "creating"}]
            if where == "look" and "POST" in proxy.answers:
                raise ArithmeticError("secret-like text of nobody knows whom")
            return page

        proxy.spoilt = spoilt
        outcome = stack.up()
        assert outcome.error.startswith(
            "connection ep of service svc: a defect of vpcep-pulumi (ArithmeticError at test_owner.py:"
        )
        assert "secret-like" not in outcome.error
        how = {"send": "`receive` was sent, and may have been carried out", "look": "`receive` was sent already"}
        assert outcome.error.endswith(f"): {how[where]}. Please report it")
        assert stack.outputs["errors"] == [outcome.error]
        assert stack.live == "accepted"

    def test_a_defect_before_anything_is_sent_comes_out_as_it_is(self, stack, proxy):
        provider = stack.operation()
        inputs = provider.check({}, stack.program()).inputs
        stack.time.now += 100

        def spoilt(*_: Any) -> Any:
            raise ArithmeticError

        proxy.spoilt = spoilt
        with pytest.raises(ArithmeticError):
            provider.create(inputs)

    def test_a_note_that_may_have_been_written(self, stack, proxy):
        stack.simulator.accept(SERVICE, ENDPOINT)
        proxy.spoilt = lambda _number, method, page: answer(b"<html>") if method == "PUT" else page
        outcome = stack.up(description="note")
        assert "describe connection ep of service svc" in outcome.error
        assert stack.outputs["errors"] == [outcome.error]

    def test_what_was_refused_is_not_recorded(self, stack, proxy):
        refusal = {"error_code": "EndPoint.0004", "error_msg": "no"}
        proxy.spoilt = lambda _number, method, page: answer(refusal, 403) if method in ("POST", "PUT") else page
        assert "EndPoint.0004" in stack.up(description="note").error
        assert stack.inputs is None


class TestSomebodyWhoNeverStops:
    """An API that says something else each time comes to an end."""

    def test_refuses_and_moves(self, stack, proxy):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        statuses = ["pendingAcceptance", "rejected"]

        def spoilt(number: int, method: str, page: list[dict[str, Any]]) -> Any:
            assert number < 100, "it goes on without an end"
            if method == "POST":
                return answer({"error_code": "EndPoint.2014", "error_msg": "no"}, 400)
            return [{**page[0], "status": statuses[number % 2 if number else 0]}]

        proxy.spoilt = lambda number, method, page: spoilt(number // 2 if number else 0, method, page)
        outcome = stack.up()
        assert "somebody else decides on it as well" in outcome.error
        assert len(stack.posts()) == 3

    def test_an_answer_to_the_description_that_names_another_status(self, stack, proxy):
        """It speaks of the description: how the connection stands is read again."""
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)

        def spoilt(_number: int, method: str, page: list[dict[str, Any]]) -> Any:
            if method == "PUT":
                stack.simulator.reject(SERVICE, ENDPOINT)
                return [{**page[0], "status": "rejected"}]
            return page

        proxy.spoilt = spoilt
        outcome = stack.up(description="note")
        assert "somebody else decides on it as well" in outcome.error
        assert (stack.outputs["status"], stack.outputs["description"]) == ("rejected", "note")

    def test_a_description_whose_answer_lags_behind(self, stack, proxy):
        stack.simulator.connect(SERVICE, ENDPOINT, domain=OWN)
        proxy.spoilt = lambda _number, method, page: (
            [{**page[0], "status": "pendingAcceptance"}] if method == "PUT" else page
        )
        assert stack.up(description="note").error == ""
        assert (stack.outputs["status"], stack.outputs["description"]) == ("accepted", "note")
