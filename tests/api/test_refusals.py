"""Every shape in which the API, its gateway, IAM and proxies refuse."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.codes import look_up
from vpcep_pulumi.api.refusals import error_from_response
from vpcep_pulumi.errors import ApiError, AuthenticationError, PermissionDeniedError, RefusalKind


def refuse(status, body, **headers) -> ApiError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_response("receive connection ep", "vpcep:x:y", status, httpx.Headers(headers), content)


SHAPES = {
    "the service's": {"error_code": "EndPoint.0005", "error_msg": "no such thing"},
    "the documented": {"error": {"message": "no such thing", "code": "EndPoint.0005"}},
    "the gateway's": {"error_msg": "no such thing", "error_code": "EndPoint.0005", "request_id": "r1"},
    "IAM's": {"error": {"code": "EndPoint.0005", "message": "no such thing", "title": "Not Found"}},
    "camel case": {"errorCode": "EndPoint.0005", "errorMsg": "no such thing"},
    "a list": {"error": [{"error_code": "EndPoint.0005", "error_message": "no such thing"}]},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape(body):
    error = refuse(404, body, **{"X-Request-Id": "r1"})
    assert (error.http_status, error.code, error.message, error.request_id) == (
        404,
        "EndPoint.0005",
        "no such thing",
        "r1",
    )
    assert str(error) == "receive connection ep: no such thing (EndPoint.0005, HTTP 404, request id r1)"


def test_the_request_id_may_stand_in_the_body_alone():
    assert refuse(404, SHAPES["the gateway's"]).request_id == "r1"


def test_iams_code_may_be_a_number():
    error = refuse(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
    assert (type(error), error.code) == (AuthenticationError, "401")


@pytest.mark.parametrize("body", [b"", b"<html><h1>502</h1></html>", b"[]", b"null", b'"x"', b"{"])
def test_a_proxys_page_is_a_refusal_without_words(body):
    error = refuse(502, body)
    assert (error.code, error.message) == ("", "")
    assert str(error) == "receive connection ep: the API refused without a reason (HTTP 502)"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_credential_that_is_refused_is_so_whatever_the_status(status):
    """With another status than 401 it was sent again by every other request: five of those lock the key."""
    error = refuse(status, {"error_code": "EndPoint.0003", "error_msg": "Authentication failed"})
    assert isinstance(error, AuthenticationError)
    assert str(error).endswith("; check the access key, or ask for a new token")


def test_a_missing_permission_names_the_action_to_grant():
    error = refuse(403, {"error_code": "EndPoint.0004", "error_msg": "no", "encoded_authorization_message": "xyz"})
    assert isinstance(error, PermissionDeniedError)
    assert str(error).endswith("; grant the IAM action vpcep:x:y to these credentials")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "APIGW.0308", RefusalKind.THROTTLED),
        (429, "APIG.0308", RefusalKind.THROTTLED),
        (429, "", RefusalKind.THROTTLED),
        (400, "EndPoint.0022", RefusalKind.THROTTLED),
        (400, "Endpoint.0022", RefusalKind.THROTTLED),
        (504, "EndPoint.0011", RefusalKind.REFUSED),
        (504, "EndPoint.0012", RefusalKind.REFUSED),
        (504, "EndPoint.0013", RefusalKind.BROKEN),
        (504, "", RefusalKind.BROKEN),
        (599, "", RefusalKind.BROKEN),
        (404, "EndPoint.0005", RefusalKind.ABSENT),
        (404, "Endpoint.9999", RefusalKind.ABSENT),
        (404, "APIGW.0101", RefusalKind.REFUSED),
        (404, "", RefusalKind.REFUSED),
        (400, "EndPoint.2003", RefusalKind.ABSENT),
        (400, "EndPoint.3062", RefusalKind.ABSENT),
        (400, "EndPoint.2014", RefusalKind.STATUS),
        (400, "EndPoint.2019", RefusalKind.STATUS),
        (400, "EndPoint.0002", RefusalKind.REFUSED),
        (401, "APIGW.0301", RefusalKind.UNAUTHENTICATED),
        (401, "EndPoint.0005", RefusalKind.UNAUTHENTICATED),
        (403, "EndPoint.0003", RefusalKind.UNAUTHENTICATED),
        (400, "APIG.0301", RefusalKind.UNAUTHENTICATED),
        (403, "APIGW.0303", RefusalKind.UNAUTHENTICATED),
        (403, "EndPoint.0004", RefusalKind.REFUSED),
        (418, "", RefusalKind.REFUSED),
    ],
)
def test_what_a_code_means(status, code, kind):
    assert look_up(status, code).kind is kind


SIGNED = "20260101T120000Z"
UNVERIFIED = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information: verify aksk fail"}
EXPIRED = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information: request expired"}
KEY_OR_TOKEN = "check the access key, or ask for a new token"


@pytest.mark.parametrize(
    ("body", "date", "advice"),
    [
        (UNVERIFIED, "Thu, 01 Jan 2026 13:01:00 GMT", "it is 61 minutes behind the server's"),
        (UNVERIFIED, "Thu, 01 Jan 2026 07:00:00 GMT", "it is 5 hours ahead of the server's"),
        (b"", "Sun, 01 Jan 2023 12:00:00 GMT", "it is 1096 days ahead of the server's"),
        (UNVERIFIED, "Thu, 01 Jan 2026 12:13:00 GMT", KEY_OR_TOKEN),
        (UNVERIFIED, "soon", KEY_OR_TOKEN),
        (UNVERIFIED, "", KEY_OR_TOKEN),
        (EXPIRED, "", "check the clock of this machine"),
        (EXPIRED, "Thu, 01 Jan 2026 12:00:00 GMT", "check the clock of this machine"),
        ({"error_msg": "the signature is expired"}, "", "check the clock of this machine"),
        ({"error_msg": "X-Sdk-Date is out of range"}, "", "check the clock of this machine"),
        ({"error_msg": "token expires, expires_at=2022-04-14T09:35:47.000000Z"}, "", KEY_OR_TOKEN),
        ({"error_msg": "the security token expired"}, "", KEY_OR_TOKEN),
    ],
)
def test_a_clock_that_is_off_is_said_by_how_much(body, date, advice):
    """The gateway says no more than that it cannot verify the signature."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = httpx.Headers({"Date": date} if date else {})
    error = error_from_response("list", "vpcep:x:y", 401, headers, content, signed_at=SIGNED)
    assert error.advice.removeprefix("check the clock of this machine: ") == advice
    assert error.advice in str(error)
    assert error_from_response("list", "vpcep:x:y", 401, headers, content).advice == KEY_OR_TOKEN, (
        "a token bears no date"
    )


@given(st.text(), st.text())
def test_whatever_the_dates_are_it_is_a_refusal(signed, answered):
    error = error_from_response("list", "vpcep:x:y", 401, {"Date": answered}, b"", signed_at=signed)
    assert str(error).isprintable()


def test_only_what_the_server_may_have_done_is_maybe_done():
    assert refuse(500, {"error_code": "EndPoint.0001"}).maybe_done
    assert not refuse(429, b"").maybe_done
    assert not refuse(404, b"").maybe_done


@pytest.mark.parametrize(("text", "seconds"), [("3", 3.0), ("", None), ("soon", None), ("-1", None), ("9" * 9, None)])
def test_retry_after(text, seconds):
    assert refuse(429, b"", **{"Retry-After": text}).retry_after == seconds


@given(st.integers(400, 599), st.binary(max_size=300) | st.text().map(str.encode))
def test_whatever_comes_it_is_one_printable_line(status, body):
    error = refuse(status, body)
    assert str(error).isprintable()
    assert isinstance(error, ApiError)


@given(
    st.dictionaries(
        st.sampled_from(["error_code", "error_msg", "code", "message", "error", "request_id"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["code", "message"]), inner),
        ),
    )
)
def test_whatever_fields_come_it_is_one_printable_line(body):
    assert str(refuse(400, body)).isprintable()
