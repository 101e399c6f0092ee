"""Resources and functions of other packages, and other stacks, as a team's tests say what they answer."""

from __future__ import annotations

import pytest

from vpcep_pulumi.testing import EngineError, OperationFailed
from vpcep_pulumi.testing.stack import Stack

SERVICE_TYPE, GET_VPC = "huaweicloud:Vpcep/service:Service", "huaweicloud:Vpc/getVpc:getVpc"
PROGRAM = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval

class Service(pulumi.CustomResource):
    status: pulumi.Output[str]
    name: pulumi.Output[str]
    def __init__(self, resource_name, opts=None, **props):
        super().__init__("huaweicloud:Vpcep/service:Service", resource_name, {**props, "status": None}, opts)

vpc = pulumi.runtime.invoke("huaweicloud:Vpc/getVpc:getVpc", {"name": "main"}).value
network = pulumi.StackReference("acme/network/prod")
provider = pulumi.ProviderResource("huaweicloud", "there", {"region": "cn-north-4"})
service = Service("billing", name="billing", vpcId=vpc["id"], secret=pulumi.Output.secret("CANARY"),
    opts=pulumi.ResourceOptions(provider=provider, version="1.2.3"))
approval = EndpointConnectionApproval("billing", service_id=service.id, endpoint_id=network.get_output("endpoint"))
pulumi.export("service", pulumi.Output.all(service.id, service.name, service.status))
pulumi.export("status", approval.status)
"""


@pytest.fixture
def stack(simulator, tmp_path, monkeypatch) -> Stack:
    for name, value in simulator.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (tmp_path / "infra/__main__.py").write_text(PROGRAM)
    return Stack("local", simulator, folder=tmp_path / "stack", root=tmp_path)


@pytest.fixture
def stubbed(stack: Stack, simulator) -> Stack:
    simulator.connect("svc", "ep")
    stack.stub(SERVICE_TYPE, {"id": "svc", "status": "available"})
    stack.stub(GET_VPC, lambda arguments: {"id": f"vpc-{arguments['name']}"})
    stack.stub_stack("acme/network/prod", {"endpoint": "ep"})
    return stack


def test_a_program_that_declares_its_service_is_tested_whole(stubbed, simulator):
    preview = stubbed.preview("infra/")
    assert preview.steps == {"…Service::billing": "create", "…Approval::billing": "create"}
    result = stubbed.up()
    assert result.outputs == {"service": ["svc", "billing", "available"], "status": "accepted"}
    assert stubbed.up().steps == {}
    assert stubbed.refresh().steps == {}
    stubbed.destroy()
    assert simulator.status("svc", "ep") == "rejected"


def test_in_a_preview_the_service_s_id_is_not_known(stubbed):
    shown = " ".join(stubbed.preview("infra/").diff.split())
    assert "service_id : [unknown]" in shown
    assert "plan : [unknown]" in shown


def test_another_service_is_another_connection(stubbed, simulator, tmp_path):
    """A stub that answers another id from now on, for a service whose inputs have changed."""
    stubbed.up("infra/")
    simulator.connect("other", "ep")
    program = tmp_path / "infra/__main__.py"
    program.write_text(program.read_text().replace('Service("billing", name="billing"', 'Service("new", name="new"'))
    stubbed.stub(SERVICE_TYPE, {"id": "other", "status": "available"})
    result = stubbed.up()
    assert result.steps["…Approval::billing"] == "replace"
    assert [simulator.status(each, "ep") for each in ("svc", "other")] == ["rejected", "accepted"]


def test_what_is_secret_stays_secret(stubbed, tmp_path):
    stubbed.up("infra/")
    assert "CANARY" not in (tmp_path / "stack/test.json").read_text()
    assert "CANARY" not in stubbed.last.diff


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (SERVICE_TYPE, "resources of other packages (huaweicloud:Vpcep/service:Service)"),
        (GET_VPC, "invokes (huaweicloud:Vpc/getVpc:getVpc)"),
        ("acme/network/prod", "references to other stacks (acme/network/prod)"),
    ],
)
def test_what_nobody_stubbed_is_refused_and_the_refusal_says_how(stubbed, simulator, without, said):
    stubbed._answers.pop(without, None)
    stubbed._stacks.pop(without, None)
    method = "stub_stack" if "acme" in without else "stub"
    with pytest.raises(OperationFailed) as failed:
        stubbed.up("infra/")
    assert (
        f"the local engine does not do {said}; the pulumi CLI does. "
        f"A test can say what it answers: stack.{method}({without!r}, {{…}})"
    ) in str(failed.value)
    assert simulator.calls("POST") == []


def test_a_stub_that_is_forgotten_later_is_refused_as_well(stubbed):
    stubbed.up("infra/")
    stubbed._answers.clear()
    with pytest.raises(EngineError, match=r"resources of other packages \(.*huaweicloud"):
        stubbed.refresh()


def test_stubs_are_no_part_of_the_real_cloud(stubbed):
    stubbed._is_cli = True
    with pytest.raises(EngineError, match="stubs are for the local engine"):
        stubbed.up("infra/")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda inputs: inputs["nope"], "KeyError: 'nope'"),
        (lambda _inputs: None, "TypeError: 'NoneType' object is not iterable"),
        ({"id": "svc", "value": object()}, "ValueError: Unexpected type"),
    ],
    ids=["raises", "returns nothing", "no JSON"],
)
@pytest.mark.parametrize("token", [SERVICE_TYPE, GET_VPC])
def test_a_stub_that_answers_nonsense_fails_by_its_name(stubbed, simulator, token, answer, said):
    stubbed.stub(token, answer)
    with pytest.raises(OperationFailed, match=f"the stub of {token} answers with no outputs: ") as failed:
        stubbed.up("infra/")
    assert said.partition(":")[0] in str(failed.value)
    assert "Traceback" not in str(failed.value)
    assert simulator.calls("POST") == []


@pytest.mark.parametrize(
    ("token", "outputs", "said"),
    [
        ("Service", {}, "'Service' is no token: one is `package:module:Name`"),
        ("huaweicloud:Service", {}, "'huaweicloud:Service' is no token"),
        ("a:b:c:d", {}, "'a:b:c:d' is no token"),
        ("a:b:c", "x", "what a:b:c answers is a mapping, or a function that makes one, not 'x'"),
    ],
)
def test_what_is_no_stub_is_refused(stack: Stack, token, outputs, said):
    with pytest.raises(EngineError, match=said):
        stack.stub(token, outputs)
