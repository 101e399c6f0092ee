"""``vpcep-pulumi declare``: what is live, on standard output."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.convert.reading import of_configuration, of_program
from vpcep_pulumi.cli.commands import app
from vpcep_pulumi.testing.simulator.api import project_id

READERS = {"program": of_program, "config": of_configuration}
PLACE = {"region": "cn-north-4", "project_id": project_id("cn-north-4")}


@pytest.fixture
def declare(simulator, monkeypatch):
    for name, value in simulator.environment.items():
        monkeypatch.setenv(name, value)

    def declare(*arguments: str):
        simulator.clear_calls()
        return CliRunner().invoke(app, ["declare", *arguments])

    return declare


@pytest.mark.parametrize("form", READERS)
def test_what_is_decided_is_declared_and_the_rest_is_said(declare, simulator, form):
    for endpoint, status in (("ep1", "accepted"), ("ep2", "rejected"), ("ep3", None), ("ep4", "failed")):
        simulator.connect("svc", endpoint, domain="d1", status=status)
    simulator.connect("other", "ep5", domain="d2", status="accepted")
    result = declare("--format", form)
    assert result.exit_code == 0, result.output
    assert READERS[form](result.stdout) == {
        "account-d1-ep1": {
            "service_id": "svc", "endpoint_id": "ep1", "status": "accepted", "expected_domain_id": "d1", **PLACE
        },
        "account-d1-ep2": {
            "service_id": "svc", "endpoint_id": "ep2", "status": "rejected", "expected_domain_id": "d1", **PLACE
        },
        "account-d2-ep5": {
            "service_id": "other", "endpoint_id": "ep5", "status": "accepted", "expected_domain_id": "d2", **PLACE
        },
    }  # fmt: skip
    assert "#   - ep3: the connection, owned by d1, is pendingAcceptance: nobody has decided on it yet" in result.stdout
    assert "#   - ep4: the connection, owned by d1, is failed" in result.stdout
    assert "connections of 2 endpoint services" in result.stdout
    assert result.stderr == ""
    assert {call["method"] for call in simulator.calls()} == {"GET"}


def test_only_the_services_that_are_asked_for(declare, simulator):
    for service in ("one", "two", "three"):
        simulator.connect(service, f"ep-{service}", domain="d1", status="accepted")
    result = declare("--service", "three", "--service", "one")
    assert [each["service_id"] for each in of_program(result.stdout).values()] == ["three", "one"]


@pytest.mark.parametrize("form", READERS)
def test_nothing_is_live(declare, simulator, form):
    simulator.service("svc")
    result = declare("--format", form)
    assert (result.exit_code, READERS[form](result.stdout)) == (0, {})
    assert "There is nothing to declare." in result.stdout


def test_a_profile_is_declared_too(declare, simulator, monkeypatch, tmp_path):
    profiles = tmp_path / "profiles.json"
    keys = {"accessKeyId": "SIMULATED", "secretAccessKey": "CANARY-secret", "projectId": "p1"}
    profiles.write_text(json.dumps({"profiles": [{"name": "prod", **keys}]}))
    monkeypatch.setenv("HW_SHARED_CONFIG_FILE", str(profiles))
    simulator.connect("svc", "ep1", domain="d1", status="accepted")
    result = declare("--profile", "prod")
    (arguments,) = of_program(result.stdout).values()
    assert (arguments["profile"], arguments["project_id"]) == ("prod", "p1")
    assert "CANARY" not in result.output


def test_a_service_that_is_not_there(declare):
    result = declare("--service", "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "vpcep-pulumi: there is no service nowhere in region cn-north-4" in result.stderr


@pytest.mark.parametrize("service", ["../../x", "../../../v1/zzz", "svc/connections?x=1#", "sv\x1b[31mc", ""])
def test_what_is_no_services_id_is_never_sent(declare, simulator, service):
    result = declare("--service", service)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"vpcep-pulumi: --service: {service!r} must be an id of 1 to 64 letters" in result.stderr
    assert simulator.calls() == []


def test_another_format_is_refused(declare):
    result = declare("--format", "toml")
    assert (result.exit_code, result.stdout) == (2, "")
