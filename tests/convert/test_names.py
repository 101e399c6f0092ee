"""Names: unique, stable, and safe wherever they are written."""

from __future__ import annotations

import random
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.convert.names import Known, names_for, word

IDS = st.text("ab01-_", min_size=1, max_size=12) | st.uuids().map(str)
FOUND = st.lists(
    st.builds(Known, st.text(max_size=50) | st.text("a-1 ", max_size=3), IDS, IDS, st.sampled_from(["", "r1", "r2"])),
    unique_by=lambda each: (each.region, each.service_id, each.endpoint_id),
)


@given(FOUND, st.randoms())
def test_they_are_unique_and_do_not_depend_on_the_order(found: list[Known], chance: random.Random):
    names = names_for(found)
    assert len(set(names)) == len(names)
    shuffled = found[:]
    chance.shuffle(shuffled)
    assert dict(zip(shuffled, names_for(shuffled), strict=True)) == dict(zip(found, names, strict=True))


@given(FOUND)
def test_they_are_texts_in_every_version_of_yaml(found: list[Known]):
    for name in names_for(found):
        assert re.fullmatch(r"[a-z][A-Za-z0-9_.-]*", name)
        assert "-" in name
        assert yaml.safe_load(f"{name}: x") == {name: "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ticket 1234", "ticket-1234"),
        ("Zahlung für Müller & Söhne", "zahlung-fur-muller-sohne"),
        ("1234", "connection-1234"),
        ("票", "connection"),
        ("", "connection"),
        ("--", "connection"),
        ("a" * 41, "a" * 40),
        ("approved by the network team on request of billing", "approved-by-the-network-team-on-request"),
        ("${secret}\n'\"\\", "secret"),
    ],
)
def test_a_text_becomes_a_word(text, expected):
    assert word(text) == expected


def test_a_short_name_is_long_enough_unless_two_are_equal():
    first, second = "705290f3-0d00-41f2-aedc-71f09844e879", "705290f3-ffff-41f2-aedc-71f09844e879"
    assert names_for([Known("billing", "svc", first)]) == ["billing-705290f3"]
    assert names_for([Known("billing", "svc", first), Known("billing", "svc", second)]) == [
        f"billing-{first}",
        f"billing-{second}",
    ]
    assert names_for([Known("billing", "one", first), Known("billing", "two", first)]) == [
        f"connection-one.{first}",
        f"connection-two.{first}",
    ]
