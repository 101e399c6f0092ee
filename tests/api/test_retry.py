"""Which requests are sent again, and when. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.codes import look_up
from vpcep_pulumi.api.retry import BUDGETS, RetryReason, pause, reason_to_retry, retry_after
from vpcep_pulumi.errors import (
    AnswerError,
    ApiError,
    AuthenticationError,
    RefusalKind,
    TransportError,
    UnreachableError,
)

methods = st.sampled_from(["GET", "PUT", "POST"])


def api(status, code="", *, maybe_done=False):
    return ApiError("x", status, kind=look_up(status, code).kind, code=code, maybe_done=maybe_done)


ERRORS = {
    RetryReason.NETWORK: TransportError("x", "refused", maybe_done=False),
    RetryReason.UNREACHABLE: UnreachableError("x", "refused", maybe_done=False),
    RetryReason.SERVER: api(400, "EndPoint.2051"),
    RetryReason.THROTTLED: api(429),
}
reasons = st.sampled_from(RetryReason)


@given(methods, st.sampled_from(["", "APIGW.0301", "EndPoint.0003"]))
def test_a_401_is_never_sent_again(method, code):
    assert reason_to_retry(method, AuthenticationError("x", 401, kind=RefusalKind.UNAUTHENTICATED, code=code)) is None


@given(methods, st.sampled_from([(429, ""), (400, "EndPoint.0022"), (429, "APIGW.0308"), (429, "APIG.0308")]))
def test_throttling_is_always_sent_again(method, refusal):
    assert reason_to_retry(method, api(*refusal)) is RetryReason.THROTTLED


@given(
    st.sampled_from(
        [
            TransportError("x", "cut off", maybe_done=True),
            AnswerError("x", "html", maybe_done=True),
            api(500, maybe_done=True),
            api(502, maybe_done=True),
            api(504, "EndPoint.0013", maybe_done=True),
        ]
    )
)
def test_a_post_that_may_have_been_carried_out_is_left_to_the_caller(error):
    assert reason_to_retry("POST", error) is None
    assert reason_to_retry("GET", error) is not None
    assert reason_to_retry("PUT", error) is not None


@given(methods)
def test_what_never_left_is_sent_again(method):
    assert reason_to_retry(method, TransportError("x", "refused", maybe_done=False)) is RetryReason.NETWORK


@given(methods, st.sampled_from([(504, "EndPoint.0011"), (504, "EndPoint.0012"), (400, "EndPoint.0002"), (403, "")]))
def test_a_mistake_is_not_repeated(method, refusal):
    assert reason_to_retry(method, api(*refusal)) is None


@given(methods, st.sampled_from([(400, "EndPoint.2004"), (400, "EndPoint.2051")]))
def test_a_busy_service_is_asked_again(method, refusal):
    assert reason_to_retry(method, api(*refusal)) is RetryReason.SERVER


@given(reasons, st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_are_jittered_and_have_an_end(reason, attempt, chance):
    budget = BUDGETS[reason]

    def uniform(low, high):
        return low + chance * (high - low)

    seconds = pause(budget, attempt, asked=None, uniform=uniform)
    assert budget.first / 2 <= seconds <= budget.longest
    assert seconds <= pause(budget, attempt + 1, asked=None, uniform=uniform)


@given(reasons, st.integers(1, 100), st.integers(-10, 10**6))
def test_the_server_is_believed_where_it_asks_for_more_and_within_reason(reason, attempt, asked):
    def low(least, _most):
        return least

    budget = BUDGETS[reason]
    own = pause(budget, attempt, asked=None, uniform=low)
    seconds = pause(budget, attempt, asked=asked, uniform=low)
    assert seconds == min(max(asked, own), budget.total)
    assert seconds >= budget.first / 2


@given(reasons, st.sampled_from(["GET", "PUT", "POST"]), st.integers(1, 100), st.floats(0, 1000))
def test_attempts_have_an_end_by_time_and_by_number(reason, method, attempt, passed):
    budget = BUDGETS[reason]
    again = retry_after(method, ERRORS[reason], attempt=attempt, passed=passed, uniform=lambda low, _high: low)
    assert again is not None
    assert again.reason is reason
    assert again.is_over is (attempt >= budget.attempts or passed + again.seconds > budget.total)


@given(st.sampled_from([api(401, "APIGW.0301"), api(504, "EndPoint.0011")]), methods)
def test_what_must_not_be_sent_again_is_decided_without_a_pause(error, method):
    def never(_low, _high):
        raise AssertionError

    assert retry_after(method, error, attempt=1, passed=0, uniform=never) is None


@pytest.mark.parametrize("reason", RetryReason)
def test_the_number_of_attempts_cuts_no_budget_short(reason):
    """Where the server asks for nothing, the time is what ends it."""
    budget = BUDGETS[reason]
    shortest = sum(
        pause(budget, attempt, asked=None, uniform=lambda low, _high: low) for attempt in range(1, budget.attempts)
    )
    assert shortest > budget.total
