"""Requests exactly as documented, and answers that are about what was asked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.api.operations import (
    Request,
    UnexpectedAnswer,
    act_on_connection,
    describe_connection,
    list_connections,
    list_projects,
)
from vpcep_pulumi.api.statuses import ConnectionStatus

SERVICE, ENDPOINT = "4189d3c2-8882-4871-a3c2-d380272eed88", "705290f3-0d00-41f2-aedc-71f09844e879"


def test_the_documented_request():
    operation = act_on_connection("p", SERVICE, ENDPOINT, "receive")
    assert operation.request == Request(
        "POST",
        f"/v1/p/vpc-endpoint-services/{SERVICE}/connections/action",
        (),
        (("X-Project-Id", "p"), ("Content-Type", "application/json")),
        json.dumps({"action": "receive", "endpoints": [ENDPOINT]}, separators=(",", ":")).encode(),
    )


def test_the_documented_answer_is_refused_for_it_is_about_another_endpoint(documented_answer):
    """The vendor's example asks for one id and is answered with another: never take the first."""
    operation = act_on_connection("p", SERVICE, ENDPOINT, "receive")
    with pytest.raises(UnexpectedAnswer, match=ENDPOINT):
        operation.parse(parse_json(documented_answer))


def test_the_answer_may_hold_other_connections_too():
    answer = {"connections": [{"id": "other", "status": "rejected"}, {"id": "ep", "status": "accepted"}]}
    assert act_on_connection("p", "s", "ep", "receive").parse(answer).status is ConnectionStatus.ACCEPTED


def test_a_page_of_connections():
    operation = list_connections("p", "s", offset=2000)
    assert operation.request.query == (("limit", "1000"), ("offset", "2000"))
    page = operation.parse({"connections": [{"id": "ep"}], "total_count": 2001})
    assert ([each.id for each in page.connections], page.total_count) == (["ep"], 2001)


def test_a_page_of_more_than_was_asked_for_is_refused():
    with pytest.raises(UnexpectedAnswer, match="it holds 3 connections where 2 were asked for"):
        list_connections("p", "s", limit=2).parse({"connections": [{"id": "a"}, {"id": "b"}, {"id": "c"}]})


def test_a_full_page_with_everything_filled_in_is_within_bounds():
    reasons = [{"error_code": "EndPoint.2016", "error_message": "ä" * 1024}] * 2
    entry = {
        "id": "x" * 64,
        "marker_id": 2**63 - 1,
        "status": "pendingAcceptance",
        "domain_id": "d" * 64,
        "created_at": "2018-01-30T07:42:01.174",
        "updated_at": "2018-01-30T07:42:01.174",
        "description": 'ä{[,"]}' * 64,
        "error": reasons,
    }
    operation = list_connections("p", "s")
    body = json.dumps({"connections": [entry] * 1000, "total_count": 1000}).encode()
    assert len(body) <= operation.longest_answer
    assert len(operation.parse(parse_json(body, operation.most_tokens)).connections) == 1000


def test_one_connection_by_id():
    assert list_connections("p", "s", endpoint_id="ep").request.query[0] == ("id", "ep")


def test_a_description():
    operation = describe_connection("p", "s", "ep", "ticket 1")
    assert operation.request.method == "PUT"
    assert json.loads(operation.request.body) == {"connections": [{"id": "ep", "description": "ticket 1"}]}


def test_a_project_is_looked_up_by_name():
    operation = list_projects("cn-north-4")
    assert (operation.request.path, operation.request.query) == ("/v3/projects", (("name", "cn-north-4"),))
    assert [each.id for each in operation.parse({"projects": [{"id": "p", "name": "cn-north-4"}]})] == ["p"]


@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64))
def test_no_id_breaks_out_of_its_segment(project_id, service_id):
    path = list_connections(project_id, service_id).request.path
    assert path.count("/") == 5
    assert path.isascii()
    assert not set(path) & set("?# ")


@pytest.mark.parametrize("answer", [None, [], "x", {"connections": "x"}, {"connections": [{"id": ["x"]}]}])
def test_what_is_not_the_apis_is_refused_without_repeating_it(answer):
    with pytest.raises(UnexpectedAnswer) as refusal:
        act_on_connection("p", "s", "ep", "receive").parse(answer)
    assert "'x'" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "shown"), [(["accepted"], "['accepted']"), ({"s": 1}, "{'s': 1}"), (["x" * 100_000], "['xxxx")]
)
def test_a_status_that_is_none_is_shown(status, shown):
    with pytest.raises(UnexpectedAnswer) as refusal:
        act_on_connection("p", "s", "ep", "receive").parse({"connections": [{"id": "ep", "status": status}]})
    assert "connections.0.status" in str(refusal.value)
    assert f"({shown}" in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_each_operation_names_its_permission():
    assert [
        operation.permission
        for operation in (
            list_connections("p", "s"),
            act_on_connection("p", "s", "e", "reject"),
            describe_connection("p", "s", "e", ""),
        )
    ] == [
        "vpcep:endpointServices:listConnections",
        "vpcep:endpointServices:updateConnections",
        "vpcep:endpointServices:updateConnectionDescription",
    ]
