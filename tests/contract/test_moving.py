"""Decisions that others took are taken over: the first preview adopts all of them, and nothing is ever sent.

The Terraform state is ``tests/convert/real.tfstate``; its docstring says where it comes from. With the vendor's
provider and Terraform at hand (``VPCEP_TERRAFORM_PROVIDER``), the whole move is made with them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.contract.conftest import Deployment, shown, steps
from tests.convert.reading import of_configuration, of_program
from vpcep_pulumi.cli.commands import app

ROOT = Path(__file__).parent.parent.parent
STATE = ROOT / "tests" / "convert" / "real.tfstate"
SERVICE, PROJECT = "4189d3c2-8882-4871-a3c2-d380272eed88", "0123456789abcdef0123456789abcdef"
NOTE = 'for "Ops", it\'s ${urgent}\\n\\'
FORMATS = ["program", "config"]


def place_program(deployment: Deployment, text: str) -> None:
    (deployment.folder / "__main__.py").write_text(text)


def place_config(deployment: Deployment, text: str) -> None:
    """As the configuration of the example's program, which is the root project's."""
    shutil.copy(ROOT / "examples" / "approvals" / "__main__.py", deployment.folder)
    # No virtual environment: the engines run this process's Python.
    (deployment.folder / "Pulumi.yaml").write_text("name: vpcep-approvals\nruntime: python\n")
    (deployment.folder / "Pulumi.dev.yaml").write_text(text)


PLACES: dict[str, Callable[[Deployment, str], None]] = {"program": place_program, "config": place_config}
READERS = {"program": of_program, "config": of_configuration}


def printed(deployment: Deployment, *arguments: str) -> str:
    result = CliRunner(env=deployment.environ).invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def check_everything_is_adopted(deployment: Deployment, names: set[str]) -> None:
    """A preview that only adopts, an update that sends nothing, and silence."""
    previewed = deployment.preview()
    assert previewed.ok, previewed
    assert steps(previewed) == dict.fromkeys(names, "create")
    plans = [line for line in shown(previewed).splitlines() if "plan: " in line]
    assert len(plans) == len(names)
    assert all('plan: "adopt: ' in line for line in plans)
    for _ in range(2):
        result = deployment.up()
        assert result.ok, result
        assert {call["method"] for call in deployment.simulator.calls()} <= {"GET"}
    assert steps(result) == {}
    assert steps(deployment.preview()) == {}


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_decided_by_hand(deployment, form):
    simulator = deployment.simulator
    for number, status in enumerate(("accepted", "rejected", "pendingAcceptance", "creating", "failed", "deleting")):
        simulator.connect("svc", f"ep{number}", domain="d1", status=status)
    simulator.connect("1e5", "0x1f", domain="d2", status="accepted")
    simulator.connect("1e5", "0123", domain="00123", status="rejected")
    simulator.world.describe("svc", "ep0", NOTE)
    before = [(each.id, each.status) for each in simulator.world.connections("svc")]
    text = printed(deployment, "declare", "--format", form)
    PLACES[form](deployment, text)
    found = READERS[form](text)
    assert [each["endpoint_id"] for each in found.values()] == ["0x1f", "0123", "ep0", "ep1"]
    check_everything_is_adopted(deployment, set(found))
    assert [(each.id, each.status) for each in simulator.world.connections("svc")] == before
    assert {each.id: each.description for each in simulator.world.connections("svc")}["ep0"] == NOTE


@pytest.mark.parametrize("form", FORMATS)
def test_no_connection_at_all(deployment, form):
    deployment.simulator.service("svc")
    PLACES[form](deployment, printed(deployment, "declare", "--format", form))
    check_everything_is_adopted(deployment, set())


@pytest.mark.parametrize("form", FORMATS)
def test_what_terraform_accepted(deployment, form):
    """The state is one that Terraform and the vendor's provider wrote; the simulator is brought to what it says."""
    instances = [
        instance["attributes"]
        for resource in json.loads(STATE.read_text())["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]
    simulator = deployment.simulator
    for attributes in instances:
        for each in attributes["connections"]:
            if simulator.status(attributes["service_id"], each["endpoint_id"]) == "absent":
                simulator.connect(
                    attributes["service_id"], each["endpoint_id"], domain=each["domain_id"], status=each["status"]
                )
    text = printed(deployment, "from-terraform", str(STATE), "--format", form)
    PLACES[form](deployment, text)
    found = READERS[form](text)
    assert len(found) == 4
    check_everything_is_adopted(deployment, set(found))


PROVIDER = Path(os.environ.get("VPCEP_TERRAFORM_PROVIDER", "")) / "terraform-provider-huaweicloud"
SETTINGS = """
terraform {{
  required_providers {{
    huaweicloud = {{ source = "huaweicloud/huaweicloud" }}
  }}
}}
provider "huaweicloud" {{
  region     = "cn-north-4"
  access_key = "SIMULATED"
  secret_key = "simulated-secret-key"
  project_id = "{project}"
  auth_url   = "{url}/v3"
  endpoints  = {{ vpcep = "{url}/", iam = "{url}/" }}
}}
"""
ACCEPTS = """
resource "huaweicloud_vpcep_approval" "billing" {{
  for_each   = toset(["ep1", "ep2"])
  service_id = "{service}"
  endpoints  = [each.key]
}}
"""
FORGETS = """
removed {
  from = huaweicloud_vpcep_approval.billing
  lifecycle {
    destroy = false
  }
}
"""


@pytest.mark.skipif(
    not (PROVIDER.is_file() and shutil.which("terraform")),
    reason="VPCEP_TERRAFORM_PROVIDER names no folder of terraform-provider-huaweicloud, or there is no terraform",
)
def test_the_whole_move_from_terraform(deployment, tmp_path):
    """As docs/moving.md has it: save the state, let Terraform forget, declare, preview, up."""
    simulator = deployment.simulator
    folder = tmp_path / "terraform"
    folder.mkdir()
    installed = {"huaweicloud/huaweicloud": str(PROVIDER.parent)}
    overrides = "".join(f"    {json.dumps(name)} = {json.dumps(path)}\n" for name, path in installed.items())
    (folder / "rc").write_text(f"provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n")
    environ = {**os.environ, "TF_CLI_CONFIG_FILE": str(folder / "rc"), "CHECKPOINT_DISABLE": "1"}

    def terraform(*arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    settings = SETTINGS.format(url=simulator.url, project=PROJECT)
    simulator.service(SERVICE, project=PROJECT)
    for endpoint in ("ep1", "ep2"):
        simulator.connect(SERVICE, endpoint, domain="d1")
    (folder / "main.tf").write_text(settings + ACCEPTS.format(service=SERVICE))
    terraform("apply", "-auto-approve", "-no-color", "-input=false")
    state = folder / "saved.tfstate"
    state.write_text(terraform("state", "pull"))

    simulator.clear_calls()
    (folder / "main.tf").write_text(settings + FORGETS)
    assert "0 destroyed" in terraform("apply", "-auto-approve", "-no-color", "-input=false")
    assert "huaweicloud_vpcep_approval" not in terraform("state", "pull")
    assert not simulator.calls("POST")

    deployment.environ["HW_PROJECT_ID"] = PROJECT
    text = printed(deployment, "from-terraform", str(state))
    place_program(deployment, text)
    check_everything_is_adopted(deployment, set(of_program(text)))
    assert {simulator.status(SERVICE, each) for each in ("ep1", "ep2")} == {"accepted"}
