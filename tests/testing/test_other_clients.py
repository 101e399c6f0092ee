"""Other vendors' clients, unmodified: the vendor's SDK for Python, and its provider for Terraform where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, ServiceResponseException
from huaweicloudsdkvpcep import v1
from huaweicloudsdkvpcep.v1.region.vpcep_region import VpcepRegion

from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.api import project_id

SERVICE, ENDPOINT = "4189d3c2-8882-4871-a3c2-d380272eed88", "705290f3-0d00-41f2-aedc-71f09844e879"
OWNER, CONSUMER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
KEYS = {"SIMULATEDKEY": "simulated-secret-key"}


@pytest.fixture
def simulator():
    with Simulator.start(access_keys=KEYS) as running:
        running.service(SERVICE, project=OWNER)
        yield running


@pytest.fixture
def client(simulator):
    def client(project: str | None, key: str = "simulated-secret-key") -> v1.VpcepClient:
        credentials = BasicCredentials("SIMULATEDKEY", key, project)
        return v1.VpcepClient.new_builder().with_credentials(credentials).with_endpoint(simulator.url).build()

    return client


class TestTheVendorsSdkForPython:
    """It signs its requests, and they are verified."""

    def test_every_operation(self, simulator, client):
        owner, consumer = client(OWNER), client(CONSUMER)
        simulator.deleting(60)

        (service,) = owner.list_endpoint_service(v1.ListEndpointServiceRequest(limit=10, offset=0)).endpoint_services
        assert (service.id, service.connection_count, service.approval_enabled) == (SERVICE, 0, True)
        shown = owner.list_service_details(v1.ListServiceDetailsRequest(vpc_endpoint_service_id=SERVICE))
        assert (shown.id, shown.status, shown.service_name) == (SERVICE, "available", service.service_name)

        body = v1.CreateEndpointRequestBody(
            endpoint_service_id=SERVICE, vpc_id="vpc", subnet_id="net", description="ours", tags=[v1.TagList("a", "b")]
        )
        made = consumer.create_endpoint(v1.CreateEndpointRequest(body))
        assert (made.status, made.vpc_id, made.tags[0].value) == ("pendingAcceptance", "vpc", "b")

        (connection,) = owner.list_service_connections(
            v1.ListServiceConnectionsRequest(vpc_endpoint_service_id=SERVICE, id=made.id, sort_key="create_at")
        ).connections
        assert (connection.id, connection.marker_id) == (made.id, made.marker_id)
        for action, status in (("receive", "accepted"), ("reject", "rejected"), ("receive", "accepted")):
            decided = owner.accept_or_reject_endpoint(
                v1.AcceptOrRejectEndpointRequest(
                    SERVICE, v1.AcceptOrRejectEndpointRequestBody(action=action, endpoints=[made.id])
                )
            )
            assert [(each.id, each.status) for each in decided.connections] == [(made.id, status)]
        described = owner.update_endpoint_connections_desc(
            v1.UpdateEndpointConnectionsDescRequest(
                SERVICE,
                v1.UpdateEndpointConnectionsDescRequestBody([v1.ConnectionsDesc(made.id, "ticket 1234: für “Ops”")]),
            )
        )
        assert described.connections[0].description == "ticket 1234: für “Ops”"

        (listed,) = consumer.list_endpoints(v1.ListEndpointsRequest(vpc_id="vpc", sort_dir="asc")).endpoints
        assert (listed.id, listed.status) == (made.id, "accepted")
        details = v1.ListEndpointInfoDetailsRequest(made.id)
        assert consumer.list_endpoint_info_details(details).endpoint_service_id == SERVICE
        consumer.delete_endpoint(v1.DeleteEndpointRequest(made.id))
        assert consumer.list_endpoint_info_details(details).status == "deleting"
        simulator.advance(60)
        with pytest.raises(ClientRequestException) as refusal:
            consumer.list_endpoint_info_details(details)
        assert (refusal.value.status_code, refusal.value.error_code) == (404, "EndPoint.0005")
        assert {call["status"] for call in simulator.calls()} == {200, 204, 404}

    def test_the_project_of_a_region_is_looked_up(self, simulator, monkeypatch):
        """Where no project is given, it asks IAM: of one server, here."""
        monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", simulator.url)
        monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4", simulator.url)
        simulator.service("anybodys")
        credentials = BasicCredentials("SIMULATEDKEY", "simulated-secret-key")
        region = VpcepRegion.value_of("cn-north-4")
        client = v1.VpcepClient.new_builder().with_credentials(credentials).with_region(region).build()
        found = client.list_endpoint_service(v1.ListEndpointServiceRequest())
        assert [each.project_id for each in found.endpoint_services] == [project_id("cn-north-4")]

    def test_pages(self, simulator, client):
        for number in range(25):
            simulator.connect(SERVICE, f"ep-{number:02}")
        seen: list[str] = []
        while True:
            request = v1.ListServiceConnectionsRequest(vpc_endpoint_service_id=SERVICE, limit=10, offset=len(seen))
            page = client(OWNER).list_service_connections(request)
            if not page.connections:
                break
            seen += [each.id for each in page.connections]
        assert seen == [f"ep-{number:02}" for number in range(25)][::-1]
        assert page.total_count == 25

    def test_another_projects_endpoint_is_not_there(self, simulator, client):
        simulator.connect(SERVICE, ENDPOINT, project=CONSUMER)
        assert client(CONSUMER).list_endpoint_info_details(v1.ListEndpointInfoDetailsRequest(ENDPOINT)).id == ENDPOINT
        with pytest.raises(ClientRequestException) as refusal:
            client(OWNER).list_endpoint_info_details(v1.ListEndpointInfoDetailsRequest(ENDPOINT))
        assert (refusal.value.status_code, refusal.value.error_code) == (404, "EndPoint.0005")
        assert refusal.value.request_id

    def test_a_wrong_key_is_refused(self, client):
        with pytest.raises(ServiceResponseException) as refusal:
            client(OWNER, "another-key").list_endpoint_service(v1.ListEndpointServiceRequest())
        assert (refusal.value.status_code, refusal.value.error_code) == (401, "APIGW.0301")


VARIABLE = "VPCEP_TERRAFORM_PROVIDER"
PROVIDER = Path(os.environ.get(VARIABLE, "")) / "terraform-provider-huaweicloud"
CONFIGURATION = """
terraform {{
  required_providers {{
    huaweicloud = {{ source = "huaweicloud/huaweicloud" }}
  }}
}}
provider "huaweicloud" {{
  region     = "cn-north-4"
  access_key = "SIMULATEDKEY"
  secret_key = "simulated-secret-key"
  project_id = "{project}"
  auth_url   = "{url}/v3"
  endpoints  = {{ vpcep = "{url}/", iam = "{url}/" }}
}}
resource "huaweicloud_vpcep_approval" "approval" {{
  service_id = "{service}"
  endpoints  = ["{endpoint}"]
}}
output "connections" {{
  value = huaweicloud_vpcep_approval.approval.connections
}}
"""


@pytest.mark.skipif(
    not (PROVIDER.is_file() and shutil.which("terraform")),
    reason=f"{VARIABLE} names no folder of terraform-provider-huaweicloud, or there is no terraform on PATH",
)
def test_the_vendors_provider_for_terraform(simulator, tmp_path):
    """Create, plan, a rejection by somebody else, plan again, destroy."""
    (tmp_path / "rc").write_text(
        "provider_installation {\n"
        f'  dev_overrides {{\n    "huaweicloud/huaweicloud" = {json.dumps(str(PROVIDER.parent))}\n  }}\n  direct {{}}\n}}\n'
    )
    (tmp_path / "main.tf").write_text(
        CONFIGURATION.format(url=simulator.url, project=OWNER, service=SERVICE, endpoint=ENDPOINT)
    )
    environ = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"), "CHECKPOINT_DISABLE": "1"}

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", *arguments, "-no-color", "-input=false"]
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    def sent() -> list[str]:
        found = [call["body"]["action"] for call in simulator.calls("POST")]
        simulator.clear_calls()
        return found

    simulator.creating(2)
    simulator.connect(SERVICE, ENDPOINT, project=CONSUMER)
    applied = terraform("apply", "-auto-approve")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert (simulator.status(SERVICE, ENDPOINT), sent()) == ("accepted", ["receive"])
    assert terraform("plan", "-detailed-exitcode").returncode == 0
    simulator.reject(SERVICE, ENDPOINT)
    planned = terraform("plan", "-detailed-exitcode")
    assert planned.returncode == 2, planned.stdout + planned.stderr
    assert '"accepted" -> "rejected"' in planned.stdout
    destroyed = terraform("destroy", "-auto-approve")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert (simulator.status(SERVICE, ENDPOINT), sent()) == ("rejected", ["reject"])
    assert all(call["status"] == 200 for call in simulator.calls("GET") if call["path"] != "/v3/auth/domains")
