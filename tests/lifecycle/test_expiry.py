"""Until when an approval holds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.lifecycle.expiry import WARNED, status_at, time_left
from vpcep_pulumi.lifecycle.schema import RULES

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(timezones=zones).filter(lambda each: 1971 < each.year < 2999)


@given(moments, moments)
def test_it_is_over_from_the_moment_on_wherever_the_zones_are(moment, now):
    assert status_at("accepted", moment.isoformat(), now) == ("rejected" if now >= moment else "accepted")
    assert status_at("accepted", moment.isoformat(), moment) == "rejected"
    assert status_at("accepted", None, now) == "accepted"
    assert status_at("rejected", moment.isoformat(), now) == "rejected"


@given(moments, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_it_is_warned_of_from_a_day_before_until_it_comes(moment, left):
    assert bool(time_left(moment.isoformat(), moment - left)) is (timedelta(0) < left <= WARNED)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=1), "24 hours"),
        (timedelta(hours=5, minutes=59), "5 hours"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=100), "less than two minutes"),
        (timedelta(days=2), ""),
        (timedelta(0), ""),
    ],
)
def test_how_long_that_is(left, said):
    moment = datetime(2027, 6, 30, tzinfo=UTC)
    assert time_left("2027-06-30T00:00:00Z", moment - left) == said


@given(moments)
def test_a_time_with_a_zone_can_be_declared(moment):
    text = moment.isoformat()
    assert (RULES["expires_at"](text) is None) == (len(text.rpartition("T")[2].replace("-", "+").split("+")[1]) == 5)


@pytest.mark.parametrize(
    "value",
    [
        "2027-06-30",
        "2027-06-30T00:00:00",
        "2027-06-30 00:00:00Z",
        "2027-13-30T00:00:00Z",
        "2027-02-30T00:00:00Z",
        "tomorrow",
        "",
        1812326400,
        datetime(2027, 6, 30, tzinfo=UTC),
    ],
)
def test_nothing_else_can(value):
    assert RULES["expires_at"](value)
