"""Two profiles are two accounts: what an operation keeps for one of them is never used for the other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import DrivenTime
from tests.provider.conftest import ListLog
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.errors import AuthenticationError, InputError, PermissionDeniedError, SettingsError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.table import Goal
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.operation import Operation

ENDPOINT = {"HW_REGION_NAME": "cn-north-4"}


class Service:
    """The API of several accounts, told apart by their tokens: IAM, and one connection for each account."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.throttled: Counter[str] = Counter()
        self.refused: dict[str, int] = {}
        self.projects: dict[str, list[str]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # Not the token itself: an answer that repeats it is masked.
        token, path = request.headers["X-Auth-Token"].removeprefix("secret-"), request.url.path
        self.asked.append((token, path))
        if self.throttled[token]:
            self.throttled[token] -= 1
            return answer({"error_code": "APIGW.0308", "error_msg": "slow down"}, 429)
        if token in self.refused:
            return answer({"error_code": "x", "error_msg": f"no, secret-{token}"}, self.refused[token])
        if path == "/v3/projects":
            name = request.url.params["name"]
            ids = self.projects.get(token, [f"{token}-{name}"])
            return answer({"projects": [{"id": each, "name": name} for each in ids]})
        if "/none/" in path:
            return answer({"error_code": "EndPoint.3008", "error_msg": "not found"}, 404)
        return answer({"connections": [{"id": f"of-{token}", "status": "accepted"}], "total_count": 1})


def answer(document: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(document).encode()))


class Made:
    """An operation, and the clients that were made for it."""

    def __init__(self, service: Service, time: DrivenTime, tokens: dict[str, str]) -> None:
        self.clients: list[Client] = []
        self.log = ListLog()

        def client(address: str, credential: Any, **options: Any) -> Client:
            self.clients.append(Client(address, credential, transport=httpx.MockTransport(service), **options))
            return self.clients[-1]

        config = {"vpcep:profiles": json.dumps({name: {"token": f"secret-{token}"} for name, token in tokens.items()})}
        self.operation = Operation(
            config=config,
            environ=ENDPOINT,
            home=Path("/nowhere"),
            clock=time.clock(),
            log=self.log,
            client=client,
        )

    def ids(self, profile: str, service: str = "svc") -> list[str | None]:
        return [each.id for each in self.operation.get_connections(service, profile=profile)]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["t1", "t2", "t3"]), min_size=1), st.data())
def test_every_profile_sees_its_own_account_and_no_other(tokens, data):
    """In whatever order they ask, and however often; those of one account share what is made for it."""
    service, time = Service(), DrivenTime()
    made = Made(service, time, tokens)
    asking = data.draw(st.lists(st.sampled_from(sorted(tokens)), min_size=1, max_size=12))
    for profile in asking:
        session = made.operation.projects.get(profile=profile)
        assert session.project_id == f"{tokens[profile]}-cn-north-4"
        assert session is made.operation.projects.get("cn-north-4", None, profile)
        assert made.ids(profile) == [f"of-{tokens[profile]}"]
    accounts = {tokens[each] for each in asking}
    lookups = Counter(token for token, path in service.asked if path == "/v3/projects")
    assert lookups == dict.fromkeys(accounts, 1), "IAM is asked once for each account"
    assert len(made.clients) == 2 * len(accounts), "one for the service and one for IAM"
    reads = Counter(token for token, path in service.asked if path != "/v3/projects")
    assert reads == {token: len({each for each in asking if tokens[each] == token}) for token in accounts}
    made.operation.close()


class Interposed(DrivenTime):
    """Lets something happen at the beginning of the next sleep, before any time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.first: list[Callable[[], None]] = []

    def sleep(self, seconds: float) -> None:
        while self.first:
            self.first.pop()()
        super().sleep(seconds)


@pytest.mark.parametrize(("other", "waits"), [("two", False), ("again", True)])
def test_the_quotas_of_two_accounts_are_apart(other, waits):
    """Another account's requests do not wait; those of the same account do, whatever its profile's name is."""
    service, time = Service(), Interposed()
    made = Made(service, time, {"one": "t1", "two": "t2", "again": "t1"})
    for each in ("one", "two", "again"):
        made.operation.projects.get(profile=each)  # the credentials are good
    service.throttled["t1"] = 1
    took = []

    def ask() -> None:
        began = time.now
        made.ids(other)
        took.append(time.now - began)

    time.first.append(ask)
    assert made.ids("one") == ["of-t1"]
    assert [seconds > 0 for seconds in took] == [waits]
    (warning,) = made.log.of("warning")
    assert warning.startswith("list the connections of service svc (profile 'one'): slow down (APIGW.0308, HTTP 429)")
    made.operation.close()


def test_a_refused_credential_is_that_accounts_alone(time):
    service = Service()
    made = Made(service, time, {"one": "t1", "two": "t2", "again": "t1"})
    service.refused["t1"] = 401
    with pytest.raises(AuthenticationError) as error:
        made.ids("one")
    assert str(error.value).startswith("look up the project cn-north-4 (profile 'one'): no, ")
    with pytest.raises(AuthenticationError) as error:
        made.ids("again")
    assert str(error.value).startswith("look up the project cn-north-4 (profile 'again'): not sent, the same")
    assert "'one'" not in str(error.value)
    assert made.ids("two") == ["of-t2"]
    assert [token for token, _ in service.asked].count("t1") == 1
    made.operation.close()


def test_what_is_not_allowed_names_the_profile_once(time):
    service = Service()
    made = Made(service, time, {"one": "t1"})
    made.operation.projects.get(profile="one")
    service.refused["t1"] = 403
    with pytest.raises(PermissionDeniedError) as error:
        made.ids("one")
    assert str(error.value) == (
        "list the connections of service svc (profile 'one'): no, [secret] (x, HTTP 403); grant the IAM action "
        "vpcep:endpointServices:listConnections to these credentials"
    )
    made.operation.close()


def test_a_service_that_is_not_there(time):
    made = Made(Service(), time, {"one": "t1"})
    with pytest.raises(InputError, match="there is no service none in region cn-north-4, project t1") as error:
        made.ids("one", "none")
    assert str(error.value).count("profile 'one'") == 1
    made.operation.close()


@pytest.mark.parametrize(("ids", "count"), [([], "no project"), (["p", "q"], "2 projects")])
def test_a_project_that_iam_does_not_know(time, ids, count):
    """The remedy is the profile's, not that of a resource without one. It is kept once, and said for each name."""
    service = Service()
    service.projects["t1"] = ids
    made = Made(service, time, {"one": "t1", "again": "t1"})
    for profile in ("one", "again", "one"):
        with pytest.raises(SettingsError) as error:
            made.ids(profile)
        assert str(error.value) == (
            f"profile '{profile}': no project id, and IAM knows {count} named 'cn-north-4' for these credentials. "
            "Set it with projectId in the profile, or project_id of the resource"
        )
    assert len(service.asked) == 1
    made.operation.close()


class TestAddresses:
    CONFIG = json.dumps(
        {
            "one": {"token": "t", "endpoint": "https://one.example", "projectId": "p"},
            "two": {"token": "t", "endpoint": "https://two.example", "projectId": "p"},
        }
    )

    def operation(self, time: DrivenTime) -> Operation:
        config = {"vpcep:profiles": self.CONFIG, "vpcep:region": "cn-north-4"}
        return Operation(config=config, environ={}, home=Path("/nowhere"), clock=time.clock(), log=ListLog())

    @pytest.mark.parametrize(
        ("profile", "address"), [("one", "https://one.example"), ("two", "https://two.example"), ("gone", None)]
    )
    def test_the_same_ids_under_two_profiles_are_two_connections(self, time, profile, address):
        approval = Approval("svc", "ep", "accepted", Goal.ACCEPTED, "cn-north-4", "p", profile=profile)
        assert self.operation(time).key_of(approval) == ConnectionKey("svc", "ep", address)

    def test_a_decision_under_a_profile_that_is_gone(self, time):
        approval = Approval("svc", "ep", "rejected", Goal.DELETED, "cn-north-4", "p", profile="gone")
        with pytest.raises(SettingsError) as error:
            self.operation(time).carry_out(approval, seen=True)
        assert str(error.value) == (
            "profile 'gone': there is no such profile: vpcep:profiles in the stack's configuration has 'one', 'two', "
            "and KooCLI's file /nowhere/.hcloud/config.json is not there"
        )


@pytest.mark.parametrize("profile", [None, "prod"])
def test_what_is_owed_is_rejected_under_the_same_profile(profile):
    """A delete is skipped because a resource that is still to come may hold the connection; it holds another."""
    claims, key = Claims(), ConnectionKey("svc", "ep1", "https://here")
    claims.tell("declared", "1", name="'one'", connection=None, urn="urn:pulumi:s::p::type::one")
    recorded = {"status": "accepted", "region": "r", "project_id": "p", **({"profile": profile} if profile else {})}
    claims.on_delete(key, "urn:pulumi:s::p::type::one", **recorded)
    other = key._replace(endpoint_id="ep2")
    claims.check("1 urn:pulumi:s::p::type::one", other)
    ((owed, kept),) = claims.owed(other)
    assert (owed, kept.profile) == (key, profile)
