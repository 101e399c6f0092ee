"""States that earlier versions wrote still work: see docs/compatibility.md. Nothing of what they hold may be renamed."""

from __future__ import annotations

import base64
import importlib
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.package.make_states import STATES, WORLD, engine, world
from vpcep_pulumi.lifecycle import policy_schema, schema
from vpcep_pulumi.testing.simulator import Simulator

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.name for path in STATES.iterdir() if path.is_dir())
APPROVAL = "pulumi-python:dynamic/vpcep:EndpointConnectionApproval"
POLICY = "pulumi-python:dynamic/vpcep:EndpointConnectionPolicy"
PROVIDERS = {
    APPROVAL: "vpcep_pulumi.provider.dynamic:EndpointConnectionApprovalProvider",
    POLICY: "vpcep_pulumi.provider.dynamic:EndpointConnectionPolicyProvider",
}
SECRET = "6e9dfd51d1124e8d8498dce894923a0d"
"""The account that the programs declare as a secret."""


def resources(folder: str) -> list[dict[str, Any]]:
    """What the state holds of ours."""
    document = json.loads((STATES / folder / "state.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["deployment"]["resources"]
    return [each for each in found if each["type"] in PROVIDERS]


def live(simulator: Simulator) -> dict[str, str]:
    return {endpoint: simulator.status(service, endpoint) for service, endpoint in WORLD}


@pytest.fixture
def simulator():
    with world() as running:
        yield running


@pytest.fixture(params=FOLDERS)
def folder(request) -> str:
    return str(request.param)


@pytest.fixture
def decided(folder, simulator) -> dict[str, str]:
    """The world as it was when the state was written: the status of each endpoint."""
    simulator.accept("billing", "endpoint-1")
    simulator.world.describe("billing", "endpoint-1", "ticket 1234")
    simulator.reject("billing", "endpoint-2")
    for each in resources(folder):
        for endpoint in each["outputs"].get("decided", {}):
            simulator.accept("market", endpoint)
    return live(simulator)


@pytest.fixture
def stack(folder, simulator, decided, tmp_path):
    """An engine on a copy of the state, with the program that it was written for."""
    state = tmp_path / "state.json"
    shutil.copyfile(STATES / folder / "state.json", state)
    return engine(STATES / folder, state, simulator)


def test_the_state_is_as_the_program_left_it(folder, stack, simulator, decided):
    """Preview, refresh and update find nothing to do, and destroy rejects what was accepted."""
    for operate in (stack.preview, stack.refresh, stack.up):
        result = operate()
        assert result.ok, result
        assert result.steps == {}, result.diff
    assert live(simulator) == decided
    assert simulator.calls("POST") == []

    result = stack.destroy()
    assert result.ok, result
    assert sorted(result.steps.values()) == ["delete"] * len(resources(folder))
    was = [endpoint for endpoint, status in decided.items() if status == "accepted"]
    assert was
    assert live(simulator) == decided | dict.fromkeys(was, "rejected")


def test_drift_is_healed_from_it(folder, stack, simulator, decided):
    """The state is understood, not only left alone."""
    simulator.reject("billing", "endpoint-1")
    result = stack.up()
    assert result.ok, result
    assert {urn.rpartition("::")[2]: op for urn, op in result.steps.items()} == {"accepted": "update"}
    assert live(simulator) == decided


def test_the_provider_is_found_by_its_name_and_holds_nothing(folder):
    for each in resources(folder):
        pickled = base64.b64decode(each["inputs"]["__provider"])
        module, _, name = PROVIDERS[each["type"]].partition(":")
        provider = pickle.loads(pickled)
        assert type(provider) is getattr(importlib.import_module(module), name)
        assert vars(provider) == {}
        assert module.encode() in pickled
        assert name.encode() in pickled


def test_ids_are_of_the_promised_form(folder):
    for each in resources(folder):
        outputs = each["outputs"]
        whole = {APPROVAL: "{service_id}/{endpoint_id}", POLICY: "{service_id}"}[each["type"]]
        assert each["id"] == whole.format(**outputs)


def test_every_property_in_it_is_still_known(folder):
    schemas = {APPROVAL: schema.APPROVAL, POLICY: policy_schema.POLICY}
    for each in resources(folder):
        found = schemas[each["type"]]
        known = {each.name for each in found.inputs} | {each.name for each in found.outputs}
        names = {name for name in (*each["inputs"], *each["outputs"]) if not name.startswith("__")}
        assert names <= known, f"the state of {folder} has a property that is not known any more"


def test_no_secret_and_nothing_of_a_machine_is_in_it(folder):
    text = (STATES / folder / "state.json").read_text(encoding="utf-8")
    assert SECRET not in text
    assert "token" not in text.lower()
    for place in ("127.0.0.1", "localhost", "/home/", "/tmp", str(ROOT), "\\\\"):
        assert place not in text


def test_the_page_names_what_is_promised():
    page = (ROOT / "docs/compatibility.md").read_text(encoding="utf-8")
    for type_, provider in PROVIDERS.items():
        assert f"`{type_}`" in page
        assert f"`{provider}`" in page


def test_there_is_a_state_of_each_kind():
    found = {each["type"] for folder in FOLDERS for each in resources(folder)}
    assert found == set(PROVIDERS)
