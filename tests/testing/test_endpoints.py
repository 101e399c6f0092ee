"""The simulator's services and endpoints, as their owner and their consumers call them."""

from __future__ import annotations

import re

import httpx
import pytest

from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.faults import KINDS, When

OWNER, CONSUMER, STRANGER = "owner-project", "consumer-project", "strange-project"
CODES = {(400, "EndPoint.2003"), (404, "EndPoint.0005")}


def services(project: str = OWNER, tail: str = "") -> str:
    return f"/v1/{project}/vpc-endpoint-services{tail}"


def endpoints(project: str = CONSUMER, tail: str = "") -> str:
    return f"/v1/{project}/vpc-endpoints{tail}"


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


@pytest.fixture
def http(simulator):
    # No connection is used twice: one that a fault has cut may be met before the client knows.
    with httpx.Client(
        limits=httpx.Limits(max_keepalive_connections=0), base_url=simulator.url, headers={"X-Auth-Token": "t"}
    ) as client:
        yield client


@pytest.fixture
def service(simulator):
    return simulator.service("svc", project=OWNER)


@pytest.fixture
def create(http, service):
    def create(project: str = CONSUMER, **given: object):
        return http.post(endpoints(project), json={"endpoint_service_id": service, "vpc_id": "vpc-1", **given})

    return create


class TestAService:
    def test_as_documented(self, http, service):
        found = http.get(services(tail="/svc")).json()
        assert re.fullmatch(r"[a-z0-9-]+\.\w+\.svc", found["service_name"])
        assert (
            found.items()
            >= {
                "id": "svc",
                "status": "available",
                "approval_enabled": True,
                "service_type": "interface",
                "project_id": OWNER,
            }.items()
        )
        assert found["created_at"].endswith("Z")
        assert "connection_count" not in found, "the list has it"

    def test_another_project_s_is_not_there_whatever_is_asked_of_it(self, http, service, simulator):
        simulator.connect(service, "ep")
        action = {"action": "receive", "endpoints": ["ep"]}
        note = {"connections": [{"id": "ep", "description": "mine now"}]}
        for answer in (
            http.get(services(STRANGER, "/svc")),
            http.get(services(STRANGER, "/svc/connections")),
            http.post(services(STRANGER, "/svc/connections/action"), json=action),
            http.put(services(STRANGER, "/svc/connections/description"), json=note),
        ):
            assert refused(answer) == (404, "EndPoint.0005")
        assert simulator.status("svc", "ep") == "pendingAcceptance"
        assert http.get(services(STRANGER)).json() == {"endpoint_services": [], "total_count": 0}

    def test_one_without_a_project_is_whose_ever_asks(self, http, simulator):
        simulator.service("anybodys")
        assert http.get(services(STRANGER, "/anybodys")).json()["project_id"] == STRANGER

    def test_what_it_counts(self, http, simulator, service):
        for status in ("pendingAcceptance", "creating", "accepted", "rejected", "failed", "deleting"):
            simulator.connect(service, status, status=status)
        (found,) = http.get(services()).json()["endpoint_services"]
        assert found["connection_count"] == 2

    def test_filters(self, http, simulator):
        for name in ("one", "two", "twofold"):
            simulator.service(name, project=OWNER)
        for query, ids in {
            "id=two": ["two"],
            "endpoint_service_name=TWO": ["twofold", "two"],
            "status=available": ["twofold", "two", "one"],
            "status=failed": [],
            "sort_dir=asc": ["one", "two", "twofold"],
            "limit=1&offset=1": ["two"],
        }.items():
            answer = http.get(services(tail=f"?{query}")).json()
            assert [each["id"] for each in answer["endpoint_services"]] == ids, query
        assert refused(http.get(services(tail="?status=accepted"))) == (400, "EndPoint.0019")


class TestAnEndpoint:
    def test_from_creation_to_its_end(self, http, simulator, create):
        simulator.deleting(60)
        made = create(description="ours", tags=[{"key": "team", "value": "billing"}], port_ip="10.0.0.7").json()
        assert (
            made.items()
            >= {
                "status": "pendingAcceptance",
                "project_id": CONSUMER,
                "endpoint_service_id": "svc",
                "vpc_id": "vpc-1",
                "ip": "10.0.0.7",
                "description": "ours",
                "tags": [{"key": "team", "value": "billing"}],
            }.items()
        )
        (connection,) = http.get(services(tail="/svc/connections")).json()["connections"]
        assert (connection["id"], connection["marker_id"]) == (made["id"], made["marker_id"])
        assert connection["description"] == "", "the owner's note is the owner's"
        http.post(services(tail="/svc/connections/action"), json={"action": "receive", "endpoints": [made["id"]]})
        assert http.get(endpoints(tail=f"/{made['id']}")).json()["status"] == "accepted"
        deleted = http.delete(endpoints(tail=f"/{made['id']}"))
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert http.get(endpoints(tail=f"/{made['id']}")).json()["status"] == "deleting"
        assert simulator.status("svc", made["id"]) == "deleting"
        assert refused(http.delete(endpoints(tail=f"/{made['id']}"))) == (400, "EndPoint.2018")
        simulator.advance(60)
        assert refused(http.get(endpoints(tail=f"/{made['id']}"))) == (404, "EndPoint.0005")
        assert simulator.status("svc", made["id"]) == "absent"

    def test_without_a_time_for_it_a_deletion_is_done_at_once(self, http, create):
        path = endpoints(tail=f"/{create().json()['id']}")
        assert http.delete(path).status_code == 204
        assert refused(http.delete(path)) == (404, "EndPoint.0005")

    def test_a_service_without_approval_accepts_it(self, http, simulator):
        simulator.service("open", approval_enabled=False)
        body = {"endpoint_service_id": "open", "vpc_id": "v"}
        assert http.post(endpoints(), json=body).json()["status"] == "accepted"

    def test_it_is_the_accounts_of_its_project(self, simulator, create):
        for project in (CONSUMER, CONSUMER, STRANGER):
            create(project)
        accounts = [each.domain_id for each in simulator.world.connections("svc")]
        assert accounts[1] == accounts[2] != accounts[0]

    @pytest.mark.parametrize("project", [OWNER, STRANGER], ids=["the service's owner", "a stranger"])
    def test_only_its_own_project_can_read_or_delete_it(self, http, simulator, create, project):
        id_ = create().json()["id"]
        for method in ("GET", "DELETE"):
            assert refused(http.request(method, endpoints(project, f"/{id_}"))) == (404, "EndPoint.0005")
        assert http.get(endpoints(project)).json() == {"endpoints": [], "total_count": 0}
        assert simulator.status("svc", id_) == "pendingAcceptance"

    def test_one_of_the_control_api_is_its_projects(self, http, simulator, service):
        simulator.connect(service, "ep", project=CONSUMER)
        simulator.connect(service, "hidden")
        assert http.get(endpoints(tail="/ep")).json()["id"] == "ep"
        assert [each["id"] for each in http.get(endpoints()).json()["endpoints"]] == ["ep"]

    def test_one_that_failed_says_why(self, http, simulator, service):
        simulator.connect(service, "ep", project=CONSUMER)
        error = [{"error_code": "EndPoint.2016", "error_message": "The endpoint pool is empty."}]
        simulator.world.put(service, "ep", "failed", error)
        assert http.get(endpoints(tail="/ep")).json()["error"] == error

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (None, (504, "EndPoint.0011")),
            ({}, (400, "EndPoint.0002")),
            ({"endpoint_service_id": "svc"}, (400, "EndPoint.0002")),
            ({"endpoint_service_id": "none", "vpc_id": "v"}, (400, "EndPoint.2003")),
            ({"endpoint_service_id": "svc", "vpc_id": "v", "description": "<b>"}, (400, "EndPoint.0002")),
        ],
    )
    def test_what_cannot_be_created(self, http, service, body, code):
        assert refused(http.post(endpoints(), json=body) if body is not None else http.post(endpoints())) == code

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_what_is_no_id(self, http, method):
        assert refused(http.request(method, endpoints(tail=f"/{'x' * 65}"))) == (400, "EndPoint.2017")

    def test_filters(self, http, create, simulator):
        simulator.service("other")
        one, two = create(vpc_id="a").json(), create(vpc_id="b").json()
        three = http.post(endpoints(), json={"endpoint_service_id": "other", "vpc_id": "a"}).json()
        for query, found in {
            "vpc_id=a": [three, one],
            f"id={two['id']}": [two],
            "endpoint_service_name=SVC": [two, one],
            "vpc_id=none": [],
        }.items():
            answer = http.get(endpoints(tail=f"?{query}")).json()
            assert ([each["id"] for each in answer["endpoints"]], answer["total_count"]) == (
                [each["id"] for each in found],
                len(found),
            )


@pytest.mark.parametrize("kind", ["services", "endpoints"])
class TestPages:
    """The same for every list."""

    @pytest.fixture
    def listed(self, kind, http, simulator, create):
        ids = [f"id-{number:02}" for number in range(25)]
        for id_ in ids:
            if kind == "services":
                simulator.service(id_, project=OWNER)
            else:
                simulator.connect("svc", id_, project=CONSUMER)
        path, name = (services(), "endpoint_services") if kind == "services" else (endpoints(), "endpoints")

        def listed(**query: str) -> tuple[list[str], int]:
            answer = http.get(path, params=query).json()
            return [each["id"] for each in answer[name] if each["id"] != "svc"], answer["total_count"]

        listed.path = path  # type: ignore[attr-defined]  # a function can hold it
        return listed

    def test_ten_at_a_time_until_there_are_none(self, listed):
        seen: list[str] = []
        first, total = listed()
        assert len(first) == 10
        for offset in range(0, total + 1, 10):
            page, counted = listed(offset=str(offset))
            assert counted == total
            seen += page
        assert seen == [f"id-{number:02}" for number in range(25)][::-1]
        assert listed(offset=str(total)) == ([], total)

    def test_the_other_way_round(self, listed):
        for key in ("create_at", "created_at", "update_at", "updated_at"):
            assert listed(sort_key=key, sort_dir="asc", limit="1000")[0][0] == "id-00"

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("limit=1001", "EndPoint.0006"),
            ("limit=-1", "EndPoint.0006"),
            ("offset=x", "EndPoint.0010"),
            ("sort_key=id", "EndPoint.0017"),
            ("sort_dir=up", "EndPoint.0018"),
        ],
    )
    def test_queries_that_are_refused(self, http, listed, query, code):
        assert refused(http.get(f"{listed.path}?{query}")) == (400, code)


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_faults_meet_these_operations_too(simulator, http, create, method):
    """Each is answered, or its connection is cut: nothing hangs, and what is carried out is what the fault says."""
    for kind in KINDS:
        simulator.clear_faults()
        id_ = create().json()["id"]
        before = len(simulator.world.connections("svc"))
        simulator.clear_calls()
        simulator.fault(kind, method, seconds=0.01)
        try:
            if method == "POST":
                create()
            else:
                http.request(method, endpoints(tail=f"/{id_}"), timeout=5)
        except httpx.TransportError:
            assert kind in ("cut", "lost", "broken_off")
        (call,) = simulator.calls()
        assert call["fault"] == kind
        done = len(simulator.world.connections("svc")) - before
        carried_out = KINDS[kind].when is not When.REFUSED
        assert done == {"POST": carried_out, "GET": 0, "DELETE": -carried_out}[method], kind


def test_a_seed_draws_how_long_a_deletion_takes(time):
    with Simulator.start(seed=7, clock=lambda: time.now) as simulator:
        simulator.deleting(100)
        made = simulator.world.create_endpoint("p", simulator.service("svc"), {}).connection
        simulator.world.delete_endpoint("p", made.id)
        assert 0 < made.gone_at - time.now < 100


def test_an_answer_names_no_other_project(http, simulator, create):
    """What somebody may not see is as if it were not there: the same answer, but for its request id."""
    id_ = create().json()["id"]
    hidden, absent = (http.get(endpoints(STRANGER, tail)) for tail in (f"/{id_}", "/none"))
    assert hidden.json() == absent.json()
    assert refused(hidden) in CODES
