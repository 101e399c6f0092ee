"""Which connections a query is about."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.times import moment_of
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.selection import Selection

NOW = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
connections = st.lists(
    st.builds(
        Connection,
        id=st.uuids().map(str),
        status=st.sampled_from(["accepted", "rejected", "pendingAcceptance", "frozen", None]),
        domain_id=st.sampled_from(["d1", "d2", None]),
        created_at=st.none()
        | st.just("soon")
        | st.timedeltas(timedelta(0), timedelta(days=9)).map(
            lambda each: (NOW - each).replace(tzinfo=None).isoformat(timespec="milliseconds")
        ),
    ),
    max_size=9,
)


@given(connections)
def test_without_a_condition_everything_is_meant_in_its_order(found):
    assert Selection().of(found) == found


@given(connections, st.sampled_from(["accepted", "frozen"]), st.sampled_from(["d1", "d2"]))
def test_all_conditions_hold(found, status, account):
    chosen = Selection((status,), (account,)).of(found)
    assert chosen == [each for each in found if each.status == status and each.domain_id == account]


@given(connections, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_each_time_is_before_or_not_before_another(found, ago):
    moment = NOW - ago
    if any(moment_of(each.created_at) is None for each in found):
        with pytest.raises(InputError, match="the API does not say when it was made"):
            Selection(created_before=moment).of(found)
        return
    before, after = Selection(created_before=moment).of(found), Selection(created_after=moment).of(found)
    assert sorted(map(str, before + after)) == sorted(map(str, found))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-26T05:00:00Z", NOW),
        ("2026-11-26T05:00:00.000", NOW),
        ("", None),
        (None, None),
        ("yesterday", None),
        ("20261126", None),
        ("2026-11-99T05:00:00Z", None),
    ],
)
def test_times_are_read_as_the_api_writes_them(text, moment):
    assert moment_of(text) == moment
