"""An approval is deleted before a policy is checked, or carried out, that may go on with its connection.

On both engines. The approval has ``delete_before_replace``, and moves to another endpoint.
"""

from __future__ import annotations

import pytest

from tests.contract.conftest import ECHO, steps
from tests.contract.test_policies import everything, live
from tests.contract.test_policies_attacked import POLICY as POLICY_TYPE

IMPORT = "from vpcep_pulumi import EndpointConnectionPolicy as Policy, accept, leave, reject\n"
FIRST = "pulumi.ResourceOptions(delete_before_replace=True)"
APPROVAL = f'first = Approval("first", service_id="svc", endpoint_id="{{}}", opts={FIRST})\n'
AFTER = ", opts=pulumi.ResourceOptions(depends_on=[first])"
PARTNER = 'accept(domain_ids=["d1"])'
TO_COME = "the program declares 'rest', which may accept it, but is checked only after this delete"


def policy(rules: str, more: str = "", service: str = '"svc"') -> str:
    return f'{IMPORT}Policy("rest", service_id={service}, rules=[{rules}]{more})\n'


@pytest.fixture
def connected(deployment):
    """Two endpoints of a partner, two of a stranger."""
    deployment.connect("d1", "d1", "d2", "d2")
    return deployment


@pytest.fixture
def moving(connected):
    """An approval that holds ep0, and is about to move to ep1."""
    connected.program(APPROVAL.format("ep0"))
    assert connected.up().ok
    return connected


def healed(deployment):
    """What `up` sends; after it there is nothing to do."""
    up = deployment.up()
    assert up.ok, everything(up)
    posts = deployment.posts()
    assert steps(deployment.preview()) == {}
    return posts


def refused(deployment):
    """`up` says that the policy is to come, and sends nothing for the connection."""
    up = deployment.up()
    assert not up.ok
    assert TO_COME in everything(up)
    assert "ep0" not in [endpoint for _, endpoint in deployment.posts()]
    assert live(deployment)["ep0"] == "accepted"


class TestThePolicyDependsOnTheApproval:
    """Nobody knows yet what it is going to decide."""

    @pytest.mark.parametrize("rules", [PARTNER, 'leave(endpoint_ids=["ep0"])', "accept(domain_ids=[first.domain_id])"])
    def test_it_is_told_and_nothing_is_sent(self, moving, rules):
        moving.program(APPROVAL.format("ep1") + policy(rules, AFTER))
        refused(moving)
        refused(moving)

    @pytest.mark.parametrize(
        ("rules", "posts"),
        [
            (PARTNER, [("receive", "ep1")]),
            ('leave(endpoint_ids=["ep0"])', [("receive", "ep1"), ("reject", "ep0")]),
        ],
    )
    def test_without_the_option_its_rules_say_what_becomes_of_the_connection(self, moving, rules, posts):
        moving.program(APPROVAL.format("ep1") + policy(rules, AFTER))
        refused(moving)
        moving.program(APPROVAL.format("ep1").replace("=True", "=False") + policy(rules, AFTER))
        assert healed(moving) == posts

    def test_a_policy_that_does_not_depend_on_it_is_in_time(self, moving):
        moving.program(policy(PARTNER) + APPROVAL.format("ep1"))
        assert healed(moving) == [("receive", "ep1")]
        assert live(moving)["ep0"] == "accepted"

    def test_whose_consumer_has_left_holds_nothing_up(self, moving):
        moving.simulator.leave("svc", "ep0")
        moving.program(APPROVAL.format("ep1") + policy(PARTNER, AFTER))
        assert healed(moving) == [("receive", "ep1")]

    def test_its_service_comes_later_and_is_another_one(self, moving):
        moving.simulator.service("other")
        late = 'late = Echo("late", value="other", opts=pulumi.ResourceOptions(depends_on=[first]))\n'
        moving.program(ECHO + APPROVAL.format("ep1") + late + policy(PARTNER, service="late.value"))
        refused(moving)
        assert moving.destroy().ok
        assert live(moving)["ep0"] == "rejected"


SOURCE = 'e = Echo("source", "{0}", "{0}", opts=pulumi.ResourceOptions(delete_before_replace=True))\n'
WITH = "opts=pulumi.ResourceOptions(replace_with=[e])"


def test_an_approval_whose_endpoint_is_known_later_leaves_nothing_to_nobody(connected):
    approval = SOURCE + f'first = Approval("first", service_id="svc", endpoint_id=e.value, {WITH})\n'
    connected.program(ECHO + approval.format("ep0"))
    assert connected.up().ok
    connected.program(ECHO + approval.format("ep1") + policy('accept(domain_ids=["d2"])', AFTER))
    refused(connected)
    assert connected.destroy().ok
    assert live(connected)["ep0"] == "rejected"


def test_a_policy_that_is_deleted_first_itself_and_goes_to_another_service(connected):
    connected.simulator.service("other")
    program = SOURCE + policy(PARTNER, f", max_interruptions=5, {WITH}", service="e.value")
    connected.program(ECHO + program.format("svc"))
    assert connected.up().ok
    connected.program(ECHO + program.format("other"))
    refused(connected)
    assert connected.destroy().ok
    assert set(live(connected).values()) == {"rejected", "pendingAcceptance"}


@pytest.mark.parametrize("fails", ["receive", "max_changes"])
def test_what_was_left_for_a_policy_that_then_fails_is_not_lost(moving, fails):
    """The approval's entry is gone by then, and the policy's says that the connection is the approval's."""
    both = policy(PARTNER, ", max_interruptions=9{}") + APPROVAL
    moving.program(both.format("", "ep0"))
    assert moving.up().ok
    moving.simulator.connect("svc", "ep9", domain="d1")
    moving.program(both.format(", max_changes=0" if fails == "max_changes" else "", "ep1"))
    if fails == "receive":
        moving.simulator.fault("forbidden", "POST")
    assert not moving.up().ok
    moving.simulator.clear_faults()
    destroyed = moving.destroy()
    assert destroyed.ok, everything(destroyed)
    assert "accepted" not in live(moving).values()


def test_a_policy_that_is_refused_takes_no_approval_s_connection(moving):
    for number in (2, 3):
        moving.simulator.accept("svc", f"ep{number}")
    second = f'Approval("second", service_id="svc", endpoint_id="ep0"{AFTER})\n'
    cuts_off = policy(f'{PARTNER}, reject(domain_ids=["d2"])', f", max_interruptions=1{AFTER}")
    moving.program(APPROVAL.format("ep1") + second + cuts_off)
    up = moving.up()
    assert not up.ok
    assert "2 accepted connections would be rejected, and max_interruptions is 1" in everything(up)
    moving.destroy(target=[moving.urn("rest", POLICY_TYPE)])
    assert [each for each in moving.posts() if each[0] == "reject"] == []
    assert live(moving)["ep0"] == "accepted"


def test_a_policy_that_is_replaced_while_the_api_names_no_account_cuts_nobody_off(connected):
    connected.program(policy(PARTNER, ", max_interruptions=9"))
    assert connected.up().ok
    connected.simulator.fault("missing_fields", "GET")
    connected.up(replace=[connected.urn("rest", POLICY_TYPE)])
    assert connected.posts() == []
    connected.simulator.clear_faults()
    assert healed(connected) == []
    assert list(live(connected).values()).count("accepted") == 2
