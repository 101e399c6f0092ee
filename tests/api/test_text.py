"""Ids as they may be shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.text import LONGEST_ID, shown_id

texts = st.text() | st.text(min_size=60, max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{50,70}", fullmatch=True)


@given(st.from_regex(r"[A-Za-z0-9_-]{0,64}", fullmatch=True))
def test_a_real_id_is_shown_as_it_is(value):
    assert shown_id(value) == value


@given(texts)
def test_any_other_is_short_and_cannot_pass_for_one(value):
    shown = shown_id(value)
    assert len(shown) <= LONGEST_ID
    assert re.fullmatch(r"[A-Za-z0-9_\\-]*(…[0-9a-f]{16})?", shown)
    assert shown == value or not re.fullmatch(r"[A-Za-z0-9_-]*", shown)


@given(texts, texts)
def test_two_are_never_shown_as_the_same(one, other):
    assert (shown_id(one) == shown_id(other)) == (one == other)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("6e9d\u200b", "6e9d\\u200b"),
        ("6\u04359d", "6\\u04359d"),
        ("\\u200b", "\\u005cu200b"),
        ("\U0001f600", "\\U0001f600"),
        ("\ud800", "\\ud800"),
        ("a b", "a\\u0020b"),
        ("\x1b[2K", "\\u001b\\u005b2K"),
    ],
)
def test_what_is_not_a_letter_digit_dash_or_underscore_is_escaped(value, shown):
    assert shown_id(value) == shown
