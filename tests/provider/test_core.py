"""An approval's life, as the engine asks for it: real client, real service, no pulumi."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from tests.api.raw import RawServer
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.provider.properties import PLAN, PREVIEW
from vpcep_pulumi.provider.unknown import UNKNOWN
from vpcep_pulumi.testing.simulator import Simulator

SERVICE, ENDPOINT = "svc", "ep"


@pytest.fixture
def connected(stack):
    stack.simulator.connect(SERVICE, ENDPOINT, domain="d1")
    return stack


def test_the_core_does_not_import_pulumi():
    program = "import sys, vpcep_pulumi.errors; import vpcep_pulumi.provider.core; sys.exit('pulumi' in sys.modules)"
    loader = (
        "import sys, types, pathlib; package = types.ModuleType('vpcep_pulumi'); "
        "package.__path__ = [str(pathlib.Path('vpcep_pulumi').resolve())]; sys.modules['vpcep_pulumi'] = package; "
    )
    assert subprocess.run([sys.executable, "-c", loader + program], check=False).returncode == 0


class TestTheStory:
    def test_accept_see_drift_heal_reject(self, connected):
        stack = connected
        assert stack.preview().plan == "receive: the connection, owned by d1, is pendingAcceptance"
        assert stack.posts() == []
        assert stack.up().step == "create"
        assert (stack.live, stack.posts()) == ("accepted", ["receive"])
        assert stack.outputs["status"] == "accepted"
        assert stack.up().step == "same"
        assert stack.posts() == []
        stack.simulator.reject(SERVICE, ENDPOINT)
        drift = stack.preview()
        assert (drift.step, drift.plan) == ("update", "receive: the connection, owned by d1, is rejected")
        assert stack.up().error == ""
        assert (stack.live, stack.posts()) == ("accepted", ["receive"])
        assert stack.destroy() == ""
        assert (stack.live, stack.posts()) == ("rejected", ["reject"])

    def test_the_opposite(self, connected):
        stack = connected
        assert stack.up(status="rejected").plan == "reject: the connection, owned by d1, is pendingAcceptance"
        stack.simulator.accept(SERVICE, ENDPOINT)
        assert stack.preview(status="rejected").plan == "reject: the connection, owned by d1, is accepted"
        stack.up(status="rejected")
        assert stack.live == "rejected"
        stack.posts()
        stack.destroy()
        assert (stack.live, stack.posts()) == ("rejected", [])

    def test_flipping_the_declaration(self, connected):
        connected.up()
        assert connected.up(status="rejected").step == "update"
        assert connected.live == "rejected"
        assert connected.up().step == "update"
        assert connected.live == "accepted"

    def test_adoption_sends_nothing(self, connected):
        connected.simulator.accept(SERVICE, ENDPOINT)
        outcome = connected.up()
        assert (outcome.step, outcome.plan) == ("create", "adopt: the connection, owned by d1, is accepted")
        assert connected.posts() == []

    def test_outputs(self, connected):
        connected.up(description="ticket 1", expected_domain_id="d1", settle_timeout=5)
        assert connected.id == "svc/ep"
        assert connected.outputs == {
            "service_id": "svc",
            "endpoint_id": "ep",
            "region": "cn-north-4",
            "project_id": "p",
            "expected_domain_id": "d1",
            "settle_timeout": 5,
            "status": "accepted",
            "marker_id": "422321321312321322",
            "domain_id": "d1",
            "created_at": connected.outputs["created_at"],
            "updated_at": connected.outputs["updated_at"],
            "description": "ticket 1",
            "errors": [],
        }
        assert "plan" not in connected.outputs


class TestWaiting:
    def test_a_connection_passes_through_creating(self, connected):
        connected.simulator.world.settings.creating_s = 6
        assert connected.up().error == ""
        assert connected.live == "accepted"
        assert connected.posts() == ["receive"]

    def test_a_connection_that_does_not_settle_is_recorded_and_named(self, connected):
        connected.simulator.world.settings.creating_s = 60
        outcome = connected.up(settle_timeout=30)
        assert outcome.error == (
            "connection ep of service svc: after 30 s the connection, owned by d1, is creating; "
            "raise settle_timeout, or run it again later"
        )
        assert (connected.outputs["status"], connected.outputs["errors"]) == ("creating", [outcome.error])
        assert connected.log.of("warning") == [f"not reached, but recorded: {outcome.error}"]
        assert connected.preview().plan == "wait: the connection, owned by d1, is creating"
        assert connected.up().error == ""
        assert connected.outputs["errors"] == []
        assert connected.posts() == ["receive"]

    def test_what_settled_meanwhile_is_recorded(self, connected):
        connected.simulator.world.settings.creating_s = 60
        connected.up(settle_timeout=30)
        connected.time.now += 60
        outcome = connected.up(settle_timeout=30)
        assert (outcome.step, outcome.plan) == ("update", None)
        assert (connected.outputs["status"], connected.outputs["errors"]) == ("accepted", [])
        assert connected.posts() == ["receive"]
        assert connected.up(settle_timeout=30).step == "same"

    def test_a_wait_says_where_it_stands(self, connected):
        connected.simulator.world.settings.creating_s = 25
        connected.up()
        assert connected.log.of("progress") == [
            "receive: the connection, owned by d1, is pendingAcceptance",
            "creating 12/600 s: connection ep of service svc",
            "creating 22/600 s: connection ep of service svc",
        ]

    def test_a_connection_that_is_being_created_is_waited_for_before_it_is_rejected(self, stack):
        stack.simulator.world.settings.creating_s = 3
        stack.simulator.service(SERVICE, approval_enabled=False)
        stack.simulator.connect(SERVICE, ENDPOINT, domain="d1")
        assert stack.preview(status="rejected").plan == "wait, then reject: the connection, owned by d1, is creating"
        stack.up(status="rejected")
        assert (stack.live, stack.posts()) == ("rejected", ["reject"])

    def test_destroy_waits_for_a_connection_that_is_being_created(self, connected):
        connected.simulator.world.settings.creating_s = 30
        connected.up(settle_timeout=20)
        connected.time.now -= 10
        assert connected.destroy() == ""
        assert connected.live == "rejected"

    def test_an_endpoint_that_is_not_there_yet_is_waited_for(self, stack):
        stack.simulator.service(SERVICE)
        assert stack.preview().plan == "wait: there is no such connection yet; once it appears, receive"
        stack.time.after(40, lambda: stack.simulator.connect(SERVICE, ENDPOINT, domain="d1"))
        assert stack.up().error == ""
        assert stack.live == "accepted"

    def test_an_endpoint_that_never_appears_is_an_error_and_records_nothing(self, stack):
        stack.simulator.service(SERVICE)
        outcome = stack.up(appear_timeout=20)
        assert outcome.error == (
            "connection ep of service svc: check endpoint_id: after 20 s there is no such connection. "
            "If it is still to come, raise appear_timeout, or run it again later"
        )
        assert (stack.inputs, stack.posts()) == (None, [])

    def test_whose_it_is_is_looked_at_once_it_appears(self, stack):
        stack.simulator.service(SERVICE)
        stack.time.after(10, lambda: stack.simulator.connect(SERVICE, ENDPOINT, domain="intruder"))
        outcome = stack.up(expected_domain_id="d1")
        assert "belongs to account intruder, not to the expected d1: nothing is sent" in outcome.error
        assert (stack.live, stack.posts()) == ("pendingAcceptance", [])

    def test_somebody_who_decides_otherwise_meanwhile_is_named(self, connected):
        connected.simulator.world.settings.creating_s = 60
        connected.time.after(20, lambda: connected.simulator.reject(SERVICE, ENDPOINT))
        outcome = connected.up()
        assert outcome.error == (
            "connection ep of service svc: after `receive` the connection, owned by d1, is rejected: "
            "somebody else decides on it as well"
        )
        assert connected.posts() == ["receive"]

    def test_a_consumer_who_leaves_meanwhile_is_no_failure(self, connected):
        connected.simulator.world.settings.creating_s = 60
        connected.time.after(20, lambda: connected.simulator.leave(SERVICE, ENDPOINT))
        assert connected.up().error == ""
        assert connected.outputs["status"] == "absent"
        assert connected.log.of("warning") == [
            "connection ep of service svc: its consumer has left meanwhile; remove this approval"
        ]

    def test_a_connection_that_fails_meanwhile_is_named_with_its_reasons(self, connected):
        connected.simulator.world.settings.creating_s = 60
        fault = [{"error_code": "EndPoint.2016", "error_message": "no pool"}]
        connected.time.after(20, lambda: connected.simulator.world.put(SERVICE, ENDPOINT, "failed", fault))
        outcome = connected.up()
        assert (
            "the connection, owned by d1, is failed ('EndPoint.2016: no pool') and cannot be accepted" in outcome.error
        )
        assert connected.outputs["status"] == "failed"
        assert connected.outputs["errors"] == [outcome.error, "EndPoint.2016: no pool"]


class TestThoseWhoLeft:
    def test_an_absent_connection_is_recorded_once_and_warned_of(self, connected):
        connected.up()
        connected.simulator.leave(SERVICE, ENDPOINT)
        outcome = connected.up()
        assert outcome.step == "update"
        assert outcome.plan == "record: the connection is absent: its consumer has left, remove this approval"
        assert connected.outputs["status"] == "absent"
        assert connected.outputs["domain_id"] == "d1"
        assert connected.up().step == "same"
        assert connected.log.of("warning") == [
            "connection ep of service svc is absent: its consumer has left; remove this approval"
        ]
        assert connected.posts() == ["receive"]
        assert connected.destroy() == ""

    def test_a_service_that_is_gone_takes_its_connections_along(self, connected):
        connected.up()
        connected.simulator.world.delete_service(SERVICE)
        assert connected.up().error == ""
        assert connected.outputs["status"] == "absent"
        assert connected.destroy() == ""

    def test_a_connection_on_its_way_out_is_left_alone(self, connected):
        connected.up()
        connected.simulator.world.put(SERVICE, ENDPOINT, "deleting")
        assert connected.up().step == "update"
        assert connected.outputs["status"] == "deleting"
        assert connected.posts() == ["receive"]


class TestRefresh:
    def test_what_a_program_declares_is_no_refresh(self, connected):
        """The very inputs that a refresh asks with: whether one is under way is known by what was checked."""
        connected.up()
        connected.simulator.world.put(SERVICE, ENDPOINT, "deleting")
        assert connected.up().step == "update"
        program, olds = connected.program(), connected.inputs
        assert connected.operation().diff(connected.outputs, olds).changes
        provider = connected.operation()
        assert not provider.diff(connected.outputs, provider.check(olds, program).inputs).changes

    def test_it_returns_what_is_live_as_input_and_output(self, connected):
        connected.up(description="note")
        connected.simulator.reject(SERVICE, ENDPOINT)
        connected.refresh()
        assert connected.outputs["status"] == connected.inputs["status"] == "rejected"
        assert "plan" not in connected.inputs
        assert connected.preview(description="note").step == "update"
        assert connected.up(description="note").error == ""
        assert connected.live == "accepted"

    def test_an_approval_whose_connection_is_gone_is_kept(self, connected):
        connected.up()
        connected.simulator.leave(SERVICE, ENDPOINT)
        connected.refresh()
        assert connected.outputs["status"] == connected.inputs["status"] == "absent"
        assert connected.up().step == "same"

    def test_a_connection_can_be_read_that_was_never_declared(self, connected):
        reading = connected.operation().read("svc/ep", {})
        assert (reading.outputs["status"], reading.outputs["domain_id"]) == ("pendingAcceptance", "d1")

    @pytest.mark.parametrize("id_", ["svc/none", "svc", "svc/", "/ep", "a b/c", "svc/ep/x"])
    def test_what_cannot_be_read_is_an_error(self, connected, id_):
        with pytest.raises(InputError):
            connected.operation().read(id_, {})


class TestRefusals:
    """Clean failures in the preview, before anything is sent."""

    @pytest.mark.parametrize(
        ("declared", "failure"),
        [
            ({"endpoint_id": "a b"}, "endpoint_id: must be an id of 1 to 64 letters, digits, '-' or '_'"),
            (
                {"service_id": "cn.x.svc"},
                "service_id: is a service's name, not its id; the id is what follows the last dot",
            ),
            ({"status": "on"}, 'status: must be "accepted" or "rejected", not \'on\''),
            ({"description": "<b>"}, "description: must not contain '<' or '>'"),
            ({"settle_timeout": -1}, "settle_timeout: must be between 0 and 86400 seconds"),
            ({"endpoint_id": None}, "endpoint_id: is required"),
        ],
    )
    def test_malformed_inputs(self, connected, declared, failure):
        assert connected.preview(**declared).failures == [failure]
        assert connected.simulator.calls() == []

    def test_every_malformed_input_is_named(self, connected):
        malformed = {"endpoint_id": "", "description": "<", "status": "x"}
        assert len(connected.up(**malformed).failures) == 3
        (refused,) = connected.preview(**malformed).failures
        assert all(f"{name}: must" in refused for name in malformed)

    def test_another_owner(self, connected):
        for status in ("accepted", "rejected"):
            outcome = connected.preview(expected_domain_id="d2", status=status)
            assert outcome.failures == [
                "endpoint_id: connection ep of service svc belongs to account d1, not to the expected d2: "
                "nothing is sent. Check endpoint_id, or expected_domain_id if that account is right"
            ]
        assert connected.posts() == []

    def test_a_connection_that_failed(self, connected):
        connected.simulator.world.put(SERVICE, ENDPOINT, "failed")
        (failure,) = connected.preview().failures
        assert "owned by d1, is failed and cannot be accepted" in failure
        assert connected.up(status="rejected").error == ""
        assert connected.posts() == []

    def test_a_status_that_nobody_documented_is_never_acted_upon(self, connected):
        connected.up()
        connected.simulator.world.put(SERVICE, ENDPOINT, "frozen")
        for status in ("accepted", "rejected"):
            (failure,) = connected.preview(status=status).failures
            assert "the connection, owned by d1, is 'frozen' and cannot be" in failure
        assert "is 'frozen' and cannot be rejected" in connected.destroy()
        assert connected.posts() == ["receive"]

    def test_a_service_that_does_not_exist(self, stack):
        (failure,) = stack.preview().failures
        assert failure.startswith(
            "there is no service svc in region cn-north-4, project p: it may be in another region or project, or "
            "service_id may be a name instead of an id, or be swapped with endpoint_id; "
        )
        assert "(EndPoint.0005, HTTP 404, request id " in failure

    def test_a_service_that_is_gone_when_it_is_carried_out(self, connected):
        provider = connected.operation()
        inputs = provider.check({}, connected.program()).inputs
        with pytest.raises(InputError, match="there is no service other in region cn-north-4, project p"):
            provider.create({**inputs, "service_id": "other"})

    def test_get_of_what_is_not_there_says_where_it_was_looked_for(self, connected):
        where = "in region cn-north-4, project p"
        with pytest.raises(InputError, match=f"there is no service none {where}"):
            connected.operation().read("none/ep", {})
        with pytest.raises(InputError, match=f"there is no connection none of service svc {where}"):
            connected.operation().read("svc/none", {})

    @pytest.mark.parametrize("body", [b"<html>404 Not Found</html>", b"", b'{"error_code": "APIGW.0101"}'])
    def test_a_gateways_404_is_no_news_of_a_connection(self, connected, body):
        """At a wrong address, a destroy was green, and the state forgot an accepted connection."""
        connected.up()
        with RawServer(lambda _: [b"HTTP/1.1 404 Not Found\r\n\r\n" + body]) as elsewhere:
            connected.environ["VPCEP_ENDPOINT"] = elsewhere.url
            assert "what answers there is not the VPC Endpoint API" in connected.destroy()
            (failure,) = connected.preview().failures
        assert "what answers there is not the VPC Endpoint API" in failure
        assert connected.live == "accepted"

    def test_no_region(self, connected):
        connected.config, connected.environ = {}, {}
        (failure,) = connected.preview().failures
        assert failure.startswith("no region; looked in ")

    def test_no_credentials(self, connected):
        connected.environ = {}
        (failure,) = connected.preview().failures
        assert failure.startswith("no credentials; looked in ")

    def test_half_a_credential(self, connected):
        connected.environ = {"HUAWEICLOUD_SDK_AK": "x"}
        (failure,) = connected.preview().failures
        assert failure.startswith("half a credential: ")

    def test_credentials_that_are_refused_are_tried_once(self, connected):
        connected.environ["HW_AUTH_TOKEN"] = "another"
        provider = connected.operation()
        for number in range(5):
            (failure,) = provider.check({}, connected.program(service_id=f"svc-{number}")).failures
            assert "APIGW.0301" in str(failure)
        assert len(connected.simulator.calls()) == 1

    def test_no_answer_at_all(self, connected):
        connected.environ["VPCEP_ENDPOINT"] = "http://127.0.0.1:9"
        (failure,) = connected.preview().failures
        assert failure.startswith("list the connections of service svc: cannot connect to 127.0.0.1")


class TestUnknowns:
    @pytest.mark.parametrize(
        "name", ["service_id", "endpoint_id", "expected_domain_id", "region", "project_id", "status"]
    )
    def test_a_preview_plans_nothing_that_it_cannot_know(self, connected, name):
        checked = connected.operation().check({}, connected.program(**{name: UNKNOWN, PREVIEW: True}))
        assert checked.failures == ()
        assert checked.inputs[name] is UNKNOWN
        assert checked.inputs[PLAN] is UNKNOWN
        assert connected.simulator.calls() == []

    def test_what_is_known_is_still_refused(self, connected):
        checked = connected.operation().check({}, connected.program(service_id=UNKNOWN, endpoint_id="a b"))
        assert [failure.property_name for failure in checked.failures] == ["endpoint_id"]

    def test_an_unknown_identity_is_no_replacement_yet(self, connected):
        """It may turn out to be the same one: replaced, it would be deleted along with what its id comes from."""
        connected.up()
        outcome = connected.preview(service_id=UNKNOWN)
        assert (outcome.step, outcome.replaces) == ("update", ())
        assert outcome.plan == (
            "not known before the update: service_id. If it becomes another connection, "
            "connection ep of service svc is rejected"
        )

    def test_another_unknown_updates(self, connected):
        connected.up()
        assert connected.preview(expected_domain_id=UNKNOWN).step == "update"


class TestChanges:
    @pytest.mark.parametrize("name", ["service_id", "endpoint_id", "region", "project_id"])
    def test_another_connection_is_a_replacement(self, connected, name):
        connected.up()
        connected.simulator.connect("svc2", "ep", domain="d1")
        connected.simulator.connect("svc", "ep2", domain="d1")
        value = {"service_id": "svc2", "endpoint_id": "ep2", "region": "cn-north-1", "project_id": "p2"}[name]
        outcome = connected.preview(**{name: value})
        assert (outcome.step, outcome.replaces) == ("replace", (name,))
        assert outcome.plan is not None

    @pytest.mark.parametrize("declared", [{"expected_domain_id": "d1"}, {"appear_timeout": 7}, {"settle_timeout": 7}])
    def test_anything_else_is_an_update_that_sends_nothing(self, connected, declared):
        connected.up()
        connected.posts()
        outcome = connected.up(**declared)
        assert (outcome.step, outcome.plan, connected.posts()) == ("update", None, [])
        assert connected.outputs.items() >= declared.items()
        assert connected.up(**declared).step == "same"

    def test_a_changed_environment_is_a_replacement(self, connected):
        connected.up()
        connected.config["vpcep:projectId"] = "p2"
        assert connected.preview().replaces == ("project_id",)


class TestDescriptions:
    def written(self, stack):
        return [call["body"]["connections"] for call in stack.simulator.calls("PUT")]

    def test_it_is_written_once(self, connected):
        assert connected.up(description="note").plan == (
            "receive and describe: the connection, owned by d1, is pendingAcceptance"
        )
        assert self.written(connected) == [[{"id": "ep", "description": "note"}]]
        assert connected.up(description="note").step == "same"
        assert len(self.written(connected)) == 1

    def test_another_one_is_written_over(self, connected):
        connected.up(description="note")
        connected.simulator.world.describe(SERVICE, ENDPOINT, "graffiti")
        assert connected.preview(description="note").plan == "describe: the connection, owned by d1, is accepted"
        connected.up(description="note")
        assert connected.outputs["description"] == "note"
        connected.up(description="another")
        assert connected.outputs["description"] == "another"
        assert connected.posts() == ["receive"]

    def test_one_that_is_not_declared_is_left_alone(self, connected):
        connected.simulator.world.describe(SERVICE, ENDPOINT, "theirs")
        connected.up()
        assert connected.outputs["description"] == "theirs"
        assert connected.up().step == "same"
        assert self.written(connected) == []

    def test_it_can_be_cleared(self, connected):
        connected.up(description="note")
        connected.up(description="")
        assert connected.outputs["description"] == ""


class TestRenames:
    """One process creates the new resource and deletes the old one, for one connection."""

    def test_a_renamed_approval_leaves_its_connection_accepted(self, connected):
        connected.up()
        connected.posts()
        provider = connected.operation()
        inputs = provider.check({}, connected.program()).inputs
        provider.create(inputs)
        provider.delete(connected.outputs)
        assert (connected.live, connected.posts()) == ("accepted", [])
        (line,) = connected.log.of("info")
        assert line.startswith("connection ep of service svc is left as it is: ")

    def test_a_removed_one_is_rejected_whatever_else_is_declared(self, connected):
        connected.up()
        connected.simulator.connect(SERVICE, "other")
        provider = connected.operation()
        provider.create(provider.check({}, connected.program(endpoint_id="other")).inputs)
        provider.delete(connected.outputs)
        assert connected.live == "rejected"


class TestProjects:
    def test_the_project_is_asked_of_iam_once(self, stack):
        del stack.config["vpcep:projectId"]
        for number in range(5):
            stack.simulator.connect(SERVICE, f"ep-{number}")
        provider = stack.operation()
        found = {
            provider.check({}, stack.program(endpoint_id=f"ep-{number}")).inputs["project_id"] for number in range(5)
        }
        assert len(found) == 1
        asked = [call for call in stack.simulator.calls("GET") if call["path"] == "/v3/projects"]
        assert [call["query"] for call in asked] == [{"name": "cn-north-4"}]

    def test_a_project_can_be_named(self, stack):
        del stack.config["vpcep:projectId"]
        stack.environ["HW_PROJECT_NAME"] = "cn-north-4_dev"
        stack.simulator.connect(SERVICE, ENDPOINT)
        stack.preview()
        assert stack.simulator.calls("GET")[0]["query"] == {"name": "cn-north-4_dev"}

    def test_the_resolved_project_is_what_is_destroyed_in(self, connected):
        connected.up()
        connected.config["vpcep:projectId"] = "another"
        connected.simulator.clear_calls()
        connected.destroy()
        assert {call["path"].split("/")[2] for call in connected.simulator.calls()} == {"p"}


class TestProfiles:
    """What several accounts have in common stands in ``tests/operation`` and ``tests/contract``."""

    @pytest.fixture
    def profiled(self, connected):
        connected.config["vpcep:profiles"] = json.dumps({"prod": {"token": "t", "projectId": "p"}})
        connected.up(profile="prod")
        return connected

    def test_one_that_is_not_known_yet_is_no_replacement_yet(self, profiled):
        outcome = profiled.preview(profile=UNKNOWN)
        assert (outcome.step, outcome.replaces) == ("update", ())
        assert outcome.plan == (
            "not known before the update: region, project_id. If it becomes another connection, "
            f"connection {ENDPOINT} of service {SERVICE} is rejected"
        )

    def test_with_the_resources_own_region_and_project_it_names_no_other_connection(self, profiled):
        outcome = profiled.preview(profile=UNKNOWN, region="cn-north-4", project_id="p")
        assert (outcome.step, outcome.replaces, outcome.plan) == ("update", (), "UNKNOWN")

    def test_leaving_it_out_is_an_update(self, profiled):
        profiled.posts()
        assert profiled.up().step == "update"
        assert profiled.up().step == "same"
        assert "profile" not in profiled.outputs
        assert profiled.posts() == []

    @pytest.mark.parametrize("name", ["", 7, ["prod"]])
    def test_what_turns_out_to_be_no_name(self, profiled, name):
        (failure,) = profiled.up(profile=name).failures
        assert failure.startswith("profile: must be a")
        with pytest.raises(InputError, match=r"^profile: must be a"):
            profiled.operation().read(f"{SERVICE}/{ENDPOINT}", {"profile": name})


def test_an_access_key_signs_every_call(time, tmp_path, stack):
    with Simulator.start(access_keys={"AKAKAK": "s3cr3t-key"}) as simulator:
        simulator.connect(SERVICE, ENDPOINT, domain="d1")
        stack.simulator, stack.environ = simulator, dict(simulator.environment)
        del stack.config["vpcep:projectId"]
        assert stack.up(description="ä").error == ""
        assert {call["status"] for call in simulator.calls()} == {200}


def test_two_deletes_of_one_connection_at_once_reject_it_once(connected):
    """A state may hold a connection under two names: after an update that left one of them out."""
    connected.up()
    provider = connected.operation()
    connected.posts()
    held = connected.simulator.fault("slow", "POST", seconds=3600, times=1)
    with ThreadPoolExecutor(2) as pool:
        deletes = [pool.submit(provider.delete, connected.outputs) for _ in range(2)]
        while not held.applied:
            sleep(0.001)
        connected.simulator.clear_faults()
        for each in deletes:
            each.result()
    assert connected.posts() == ["reject"]
