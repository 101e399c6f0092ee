"""What a program asks: on both engines."""

import pytest

from tests.contract.conftest import steps

ACCOUNTS = """
from vpcep_pulumi import get_connections

found = get_connections("svc", status=["pendingAcceptance", "creating", "accepted"], domain_id=["d1", "d3"])
pulumi.export("found", [each.endpoint_id for each in found])
for each in found:
    Approval(each.endpoint_id, service_id=each.service_id, endpoint_id=each.endpoint_id)
"""
LATER = """
from vpcep_pulumi import get_connections_output

class Service(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("svc", props)

class TheService(dynamic.Resource):
    pass

made = TheService(Service(), "service", {})
found = get_connections_output(made.id, status=["accepted", "pendingAcceptance"])
pulumi.export("count", found.apply(len))
pulumi.export("first", found.apply(lambda each: each[0].domain_id))
"""


@pytest.fixture
def several(deployment):
    for number, owner in enumerate(["d1", "d2", "d3", "d1"]):
        deployment.simulator.connect("svc", f"ep{number}", domain=owner)
    deployment.simulator.accept("svc", "ep3")
    return deployment


def test_what_two_accounts_ask_for_is_approved_and_stays_so(several):
    several.program(ACCOUNTS)
    preview = several.preview()
    assert preview.ok
    assert steps(preview) == {"ep0": "create", "ep2": "create", "ep3": "create"}
    assert several.posts() == []
    first = several.up()
    assert sorted(first.outputs["found"]) == ["ep0", "ep2", "ep3"]
    assert sorted(several.posts()) == [("receive", "ep0"), ("receive", "ep2")]
    assert steps(several.up()) == {}
    several.simulator.connect("svc", "ep9", domain="d3")
    assert steps(several.preview()) == {"ep9": "create"}
    several.simulator.reject("svc", "ep9")
    several.simulator.leave("svc", "ep2")
    assert steps(several.up()) == {"ep2": "delete"}
    assert several.posts() == []


def test_what_is_asked_for_by_pending_alone_is_rejected_once_it_is_accepted(several):
    """The mistake that the documentation warns of: it is what the program says."""
    several.program(ACCOUNTS.replace('["pendingAcceptance", "creating", "accepted"]', '"pendingAcceptance"'))
    assert several.up().ok
    several.posts()
    assert steps(several.preview()) == {"ep0": "delete", "ep2": "delete"}


def test_an_id_that_is_not_known_yet(several):
    several.program("from pulumi import dynamic\n" + LATER)
    assert several.preview().ok
    result = several.up()
    assert result.ok
    assert (result.outputs["count"], result.outputs["first"]) == (4, "d1")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"none"', "get_connections: there is no service none in region cn-north-4, project"),
        ('"svc", status="Accepted"', "get_connections: status must be one of accepted, creating, deleting, failed,"),
        ('"a b"', "get_connections: service_id must be an id of 1 to 64 letters, digits, '-' or '_', not 'a b'"),
        ('"svc", domain_id=pulumi.Config().get("missing")', "domain_id is None: leave it out to ask for all"),
        ('"svc", domain_id=[]', "domain_id is empty: nothing could be found"),
        ('"svc", status=[["accepted"]]', "status must be one of"),
        ('pulumi.Output.from_input("svc")', "service_id is an output: use get_connections_output"),
        ('"svc", created_after="today"', "get_connections: created_after must be a time with a zone"),
    ],
)
def test_what_cannot_be_asked_is_one_line(several, query, said):
    several.program(f"from vpcep_pulumi import get_connections\nget_connections({query})")
    result = several.preview()
    assert not result.ok
    assert any(said in each for each in result.messages("error"))
    assert not any("Traceback" in each for each in result.messages("error"))


def test_any_number_is_read_in_pages(several):
    for number in range(1_200):
        several.simulator.connect("svc", f"more{number}", domain="d9")
    several.program(
        "from vpcep_pulumi import get_connections\npulumi.export('count', len(get_connections('svc', domain_id='d9')))"
    )
    assert several.up().outputs["count"] == 1_200
    assert several.reads() == 2


def test_secrets_stay_out_of_what_is_said(several):
    several.program(
        "from vpcep_pulumi import get_connections_output\n"
        "pulumi.export('x', get_connections_output('svc', domain_id=pulumi.Output.secret(' CANARY ')))"
    )
    result = several.preview()
    assert not result.ok
    assert any("domain_id must be an id" in each for each in result.messages("error"))
    assert "CANARY" not in str(result) + result.diff


def test_an_answer_that_is_not_whole_is_an_error_and_takes_nothing_back(several):
    several.program(ACCOUNTS)
    assert several.up().ok
    several.posts()
    several.simulator.fault("shifted", "GET")
    result = several.up()
    assert not result.ok
    assert several.posts() == []
