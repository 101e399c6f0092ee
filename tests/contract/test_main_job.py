"""Declare an approval, preview it, apply it, see drift, heal it, destroy it: on both engines."""

import pytest

from tests.contract.conftest import shown, steps

BILLING = 'Approval("billing", service_id="svc", endpoint_id="ep1")'


def test_the_whole_story(connected):
    story = connected
    story.program(f"{BILLING}\nApproval('audit', service_id='svc', endpoint_id='ep2', status='rejected')")
    preview = story.preview()
    assert preview.ok
    assert steps(preview) == {"billing": "create", "audit": "create"}
    assert 'plan: "receive: the connection, owned by d1, is pendingAcceptance"' in shown(preview)
    assert 'plan: "reject: the connection, owned by d1, is pendingAcceptance"' in shown(preview)
    assert (story.posts(), story.reads()) == ([], 1)

    assert story.up().ok
    assert story.posts() == [("receive", "ep1"), ("reject", "ep2")]
    assert (story.simulator.status("svc", "ep1"), story.simulator.status("svc", "ep2")) == ("accepted", "rejected")
    assert steps(story.preview()) == {}
    assert steps(story.up()) == {}
    assert story.posts() == []

    story.simulator.reject("svc", "ep1")
    drift = story.preview()
    assert drift.ok
    assert steps(drift) == {"billing": "update"}
    assert '+ plan: "receive: the connection, owned by d1, is rejected"' in shown(drift)
    assert 'status: "accepted"' in shown(drift)

    assert steps(story.up()) == {"billing": "update"}
    assert story.posts() == [("receive", "ep1")]
    assert story.simulator.status("svc", "ep1") == "accepted"
    assert steps(story.up()) == {}

    destroyed = story.destroy()
    assert destroyed.ok
    assert steps(destroyed) == {"billing": "delete", "audit": "delete"}
    assert story.posts() == [("reject", "ep1")]
    assert story.simulator.status("svc", "ep1") == "rejected"
    assert steps(story.preview()) == {"billing": "create", "audit": "create"}


def test_a_preview_after_a_refresh_shows_the_statuses(connected):
    connected.program(BILLING)
    connected.up()
    connected.simulator.reject("svc", "ep1")
    preview = connected.preview(refresh=True)
    assert steps(preview) == {"billing": "update"}
    assert '~ status: "rejected" => "accepted"' in shown(preview)
    assert steps(connected.preview()) == {"billing": "update"}, "a preview writes nothing"


def test_a_refresh_takes_what_is_live_for_the_state(connected):
    connected.program(BILLING)
    connected.up()
    assert steps(connected.refresh()) == {}
    connected.simulator.reject("svc", "ep1")
    refreshed = connected.refresh()
    assert refreshed.ok
    assert steps(refreshed) == {"billing": "update"}
    assert '~ status: "accepted" => "rejected"' in shown(refreshed)
    preview = connected.preview()
    assert '~ status: "rejected" => "accepted"' in shown(preview)
    assert steps(connected.up()) == {"billing": "update"}
    assert connected.posts() == [("receive", "ep1")]
    assert steps(connected.up()) == {}


def test_an_update_can_refresh_first(connected):
    connected.program(BILLING)
    connected.up()
    connected.simulator.reject("svc", "ep1")
    assert steps(connected.up(refresh=True)) == {"billing": "update"}
    assert connected.simulator.status("svc", "ep1") == "accepted"


def test_a_consumer_who_left_turns_nothing_red(connected):
    connected.program(BILLING)
    connected.up()
    connected.simulator.leave("svc", "ep1")
    warning = "vpcep: connection ep1 of service svc is absent: its consumer has left; remove this approval"
    preview = connected.preview()
    assert preview.ok
    assert steps(preview) == {"billing": "update"}
    assert preview.messages("warning") == [warning]
    assert connected.up().ok
    assert steps(connected.up()) == {}
    assert connected.destroy().ok
    assert connected.posts() == []


def test_a_refresh_keeps_an_approval_whose_connection_is_gone(connected):
    connected.program(BILLING)
    connected.up()
    connected.up()
    connected.simulator.leave("svc", "ep1")
    refreshed = connected.refresh()
    assert steps(refreshed) == {"billing": "update"}
    assert '~ status: "accepted" => "absent"' in shown(refreshed)
    assert steps(connected.refresh()) == {}
    assert steps(connected.up()) == {}


def test_outputs(connected):
    connected.program(
        f"""
        billing = {BILLING}
        for name in ("status", "marker_id", "domain_id", "region", "errors", "description"):
            pulumi.export(name, getattr(billing, name))
        pulumi.export("id", billing.id)
        """
    )
    outputs = connected.up().outputs
    assert (
        outputs.items()
        >= {
            "status": "accepted",
            "marker_id": "422321321312321322",
            "domain_id": "d1",
            "region": "cn-north-4",
            "errors": [],
            "id": "svc/ep1",
        }.items()
    )
    connected.simulator.reject("svc", "ep1")
    assert connected.preview().outputs["status"] == "accepted"


def test_adoption_sends_nothing(connected):
    connected.simulator.accept("svc", "ep1")
    connected.program(BILLING)
    assert 'plan: "adopt: the connection, owned by d1, is accepted"' in shown(connected.preview())
    assert connected.up().ok
    assert connected.posts() == []


def test_flipping_a_declaration(connected):
    connected.program(BILLING)
    connected.up()
    connected.program('Approval("billing", service_id="svc", endpoint_id="ep1", status="rejected")')
    preview = connected.preview()
    assert '~ status: "accepted" => "rejected"' in shown(preview)
    assert connected.up().ok
    assert connected.simulator.status("svc", "ep1") == "rejected"


def test_a_connection_passes_through_creating(connected):
    connected.simulator.world.settings.creating_s = 0.5
    connected.program(BILLING)
    assert connected.up().ok
    assert connected.posts() == [("receive", "ep1")]
    assert connected.simulator.status("svc", "ep1") == "accepted"


def test_what_does_not_settle_is_recorded_and_fails_the_update(connected):
    connected.simulator.world.settings.creating_s = 3600
    connected.program(
        """
        first = Approval("billing", service_id="svc", endpoint_id="ep1", settle_timeout=0.2)
        pulumi.export("status", first.status)
        """
    )
    failed = connected.up()
    assert not failed.ok
    (error,) = [each for each in failed.messages("error") if "billing" in each]
    assert error.startswith(
        "billing is declared accepted, which was not reached: connection ep1 of service svc: after 0 s "
        "the connection, owned by d1, is creating; raise settle_timeout, or run it again later"
    )
    assert "Traceback" not in error
    connected.simulator.accept("svc", "ep1")
    assert steps(connected.preview()) == {"billing": "update"}, "it is in the state"
    healed = connected.up()
    assert healed.ok
    assert connected.posts() == []
    assert healed.outputs["status"] == "accepted"
    assert steps(connected.up()) == {}


def test_a_connection_that_is_not_there_yet_is_waited_for_and_not_recorded(connected):
    connected.program('Approval("late", service_id="svc", endpoint_id="none", appear_timeout=0.2)')
    preview = connected.preview()
    assert preview.ok
    assert 'plan: "wait: there is no such connection yet; once it appears, receive"' in shown(preview)
    failed = connected.up()
    assert not failed.ok
    late = "connection none of service svc: check endpoint_id: after 0 s there is no such connection. If it is still to"
    assert any(late in each for each in failed.messages("error"))
    assert connected.posts() == []
    assert steps(connected.preview()) == {"late": "create"}


@pytest.mark.parametrize("declared", ['description="ticket 1"', 'expected_domain_id="d1"', "settle_timeout=5"])
def test_other_inputs_update_in_place(connected, declared):
    connected.program(BILLING)
    connected.up()
    connected.program(f'Approval("billing", service_id="svc", endpoint_id="ep1", {declared})')
    assert steps(connected.up()) == {"billing": "update"}
    assert connected.posts() == []
    assert steps(connected.up()) == {}


def test_a_hundred_approvals_are_read_at_once(deployment):
    for number in range(100):
        deployment.simulator.connect("svc", f"ep{number}")
    deployment.program(
        """
        for number in range(100):
            Approval(f"a{number}", service_id="svc", endpoint_id=f"ep{number}")
        """
    )
    assert len(deployment.preview().steps) == 100
    assert (deployment.reads(), deployment.posts()) == (1, [])
    assert deployment.up().ok
    assert len(deployment.posts()) == 100
    # The CLI previews before it updates only where it is asked to; both engines read once here.
    assert deployment.reads() == 1
    assert deployment.preview().steps == {}
    assert deployment.reads() == 1
