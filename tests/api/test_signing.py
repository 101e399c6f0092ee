"""The signature, against the official SDK's known answer and by its properties."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.signing import Signature, sign

KNOWN: dict[str, Any] = {
    "method": "POST",
    "path": "/v1/p/vpc-endpoint-services/s/connections/action",
    "query": [],
    "headers": {
        "Host": "vpcep.cn-north-4.myhuaweicloud.com",
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "ua",
        "X-Project-Id": "p",
        "X-Sdk-Date": "20260101T000000Z",
    },
    "body": b'{"action":"receive","endpoints":["e"]}',
    "secret_key": "SK",
}


def test_the_official_known_answer_with_every_string_on_the_way():
    assert sign(**KNOWN) == Signature(
        canonical_request=(
            "POST\n"
            "/v1/p/vpc-endpoint-services/s/connections/action/\n"
            "\n"
            "content-type:application/json;charset=UTF-8\n"
            "host:vpcep.cn-north-4.myhuaweicloud.com\n"
            "user-agent:ua\n"
            "x-project-id:p\n"
            "x-sdk-date:20260101T000000Z\n"
            "\n"
            "content-type;host;user-agent;x-project-id;x-sdk-date\n"
            "b8d7698353aa23f5a1f3f518bfd4ac2404705429ff469f14093cd8937bcd86f1"
        ),
        string_to_sign=(
            "SDK-HMAC-SHA256\n20260101T000000Z\nfa382140f7539d2c3d1470cfb580fa0551b97fae87a997b1149ee529ec60fbd3"
        ),
        signed_headers="content-type;host;user-agent;x-project-id;x-sdk-date",
        value="be3c0cdb29a487a9e6ef2ce2cfd50e7523ee0ac691afe98b341659773cd313a6",
    )


def test_the_header_names_key_headers_and_value():
    assert sign(**KNOWN).authorization("AK") == (
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;user-agent;x-project-id;x-sdk-date, "
        "Signature=be3c0cdb29a487a9e6ef2ce2cfd50e7523ee0ac691afe98b341659773cd313a6"
    )


def test_a_request_without_a_date_cannot_be_signed():
    headers = {name: value for name, value in KNOWN["headers"].items() if name != "X-Sdk-Date"}
    with pytest.raises(ValueError, match="X-Sdk-Date"):
        sign(**{**KNOWN, "headers": headers})


text = st.text(string.printable, max_size=20)


@given(st.permutations(list(KNOWN["headers"].items())), st.sampled_from([str.upper, str.lower, str.title]))
def test_order_and_case_of_headers_do_not_matter(headers, spell):
    assert sign(**{**KNOWN, "headers": {spell(name): f" {value} " for name, value in headers}}) == sign(**KNOWN)


@given(st.lists(st.tuples(text, text)).flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))))
def test_order_of_the_query_does_not_matter(orders):
    one, other = orders
    assert sign(**{**KNOWN, "query": one}) == sign(**{**KNOWN, "query": other})


@given(
    st.sampled_from(["method", "path", "query", "body", "secret_key", "headers"]),
    st.text("abcé /~%&=", min_size=1, max_size=10),
)
def test_whatever_is_changed_changes_the_signature(part, change):
    changed = {
        "method": "PUT",
        "path": KNOWN["path"] + "/x" + change,
        "query": [("q", change)],
        "body": KNOWN["body"] + change.encode(),
        "secret_key": KNOWN["secret_key"] + change,
        "headers": {**KNOWN["headers"], "X-Project-Id": "p" + "x" + change},
    }[part]
    assert sign(**{**KNOWN, part: changed}).value != sign(**KNOWN).value


def test_every_segment_and_pair_is_quoted_once():
    signature = sign(**{**KNOWN, "path": "/a b/~c%", "query": [("b", "ä"), ("a", "1/2 ~")]})
    assert signature.canonical_request.split("\n")[1:3] == ["/a%20b/~c%25/", "a=1%2F2%20~&b=%C3%A4"]
