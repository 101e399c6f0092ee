"""Which requests are sent again, and when. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.retry import PATIENCE, Trouble, is_over, pause, trouble_of
from vpcep_pulumi.errors import AnswerError, ApiError, AuthenticationError, TransportError

methods = st.sampled_from(["GET", "PUT", "POST"])


def api(status, code="", *, maybe_done=False):
    return ApiError("x", status, code=code, maybe_done=maybe_done)


@given(methods, st.sampled_from(["", "APIGW.0301", "EndPoint.0003"]))
def test_a_401_is_never_sent_again(method, code):
    assert trouble_of(method, AuthenticationError("x", 401, code=code)) is None


@given(methods, st.sampled_from([(429, ""), (400, "EndPoint.0022"), (429, "APIGW.0308"), (429, "APIG.0308")]))
def test_throttling_is_always_sent_again(method, refusal):
    assert trouble_of(method, api(*refusal)) is Trouble.THROTTLED


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
    assert trouble_of("POST", error) is None
    assert trouble_of("GET", error) is not None
    assert trouble_of("PUT", error) is not None


@given(methods)
def test_what_never_left_is_sent_again(method):
    assert trouble_of(method, TransportError("x", "refused", maybe_done=False)) is Trouble.NETWORK


@given(methods, st.sampled_from([(504, "EndPoint.0011"), (504, "EndPoint.0012"), (400, "EndPoint.0002"), (403, "")]))
def test_a_mistake_is_not_repeated(method, refusal):
    assert trouble_of(method, api(*refusal)) is None


@given(methods, st.sampled_from([(400, "EndPoint.2004"), (400, "EndPoint.2051")]))
def test_a_busy_service_is_asked_again(method, refusal):
    assert trouble_of(method, api(*refusal)) is Trouble.SERVER


@given(st.sampled_from(Trouble), st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_are_jittered_and_have_an_end(trouble, attempt, chance):
    patience = PATIENCE[trouble]

    def uniform(low, high):
        return low + chance * (high - low)

    seconds = pause(trouble, attempt, uniform=uniform)
    assert patience.first / 2 <= seconds <= patience.longest
    assert seconds <= pause(trouble, attempt + 1, uniform=uniform)


@given(st.sampled_from(Trouble), st.integers(1, 100), st.integers(-10, 10**6))
def test_the_server_is_believed_where_it_asks_for_more_and_within_reason(trouble, attempt, asked):
    def low(least, _most):
        return least

    own = pause(trouble, attempt, uniform=low)
    seconds = pause(trouble, attempt, retry_after=asked, uniform=low)
    assert seconds == min(max(asked, own), PATIENCE[trouble].total)
    assert seconds >= PATIENCE[trouble].first / 2


@given(st.sampled_from(Trouble), st.integers(1, 100), st.floats(0, 1000))
def test_attempts_have_an_end_by_time_and_by_number(trouble, attempt, passed):
    patience = PATIENCE[trouble]
    assert is_over(trouble, attempt, passed) is (attempt >= patience.attempts or passed > patience.total)


@pytest.mark.parametrize("trouble", Trouble)
def test_the_number_of_attempts_cuts_no_patience_short(trouble):
    """Where the server asks for nothing, the time is what ends it."""
    shortest = sum(
        pause(trouble, attempt, uniform=lambda low, _high: low) for attempt in range(1, PATIENCE[trouble].attempts)
    )
    assert shortest > PATIENCE[trouble].total
