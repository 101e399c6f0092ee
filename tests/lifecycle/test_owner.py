"""Whose a connection is, as a table."""

import pytest

from vpcep_pulumi.lifecycle.owner import is_anothers, owner_of
from vpcep_pulumi.lifecycle.table import Goal


@pytest.mark.parametrize(
    ("named", "known", "owner"),
    [
        (None, None, None),
        ("", None, None),
        ("d1", None, "d1"),
        (None, "d1", "d1"),
        ("", "d1", "d1"),
        ("d1", "d1", "d1"),
        ("d2", "d1", "d2"),
        ("d1", "d2", "d1"),
    ],
)
def test_the_last_that_was_named_counts(named, known, owner):
    assert owner_of(named, known) == owner


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("owner", ["d1", "d2", None, "d1\u200b", "D1"])
@pytest.mark.parametrize("expected", ["d1", None])
def test_only_the_expected_account_will_do_and_a_delete_asks_nobody(goal, expected, owner):
    assert is_anothers(goal, expected, owner) == (expected == "d1" and owner != "d1" and goal is not Goal.DELETED)
