"""What may be declared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.lifecycle.schema import REQUIRED, RULES

IDS = ["service_id", "endpoint_id", "expected_domain_id", "project_id"]
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@pytest.mark.parametrize("name", IDS)
@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_ids_are_ids(name, value):
    assert RULES[name](value) is None


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("value", ["", "a b", "a/b", "x" * 65, "ä", "a\n", "../x", 7, ["x"], "https://x"])
def test_what_is_no_id_is_refused(name, value):
    assert RULES[name](value)


def test_a_services_name_is_recognised():
    reason = RULES["service_id"]("cn-north-4.billing.4189d3c2-8882-4871-a3c2-d380272eed88")
    assert reason == "is a service's name, not its id; the id is what follows the last dot"


@given(st.text(max_size=512))
def test_a_description_is_any_text_without_angle_brackets(text):
    assert (RULES["description"](text) is None) == ("<" not in text and ">" not in text)


def test_a_description_has_at_most_512_characters():
    assert RULES["description"]("x" * 512) is None
    assert RULES["description"]("x" * 513) == "must have at most 512 characters, not 513"


@given(st.floats(0, 86400) | st.integers(0, 86400))
def test_a_timeout_is_seconds(seconds):
    assert RULES["settle_timeout"](seconds) is None


@pytest.mark.parametrize("value", [-1, 86401, float("nan"), float("inf"), True, "300"])
def test_what_is_no_timeout_is_refused(value):
    assert RULES["appear_timeout"](value)


@pytest.mark.parametrize("value", ["pendingAcceptance", "Accepted", "", None, 1])
def test_only_two_statuses_can_be_declared(value):
    assert RULES["status"](value) == 'must be "accepted" or "rejected"'


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=64))
def test_a_profile_is_named_by_printable_characters(name):
    assert RULES["profile"](name) is None


@pytest.mark.parametrize("name", ["two words", "x" * 64, "prod_1.a-b", "ä"])
def test_what_is_a_profiles_name(name):
    assert RULES["profile"](name) is None


@pytest.mark.parametrize("name", ["", " ", " prod", "prod ", "x" * 65, "a\nb", "a\x00", "a\u202eb"])
def test_what_is_no_profiles_name_is_refused(name):
    reason = "must be a profile's name: 1 to 64 printable characters, with no space at either end"
    assert RULES["profile"](name) == reason


@pytest.mark.parametrize("name", [7, None, ["prod"], True])
def test_a_profiles_name_is_a_string(name):
    assert RULES["profile"](name) == "must be a string"


@given(st.sampled_from(sorted(RULES)), anything)
def test_whatever_is_declared_is_taken_or_refused(name, value):
    reason = RULES[name](value)
    assert reason is None or reason


def test_what_is_required_has_a_rule():
    assert set(REQUIRED) <= set(RULES)
