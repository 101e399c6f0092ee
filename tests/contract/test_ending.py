"""When a program counts as finished, and when its run is a failure, on both engines."""

from __future__ import annotations

import os
from typing import Any

import grpc
import pulumi
import pytest

from tests.contract.conftest import ECHO, Deployment, steps
from vpcep_pulumi import EndpointConnectionApproval
from vpcep_pulumi.testing import Result
from vpcep_pulumi.testing.cli_engine import CliEngine
from vpcep_pulumi.testing.engine import LocalEngine

NOBODY = "http://127.0.0.1:9"
"""A proxy where nobody listens."""
PROXIES = {
    "all": dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "grpc_proxy"), NOBODY),
    "a list of one's own": {"http_proxy": NOBODY, "no_proxy": "example.com", "NO_PROXY": "example.com"},
    "a list for gRPC": {"http_proxy": NOBODY, "no_grpc_proxy": "example.com"},
}


def declares():
    EndpointConnectionApproval("one", service_id="svc", endpoint_id="ep1")


class Unreachable(grpc.RpcError):
    """Some other server that is not there."""

    def code(self):
        return grpc.StatusCode.UNAVAILABLE

    def details(self):
        return "no route to the other server"


def on(deployment: Deployment, function) -> LocalEngine | CliEngine:
    """A stack of a function on the deployment's engine."""
    options: Any = {"environ": {**os.environ, **deployment.simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "p"}}
    if deployment.engine_name == "local":
        return LocalEngine(function, deployment.state / "dev.json", **options)
    return CliEngine(function, deployment.state, **options)


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
class TestProxies:
    """Between engine, program and host there is none."""

    def test_a_program_in_a_folder(self, deployment, proxy):
        deployment.environ |= proxy
        deployment.simulator.connect("svc", "ep1")
        deployment.program('Approval("one", service_id="svc", endpoint_id="ep1")')
        result = deployment.up()
        assert (result.messages("error"), steps(result)) == ([], {"one": "create"})
        assert deployment.simulator.status("svc", "ep1") == "accepted"

    def test_a_function(self, deployment, proxy, monkeypatch):
        for name, value in proxy.items():
            monkeypatch.setenv(name, value)
        before = dict(os.environ)
        deployment.simulator.connect("svc", "ep1")
        result = on(deployment, declares).up()
        assert (result.messages("error"), steps(result)) == ([], {"one": "create"})
        assert deployment.simulator.status("svc", "ep1") == "accepted"
        assert dict(os.environ) == before


def test_a_list_of_ones_own_is_kept(deployment):
    """What a program reaches without a proxy is its user's to say."""
    deployment.environ |= {"http_proxy": NOBODY, "no_proxy": "example.com,.example.org"}
    deployment.program(
        """
        import os
        pulumi.export("http", os.environ["no_proxy"])
        pulumi.export("grpc", os.environ["no_grpc_proxy"])
        """
    )
    assert deployment.up().outputs == {
        "http": "example.com,.example.org",
        "grpc": "example.com,.example.org,127.0.0.1,localhost,::1",
    }


@pytest.mark.parametrize("ending", ["import sys; sys.exit(0)", "raise SystemExit", "import os; os._exit(0)"])
@pytest.mark.parametrize("operation", ["preview", "up"])
def test_a_program_that_exits_with_0_is_finished(deployment, ending, operation):
    """So says the CLI: what it has not declared by then is deleted."""
    deployment.program(ECHO + 'Echo("one", 1)\nEcho("two", 2)')
    assert deployment.up().ok
    # What is declared when the process is cut off may have been said, or not.
    first = "" if "_exit" in ending else 'Echo("one", 1)\n'
    deployment.program(f'{ECHO}{first}{ending}\nEcho("two", 2)')
    result = getattr(deployment, operation)()
    assert result.ok, result
    assert steps(result) == {"two": "delete"} if first else {"one": "delete", "two": "delete"}


@pytest.mark.parametrize("ending", ["import sys; sys.exit({})", "import os; os._exit({})"])
@pytest.mark.parametrize("code", [3, 32], ids=["3", "that of Pulumi's executor"])
def test_a_program_that_exits_with_anything_else_has_failed(deployment, ending, code):
    deployment.program(ECHO + 'Echo("one", 1)\nEcho("two", 2)')
    assert deployment.up().ok
    deployment.program(f'{ECHO}Echo("one", 1)\n{ending.format(code)}\nEcho("two", 2)')
    result = deployment.up()
    assert not result.ok
    assert str(code) in result.messages("error")[0] or deployment.engine_name == "cli"
    assert steps(result) == {}


class TestFunctions:
    """They have no exit code: one that has not returned has failed."""

    @staticmethod
    def ending(deployment: Deployment, end) -> Result:
        deployment.simulator.connect("svc", "ep1")
        engine = on(deployment, declares)
        assert engine.up().ok

        def ends():
            pulumi.export("begun", pulumi.Output.from_input("yes"))
            end()
            declares()

        result = on(deployment, ends).up()
        assert not result.ok
        assert result.steps == {}
        assert deployment.simulator.status("svc", "ep1") == "accepted"
        return result

    def test_one_that_exits_with_0(self, deployment):
        def end():
            raise SystemExit(0)

        error = self.ending(deployment, end).messages("error")[0]
        assert "python inline source runtime error" in error

    def test_one_that_cannot_reach_another_server(self, deployment):
        """Pulumi's SDK takes gRPC's UNAVAILABLE for an engine that has ended, and says that all is well."""

        def end():
            raise Unreachable

        error = self.ending(deployment, end).messages("error")[0]
        assert "the program failed: no route to the other server" in error

    def test_an_asynchronous_one(self, deployment):
        async def ends():
            raise Unreachable

        result = on(deployment, ends).up()
        assert not result.ok
        assert "no route to the other server" in result.messages("error")[0]

    def test_an_asynchronous_one_that_is_well(self, deployment):
        async def is_well():
            declares()

        deployment.simulator.connect("svc", "ep1")
        assert steps(on(deployment, is_well).up()) == {"one": "create"}

    def test_one_that_never_reaches_the_engine(self, deployment, monkeypatch):
        """Whatever the cause: nothing is deleted by the local engine, and no engine is green."""
        monkeypatch.setattr("vpcep_pulumi.testing.loopback.THIS_MACHINE", ())
        monkeypatch.setenv("http_proxy", NOBODY)
        monkeypatch.setenv("no_proxy", "")
        result = on(deployment, declares).up()
        assert not result.ok
        if deployment.engine_name == "local":
            assert "the program ended without having said that it is finished" in result.messages("error")[0]
