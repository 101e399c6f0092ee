"""What the engine deletes in the place of others, what it takes for done, and what is declared twice."""

from __future__ import annotations

import os
import signal
from textwrap import dedent

import pytest

from tests.contract.conftest import ECHO, HEADER, Deployment, steps
from tests.contract.lean_cli import LeanCli, Trouble
from tests.contract.told import FIRST, accepted, ap, settled, started
from vpcep_pulumi.testing.cli_engine import is_on_path

replaced_or_tainted = pytest.mark.parametrize(
    ("deployment", "tainted"),
    [("local", False), ("local", True), ("cli", False), ("cli", True)],
    indirect=["deployment"],
    ids=["local-replace", "local-taint", "cli-replace", "cli-taint"],
)


class TestDeletingFirst:
    """`delete_before_replace`: the old resource is deleted before whoever takes its connection over is checked."""

    def test_a_connection_that_a_dependent_takes_over_stays_accepted(self, connected):
        started(connected, ap("one", "ep1", FIRST.format("")))
        depends = ", opts=pulumi.ResourceOptions(depends_on=[one])"
        connected.program(ap("one", "ep2", FIRST.format("")) + ap("two", "ep1", depends))
        assert connected.up().ok
        assert connected.posts() == [("receive", "ep2")]
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_a_swap_sends_nothing(self, connected):
        program = ap("one", "{}", FIRST.format("")) + ap("two", "{}", FIRST.format(", depends_on=[one]"))
        started(connected, program.format("ep1", "ep2"))
        connected.program(program.format("ep2", "ep1"))
        assert connected.up().ok
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_a_connection_that_a_newcomer_takes_over_stays_accepted(self, connected):
        started(connected, ap("one", "ep1", FIRST.format("")))
        connected.program(ap("one", "ep2", FIRST.format("")) + ap("two", "ep1"))
        assert connected.up().ok
        assert connected.posts() == [("receive", "ep2")]
        settled(connected)

    def test_a_newcomer_whose_service_id_comes_through_the_former_holder(self, connected):
        """Its endpoint is known all the same."""
        started(connected, ap("one", "ep1", FIRST.format("")))
        two = 'Approval("two", service_id=one.service_id, endpoint_id="ep1")'
        connected.program(ap("one", "ep2", FIRST.format("")) + two)
        assert connected.up().ok
        assert connected.posts() == [("receive", "ep2")]
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_a_rotation_of_twelve_sends_nothing(self, connected):
        for number in range(4, 13):
            connected.simulator.connect("svc", f"ep{number}", domain="d1")
        program = "".join(ap(f"a{number}", "ep{}", FIRST.format("")) for number in range(12))
        started(connected, program.format(*range(1, 13)))
        connected.program(program.format(*range(2, 13), 1))
        assert connected.up().ok
        assert connected.posts() == []
        settled(connected)

    @replaced_or_tainted
    def test_a_service_id_that_comes_through_what_is_replaced(self, connected, tainted):
        two = 'Approval("two", service_id=one.service_id, endpoint_id="ep2")'
        started(connected, ap("one", "ep1", FIRST.format("")) + two)
        if tainted:
            connected.engine.state_taint(connected.urn("one"))
        assert connected.up(replace=[] if tainted else [connected.urn("one")]).ok
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_what_is_replaced_together_with_another_is_not_rejected(self, connected):
        program = ap("one", "ep1", FIRST.format(", replacement_trigger='{}'")) + ap(
            "two", "ep2", ", opts=pulumi.ResourceOptions(replace_with=[one])"
        )
        started(connected, program.format("x"))
        connected.program(program.format("y"))
        assert connected.up().ok
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2")
        settled(connected)


class TestIgnoredIds:
    """``ignore_changes`` of an id: whether the state's or the program's counts is known only when it is checked."""

    PROGRAM = """
one = Approval("one", service_id="svc", endpoint_id="{one}", opts=pulumi.ResourceOptions(delete_before_replace=True))
Approval("{two}", service_id="svc", endpoint_id="{id}",
         opts=pulumi.ResourceOptions(depends_on=[one], ignore_changes=["endpoint_id"]))
"""

    def test_a_new_one_takes_over_what_is_deleted_first(self, connected):
        connected.program(self.PROGRAM.format(one="ep1", two="two", id="ep2"))
        assert connected.up().ok
        connected.program(self.PROGRAM.format(one="ep3", two="another", id="ep1"))
        result = connected.up()
        assert result.ok, result
        assert connected.posts() == [("receive", "ep3"), ("reject", "ep2")]
        assert connected.simulator.status("svc", "ep1") == "accepted"

    def test_one_that_the_state_holds_keeps_its_own_and_the_former_is_rejected(self, connected):
        connected.program(self.PROGRAM.format(one="ep1", two="two", id="ep2"))
        assert connected.up().ok
        connected.program(self.PROGRAM.format(one="ep3", two="two", id="ep1"))
        result = connected.up()
        assert result.ok, result
        assert connected.posts() == [("receive", "ep3"), ("reject", "ep1")]
        assert steps(connected.up()) == {}

    @pytest.mark.parametrize(("method", "skip"), [("POST", 1), ("PUT", 0)], ids=["nothing is sent", "a part is sent"])
    def test_the_former_is_rejected_also_if_the_update_of_its_own_fails(self, connected, method, skip):
        connected.program(self.PROGRAM.format(one="ep1", two="two", id="ep2"))
        assert connected.up().ok
        connected.simulator.reject("svc", "ep2")
        described = self.PROGRAM.replace('"{id}",', '"{id}", description="x",')
        connected.program(described.format(one="ep3", two="two", id="ep1"))
        connected.simulator.fault("forbidden", method, skip=skip, times=1)
        assert not connected.up().ok
        assert connected.posts() == [("receive", "ep2"), ("receive", "ep3"), ("reject", "ep1")]
        assert connected.simulator.status("svc", "ep1") == "rejected"
        assert connected.up().ok
        settled(connected)


class TestSkippedDeletes:
    """A delete that was skipped counts as done: what follows it must be recorded, whatever happens."""

    @pytest.mark.parametrize("last", ["destroy", "an empty program"])
    @replaced_or_tainted
    def test_a_create_that_fails_after_it_is_recorded(self, connected, tainted, last):
        started(connected, ap("one", "ep1", FIRST.format("")))
        connected.program(ap("one", "ep1", ', description="new"' + FIRST.format("")))
        connected.simulator.fault("forbidden", "PUT", times=1)
        if tainted:
            connected.engine.state_taint(connected.urn("one"))
        assert not connected.up(replace=[] if tainted else [connected.urn("one")]).ok
        assert connected.posts() == []
        accepted(connected, "ep1")
        connected.program("")
        assert (connected.destroy() if last == "destroy" else connected.up()).ok
        assert connected.posts() == [("reject", "ep1")]

    def test_one_more_up_heals_it(self, connected):
        started(connected, ap("one", "ep1", FIRST.format("")))
        connected.program(ap("one", "ep1", ', description="new"' + FIRST.format("")))
        connected.simulator.fault("forbidden", "PUT", times=1)
        assert not connected.up(replace=[connected.urn("one")]).ok
        settled(connected)
        accepted(connected, "ep1")


@pytest.mark.skipif(
    not is_on_path() and os.environ.get("VPCEP_REQUIRE_PULUMI") != "1", reason="there is no pulumi CLI on PATH"
)
class TestKilledAfterASkippedDelete:
    """The state says that the resource was deleted; the create that was to follow is not recorded."""

    @pytest.fixture
    def killed(self, tmp_path, simulator):
        simulator.connect("svc", "ep1", domain="d1")
        cli = LeanCli(tmp_path, {**os.environ, **simulator.environment})
        program = cli.program / "__main__.py"
        program.write_text(HEADER + ap("one", "ep1", FIRST.format("")))
        assert cli.up().ok
        program.write_text(HEADER + ap("one", "ep1", ', description="new"' + FIRST.format("")))
        held = simulator.fault("late", "PUT", times=1, seconds=3600)
        kill = Trouble(lambda: held.applied > 0, (signal.SIGKILL,), hosts=True, then=simulator.clear_faults)
        urn = "urn:pulumi:dev::story::pulumi-python:dynamic/vpcep:EndpointConnectionApproval::one"
        assert not cli.run("up", {"replace": [urn]}, kill).ok
        assert kill.came
        cli.cancel()
        assert [each["pendingReplacement"] for each in cli.state() if each["urn"] == urn] == [True]
        yield cli
        cli.reap()

    def test_one_more_up_heals_it(self, killed, simulator):
        assert killed.up().ok
        assert killed.destroy().ok
        assert [each.action for each in simulator.world.decisions] == ["receive", "reject"]

    def test_the_gap_a_destroy_does_not_know_of_it(self, killed, simulator):
        """The engine never asks again about what it takes for deleted: docs/faults.md says so."""
        assert killed.destroy().ok
        assert simulator.status("svc", "ep1") == "accepted"
        assert killed.up().ok
        assert killed.destroy().ok
        assert [each.action for each in simulator.world.decisions] == ["receive", "reject"]


def test_another_region_of_the_same_address_is_the_same_place(connected):
    """``vpcep:endpoint`` is set, and somebody corrects the region's name: the approval is replaced."""
    connected.environ["HUAWEICLOUD_SDK_PROJECT_ID"] = "p"
    started(connected, ap("one", "ep1"))
    connected.environ["HW_REGION_NAME"] = "cn-north-1"
    connected.engine = connected.another_engine()
    assert steps(connected.up()) == {"one": "replace"}
    assert connected.posts() == []
    accepted(connected, "ep1")
    settled(connected)


class TestDuplicates:
    """One connection, two declarations: an error that names both, before anything is sent."""

    def duplicates(self, deployment: Deployment) -> None:
        for do in (deployment.preview, deployment.up):
            result = do()
            assert not result.ok
            assert deployment.posts() == []
            assert any("ep1 of service svc is declared twice" in each for each in result.messages("error"))

    def test_the_same_name_under_another_parent(self, connected):
        started(connected, ap("one", "ep1"))
        connected.program(
            """
            team = pulumi.ComponentResource("acme:index:Team", "team")
            Approval("one", service_id="svc", endpoint_id="ep1")
            Approval("one", service_id="svc", endpoint_id="ep1", status="rejected",
                     opts=pulumi.ResourceOptions(parent=team))
            """
        )
        self.duplicates(connected)
        accepted(connected, "ep1")

    def test_what_the_engine_makes_of_the_inputs_counts(self, connected):
        started(connected, ap("one", "ep1"))
        ignoring = ', opts=pulumi.ResourceOptions(ignore_changes=["endpoint_id"])'
        connected.program(ap("one", "ep2", ignoring) + ap("two", "ep1", ', status="rejected"'))
        result = connected.preview()
        assert not result.ok
        assert any("ep1 of service svc is declared twice" in each for each in result.messages("error"))
        # Without a preview the other one may have been carried out before this one is checked: docs/faults.md says so.
        assert not connected.up().ok


class TestIgnoredStatus:
    def test_a_refresh_does_not_keep_it_red(self, connected):
        """What a refresh took for the input is no status to declare; nor was it declared."""
        statuses = {"ep1": "creating", "ep2": "failed", "ep3": "deleting", "ep4": "absent"}
        connected.simulator.connect("svc", "ep4", domain="d1")
        ignoring = ', opts=pulumi.ResourceOptions(ignore_changes=["status"])'
        started(connected, "".join(ap(f"a{each}", each, ignoring) for each in statuses))
        for endpoint, status in statuses.items():
            if status == "absent":
                connected.simulator.leave("svc", endpoint)
            else:
                connected.simulator.world.put("svc", endpoint, status)
        assert connected.refresh().ok
        connected.simulator.connect("svc", "ep4", domain="d1", status="accepted")
        for endpoint in ("ep1", "ep2", "ep3"):
            connected.simulator.accept("svc", endpoint)
        result = connected.up()
        assert result.ok, result.errors()
        assert connected.posts() == []
        accepted(connected, *statuses)
        settled(connected)


def test_ids_through_a_resource_that_is_deleted_first_send_nothing_where_they_stay_the_same(connected):
    """Its service is not known while its source is replaced; until it is, the approval is not replaced with it."""
    program = ECHO + dedent(
        """
        source = Echo("source", value="svc", replaced="%s", opts=pulumi.ResourceOptions(delete_before_replace=True))
        Approval("one", service_id=source.value, endpoint_id="ep1")
        """
    )
    started(connected, program % 1)
    connected.program(program % 2)
    assert steps(connected.preview()) == {"source": "replace"}
    assert connected.up().ok
    assert connected.posts() == []
    settled(connected)
