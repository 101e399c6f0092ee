"""What a preview says of plans, and that none of it is left over. On both engines."""

import pytest

from tests.conftest import undated
from tests.contract.conftest import cli_only, shown, steps
from vpcep_pulumi.testing.simulator.model import timestamp

ONE = 'Approval("one", service_id="svc", endpoint_id="ep1")'
PLAN = "receive: the connection, owned by d1, is pendingAcceptance"
HEALED = "receive: the connection, owned by d1, is rejected"
MANY = """
for number in range(1, 7):
    status = "rejected" if number == 6 else "accepted"
    Approval(f"a{number}", service_id="svc", endpoint_id=f"ep{number}", status=status)
"""


def infos(result):
    """What stands on resources' rows and under the stack: (name, message)."""
    found = [each for each in result.diagnostics if each.severity == "info"]
    return [(each.urn.rpartition("::")[2], undated(each.message)) for each in found]


def test_a_plan_is_shown_before_it_is_carried_out_and_never_after(connected):
    connected.program(ONE)
    assert f'plan: "{PLAN}"' in shown(connected.preview())
    assert connected.up().ok
    assert "pendingAcceptance" not in connected.state_text()
    connected.simulator.reject("svc", "ep1")
    preview = shown(connected.preview())
    assert f'+ plan: "{HEALED}"' in preview
    assert "pendingAcceptance" not in preview
    assert connected.up().ok
    assert "plan: " not in shown(connected.preview())
    assert "plan: " not in shown(connected.destroy())


def test_a_plan_says_when_its_connection_last_changed(connected):
    connected.program(ONE)
    assert connected.up().ok
    connected.simulator.reject("svc", "ep1")
    changed = next(
        timestamp(each.updated_at) for each in connected.simulator.world.connections("svc") if each.id == "ep1"
    )
    assert f"is rejected (updated_at {changed})" in connected.preview().diff


def test_a_rename_shows_no_plan_of_before(connected):
    connected.program(ONE)
    assert connected.up().ok
    connected.program(ONE.replace('"one"', '"renamed"'))
    preview = shown(connected.preview())
    assert 'plan: "adopt: the connection, owned by d1, is accepted"' in preview
    assert preview.count("plan: ") == 1


def test_a_plan_stands_on_its_resource_s_own_row(connected):
    """Without ``--diff`` nothing else says whom a step concerns."""
    connected.program(ONE)
    assert ("one", PLAN) in infos(connected.preview())
    assert not [message for _, message in infos(connected.up()) if "receive" in message]
    assert infos(connected.preview()) == []


def test_of_many_plans_there_is_a_summary(connected):
    for number in (4, 5, 6):
        connected.simulator.connect("svc", f"ep{number}", domain="d1")
    connected.program(MANY)
    preview = connected.preview()
    assert preview.ok
    said = "vpcep: 6 approvals have something to do: 5 receive, 1 reject. Each plan is in --diff"
    assert [message for _, message in infos(preview)] == [said]


ABSENT = "wait: there is no such connection yet; once it appears, receive"
CHECK = "Check endpoint_id: nothing of that id has asked to connect to the service"


def test_a_connection_that_is_not_there_is_warned_of_before_it_is_waited_for(connected):
    connected.program(ONE.replace("ep1", "ep9"))
    preview = connected.preview()
    assert preview.ok
    (warning,) = [each for each in preview.diagnostics if each.severity == "warning"]
    assert warning.message == f"{ABSENT}. {CHECK}"
    assert warning.urn.endswith("::one")
    assert infos(preview) == []
    connected.simulator.connect("svc", "ep9", domain="d1")
    assert connected.up().messages("warning") == []


def test_of_many_that_are_not_there_a_few_are_named(connected):
    connected.program(MANY.replace("ep{number}", "none{number}").replace("range(1, 7)", "range(1, 9)"))
    warnings = connected.preview().messages("warning")
    assert len([each for each in warnings if each.startswith("wait: ")]) == 5
    assert f"vpcep: 8 connections are not there yet, these among them. {CHECK}" in warnings


def test_plans_can_be_kept(connected):
    """For Pulumi's own update plans, which hold an update to what its preview said."""
    connected.program(ONE)
    connected.config["vpcep:plans"] = "always"
    assert f'plan: "{PLAN}"' in shown(connected.preview())
    assert f'plan: "{PLAN}"' in shown(connected.up())
    assert steps(connected.preview()) == {}
    connected.simulator.reject("svc", "ep1")
    assert f'plan: "{PLAN}" => "{HEALED}"' in shown(connected.preview())
    assert connected.up().ok
    assert f'- plan: "{HEALED}"' not in shown(connected.preview())
    assert steps(connected.up()) == {}


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("vpcep:projectID", "is read by nobody; is vpcep:projectId meant?"),
        (
            "vpcep:x",
            "is read by nobody; there are vpcep:accessKey, vpcep:endpoint, vpcep:iamEndpoint, vpcep:plans, "
            "vpcep:profiles, "
            "vpcep:projectId, vpcep:region, vpcep:secretKey, vpcep:securityToken, vpcep:token",
        ),
        ("vpcep:plans", 'is "x"; it takes "previews" or "always"'),
    ],
)
def test_configuration_that_nobody_reads_is_refused(connected, key, problem):
    connected.program(ONE)
    connected.config[key] = "x"
    assert f"{key} in the stack's configuration {problem}" in connected.preview().messages("error")


@cli_only("the local engine has no update plans")
def test_kept_plans_hold_an_update_to_its_preview(connected):
    """Somebody rejects a connection between ``preview --save-plan`` and ``up --plan``: the update is refused."""
    connected.program(ONE)
    connected.config["vpcep:plans"] = "always"
    engine, plan = connected.engine, {"plan": str(connected.folder / "plan.json")}
    assert engine._run(engine._stack.preview, **plan).ok
    assert engine._run(engine._stack.up, **plan).ok
    assert engine._run(engine._stack.preview, **plan).ok
    connected.simulator.reject("svc", "ep1")
    connected.simulator.clear_calls()
    result = engine._run(engine._stack.up, **plan)
    assert not result.ok
    assert "violates plan" in " ".join(result.messages("error"))
    assert connected.posts() == []


def test_a_coroutine_is_an_input(connected):
    connected.program(
        """
        async def given(value):
            return value

        one = Approval("one", service_id=given("svc"), endpoint_id=given("ep1"), status=given("accepted"))
        pulumi.export("status", one.status)
        other = Approval.get("other", given("svc/ep2"))
        """
    )
    assert connected.preview().ok
    result = connected.up()
    assert result.ok, result
    assert result.outputs["status"] == "accepted"
