"""The simulator: the documented behaviour, the control API as other programs drive it, and its own honesty."""

import json

import httpx
import pytest

from vpcep_pulumi.testing.simulator import Simulator

SERVICE, ENDPOINT, DOMAIN = (
    "4189d3c2-8882-4871-a3c2-d380272eed88",
    "705290f3-0d00-41f2-aedc-71f09844e879",
    "6e9dfd51d1124e8d8498dce894923a0d",
)
ACTION = f"/v1/p/vpc-endpoint-services/{SERVICE}/connections/action"
LIST = f"/v1/p/vpc-endpoint-services/{SERVICE}/connections"
DESCRIPTION = f"/v1/p/vpc-endpoint-services/{SERVICE}/connections/description"


@pytest.fixture
def http(simulator):
    with httpx.Client(base_url=simulator.url, headers={"X-Auth-Token": "t"}) as client:
        yield client


def receive(endpoint=ENDPOINT, action="receive"):
    return {"action": action, "endpoints": [endpoint]}


def refused(response) -> tuple[int, str]:
    return response.status_code, response.json()["error_code"]


class TestTheControlApi:
    """Its words are fixed: other programs drive it."""

    def test_services_and_connections(self, http):
        assert http.post("/_simulator/services", json={"id": SERVICE}).status_code == 201
        body = {"service_id": SERVICE, "id": ENDPOINT, "domain_id": DOMAIN}
        answer = http.post("/_simulator/connections", json=body)
        assert answer.status_code == 201
        assert answer.json().items() >= {"id": ENDPOINT, "domain_id": DOMAIN, "status": "pendingAcceptance"}.items()
        assert answer.json()["marker_id"] > 2**53
        answer = http.patch(f"/_simulator/connections/{SERVICE}/{ENDPOINT}", json={"status": "rejected"})
        assert answer.json()["status"] == "rejected"
        truth = http.get(f"/_simulator/connections/{SERVICE}").json()
        assert [(each["id"], each["status"]) for each in truth["connections"]] == [(ENDPOINT, "rejected")]
        assert http.delete(f"/_simulator/connections/{SERVICE}/{ENDPOINT}").status_code == 204
        assert http.get(f"/_simulator/connections/{SERVICE}").json() == {"connections": []}

    def test_a_connection_with_a_status(self, http):
        body = {"service_id": SERVICE, "status": "failed"}
        answer = http.post("/_simulator/connections", json=body).json()
        assert (answer["status"], answer["error"]) == ("failed", [])

    def test_what_is_not_there_is_404(self, http):
        for request in (
            http.build_request("GET", "/_simulator/connections/none"),
            http.build_request("PATCH", "/_simulator/connections/none/e", json={"status": "accepted"}),
            http.build_request("DELETE", "/_simulator/connections/none/e"),
        ):
            assert http.send(request).status_code == 404

    def test_a_connection_is_made_once(self, http):
        body = {"service_id": SERVICE, "id": ENDPOINT}
        assert [http.post("/_simulator/connections", json=body).status_code for _ in range(2)] == [201, 409]

    def test_calls_are_recorded_without_credentials_and_without_control_calls(self, http):
        http.post("/_simulator/connections", json={"service_id": SERVICE, "id": ENDPOINT})
        http.post(ACTION, json=receive())
        http.get(LIST, params={"limit": "5"})
        calls = http.get("/_simulator/calls")
        assert calls.json() == {
            "calls": [
                {"method": "POST", "path": ACTION, "query": {}, "body": receive(), "status": 200},
                {"method": "GET", "path": LIST, "query": {"limit": "5"}, "body": None, "status": 200},
            ]
        }
        assert http.delete("/_simulator/calls").status_code == 204
        assert http.get("/_simulator/calls").json() == {"calls": []}

    def test_settings_stay_as_they_are_where_left_out(self, http, simulator):
        http.put("/_simulator/settings", json={"access_keys": {"ak": "sk"}, "creating_s": 2})
        answer = http.put("/_simulator/settings", json={"latency_s": 0.001, "seed": 7})
        assert answer.json() == {"latency_s": 0.001, "creating_s": 2, "seed": 7}
        assert simulator.world.settings.access_keys == {"ak": "sk"}
        assert http.put("/_simulator/settings", json={"access_keys": {}, "seed": None}).status_code == 200
        assert simulator.world.settings.access_keys == {}

    @pytest.mark.parametrize("body", [{"latency_s": -1}, {"latency": 1}, {"tokens": "t"}])
    def test_bad_settings_are_refused(self, http, body):
        assert http.put("/_simulator/settings", json=body).status_code == 422


class TestTheApi:
    """As documented."""

    def test_accepting_and_rejecting(self, http, simulator):
        simulator.connect(SERVICE, ENDPOINT, domain=DOMAIN)
        answer = http.post(ACTION, json=receive())
        assert answer.status_code == 200
        (connection,) = answer.json()["connections"]
        assert connection.items() >= {"id": ENDPOINT, "status": "accepted", "domain_id": DOMAIN}.items()
        assert answer.headers["X-Request-Id"]
        for action, status in [
            ("receive", "accepted"),
            ("reject", "rejected"),
            ("reject", "rejected"),
            ("receive", "accepted"),
        ]:
            assert http.post(ACTION, json=receive(action=action)).json()["connections"][0]["status"] == status

    @pytest.mark.parametrize(
        ("status", "refusal"),
        [
            ("creating", (400, "EndPoint.2019")),
            ("deleting", (400, "EndPoint.2018")),
            ("failed", (400, "EndPoint.2047")),
        ],
    )
    @pytest.mark.parametrize("action", ["receive", "reject"])
    def test_statuses_that_allow_no_action(self, http, simulator, status, refusal, action):
        simulator.connect(SERVICE, ENDPOINT, status=status)
        assert refused(http.post(ACTION, json=receive(action=action))) == refusal

    def test_what_is_not_there(self, http, simulator):
        assert refused(http.post(ACTION, json=receive())) == (404, "EndPoint.0005")
        assert refused(http.get(LIST)) == (404, "EndPoint.0005")
        simulator.service(SERVICE)
        assert refused(http.post(ACTION, json=receive())) == (404, "EndPoint.2006")
        simulator.connect("another", ENDPOINT)
        assert refused(http.post(ACTION, json=receive())) == (400, "EndPoint.2013")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"action": "accept", "endpoints": [ENDPOINT]}, "EndPoint.0007"),
            ({"endpoints": [ENDPOINT]}, "EndPoint.0007"),
            ({"action": "receive", "endpoints": []}, "EndPoint.2031"),
            ({"action": "receive", "endpoints": [ENDPOINT, "other"]}, "EndPoint.2031"),
            ({"action": "receive", "endpoints": ENDPOINT}, "EndPoint.2031"),
            ([], "EndPoint.0002"),
        ],
    )
    def test_bodies_that_are_refused(self, http, body, code):
        assert refused(http.post(ACTION, json=body)) == (400, code)

    def test_no_body_is_a_504(self, http):
        assert refused(http.post(ACTION)) == (504, "EndPoint.0011")

    def test_a_description(self, http, simulator):
        simulator.connect(SERVICE, ENDPOINT)
        body = {"connections": [{"id": ENDPOINT, "description": "note"}]}
        assert http.put(DESCRIPTION, json=body).json()["connections"][0]["description"] == "note"
        assert http.get(LIST).json()["connections"][0]["description"] == "note"
        body["connections"][0]["description"] = "<b>"
        assert refused(http.put(DESCRIPTION, json=body)) == (400, "EndPoint.0002")

    def test_pages(self, http, simulator):
        ids = [simulator.connect(SERVICE, f"ep-{number:02}").id for number in range(25)]
        newest_first = ids[::-1]
        seen: list[str] = []
        while True:
            page = http.get(LIST, params={"offset": str(len(seen))}).json()
            assert page["total_count"] == 25
            if not page["connections"]:
                break
            assert len(page["connections"]) <= 10
            seen += [each["id"] for each in page["connections"]]
        assert seen == newest_first
        everything = http.get(LIST, params={"limit": "1000", "sort_dir": "asc"}).json()["connections"]
        assert [each["id"] for each in everything] == ids

    def test_filters(self, http, simulator):
        one = simulator.connect(SERVICE, "one", status="accepted")
        simulator.connect(SERVICE, "two")
        for query in ({"id": "one"}, {"marker_id": str(one.marker_id)}, {"status": "accepted"}):
            answer = http.get(LIST, params=query).json()
            assert ([each["id"] for each in answer["connections"]], answer["total_count"]) == (["one"], 1)

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"limit": "1001"}, "EndPoint.0006"),
            ({"limit": "x"}, "EndPoint.0006"),
            ({"offset": "-1"}, "EndPoint.0010"),
            ({"sort_key": "id"}, "EndPoint.0017"),
            ({"sort_dir": "up"}, "EndPoint.0018"),
            ({"status": "odd"}, "EndPoint.0019"),
        ],
    )
    def test_queries_that_are_refused(self, http, simulator, query, code):
        simulator.service(SERVICE)
        assert refused(http.get(LIST, params=query)) == (400, code)

    @pytest.mark.parametrize("key", ["create_at", "created_at", "update_at", "updated_at"])
    def test_both_spellings_of_a_sort_key(self, http, simulator, key):
        simulator.service(SERVICE)
        assert http.get(LIST, params={"sort_key": key}).status_code == 200

    def test_a_project_of_each_name(self, http):
        (project,) = http.get("/v3/projects", params={"name": "cn-north-4"}).json()["projects"]
        assert project["name"] == "cn-north-4"
        assert http.get("/v3/projects", params={"name": "cn-north-4"}).json()["projects"] == [project]
        assert http.get("/v3/projects", params={"name": "eu-west-101"}).json()["projects"][0]["id"] != project["id"]

    def test_an_api_that_is_not_published(self, http):
        assert refused(http.get("/v2/nothing")) == (404, "APIGW.0101")

    def test_a_service_without_approval_accepts_by_itself(self, simulator):
        simulator.service(SERVICE, approval_enabled=False)
        assert simulator.connect(SERVICE, ENDPOINT).status == "accepted"

    def test_it_describes_itself(self, http):
        document = http.get("/openapi.json").json()
        operations = {each["operationId"] for path in document["paths"].values() for each in path.values()}
        assert operations >= {
            "ListServiceConnections",
            "AcceptOrRejectEndpoint",
            "UpdateEndpointConnectionsDesc",
            "KeystoneListProjects",
        }


class TestAuthentication:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Auth-Token": ""},
            {"Authorization": "Basic abc"},
            {"Authorization": f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature={'0' * 64}"},
            {
                "Authorization": f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature={'0' * 64}",
                "X-Sdk-Date": "20260101T000000Z",
            },
            {
                "Authorization": f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature={'0' * 64}",
                "X-Sdk-Date": "20200101T000000Z",
            },
            {
                "Authorization": f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature={'0' * 64}",
                "X-Sdk-Date": "yesterday",
            },
        ],
        ids=["none", "empty", "another scheme", "no date", "date not signed", "expired", "no such date"],
    )
    def test_the_form_is_checked_whoever_signs(self, simulator, headers):
        answer = httpx.get(f"{simulator.url}{LIST}", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error_code"] == "APIGW.0301"
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]

    def test_tokens(self):
        with Simulator.start(tokens=["good"]) as simulator:
            statuses = [
                httpx.get(f"{simulator.url}/v3/projects", headers={"X-Auth-Token": token}).status_code
                for token in ("good", "bad")
            ]
        assert statuses == [200, 401]


class TestTimeAndChance:
    def test_a_connection_passes_through_creating(self, time):
        with Simulator.start(creating_s=5, clock=lambda: time.now) as simulator:
            simulator.connect(SERVICE, ENDPOINT)
            assert simulator.world.act(SERVICE, ENDPOINT, "receive").status == "creating"
            time.now += 4.9
            assert simulator.status(SERVICE, ENDPOINT) == "creating"
            time.now += 0.1
            assert simulator.status(SERVICE, ENDPOINT) == "accepted"

    def test_a_seed_draws_the_same_again(self):
        def draws(seed: int) -> list[float]:
            with Simulator.start(latency_s=1, seed=seed) as simulator:
                return [simulator.world.latency() for _ in range(5)]

        assert draws(1) == draws(1)
        assert draws(1) != draws(2)
        assert all(0 <= seconds <= 1 for seconds in draws(3))

    def test_without_a_seed_nothing_is_drawn(self):
        with Simulator.start(latency_s=0.25) as simulator:
            assert {simulator.world.latency() for _ in range(5)} == {0.25}


class TestManyConsumers:
    def test_they_are_those_that_connect_would_make_one_by_one(self):
        with Simulator.start(seed=7) as one, Simulator.start(seed=7) as many:
            expected = [one.connect(SERVICE) for _ in range(5)]
            assert many.connect_many(SERVICE, 5) == [each.id for each in expected]
            assert [each.domain_id for each in many.world.connections(SERVICE)] == [
                each.domain_id for each in reversed(expected)
            ]

    @pytest.mark.parametrize(("domain", "owners"), [("d1", ["d1"] * 5), (["d1", "d2"], ["d1", "d2", "d1", "d2", "d1"])])
    def test_accounts_take_turns(self, simulator, domain, owners):
        ids = simulator.connect_many(SERVICE, 5, domain=domain, status="accepted")
        found = simulator.world.connections(SERVICE)[::-1]
        assert [each.id for each in found] == ids
        assert [each.domain_id for each in found] == owners
        assert {each.status for each in found} == {"accepted"}

    def test_ten_thousand_are_all_different_and_can_be_read(self, simulator, http):
        ids = simulator.connect_many(SERVICE, 10_000)
        assert len(set(ids)) == 10_000
        assert http.get(LIST, params={"limit": "1"}).json()["total_count"] == 10_000

    def test_none(self, simulator):
        assert simulator.connect_many(SERVICE, 0) == []
        assert simulator.world.connections(SERVICE) == []

    @pytest.mark.parametrize(
        ("count", "given", "told"),
        [
            (-1, {}, "-1 consumers cannot connect"),
            (1, {"domain": []}, "there must be an account"),
            (1, {"status": "acepted"}, "'acepted' is no status of a connection"),
        ],
    )
    def test_what_cannot_be(self, simulator, count, given, told):
        with pytest.raises(ValueError, match=told):
            simulator.connect_many(SERVICE, count, **given)


def test_a_port_in_use_is_an_error(simulator):
    with pytest.raises(OSError, match="in use"):
        Simulator.start(port=int(simulator.url.rpartition(":")[2]))


def test_its_answers_are_json_however_odd_the_body(simulator):
    for body in (b"{", b"\xff", b"[" * 10_000):
        answer = httpx.post(f"{simulator.url}{ACTION}", content=body, headers={"X-Auth-Token": "t"})
        assert json.loads(answer.content)["error_code"].startswith("EndPoint.")
