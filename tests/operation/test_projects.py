"""What an operation keeps, by what, and who waits for whom."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import DrivenTime
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.operations import list_connections
from vpcep_pulumi.errors import AuthenticationError
from vpcep_pulumi.operation.projects import Projects
from vpcep_pulumi.testing.simulator import Simulator

WAIT = 60.0


class Silent:
    def info(self, message: str) -> None:
        pass

    warning = progress = debug = info

    def on(self, urn: str | None) -> Silent:
        return self


class Iam:
    """Names a project after the token and the region that ask, and may be slow for one region."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.slow: dict[str, threading.Event] = {}
        self.arrived = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name, token = request.url.params.get("name", ""), request.headers["X-Auth-Token"]
        self.asked.append((token, name))
        if name in self.slow:
            self.arrived.set()
            assert self.slow[name].wait(WAIT)
        project = {"id": f"{token.removeprefix('token-')}-{name}", "name": name}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"projects": [project]}).encode()))


def projects_of(environ: dict[str, str], network: Iam, home: Path, time: DrivenTime) -> Projects:
    def client(address, credential, **options):
        return Client(address, credential, transport=httpx.MockTransport(network), **options)

    return Projects(config={}, environ=environ, home=home, clock=time.clock(), log=Silent(), client=client)


@pytest.fixture
def home(tmp_path):
    return tmp_path


def test_two_credentials_share_nothing(time, home):
    """Clients and projects were kept by keys that lack the credential."""
    iam, environ = Iam(), {"HW_AUTH_TOKEN": "token-one", "HW_REGION_NAME": "cn-north-4"}
    projects = projects_of(environ, iam, home, time)
    one = projects.get()
    environ["HW_AUTH_TOKEN"] = "token-two"
    two = projects.get("cn-north-4")
    assert (one.project_id, two.project_id) == ("one-cn-north-4", "two-cn-north-4")
    environ["HW_PROJECT_ID"] = "p"
    three = projects.get("cn-north-4", "p")
    environ["HW_AUTH_TOKEN"] = "token-one"
    four = projects.get(None, "p")
    assert three.client is not four.client
    assert three.view is not four.view
    projects.close()


def test_one_credential_shares_everything(time, home):
    iam = Iam()
    projects = projects_of({"HW_AUTH_TOKEN": "token-one", "HW_REGION_NAME": "cn-north-4"}, iam, home, time)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: projects.get(), range(32)))
    assert all(each is found[0] for each in found)
    assert projects.get("cn-north-4") is found[0]
    assert iam.asked == [("token-one", "cn-north-4")]
    projects.close()


def test_who_waits_for_iam_holds_up_nobody_else(time, home):
    """IAM was asked under one lock for all."""
    iam = Iam()
    iam.slow["cn-east-3"] = threading.Event()
    projects = projects_of({"HW_AUTH_TOKEN": "token-one", "HW_REGION_NAME": "cn-north-4"}, iam, home, time)
    projects.get()  # the credential is good
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(projects.get, "cn-east-3")
        try:
            assert iam.arrived.wait(WAIT)
            assert projects.get("cn-south-1").project_id == "one-cn-south-1"
            assert projects.get("cn-east-3", "p").project_id == "p"
            assert not slow.done()
        finally:
            iam.slow["cn-east-3"].set()
        assert slow.result(WAIT).project_id == "one-cn-east-3"
    projects.close()


def test_a_credential_that_iam_refuses_is_not_sent_to_the_service(time, home):
    with Simulator.start(tokens=["another"]) as simulator:
        environ = {**simulator.environment, "HW_AUTH_TOKEN": "token-one", "HW_AUTH_URL": simulator.url}
        projects = Projects(config={}, environ=environ, home=home, clock=time.clock(), log=Silent())
        with pytest.raises(AuthenticationError):
            projects.get()
        with pytest.raises(AuthenticationError, match="not sent"):
            projects.get(None, "p").client.send(list_connections("p", "svc"))
        assert [call["status"] for call in simulator.calls()] == [401]
        projects.close()


def test_nothing_that_is_kept_shows_a_secret(time, home):
    projects = projects_of({"HW_AUTH_TOKEN": "s3cr3t-token", "HW_REGION_NAME": "r"}, Iam(), home, time)
    with pytest.raises(Exception, match="not a region"):
        projects.get("X")
    projects.get("cn-north-4", "p")
    kept = [vars(each) for each in vars(projects).values() if hasattr(each, "_slots")]
    assert "s3cr3t" not in repr(kept)
    projects.close()


class Lines(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, message: str) -> None:
        self.lines.append(message)


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("", []),
        ("https://vpcep.cn-north-4.myhuaweicloud.com", []),
        ("http://127.0.0.1:1234", []),
        (
            "https://elsewhere.example:8443",
            ["requests for region cn-north-4 go to elsewhere.example:8443, not to the region's own host"],
        ),
    ],
    ids=["default", "named", "this machine", "another"],
)
def test_where_requests_go_is_said_once(time, home, endpoint, said):
    environ = {"HW_AUTH_TOKEN": "token-a", "VPCEP_ENDPOINT": endpoint}
    log = Lines()
    projects = Projects(config={}, environ=environ, home=home, clock=time.clock(), log=log)
    for project in ("p", "q", "p"):
        projects.get("cn-north-4", project)
    projects.close()
    assert [line.partition(": it sees")[0] for line in log.lines] == said
