"""What the contract tests of flags and options say again and again."""

from __future__ import annotations

from tests.contract.conftest import Deployment, steps
from vpcep_pulumi.testing.results import Result

FIRST = ", opts=pulumi.ResourceOptions(delete_before_replace=True{})"


def ap(name: str, endpoint: str, more: str = "") -> str:
    """A declaration: accepted, unless `more` says otherwise."""
    return f'{name} = Approval("{name}", service_id="svc", endpoint_id="{endpoint}"{more})\n'


def accepted(deployment: Deployment, *endpoints: str) -> None:
    for each in endpoints:
        assert deployment.simulator.status("svc", each) == "accepted", each


def settled(deployment: Deployment) -> None:
    """One more `up` is green and sends nothing; nothing is left to be done."""
    result = deployment.up()
    assert result.ok, result.errors()
    assert deployment.posts() == []
    nothing_to_do(deployment)


def nothing_to_do(deployment: Deployment) -> None:
    preview = deployment.preview()
    assert preview.ok, preview.errors()
    assert steps(preview) == {}


def started(deployment: Deployment, program: str) -> None:
    deployment.program(program)
    result = deployment.up()
    assert result.ok, result.errors()


def refused(deployment: Deployment, result: Result, endpoint: str) -> None:
    """With words that name the connection; and nothing was sent."""
    assert not result.ok
    assert deployment.posts() == []
    assert any(f"connection {endpoint} of service svc" in each for each in result.messages("error")), result.errors()
