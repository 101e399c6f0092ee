"""An approval is deleted before the policy is checked that may go on with its connection. On both engines.

The policy depends on the approval, as the documentation advises, and the approval is deleted before it is replaced.
"""

from __future__ import annotations

import pytest

from tests.contract.conftest import steps
from tests.contract.test_policies import errors, everything, live
from tests.contract.test_policies_attacked import LATER

FIRST = "pulumi.ResourceOptions(delete_before_replace=True)"
APPROVAL = f'first = Approval("first", service_id="svc", endpoint_id="{{}}", opts={FIRST})\n'
POLICY = """
from vpcep_pulumi import EndpointConnectionPolicy as Policy, accept, leave, reject
Policy("rest", service_id="svc", rules={}, max_interruptions={}, opts=pulumi.ResourceOptions(depends_on=[first]))
"""


@pytest.fixture
def moving(deployment):
    """An approval that holds ep0, and may move to ep1; beside it, two of a stranger."""
    for number, owner in enumerate(["d1", "d1", "d2", "d2"]):
        deployment.simulator.connect("svc", f"ep{number}", domain=owner)
    deployment.program(APPROVAL.format("ep0"))
    assert deployment.up().ok
    return deployment


def healed(deployment):
    """Up, and after it there is nothing to do."""
    up = deployment.up()
    assert up.ok, everything(up)
    posts = deployment.posts()
    assert steps(deployment.preview()) == {}
    return posts


@pytest.mark.parametrize(
    ("rules", "posts"),
    [
        ('[accept(domain_ids=["d1"])]', [("receive", "ep1")]),
        (
            '[accept(domain_ids=["d2"])]',
            [("receive", "ep1"), ("receive", "ep2"), ("receive", "ep3"), ("reject", "ep0")],
        ),
        ('[leave(endpoint_ids=["ep0"])]', [("receive", "ep1"), ("reject", "ep0")]),
        ('[reject(endpoint_ids=["ep0"])]', [("receive", "ep1"), ("reject", "ep0")]),
        ('[accept(domain_ids=["d1"], limit=1)]', [("receive", "ep1")]),
    ],
)
def test_the_rules_say_what_becomes_of_its_connection(moving, rules, posts):
    moving.program(APPROVAL.format("ep1") + POLICY.format(rules, 0))
    assert healed(moving) == posts


def test_a_policy_that_the_state_holds_as_well(moving):
    accepts = POLICY.format('[accept(domain_ids=["d1"])]', 0)
    moving.program(APPROVAL.format("ep0") + accepts)
    assert moving.up().ok
    moving.program(APPROVAL.format("ep1") + accepts)
    assert healed(moving) == []
    assert live(moving)["ep0"] == "accepted"
    assert moving.destroy().ok is False, "max_interruptions is 0"


def test_whose_consumer_has_left_holds_nothing_up(moving):
    moving.simulator.leave("svc", "ep0")
    moving.program(LATER + APPROVAL.format("ep1") + POLICY.format('[accept(endpoint_ids=[later("ep3")])]', 0))
    assert healed(moving) == [("receive", "ep1"), ("receive", "ep3")]


def test_rules_that_are_not_known_yet_are_told_and_nothing_is_sent(moving):
    later = 'pulumi.Output.from_input(first.status).apply(lambda _: [accept(domain_ids=["d1"])])'
    moving.program(APPROVAL.format("ep1") + POLICY.format(later, 0))
    up = moving.up()
    assert not up.ok
    assert "'rest', which is still to come, and whose rules may accept it, but are not known yet" in everything(up)
    assert moving.posts() == []
    assert live(moving)["ep0"] == "accepted"


def test_a_policy_that_is_refused_then_is_recorded_all_the_same(moving):
    """Else no state would hold the connection: the approval's entry is gone by then."""
    rules = '[accept(domain_ids=["d1"]), reject(endpoint_ids=["ep2"])]'
    moving.simulator.accept("svc", "ep2")
    moving.program(APPROVAL.format("ep1") + POLICY.format(rules, 0))
    up = moving.up()
    assert not up.ok
    assert "1 accepted connections would be rejected, and max_interruptions is 0: ep2" in everything(up)
    assert live(moving)["ep2"] == "accepted"
    moving.program(APPROVAL.format("ep1") + POLICY.format(rules, 1))
    assert healed(moving) == [("reject", "ep2")]
    assert live(moving)["ep0"] == "accepted"


def test_errors_are_none_of_ours(moving):
    moving.program(APPROVAL.format("ep1") + POLICY.format('[accept(domain_ids=["d1"])]', 0))
    assert errors(moving.up()) == ""
