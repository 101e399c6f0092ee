"""A policy for a whole service: on both engines."""

from __future__ import annotations

import pytest

from tests.contract.conftest import steps

POLICY = "pulumi-python:dynamic/vpcep:EndpointConnectionPolicy"
HEADER = "from vpcep_pulumi import EndpointConnectionPolicy as Policy, accept, leave, reject\n"
PARTNER = 'policy = Policy("partners", service_id="svc", rules=[accept(domain_ids=["d1"])])\n'
EXPORTS = 'pulumi.export("decided", policy.decided)\npulumi.export("pending", policy.pending)\n'


@pytest.fixture
def service(deployment):
    """Three endpoints of a partner, one of a stranger."""
    for number, owner in enumerate(["d1", "d1", "d1", "d2"]):
        deployment.simulator.connect("svc", f"ep{number}", domain=owner)
    return deployment


def test_the_main_job(service):
    service.program(HEADER + PARTNER + EXPORTS)
    preview = service.preview(diff=True)
    assert preview.ok
    assert steps(preview) == {"partners": "create"}
    assert service.posts() == []
    assert service.reads() == 1
    for number in range(3):
        assert f"ep{number}" in preview.diff
    up = service.up()
    assert up.ok
    assert service.posts() == [("receive", "ep0"), ("receive", "ep1"), ("receive", "ep2")]
    assert up.outputs["decided"] == {"ep0": "accepted", "ep1": "accepted", "ep2": "accepted"}
    assert up.outputs["pending"] == ["ep3"]
    assert steps(service.preview(expect_no_changes=True)) == {}
    assert service.up().ok
    assert service.posts() == []
