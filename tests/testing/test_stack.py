"""A stack under test, as a team's own tests use it."""

from __future__ import annotations

import shutil

import pytest

import vpcep_pulumi.testing
from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.world import NotThere
from vpcep_pulumi.testing.stack import Stack

PROGRAM = """
import json
import pulumi
from vpcep_pulumi import EndpointConnectionApproval as Approval

config = pulumi.Config()
got = {
    "text": config.get("text"), "number": config.get_int("number"), "float": config.get_float("float"),
    "yes": config.get_bool("yes"), "no": config.get_bool("no"), "list": config.get_object("list"),
    "object": config.get_object("object"), "nothing": config.get("nothing"), "stored": config.get("stored"),
}
pulumi.export("got", json.dumps(got, sort_keys=True))
pulumi.export("secret", config.get_secret("secret"))
pulumi.export("nested", config.get_secret_object("nested"))
pulumi.export("other", pulumi.Config("other").get("key"))
Approval("billing", service_id="svc", endpoint_id="ep", description=config.get_secret("secret"))
"""
TESTS = """
import json
import pytest
from vpcep_pulumi.testing import EngineError, OperationFailed, Result, Secret, Simulator, Stack

VALUES = {
    "text": "3", "number": 3, "float": 0.5, "yes": True, "no": False, "list": [1, "a", [None, True]],
    "object": {"a": {"b": [1.5]}},
}

def test_configuration(vpcep: Simulator, stack: Stack):
    vpcep.connect("svc", "ep")
    stack.config |= {**VALUES, "other:key": 7, "nothing": None}
    stack.config["secret"] = Secret("CANARY-secret")
    stack.config["nested"] = {"list": [stack.secret("CANARY-nested"), 1]}
    stack.config["stored"] = "given wins"
    result: Result = stack.up("infra/")
    assert json.loads(result.outputs["got"]) == {**VALUES, "nothing": None, "stored": "given wins"}
    assert result.outputs["other"] == "7"
    assert result.outputs["secret"] == Secret("CANARY-secret")
    assert result.outputs["nested"].value == {"list": ["CANARY-nested", 1]}
    assert "CANARY" not in result.diff + repr(result) + repr(stack.config)
    assert vpcep.world.connections("svc")[0].description == "CANARY-secret"
    assert {"CANARY-secret", '{"list": ["CANARY-nested", 1]}'} & {str(each) for each in stack.secrets()}
    for path in stack._folder.rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes(), path

def test_a_secret_that_is_given_in_plain_is_plain_then(stack, vpcep):
    vpcep.connect("svc", "ep")
    stack.config["secret"] = stack.secret("once")
    stack.up("infra/")
    stack.config["secret"] = "open"
    assert stack.up().outputs["secret"] == Secret("open"), "the program asks for it as one"

@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), [lambda: 1], b"x"])
def test_what_is_no_value_is_said(stack, value):
    stack.config["region"] = value
    with pytest.raises(EngineError, match=r"stack.config\\['region'\\] cannot be written as JSON"):
        stack.up("infra/")

def test_each_operation_takes_a_program(vpcep, stack):
    vpcep.connect("svc", "ep")
    assert stack.up("infra/").steps["billing"] == "create"
    for operation, steps in ((stack.preview, {}), (stack.refresh, {}), (stack.destroy, {"billing": "delete"})):
        stack._program = None
        assert operation("infra/").steps == steps
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    infra = pytester.mkdir("infra")
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "Pulumi.test.yaml").write_text("config:\n  infra:stored: from the file\n")
    (infra / "__main__.py").write_text(PROGRAM)

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_infra=tests)
        return pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis", *arguments)

    return run


@pytest.mark.parametrize(
    "engine",
    [
        "local",
        pytest.param("cli", marks=pytest.mark.skipif(not shutil.which("pulumi"), reason="no pulumi CLI on PATH")),
    ],
)
def test_configuration_and_programs(run, engine):
    run(TESTS, f"--pulumi-engine={engine}").assert_outcomes(passed=9)


class TestTheConsumersAndOthers:
    @pytest.mark.parametrize("status", ["Accepted", "ACCEPTED", "accept", "", "absent", "frozen"])
    def test_a_status_that_there_is_not_is_refused(self, simulator, status):
        with pytest.raises(ValueError, match="is no status of a connection; these are: pendingAcceptance, creating"):
            simulator.connect("svc", "ep", status=status)
        assert simulator.status("svc", "ep") == "absent"

    @pytest.mark.parametrize("act", [Simulator.accept, Simulator.reject, Simulator.leave])
    def test_what_is_not_connected_is_said(self, simulator, act):
        with pytest.raises(NotThere, match="there is no service svc; there are: none"):
            act(simulator, "svc", "ep")
        for number in range(12):
            simulator.connect("svc", f"ep-{number}")
        with pytest.raises(NotThere, match=r"ep is not connected to svc; there are: ep-0, ep-1, .*, ep-9 and 2 more"):
            act(simulator, "svc", "ep")
        simulator.leave("svc", "ep-3")
        with pytest.raises(NotThere, match="ep-3 is not connected"):
            act(simulator, "svc", "ep-3")


class TestWhatIsImported:
    @pytest.mark.parametrize("name", vpcep_pulumi.testing.__all__)
    def test_every_name(self, name):
        assert getattr(vpcep_pulumi.testing, name).__module__.startswith("vpcep_pulumi.testing")

    def test_they_are_sorted(self):
        assert vpcep_pulumi.testing.__all__ == sorted(vpcep_pulumi.testing.__all__)

    def test_another_is_an_error_for_type_checkers_too(self):
        """What is imported when it is first asked for hides no misspelling: mypy says when the comment is not needed."""
        with pytest.raises(ImportError, match="Stak"):
            from vpcep_pulumi.testing import Stak  # type: ignore[attr-defined]  # noqa: F401,PLC0415


def test_the_cli_s_flags(simulator, tmp_path, monkeypatch):
    for name, value in simulator.environment.items():
        monkeypatch.setenv(name, value)
    for endpoint in ("ep1", "ep2"):
        simulator.connect("svc", endpoint)
    (tmp_path / "two.py").write_text(
        "from vpcep_pulumi import EndpointConnectionApproval as Approval\n"
        "for number in (1, 2):\n"
        "    Approval(f'a{number}', service_id='svc', endpoint_id=f'ep{number}')\n"
    )
    stack = Stack("local", simulator, folder=tmp_path / "stack", root=tmp_path)
    assert stack.preview("two.py", exclude=["**a2"]).steps == {"a1": "create"}
    assert stack.up(target=["**::a1"]).steps == {"a1": "create"}
    assert [simulator.status("svc", each) for each in ("ep1", "ep2")] == ["accepted", "pendingAcceptance"]
    assert stack.up(replace=["**::a1"], target_dependents=True, target=["**::a1"]).steps == {"a1": "replace"}
