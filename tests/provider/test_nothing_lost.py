"""Whatever fails after something may have been sent, it is recorded; and whoever answers, it ends."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.provider.proxy import Proxy, answer, provider_behind

SERVICE, ENDPOINT = "svc", "ep"
OWN = "d1"


@pytest.fixture
def proxy(stack, monkeypatch):
    found = Proxy()
    monkeypatch.setattr(stack, "operation", partial(provider_behind, stack, found))
    return found


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
            "connection ep of service svc: a defect of vpcep-pulumi (ArithmeticError at test_nothing_lost.py:"
        )
        assert "secret-like" not in outcome.error
        how = {"send": "`receive` was sent, and may have been carried out", "look": "`receive` was sent already"}
        assert outcome.error.endswith(f"): {how[where]}. Please report it")
        assert stack.outputs["errors"] == [outcome.error]
        assert stack.live == "accepted"

    def test_a_defect_in_a_delete_keeps_the_connection_in_the_state(self, stack, proxy):
        assert stack.up().error == ""

        def spoilt(_number: int, method: str, page: list[dict[str, Any]]) -> Any:
            if method == "POST":
                raise ArithmeticError("secret-like text of nobody knows whom")
            return page

        proxy.spoilt = spoilt
        error = stack.destroy()
        assert error.startswith("connection ep of service svc: a defect of vpcep-pulumi (ArithmeticError at ")
        assert "secret-like" not in error
        assert stack.outputs["status"] == "accepted"

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
