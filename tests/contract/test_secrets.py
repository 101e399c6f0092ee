"""Secrets: none is ever written in plain, wherever it came from. On both engines."""

import json
from textwrap import dedent

import pytest

from tests.contract.conftest import ECHO, shown, steps
from vpcep_pulumi.testing.engine.values import Secret

ONE = 'Approval("one", service_id="svc", endpoint_id="ep1")'
CANARY = "s3cr3t-canary"


def test_a_secret_input_is_encrypted_and_a_secret_output_is_hidden(connected):
    connected.program(
        f"""
        one = Approval("one", service_id="svc", endpoint_id="ep1", description=pulumi.Output.secret("{CANARY}"))
        pulumi.export("description", one.description)
        pulumi.export("status", one.status)
        """
    )
    preview = connected.preview()
    assert CANARY not in shown(preview)
    assert "description: [secret]" in shown(preview)
    result = connected.up()
    assert result.ok
    assert CANARY not in shown(result)
    assert result.outputs["status"] == "accepted"
    assert isinstance(result.outputs["description"], Secret)
    assert result.outputs["description"].value == CANARY
    assert CANARY not in repr(result)
    assert CANARY not in connected.state_text()
    assert "ciphertext" in connected.state_text()
    assert connected.simulator.world.connections("svc")[-1].description == CANARY
    assert steps(connected.up()) == {}
    assert connected.destroy().ok


def test_outputs_can_be_declared_secret(connected):
    connected.program(
        """
        one = Approval("one", service_id="svc", endpoint_id="ep1",
                       opts=pulumi.ResourceOptions(additional_secret_outputs=["description"]))
        pulumi.export("description", one.description)
        """
    )
    connected.simulator.world.describe("svc", "ep1", CANARY)
    result = connected.up()
    assert result.ok
    assert result.outputs["description"].value == CANARY
    assert CANARY not in connected.state_text()


def test_a_nested_secret_is_secret(connected):
    connected.program(
        ECHO
        + dedent(
            f"""
            echo = Echo("echo", value={{"deep": [pulumi.Output.secret("{CANARY}")]}})
            pulumi.export("value", echo.value)
            """
        )
    )
    result = connected.up()
    assert result.ok
    assert CANARY not in connected.state_text()
    assert isinstance(result.outputs["value"], Secret)
    assert steps(connected.up()) == {}


def state_holds_no(connected, *canaries: str) -> None:
    for _ in range(2):
        assert connected.up().ok
    assert connected.refresh().ok
    text = connected.state_text()
    for canary in canaries:
        assert canary not in text


def test_credentials_from_the_environment_are_nowhere(connected):
    connected.simulator.world.settings.access_keys = {"CANARYAK": CANARY}
    connected.environ |= {"HUAWEICLOUD_SDK_AK": "CANARYAK", "HUAWEICLOUD_SDK_SK": CANARY}
    connected.program(ONE)
    state_holds_no(connected, "CANARYAK", CANARY)


def test_a_token_from_the_environment_is_nowhere(connected):
    connected.simulator.world.settings.tokens = [CANARY]
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
        del connected.environ[name]
    connected.environ["HW_AUTH_TOKEN"] = CANARY
    connected.program(ONE)
    state_holds_no(connected, CANARY)


@pytest.mark.parametrize("kind", ["sdk", "cli"])
def test_credentials_from_a_profile_are_nowhere(connected, tmp_path, kind):
    connected.simulator.world.settings.access_keys = {"CANARYAK": CANARY}
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
        del connected.environ[name]
    path = tmp_path / "profile"
    if kind == "sdk":
        path.write_text(f"[basic]\nak = CANARYAK\nsk = {CANARY}\n")
        connected.environ["HUAWEICLOUD_SDK_CREDENTIALS_FILE"] = str(path)
    else:
        profile = {"name": "p", "accessKeyId": "CANARYAK", "secretAccessKey": CANARY}
        path.write_text(json.dumps({"current": "p", "profiles": [profile]}))
        connected.environ["HW_SHARED_CONFIG_FILE"] = str(path)
    connected.program(ONE)
    state_holds_no(connected, "CANARYAK", CANARY)


def test_secret_configuration_is_never_plain(connected):
    """The CLI itself keeps a dynamic provider's whole configuration in the state: encrypted, where it is secret."""
    connected.simulator.world.settings.access_keys = {"CANARYAK": CANARY}
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
        del connected.environ[name]
    connected.secret_config({"vpcep:accessKey": "CANARYAK", "vpcep:secretKey": CANARY})
    connected.program(ONE)
    state_holds_no(connected, "CANARYAK", CANARY)


@pytest.mark.parametrize("key", ["vpcep:accessKey", "vpcep:secretKey", "vpcep:token", "vpcep:securityToken"])
def test_a_credential_in_plain_configuration_is_refused(connected, key):
    connected.config = {key: CANARY}
    connected.program(ONE)
    result = connected.preview()
    assert not result.ok
    (error,) = [each for each in result.messages("error") if key in each]
    assert f"pulumi config set --secret {key}" in error
    assert CANARY not in error
    assert connected.simulator.calls() == []


OWNER = "6e9dfd51d1124e8d8498dce894923a0d"
SECRET_OWNER = f"""
    Approval("one", service_id="svc", endpoint_id="ep", expected_domain_id=pulumi.Output.secret("{OWNER}"))
    """


class TestASecretOwner:
    """``expected_domain_id`` as a secret: what repeats it is not shown either."""

    def shown(self, deployment, result):
        said = [each.message for each in result.diagnostics]
        return "\n".join([result.diff, deployment.state_text(), *said])

    def test_it_is_in_no_plan_no_output_and_no_state(self, deployment):
        deployment.simulator.connect("svc", "ep", domain=OWNER)
        deployment.program(SECRET_OWNER)
        for do in (deployment.preview, deployment.up, deployment.preview, deployment.refresh):
            result = do()
            assert result.ok
            assert OWNER not in self.shown(deployment, result)
        deployment.simulator.reject("svc", "ep")
        for do in (deployment.preview, deployment.refresh, deployment.up, deployment.destroy):
            result = do()
            assert result.ok
            assert OWNER not in self.shown(deployment, result)

    def test_it_is_in_no_error(self, deployment):
        deployment.simulator.connect("svc", "ep", domain="d2")
        deployment.program(SECRET_OWNER)
        result = deployment.up()
        assert not result.ok
        assert OWNER not in self.shown(deployment, result)
        assert any("belongs to account d2, not to the expected [secret]" in each for each in result.messages("error"))
