"""What the local engine does not do it refuses by name, before anything is sent."""

from __future__ import annotations

import os

import pytest

from tests.contract.conftest import ECHO, HEADER
from vpcep_pulumi.testing.engine import LocalEngine

RESOURCE = 'Approval("one", service_id="svc", endpoint_id="ep1", opts=pulumi.ResourceOptions({}))'


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (RESOURCE.format("transforms=[lambda args: None]"), "transforms"),
        ("pulumi.runtime.register_resource_transform(lambda args: None)", "transforms"),
        (
            RESOURCE.format(
                "hooks=pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook('h', lambda args: None)])"
            ),
            "hooks",
        ),
        (
            'pulumi.StackReference("organization/other/dev")',
            "references to other stacks (organization/other/dev)",
        ),
        (
            'pulumi.CustomResource("aws:s3/bucket:Bucket", "b", {})',
            "resources of other packages (aws:s3/bucket:Bucket)",
        ),
        ('pulumi.runtime.invoke("aws:index/getRegion:getRegion", {})', "invokes (aws:index/getRegion:getRegion)"),
        (
            'pulumi.ComponentResource("acme:index:Remote", "r", {}, remote=True)',
            "remote components (acme:index:Remote)",
        ),
        ('pulumi.ProviderResource("aws", "p", {})', "resources of other packages (pulumi:providers:aws)"),
        (f'{ECHO}Echo("one", opts=pulumi.ResourceOptions(import_="x"))', "imports"),
        (RESOURCE.format("version='1.2.3'"), "plugin versions"),
        (RESOURCE.format("plugin_download_url='https://example.com'"), "plugins to download"),
        (
            'pulumi.ProviderResource("pulumi-python", "p", {}, pulumi.ResourceOptions(env_var_mappings={"A": "B"}))',
            "environment variables of providers",
        ),
        ('Approval("one", service_id="svc", endpoint_id=pulumi.Output.from_input(pulumi.StringAsset("x")))', "asset"),
    ],
)
def test_it_is_named(simulator, tmp_path, program, what):
    for endpoint in ("ep1", "ep2"):
        simulator.connect("svc", endpoint)
    (tmp_path / "__main__.py").write_text(HEADER + program)
    environ = {**os.environ, **simulator.environment}
    engine = LocalEngine(tmp_path, tmp_path / "state/dev.json", environ=environ)
    for result in (engine.preview(), engine.up()):
        assert not result.ok
        (error,) = [each for each in result.messages("error") if "the local engine" in each]
        assert what in error
        assert "the pulumi CLI does" in error
    assert simulator.status("svc", "ep1") == "pendingAcceptance"
