"""What others say, fit for a terminal: printable, on one line, short, and never taken for something else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import printable, shown_id
from vpcep_pulumi.api.text import visible

MARKS = [
    *("\x1b", "\x07", "\n", "\r", "\t", "\x00", "\x7f", "\x85", "\x9b"),  # C0 and C1
    *("\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u061c"),  # directions
    *(
        "\u200b",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u034f",
        "\ufe0f",
        "\u3164",
        "\u115f",
        "\u2800",
    ),  # nothing to see
    *("\u2028", "\u2029", "\ud800", "\udfff", "\ue000", "\U000e0041", "\U000e0100"),
]
texts = st.text(max_size=100) | st.lists(st.sampled_from([*MARKS, "a", " ", "\\"])).map("".join)
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"U+{ord(mark):04X}")
@pytest.mark.parametrize("show", [printable, visible, shown_id])
def test_no_mark_gets_through(show, mark):
    for text in (mark, f"6e9d{mark}", f"{mark}6e9d", f"6e{mark}9d"):
        shown = show(text)
        assert mark not in shown
        assert shown.isprintable()
    assert visible(f"6e9d{mark}") != "6e9d" != shown_id(f"6e9d{mark}")


@given(texts, st.integers(20, 60))
def test_it_is_one_short_printable_line(text, longest):
    assert printable(text, longest).isprintable()
    assert len(printable(text, longest)) <= longest + 1
    assert visible(text, longest).isprintable()
    assert len(visible(text, longest)) <= longest
    assert re.fullmatch(r"[A-Za-z0-9_\\-]*…?", shown_id(text))
    assert len(shown_id(text)) <= 64


@given(texts, st.integers(20, 60))
def test_showing_it_twice_changes_nothing(text, longest):
    assert visible(visible(text, longest), longest) == visible(text, longest)
    assert shown_id(shown_id(text)) == shown_id(text)


@given(texts | st.from_regex(ID, fullmatch=True))
def test_nothing_but_an_id_looks_like_one(text):
    assert (shown_id(text) == text) or not ID.fullmatch(text)
    assert bool(ID.fullmatch(shown_id(text))) == bool(ID.fullmatch(text))


@pytest.mark.parametrize(
    ("id_", "shown"),
    [
        ("6e9dfd51d1124e8d8498dce894923a0d", "6e9dfd51d1124e8d8498dce894923a0d"),
        ("6e9d\u200b", r"6e9d\u200b"),
        ("6\u04359d", r"6\u04359d"),
        ("\U0001f600", r"\U0001f600"),
        ("6e9d…", r"6e9d\u2026"),
        ("a), owned by b", r"a\u0029\u002c\u0020owned\u0020by\u0020b"),
        ("x" * 3_000_000, "x" * 63 + "…"),
    ],
)
def test_an_id_as_it_is_shown(id_, shown):
    assert shown_id(id_) == shown


def test_what_is_printed_is_not_endless():
    assert printable("x" * 1000, 10) == "xxxxxxxxxx…"
    assert visible("x" * 1000, 10) == "xxxxxxxxx…"
    assert visible("\n" * 1000, 10) == r"\u000a…"
