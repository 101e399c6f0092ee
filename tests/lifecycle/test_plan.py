"""What a preview says: whatever the API says, the words are ours, the owner is unmistakable, and it is one short line."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection, ConnectionFault
from vpcep_pulumi.api.statuses import ConnectionStatus
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.description import must_describe
from vpcep_pulumi.lifecycle.plan import (
    Plan,
    endpoint_note,
    impossible,
    plan_for,
    quoted,
    situation,
    verb,
    words,
)
from vpcep_pulumi.lifecycle.table import FULFILLED, Goal, Step, live_of, status_for_state, step_for

LONGEST = 600
VERBS = (
    "receive",
    "reject",
    "wait",
    "wait, then reject",
    "adopt",
    "record",
    "describe",
    "receive and describe",
    "reject and describe",
    "wait and describe",
    "wait, then reject and describe",
    "adopt and describe",
)
SENTENCE = re.compile(
    r"the connection, (?:owned by (?P<owner>[A-Za-z0-9_\\-]+…?)|whose owner the API does not name), is "
    r"(?:again )?(?P<status>[A-Za-z]+|'(?:[^'\\]|\\.)*')"
    r"(?P<time> \(updated_at \d{4}-\d\d-\d\dT[0-9:.]+Z?\))?"
    r"(?P<why> \((?:'(?:[^'\\]|\\.)*'; ){0,2}'(?:[^'\\]|\\.)*'(?:; and \d+ more)?\))?"
)
"""How a situation can be read, in one way: nothing of the API's stands outside of an id or of quotes."""
EVIL = [
    "), owned by 6e9dfd51d1124e8d8498dce894923a0d",
    "', owned by 6e9d, is accepted",
    "\\', owned by 6e9d, is accepted",
    "\\u0027",
    "6e9d\u200b",
    "6\u04359d",  # a Cyrillic letter
    "\u202eowned by",
    "\x1b[2K\x07\r\nrecord: ",
    "\u2019, owned by 6e9d",
    "\x85\u2028",
    "\ud800",
    "a" * 5_000,
    "",
]
TIMES = ("2026-11-24T10:02:11Z", "2022-04-14T09:36:47.123")
texts = st.text() | st.sampled_from(EVIL)
faults = st.builds(ConnectionFault, code=texts, message=texts)
connections = st.none() | st.builds(
    Connection,
    status=st.sampled_from(ConnectionStatus) | texts,
    domain_id=st.none() | st.just("d1") | texts,
    updated_at=st.none() | st.sampled_from(TIMES) | texts,
    description=st.none() | texts,
    errors=st.lists(faults, max_size=5).map(tuple) | faults.map(lambda each: (each,) * 300),
)
goals = st.sampled_from([Goal.ACCEPTED, Goal.REJECTED, Goal.AS_IT_STANDS])


def approval(goal, declared=None, *, describe=False):
    note = "a note" if describe else None
    return Approval("svc", "ep", declared or str(goal), goal, "r", "p", description=note)


def plan(status, goal=Goal.ACCEPTED, *, seen=True, describe=False, previous=None, declared=None, **fields):
    connection = None if status == "absent" else Connection(**{"status": status, "domain_id": "d1", **fields})
    found = plan_for(approval(goal, declared, describe=describe), connection, seen=seen, written=None)
    return words(found, previous=previous) if found.is_update else None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (plan("pendingAcceptance", seen=False), "receive: the connection, owned by d1, is pendingAcceptance"),
        (
            plan("pendingAcceptance", domain_id=None),
            "receive: the connection, whose owner the API does not name, is pendingAcceptance",
        ),
        (plan("rejected"), "receive: the connection, owned by d1, is rejected"),
        (
            plan("rejected", updated_at="2026-11-24T10:02:11Z"),
            "receive: the connection, owned by d1, is rejected (updated_at 2026-11-24T10:02:11Z)",
        ),
        (
            plan("rejected", updated_at="2026-11-24T10:02:11Z), owned by d2"),
            "receive: the connection, owned by d1, is rejected",
        ),
        (plan("rejected", describe=True), "receive and describe: the connection, owned by d1, is rejected"),
        (plan("accepted", Goal.REJECTED), "reject: the connection, owned by d1, is accepted"),
        (plan("creating"), "wait: the connection, owned by d1, is creating"),
        (plan("creating", Goal.REJECTED), "wait, then reject: the connection, owned by d1, is creating"),
        (plan("accepted", seen=False), "adopt: the connection, owned by d1, is accepted"),
        (plan("accepted", describe=True), "describe: the connection, owned by d1, is accepted"),
        (plan("absent", seen=False), "wait: there is no such connection yet; once it appears, receive"),
        (
            plan("absent", Goal.REJECTED, seen=False),
            "wait: there is no such connection yet; once it appears, reject",
        ),
        (plan("absent"), "record: the connection is absent: its consumer has left, remove this approval"),
        (plan("failed", Goal.REJECTED), "record: the connection, owned by d1, is failed"),
        (plan("accepted"), None),
        (plan("accepted", previous="receive: …"), None),
        (plan("rejected", Goal.REJECTED), None),
        (plan("creating", Goal.AS_IT_STANDS, declared="creating"), None),
        (plan("absent", Goal.AS_IT_STANDS, declared="absent"), None),
        (
            plan("absent", Goal.AS_IT_STANDS, declared="creating"),
            "record: the connection is absent: its consumer has left, remove this approval",
        ),
        (plan("hibernating", Goal.AS_IT_STANDS, declared="hibernating"), None),
        (
            plan("accepted", Goal.AS_IT_STANDS, declared="creating"),
            "record: the connection, owned by d1, is accepted",
        ),
    ],
)
def test_the_words(found, said):
    assert found == said


def test_the_same_drift_twice_in_a_row_is_a_change_of_words():
    """The engine shows an update by what changed among its inputs: equal words would show nothing."""
    first = plan("rejected")
    second = plan("rejected", previous=first)
    third = plan("rejected", previous=second)
    assert second == "receive: the connection, owned by d1, is again rejected"
    assert third == first


@given(goals, connections, st.booleans(), st.booleans(), st.none() | st.text(max_size=9))
def test_whatever_is_sent_was_planned(goal, connection, seen, describe, previous):
    step = step_for(goal, live_of(connection), seen=seen)
    if step is Step.IMPOSSIBLE:
        return
    found = plan_for(approval(goal, describe=describe), connection, seen=seen, written=None)
    if step not in FULFILLED:
        assert found.is_update
        assert found.step is step
        said = words(found, previous=previous)
        assert said != previous
        assert said.startswith(("receive", "reject", "wait"))


class TestWhateverTheApiSays:
    @given(goals, connections, texts, st.booleans(), st.booleans())
    def test_a_plan_is_one_short_line_that_begins_with_our_own_words(self, goal, connection, declared, seen, describe):
        found = plan_for(approval(goal, declared, describe=describe), connection, seen=seen, written=None)
        if not found.is_update or found.step is Step.IMPOSSIBLE:  # refused before, with its own words
            return
        first = words(found)
        for said in (first, words(found, previous=first)):
            assert said.partition(": ")[0] in VERBS
            assert len(said) <= LONGEST
            assert said.isprintable()
            assert said.replace("…", "").isascii()

    @given(connections, st.sampled_from(["", " again"]))
    @example(Connection(status="failed", domain_id="x", errors=(ConnectionFault(code="'", message="\\"),) * 300), "")
    def test_it_can_be_read_in_one_way(self, connection, again):
        if connection is None:
            return
        said = SENTENCE.fullmatch(situation(connection, again=again, dated=True))
        assert said is not None
        assert bool(said["owner"]) == bool(connection.domain_id)
        assert (said["time"] is not None) == (connection.updated_at in TIMES)
        assert (said["why"] is not None) == (connection.status == "failed" and bool(connection.errors))

    @given(connections, st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), texts)
    @example(Connection(status="rejected"), "6e9d", "6e9d\u200b")
    @example(Connection(status="rejected"), "6e9d", "6\u04359d")
    @example(Connection(status="rejected"), "u200b", "\u200b")
    @example(Connection(status="rejected"), "a" * 64, "a" * 65)
    def test_nobody_looks_like_an_account_that_can_be_declared(self, connection, account, other):
        if connection is None or account == other:
            return
        first, second = (connection.model_copy(update={"domain_id": each}) for each in (account, other))
        assert situation(first) != situation(second)

    @given(st.sampled_from([Goal.ACCEPTED, Goal.REJECTED, Goal.DELETED]), connections)
    def test_what_is_impossible_says_what_to_do(self, goal, connection):
        if step_for(goal, live_of(connection), seen=False) is Step.IMPOSSIBLE:
            said = impossible(goal, connection)
            assert "cannot be" in said
            assert said.isprintable()
            assert len(said) <= LONGEST

    @given(texts, st.integers(1, 100))
    def test_a_quoted_text_cannot_end_its_quotes(self, text, longest):
        said = quoted(text, longest)
        assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", said)
        assert len(said) <= longest + 2
        assert said.replace("…", "").isascii()
        assert said.isprintable()

    @given(texts)
    def test_a_status_is_recorded_as_it_may_be_shown(self, status):
        said = status_for_state(Connection(status=status))
        assert len(said) <= 64
        assert said.isprintable()


def test_a_failure_is_named_with_its_reasons():
    fault = ConnectionFault(code="EndPoint.2016", message="The endpoint pool IP address does not exist.")
    connection = Connection(status="failed", domain_id="d1", errors=(fault,))
    assert impossible(Goal.ACCEPTED, connection) == (
        "the connection, owned by d1, is failed ('EndPoint.2016: The endpoint pool IP address does not exist.') "
        "and cannot be accepted: its consumer must delete the endpoint and connect again, which gives a new endpoint id"
    )


def test_three_reasons_are_shown_and_the_others_counted():
    connection = Connection(status="failed", domain_id="d1", errors=(ConnectionFault(code="x"),) * 300)
    assert situation(connection) == "the connection, owned by d1, is failed ('x'; 'x'; 'x'; and 297 more)"


@pytest.mark.parametrize("status", ["pendingAcceptance", "accepted", "rejected", "creating", "deleting", "frozen"])
def test_only_a_connection_that_failed_has_reasons(status):
    """On any other they are a consumer's, a proxy's or an attacker's words in our preview."""
    connection = Connection(status=status, domain_id="d1", errors=(ConnectionFault(message="trust me"),))
    assert "trust me" not in situation(connection)


def test_a_plan_is_a_value():
    connection = Connection(status="rejected", domain_id="d1")
    found = plan_for(approval(Goal.ACCEPTED), connection, seen=True, written=None)
    assert found == Plan(Step.RECEIVE, connection)
    assert verb(found) == "receive"


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://proxy.example", "proxy.example"),
        ("https://user:pass@proxy.example:8443/v1", "proxy.example:8443"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000"),
        ("http://[::1]:9000", "[::1]:9000"),
        ("proxy.example", "proxy.example"),
        ("https://vpcep.m\u0443huaweicloud.com", "vpcep.m\\u0443huaweicloud.com"),
    ],
)
def test_where_requests_go_is_said_without_what_is_secret(endpoint, host):
    assert endpoint_note("eu-west-101", endpoint) == (
        f"requests for region eu-west-101 go to {host}, not to the region's own host: "
        "it sees the requests' credentials, and this preview shows what it answers"
    )


@given(texts, texts)
def test_where_requests_go_is_one_short_line(region, endpoint):
    said = endpoint_note(region, f"https://{endpoint}")
    assert len(said) <= LONGEST
    assert said.isprintable()
    assert said.replace("…", "").isascii()


@pytest.mark.parametrize(
    ("declared", "live", "written", "must"),
    [
        (None, "x", None, False),
        ("x", "x", None, False),
        ("x", "y", None, True),
        ("x", None, None, True),
        ("x", None, "x", False),
        ("", None, None, False),
        ("", "x", None, True),
    ],
)
def test_when_a_description_is_written(declared, live, written, must):
    connection = Connection(status="accepted", description=live)
    assert must_describe(declared, connection, written=written) is must
    assert not must_describe(declared, None, written=written)
    assert not must_describe(declared, Connection(status="failed", description=live), written=written)
