"""Approvals that a file declares: on both engines."""

import pytest

from tests.contract.conftest import steps

PROGRAM = """
from vpcep_pulumi import approvals_from

found = approvals_from("approvals.yaml", opts=pulumi.ResourceOptions(protect=False))
found |= approvals_from("more.csv", service_id="svc", expected_domain_id=pulumi.Config().get("account") or "d1")
pulumi.export("statuses", {name: each.status for name, each in found.items()})
"""
APPROVALS = """
# The team's own.
one:
  service_id: svc
  endpoint_id: ep1
two:
  service_id: svc
  endpoint_id: ep2
  status: rejected
"""
LATER = """
from pulumi import dynamic
from vpcep_pulumi import approvals_from

class Service(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("svc", props)

class TheService(dynamic.Resource):
    pass

approvals_from("more.csv", service_id=TheService(Service(), "service", {}).id)
"""


@pytest.fixture
def listed(connected):
    (connected.folder / "approvals.yaml").write_text(APPROVALS)
    (connected.folder / "more.csv").write_bytes(b"\xef\xbb\xbfname;endpoint_id\r\nthree;ep3\r\n")
    connected.program(PROGRAM)
    return connected


def test_rows_are_approvals(listed):
    result = listed.up()
    assert result.ok, result
    assert result.outputs == {"statuses": {"one": "accepted", "two": "rejected", "three": "accepted"}}
    assert listed.posts() == [("receive", "ep1"), ("receive", "ep3"), ("reject", "ep2")]
    assert steps(listed.up()) == {}
    (listed.folder / "more.csv").write_text("name,endpoint_id\n")
    assert steps(listed.preview()) == {"three": "delete"}
    result = listed.up()
    assert result.ok, result
    assert result.messages("warning") == ["nothing is declared: more.csv has no approvals"]
    assert listed.posts() == [("reject", "ep3")]


def test_nothing_is_done_if_one_row_is_wrong(listed):
    listed.up()
    wrong = APPROVALS.replace("ep1", "ep9").replace("rejected", "Rejected").replace("endpoint_id: ep2", "endpoint: ep2")
    (listed.folder / "approvals.yaml").write_text(wrong)
    for operation in (listed.preview, listed.up):
        result = operation()
        assert not result.ok
        told = [each for each in result.messages("error") if "an unhandled error occurred" not in each]
        assert [line for each in told for line in each.strip().splitlines()] == [
            "approvals.yaml, line 6, endpoint_id: is required",
            "approvals.yaml, line 8, endpoint: is not an argument of an approval; did you mean endpoint_id?",
            'approvals.yaml, line 9, status: must be "accepted" or "rejected", not \'Rejected\'',
        ]
        assert listed.posts() == []


def test_an_account_that_is_not_expected(listed):
    listed.config["story:account"] = "d2"
    result = listed.up()
    assert not result.ok
    assert ("receive", "ep3") not in listed.posts()


def test_a_service_that_is_not_known_yet(listed):
    listed.program(LATER)
    assert listed.preview().ok
    result = listed.up()
    assert result.ok, result
    assert listed.posts() == [("receive", "ep3")]


def test_a_connection_that_another_file_declares_too(listed):
    (listed.folder / "more.csv").write_text("name,endpoint_id\nagain,ep1\n")
    result = listed.up()
    assert not result.ok
    assert any("declared twice, by 'one' and by 'again'" in each for each in result.messages("error"))


def test_the_file_lies_beside_the_program(listed):
    """Whatever ``main`` says: Pulumi runs a program in its own folder."""
    (listed.folder / "Pulumi.yaml").write_text("name: story\nruntime: python\nmain: inner\n")
    (listed.folder / "inner").mkdir()
    for name in ("__main__.py", "approvals.yaml", "more.csv"):
        (listed.folder / name).rename(listed.folder / "inner" / name)
    result = listed.up()
    assert result.ok, result
