"""Every example does what it says, on the local engine."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from vpcep_pulumi.testing import Secret
from vpcep_pulumi.testing.engine import EngineError, LocalEngine

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"
ENDPOINT = "705290f3-0d00-41f2-aedc-71f09844e879"
STAGING = "0b0dd4c1-8c1f-4f4e-9d3a-1f4f1c1de2aa"
OWNER = "6e9dfd51d1124e8d8498dce894923a0d"


@pytest.fixture
def run(simulator, tmp_path):
    simulator.connect(SERVICE, ENDPOINT, domain=OWNER)
    simulator.connect(SERVICE, STAGING, domain=OWNER)

    def engine(project: Path, **config: Any) -> LocalEngine:
        environ = {**os.environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "test"}
        texts = {key: value if isinstance(value, Secret | str) else json.dumps(value) for key, value in config.items()}
        return LocalEngine(project, tmp_path / "dev.json", environ=environ, config=texts)

    return engine


def test_there_is_a_test_for_each():
    assert {path.parent.name for path in EXAMPLES.glob("*/__main__.py")} == {
        "accounts",
        "approvals",
        "component",
        "from_data",
        "minimal",
        "partners",
    }


def test_partners(run, simulator):
    simulator.reject(SERVICE, STAGING)
    project = EXAMPLES / "partners"
    result = run(project, service_id=SERVICE).up()
    assert result.ok, result
    assert result.outputs["decided"] == {ENDPOINT: "rejected", STAGING: "accepted"}
    assert result.outputs["pending"] == []


def test_minimal(run, simulator):
    result = run(EXAMPLES / "minimal").up()
    assert result.ok, result
    assert result.outputs == {"status": "accepted"}
    assert simulator.world.connections(SERVICE)[-1].description == "ticket 1234"


def test_component(run):
    result = run(EXAMPLES / "component").up()
    assert result.ok, result
    assert result.outputs == {"payments": {"production": "accepted", "staging": "accepted"}}


APPROVALS = {
    "billing": {"service_id": SERVICE, "endpoint_id": ENDPOINT, "expected_domain_id": OWNER},
    "staging": {"service_id": SERVICE, "endpoint_id": STAGING, "status": "rejected", "description": "no"},
}


@pytest.mark.parametrize("project", [ROOT, EXAMPLES / "approvals"], ids=["the root project", "the example"])
def test_approvals_named_in_the_configuration(run, project):
    result = run(project, approvals=APPROVALS).up()
    assert result.ok, result
    assert result.outputs == {"statuses": {"billing": "accepted", "staging": "rejected"}}


def test_no_approvals_at_all(run):
    result = run(ROOT).up()
    assert result.ok, result
    assert result.outputs == {"statuses": {}}
    assert result.messages("warning") == [
        "nothing is declared: vpcep-approvals:approvals and vpcep-approvals:policies in the configuration are empty"
    ]


def test_numbers_and_texts_of_the_command_line_mean_what_they_say(run, simulator):
    """As ``pulumi config set --path`` writes them."""
    declared = {**APPROVALS["billing"], "appear_timeout": "1.5", "settle_timeout": 4, "description": 4711}
    result = run(ROOT, approvals={"billing": declared}).up()
    assert result.ok, result
    assert simulator.world.connections(SERVICE)[-1].description == "4711"


def test_what_is_secret_in_the_configuration_is_secret_in_the_state(run, tmp_path):
    """As after ``pulumi config set --secret --path approvals.billing.expected_domain_id``."""
    declared = {**APPROVALS["billing"], "description": "a secret note"}
    result = run(ROOT, approvals=Secret(json.dumps({"billing": declared}))).up()
    assert result.ok, result
    state = (tmp_path / "dev.json").read_text()
    assert OWNER not in state
    assert "a secret note" not in state
    assert OWNER not in result.diff


PARTNERS = {
    "partners": {
        "service_id": SERVICE,
        "rules": [{"action": "accept", "domain_ids": [OWNER], "limit": "1"}],
        "otherwise": "reject",
        "max_interruptions": "2",
    }
}


def test_policies_named_in_the_configuration(run):
    result = run(ROOT, policies=PARTNERS).up()
    assert result.ok, result
    assert result.outputs["decided"]["partners"] == {STAGING: "accepted"}, "both are as old, and this id comes first"
    assert result.outputs["pending"] == {"partners": [ENDPOINT]}


def test_a_secret_account_of_a_policy_in_the_configuration_is_secret_in_the_state(run, tmp_path):
    result = run(ROOT, policies=Secret(json.dumps(PARTNERS))).up()
    assert result.ok, result
    assert OWNER not in (tmp_path / "dev.json").read_text()
    assert OWNER not in result.diff


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"aprovals": APPROVALS},
            "vpcep-approvals:aprovals in the stack's configuration is read by nobody; there are vpcep-approvals:approvals and ",
        ),
        ({"approvals": {"billing": "S/E"}}, "approvals.billing in the stack's configuration must be an object, not "),
        (
            {"approvals": {"billing": None}},
            "approvals.billing in the stack's configuration must be an object, not null",
        ),
        (
            {"approvals": {"billing": {**APPROVALS["billing"], "appear_timeout": "soon"}}},
            "billing: appear_timeout must be a number of seconds, not 'soon'",
        ),
        (
            {"approvals": {"billing": {"service_id": "s", "endpointId": "e"}}},
            "approvals.billing in the stack's configuration does not take ['endpointId']",
        ),
        (
            {"approvals": {"billing": {"service_id": "s"}}},
            "approvals.billing in the stack's configuration needs ['endpoint_id']",
        ),
        (
            {"policies": {"partners": {"service_id": "s"}}},
            "policies.partners in the stack's configuration needs ['rules']",
        ),
        (
            {"policies": {"partners": {"service_id": "s", "rules": [{"action": "accept", "domain_ids": []}]}}},
            "partners: rules rule 1: domain_ids is empty: the rule could never match",
        ),
    ],
)
def test_a_mistake_in_the_configuration_is_said(run, config, problem):
    result = run(ROOT, **config).preview()
    assert not result.ok
    (error,) = result.messages("error")
    assert error.startswith(problem)


def test_what_is_no_object_is_refused(run, tmp_path):
    """The root project declares the type, so the engine refuses before the program runs, as the CLI does."""
    with pytest.raises(EngineError, match="with configuration key 'approvals' must be of type 'object'"):
        run(ROOT, approvals="billing").preview()
    shutil.copy(EXAMPLES / "approvals" / "__main__.py", tmp_path)
    (error,) = run(tmp_path, approvals="billing").preview().messages("error")
    assert error.startswith("approvals in the stack's configuration must be an object: a name for each of the")


def test_accounts(run, simulator):
    simulator.connect(SERVICE, "stranger", domain="4d2f")
    engine = run(EXAMPLES / "accounts", **{"accounts:service_id": SERVICE, "accounts:accounts": [OWNER]})
    assert engine.up().ok
    assert {each.id: str(each.status) for each in simulator.world.connections(SERVICE)} == {
        ENDPOINT: "accepted",
        STAGING: "accepted",
        "stranger": "pendingAcceptance",
    }
    assert engine.preview().steps == {}
    simulator.connect(SERVICE, "another", domain=OWNER)
    assert list(engine.preview().steps.values()) == ["create"]


def test_from_data(run, simulator):
    simulator.connect(SERVICE, "5b1f8f0e-6f5c-4c0b-8a55-0c4c6a2e9b11", domain="4d2f9c0f7d3e4c5fb1f6a3d2c0e4b1f6")
    simulator.connect(SERVICE, "9c2e7a44-1d3b-4f60-9b7e-2f7f6c1d8e22", domain="stranger")
    engine = run(EXAMPLES / "from_data")
    result = engine.up()
    assert result.ok, result
    assert result.outputs == {
        "statuses": {"billing": "accepted", "staging": "rejected", "acme": "accepted", "open": "accepted"}
    }
    assert [each.description for each in simulator.world.connections(SERVICE)][:2] == ["", "Acme, until the merger"]
    assert engine.preview().steps == {}
