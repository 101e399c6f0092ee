"""A rule of a policy: what is wrong with it, which connections it is about, which rules it hides."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.lifecycle.policy_worlds import NOW, conditions, connection, connections, day, made, rules
from vpcep_pulumi.lifecycle.policy import Policy, evaluate
from vpcep_pulumi.lifecycle.policy_rule import MOST_RULES, PROBLEMS, rule_of, rules_problem

UNKNOWN = object()
ONE: dict[object, object] = {"action": "leave", "endpoint_ids": ["ep0"]}
TIME = "must be a time with a zone, as RFC 3339 has it, such as 2027-06-30T00:00:00Z"
FIELDS = "action, endpoint_ids, domain_ids, description, created_before, created_after, limit, expires_at"
anything: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.just({})
)


def is_unknown(value: object) -> bool:
    return value is UNKNOWN


def problem(*given_rules: object) -> str | None:
    return rules_problem(list(given_rules), is_unknown)


def numbers(found: str | None) -> set[int]:
    """The numbers of the rules that are wrong."""
    return {int(each.split()[1].rstrip(":")) for each in (found or "").split("; ") if each}


class TestWhatIsWrong:
    @pytest.mark.parametrize("value", ["accept", {"action": "leave"}, 7, None])
    def test_rules_are_a_list(self, value):
        assert rules_problem(value) == "must be a list of rules"

    def test_there_is_a_most(self):
        many = [{"action": "leave", "endpoint_ids": [f"ep{n}"]} for n in range(MOST_RULES + 1)]
        assert rules_problem(many[:MOST_RULES]) is None
        assert rules_problem(many) == f"must be at most {MOST_RULES}, not {MOST_RULES + 1}"

    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            ("accept", "it must be made by accept(), reject() or leave(), or be an object with an `action`"),
            (None, "it must be made by accept(), reject() or leave(), or be an object with an `action`"),
            ({}, "it has no `action`"),
            ({"action": "acept"}, 'action must be "accept", "reject" or "leave"'),
            ({"action": None}, "action is None: leave it out, or give it a value"),
            ({"action": []}, 'action must be "accept", "reject" or "leave"'),
            ({"action": {}}, 'action must be "accept", "reject" or "leave"'),
            ({"action": [UNKNOWN]}, 'action must be "accept", "reject" or "leave"'),
            ({**ONE, "domain_id": "d1"}, "domain_id is no field of a rule; is domain_ids meant?"),
            ({**ONE, "colour": "red"}, f"colour is no field of a rule; there are {FIELDS}"),
            ({**ONE, 7: "red"}, f"7 is no field of a rule; there are {FIELDS}"),
            ({**ONE, "domain_ids": None}, "domain_ids is None: leave it out, or give it a value"),
            ({**ONE, "domain_ids": "d1"}, "domain_ids must be a list of ids"),
            ({**ONE, "domain_ids": []}, "domain_ids is empty: the rule could never match"),
            (
                {"action": "leave", "endpoint_ids": ["ep", "a b"]},
                "endpoint_ids has an entry that must be an id of 1 to 64 letters, digits, '-' or '_'",
            ),
            (
                {"action": "leave", "endpoint_ids": ["ep", UNKNOWN, 7]},
                "endpoint_ids has an entry that must be a string",
            ),
            ({**ONE, "description": ""}, "description must be a text with at least one character"),
            ({**ONE, "description": 7}, "description must be a text with at least one character"),
            ({**ONE, "description": "x" * 513}, "description must have at most 512 characters"),
            ({**ONE, "created_before": "soon"}, f"created_before {TIME}"),
            ({**ONE, "created_after": "2026-01-01T00:00:00"}, f"created_after {TIME}"),
            ({**ONE, "created_after": "2026-02-30T00:00:00Z"}, "created_after is no time: day "),
            ({"action": "accept", "limit": 0}, "limit must be a whole number from 1 to 1000000"),
            ({"action": "accept", "limit": 1.5}, "limit must be a whole number from 1 to 1000000"),
            ({"action": "accept", "limit": True}, "limit must be a whole number from 1 to 1000000"),
            ({"action": "accept", "limit": float("inf")}, "limit must be a whole number from 1 to 1000000"),
            ({"action": "accept", "limit": float("nan")}, "limit must be a whole number from 1 to 1000000"),
            ({"action": "accept", "expires_at": 7}, "expires_at must be a string"),
            ({"action": "reject", "limit": 1}, "limit is only for rules that accept"),
            ({"action": "leave", "expires_at": day(1)}, "expires_at is only for rules that accept"),
            ({**ONE, "created_after": day(1), "created_before": day(1)}, "it can never match: created_before is not later than created_after"),
        ],
    )  # fmt: skip
    def test_each_wrong_rule_is_named_by_its_number(self, rule, said):
        first = {"action": "leave", "domain_ids": ["somebody"]}
        found = problem(first, rule)
        assert found is not None
        assert found.startswith(f"rule 2: {said}")

    def test_all_wrong_rules_are_told_at_once(self):
        assert problem({}, ONE, {"action": "leave", "limit": 1, "domain_ids": []}) == (
            "rule 1: it has no `action`; rule 3: domain_ids is empty: the rule could never match"
        )

    @given(st.lists(anything | st.dictionaries(st.sampled_from([*PROBLEMS, "x"]), anything)))
    def test_whatever_is_given_is_taken_or_refused(self, value):
        found = rules_problem(value)
        assert found is None or found.startswith("rule ")

    @given(st.lists(rules))
    def test_no_rule_is_wrong_but_for_what_can_never_match(self, value):
        found = rules_problem(value)
        assert found is None or all("it can never match" in each for each in found.split("; "))


class TestUnknown:
    @given(st.lists(rules, max_size=3), st.data())
    def test_a_value_that_is_not_known_yet_is_no_problem_wherever_it_stands(self, found, data):
        """It takes the place of a rule, of a value, or of a member of a list."""
        before = rules_problem(found, is_unknown)
        spoilt = [dict(each) for each in found]
        number = data.draw(st.integers(0, len(spoilt)))
        if number == len(spoilt):
            result = [*spoilt, UNKNOWN]
        else:
            name = data.draw(st.sampled_from(sorted(spoilt[number])))
            value = spoilt[number][name]
            if isinstance(value, list) and data.draw(st.booleans()):
                spoilt[number][name] = data.draw(st.sampled_from([[UNKNOWN], [*value, UNKNOWN], [UNKNOWN, *value]]))
            else:
                spoilt[number][name] = UNKNOWN
            result = list(spoilt)
        assert numbers(rules_problem(result, is_unknown)) <= numbers(before)

    def test_what_is_known_is_checked_all_the_same(self):
        assert problem({"action": UNKNOWN, "limit": 0}) == "rule 1: limit must be a whole number from 1 to 1000000"
        assert problem(UNKNOWN, {"action": "x"}) == 'rule 2: action must be "accept", "reject" or "leave"'

    @pytest.mark.parametrize("ids", [[UNKNOWN], ["ep", UNKNOWN], (UNKNOWN, "ep")])
    def test_a_member_of_a_list_that_is_not_known_is_not_checked(self, ids):
        assert problem({"action": "leave", "endpoint_ids": ids}, {"action": "leave", "endpoint_ids": ["ep"]}) is None

    def test_an_action_that_is_not_known_may_accept(self):
        assert problem({"action": UNKNOWN, "limit": 1, "expires_at": day(1)}) is None

    def test_a_rule_that_is_not_known_hides_none_and_known_ones_do_across_it(self):
        assert problem({"action": "leave", "endpoint_ids": UNKNOWN}, ONE) is None
        assert problem(ONE, UNKNOWN, ONE) == "rule 3: it can never match, because rule 1 matches first"


class TestCovers:
    @given(rules, rules, connections)
    def test_what_a_covered_rule_matches_is_matched_by_the_covering_one(self, first, second, found):
        mine, theirs = rule_of(first), rule_of(second)
        if mine.covers(theirs):
            assert all(mine.matches(each) is True for each in found if theirs.matches(each) is True)

    @given(st.lists(rules, min_size=1, max_size=4), connections)
    def test_a_rule_that_can_never_match_never_decides(self, found, live):
        dead = numbers(rules_problem(found))
        policy = Policy("svc", tuple(map(rule_of, found)), "r", "p")
        known = [each for each in live if each.domain_id is not None and each.created_at is not None]
        assert not dead & {each.rule for each in evaluate(policy, known, NOW).decisions.values()}

    @given(rules)
    def test_a_rule_covers_itself_and_an_unconditional_one_covers_all(self, rule):
        assert rule_of(rule).covers(rule_of(rule))
        assert rule_of({"action": "leave"}).covers(rule_of(rule))

    @pytest.mark.parametrize(
        ("first", "second", "covers"),
        [
            ({"domain_ids": ["d1", "d2"]}, {"domain_ids": ["d1"]}, True),
            ({"domain_ids": ["d1"]}, {"domain_ids": ["d1", "d2"]}, False),
            ({"domain_ids": ["d1"]}, {"endpoint_ids": ["ep0"]}, False),
            ({"description": "*"}, {"description": "a*"}, True),
            ({"description": "a*"}, {"description": "*"}, False),
            ({"created_before": day(2)}, {"created_before": day(1)}, True),
            ({"created_before": day(1)}, {"created_before": day(2)}, False),
            ({"created_after": day(1)}, {"created_after": day(2)}, True),
            ({"created_after": day(2)}, {"created_after": day(1)}, False),
        ],
    )
    def test_examples(self, first, second, covers):
        mine, theirs = ({"action": "leave", **each} for each in (first, second))
        assert rule_of(mine).covers(rule_of(theirs)) is covers
        found = problem(mine, theirs)
        assert found == ("rule 2: it can never match, because rule 1 matches first" if covers else None)


class TestMatches:
    @given(rules, connections)
    def test_false_before_unknown_before_true(self, rule, found):
        """Each condition alone says true, false or None; of all together, false wins, then None."""
        for each in found:
            alone = [
                rule_of({"action": "leave", name: rule[name]}).matches(each) for name in conditions if name in rule
            ]
            expected = False if False in alone else None if None in alone else True
            assert rule_of(rule).matches(each) is expected

    @pytest.mark.parametrize(
        ("condition", "matching", "other", "lacking"),
        [
            ({"domain_ids": ["d1"]}, {"domain_id": "d1"}, {"domain_id": "d2"}, {"domain_id": None}),
            ({"domain_ids": ["d1"]}, {"domain_id": "d1"}, {"domain_id": "d2"}, {"domain_id": ""}),
            ({"description": "a*"}, {"description": "ab"}, {"description": ""}, {"description": None}),
            ({"created_before": day(0)}, {"created_at": made(-1)}, {"created_at": made(0)}, {"created_at": None}),
            ({"created_after": day(0)}, {"created_at": made(0)}, {"created_at": made(-1)}, {"created_at": "soon"}),
        ],
    )
    def test_what_the_api_leaves_out_is_not_known(self, condition, matching, other, lacking):
        rule = rule_of({"action": "leave", **condition})
        found = [rule.matches(connection("ep", **each)) for each in (matching, other, lacking)]
        assert found == [True, False, None]

    @given(st.sampled_from(["a*b", "?", "[ab]c", "*"]), st.text(alphabet="abcA", max_size=4) | st.none())
    @example("a*b", "aXXb")
    def test_a_pattern_is_of_the_whole_note_and_of_its_case(self, pattern, note):
        rule = rule_of({"action": "leave", "description": pattern})
        expected = None if note is None else fnmatchcase(note, pattern)
        if pattern == "*":
            expected = True
        assert rule.matches(connection("ep", description=note)) is expected

    @pytest.mark.parametrize(
        ("pattern", "note", "matches"),
        [
            ("manual*", "manual: ticket 7", True),
            ("manual*", "Manual", False),
            ("manual", "manual ", False),
            ("?", "", False),
            ("*", None, True),
            ("a*b", "a\nb", True),
            ("[[]x]", "[x]", True),
        ],
    )
    def test_examples_of_patterns(self, pattern, note, matches):
        assert (
            rule_of({"action": "leave", "description": pattern}).matches(connection("ep", description=note)) is matches
        )
