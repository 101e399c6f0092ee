"""The pytest plugin, as a team's own tests use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval

billing = EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep-1")
pulumi.export("status", billing.status)
"""
IMPORTS = """
import os
import pytest
from vpcep_pulumi import EndpointConnectionApproval as Approval
from vpcep_pulumi.testing import EngineError, OperationFailed
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    """Run a team's tests, beside its program."""
    infra = pytester.mkdir("infra")
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "__main__.py").write_text(PROGRAM)

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_infra=f"{IMPORTS}\n{tests}")
        return pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis", *arguments)

    return run


def test_a_folder_a_file_and_a_function(run, pytester):
    pytester.path.joinpath("one.py").write_text(PROGRAM)
    run(
        """
def function():
    Approval("billing", service_id="svc", endpoint_id="ep-1")

async def asynchronous():
    function()

@pytest.mark.parametrize("program", ["infra", "infra/", "one.py", function, asynchronous])
def test_program(vpcep, stack, program):
    vpcep.connect(service="svc", endpoint="ep-1", domain="d1")
    result = stack.up(program)
    assert result.steps == {"urn…::billing": "create"}
    assert vpcep.status("svc", "ep-1") == "accepted"
    assert stack.preview().steps == {}
    vpcep.leave("svc", "ep-1")
    assert vpcep.status("svc", "ep-1") == "absent"
    assert stack.destroy().steps == {"urn…::billing": "delete"}
"""
    ).assert_outcomes(passed=5)


def test_every_test_has_its_own(run):
    run(
        """
@pytest.mark.parametrize("number", range(4))
def test_first_update(vpcep, stack, number):
    vpcep.connect(service="svc", endpoint="ep-1")
    assert stack.up("infra").steps == {"urn…::billing": "create"}
    assert [call["body"]["action"] for call in vpcep.calls("POST")] == ["receive"]
""",
        "-n2",
    ).assert_outcomes(passed=4)


FAILING = """
def test_billing(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1", domain="d1")
    stack.up("infra")
    vpcep.reject("svc", "ep-1")
    assert stack.preview().steps == {"urn…::audit": "create"}
"""


@pytest.mark.parametrize("arguments", [[], ["-n1"]], ids=["alone", "xdist"])
def test_a_failing_test_shows_what_differed_and_the_calls_made(run, arguments):
    result = run(FAILING, *arguments)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * the steps are not those expected",
            "E *urn…::audit: create was expected, and nothing was done",
            "E *urn:pulumi:test::infra::*::billing: update was not expected",
            "*The last operation*",
            "Previewing update (test):",
            "*plan*receive: the connection, owned by d1, is rejected (updated_at 2*)*",
            "*API calls*",
            "GET /v1/*/vpc-endpoint-services/svc/connections*-> 200",
            'POST /v1/*/vpc-endpoint-services/svc/connections/action {"action": "receive", *ep-1*} -> 200',
        ]
    )


def test_a_failing_operation_raises_with_its_errors(run):
    result = run(
        """
def broken():
    raise ValueError("the program is broken")

def test_refused(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1", domain="d1")
    with pytest.raises(OperationFailed, match="belongs to account d1") as failure:
        stack.preview(lambda: Approval("billing", service_id="svc", endpoint_id="ep-1", expected_domain_id="d2"))
    (error,) = [each for each in failure.value.result.errors() if each.urn]
    assert error.urn.endswith("::billing")
    assert error.message.startswith("billing: endpoint_id: connection ep-1 of service svc belongs to account d1")

def test_broken(vpcep, stack):
    with pytest.raises(OperationFailed, match="the program is broken"):
        stack.up(broken)

def test_uncaught(vpcep, stack):
    stack.up("infra")

def test_nothing_to_run(vpcep, stack):
    stack.up()
"""
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*OperationFailed: up failed*",
            "*there is no service svc*",
            "*there is no program yet: name one*",
        ]
    )
    assert "stack.py:" not in result.stdout.str(), "our own frames are of no use to them"


def test_nothing_but_the_simulator_is_reached(run, pytester, monkeypatch):
    """Whatever the stack's configuration and the environment of whoever runs it say."""
    pytester.path.joinpath("infra/Pulumi.test.yaml").write_text(
        "config:\n  vpcep:endpoint: https://vpcep.invalid\n  vpcep:region: eu-west-101\n"
    )
    for name, value in {
        "HW_ACCESS_KEY": "REAL",
        "HW_SECRET_KEY": "real",
        "VPCEP_ENDPOINT": "https://x.invalid",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("HW_REGION_NAME", "nowhere")
    run(
        """
def test_reached(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1")
    assert "REAL" not in os.environ.values()
    stack.up("infra")
    assert vpcep.status("svc", "ep-1") == "accepted"
    assert vpcep.calls("GET")[0]["query"]["name"] == "eu-west-101"
"""
    ).assert_outcomes(passed=1)


def test_time_and_latency_are_the_tests(run):
    run(
        """
def test_settling(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1")
    vpcep.creating(3600)
    vpcep.latency(0.01)
    with pytest.raises(OperationFailed, match="creating"):
        stack.up(lambda: Approval("billing", service_id="svc", endpoint_id="ep-1", settle_timeout=0.1))
    vpcep.advance(3600)
    assert vpcep.status("svc", "ep-1") == "accepted"
    assert '"creating" => "accepted"' in stack.refresh().diff

def test_a_wait_costs_no_time(vpcep, stack):
    # The operation is under way, and nobody can drive the time meanwhile.
    vpcep.connect(service="svc", endpoint="ep-1")
    vpcep.creating(3600)
    vpcep.advance_each(1800)
    assert stack.up("infra/").outputs["status"] == "accepted"
    assert len(vpcep.calls("GET")) <= 5
"""
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("given", ["option", "file"])
def test_an_engine_that_is_not_there_is_said(run, pytester, monkeypatch, given):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    if given == "file":
        pytester.makeini("[pytest]\npulumi_engine = cli\n")
    result = run("def test_it(stack): pass", *(["--pulumi-engine=cli"] if given == "option" else []))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*--pulumi-engine=cli, but there is no pulumi CLI on PATH"])


def test_auto_takes_what_there_is(run, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    run(FAILING.replace("audit", "billing").replace("create", "update"), "--pulumi-engine=auto").assert_outcomes(
        passed=1
    )


def test_an_engine_that_is_none_is_said(run, pytester):
    pytester.makeini("[pytest]\npulumi_engine = terraform\n")
    run("def test_it(stack): pass").stdout.fnmatch_lines(["*pulumi_engine is 'terraform'; it takes local, cli, auto*"])


def test_a_missing_extra_is_said(run, pytester):
    pytester.makeconftest(
        """
        import importlib.util
        find_spec = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "fastapi" else find_spec(name, *rest)
        """
    )
    result = run("def test_it(vpcep): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*need fastapi: pip install 'vpcep-pulumi[[]testing]'"])


def test_the_plugin_costs_other_peoples_tests_nothing():
    """pytest loads it in every run, wherever the package is installed."""
    code = "import sys, vpcep_pulumi.testing.pytest_plugin; print(sorted({'pulumi', 'fastapi', 'grpc', 'httpx'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_what_a_mistaken_test_asks_for_is_refused(run):
    """Each of these was green."""
    run(
        """
def test_methods(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1")
    stack.up("infra/")
    assert len(vpcep.calls("post")) == 1
    with pytest.raises(ValueError, match="'POTS' is no method of the API; these are: GET, POST, PUT, DELETE"):
        vpcep.calls("POTS")
    with pytest.raises(ValueError, match="'POTS' is no method"):
        vpcep.fault("lost", method="POTS")
    assert vpcep.fault("lost", method="post").method == "POST"

def test_a_function_that_was_called(vpcep, stack):
    stack.up(lambda: None)
    with pytest.raises(EngineError, match="None is no program. Are there parentheses"):
        stack.up((lambda: None)())

def test_a_path_that_is_not_there(vpcep, stack):
    with pytest.raises(EngineError, match="there is nothing at .*infr"):
        stack.up("infr/")

def test_who_forgot_to_connect(vpcep, stack):
    with pytest.raises(OperationFailed, match="check endpoint_id: after 3 s"):
        vpcep.service("svc")
        stack.up("infra/")
"""
    ).assert_outcomes(passed=4)


def test_ctrl_c_ends_the_tests(run):
    result = run(
        """
import signal
import threading

def test_first(vpcep, stack):
    vpcep.connect(service="svc", endpoint="ep-1")
    slow = vpcep.fault("slow", seconds=3600)
    def interrupt():
        while not slow.applied:
            threading.Event().wait(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    threading.Thread(target=interrupt, daemon=True).start()
    stack.up("infra/")

def test_second(vpcep, stack):
    print("the second was run")
""",
        "-s",
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "the second was run" not in result.stdout.str()


def test_without_the_extra_the_fixtures_say_so_and_the_session_goes_on(run, pytester):
    pytester.makeconftest("import sys\nsys.modules['uvicorn'] = None\n")
    pytester.makepyfile(
        test_infra="""
import pytest

def test_fixture(vpcep):
    pass

def test_import():
    with pytest.raises(ImportError, match="Simulator needs uvicorn: pip install 'vpcep-pulumi.testing.'"):
        from vpcep_pulumi.testing import Simulator

def test_other():
    pass
"""
    )
    result = pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis")
    result.assert_outcomes(passed=2, errors=1)
