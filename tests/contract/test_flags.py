"""The CLI's flags: what they leave out, and what they make the engine delete in another process, stays accepted."""

from __future__ import annotations

import pytest

from tests.contract.conftest import cli_only, steps
from tests.contract.told import accepted, ap, refused, settled, started
from vpcep_pulumi.testing.engine import EngineError

THREE = """
    for number in (1, 2, 3):
        Approval(f"{}{{number}}", service_id="svc", endpoint_id=f"ep{{number}}")
    """
PROVIDER = "urn:pulumi:dev::story::pulumi:providers:pulumi-python::default"
EXPLICIT = 'provider = pulumi.ProviderResource("pulumi-python", "explicit")\n'
WITH_IT = ", opts=pulumi.ResourceOptions(provider=provider)"


class TestReplacingEverything:
    def test_a_pattern_that_replaces_the_provider_as_well_rejects_nothing(self, connected):
        started(connected, THREE.format("a"))
        result = connected.up(replace=["**"])
        assert result.ok
        assert steps(result) == {"a1": "replace", "a2": "replace", "a3": "replace"}
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2", "ep3")
        settled(connected)

    def test_replacing_the_provider_rejects_nothing(self, connected):
        started(connected, THREE.format("a"))
        assert connected.up(replace=[PROVIDER]).ok
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2", "ep3")
        settled(connected)

    def test_a_rename_together_with_a_replaced_provider_rejects_nothing(self, connected):
        started(connected, THREE.format("a"))
        connected.program(THREE.format("b"))
        result = connected.up(replace=[PROVIDER])
        assert result.ok
        assert steps(result) == {
            "a1": "delete", "a2": "delete", "a3": "delete", "b1": "create", "b2": "create", "b3": "create",
        }  # fmt: skip
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2", "ep3")
        settled(connected)


class TestTargets:
    """What an operation leaves out is declared all the same."""

    @pytest.mark.parametrize("flags", [{"target": "one"}, {"exclude": "renamed"}], ids=["target", "exclude"])
    def test_a_rename_whose_new_name_is_left_out_is_refused(self, connected, flags):
        started(connected, ap("one", "ep1"))
        connected.program(ap("renamed", "ep1"))
        result = connected.up(**{flag: [connected.urn(name)] for flag, name in flags.items()})
        refused(connected, result, "ep1")
        assert connected.urn("one") in connected.state_text()
        accepted(connected, "ep1")
        settled(connected)

    def test_a_swap_of_which_one_half_is_left_out_is_refused(self, connected):
        started(connected, ap("one", "ep1") + ap("two", "ep2"))
        connected.program(ap("one", "ep2") + ap("two", "ep1"))
        refused(connected, connected.up(target=[connected.urn("one")]), "ep1")
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_a_delete_left_over_does_not_reject_what_another_approval_took_over(self, connected):
        started(connected, ap("one", "ep1"))
        connected.program(ap("one", "ep2"))
        connected.simulator.fault("forbidden", "POST", skip=1, times=1)
        assert not connected.up().ok
        assert connected.posts() == [("receive", "ep2"), ("reject", "ep1")]
        accepted(connected, "ep1", "ep2")
        connected.program(ap("one", "ep2") + ap("two", "ep1"))
        refused(connected, connected.up(target=[connected.urn("one")]), "ep1")
        accepted(connected, "ep1", "ep2")
        settled(connected)

    def test_what_is_targeted_and_no_longer_declared_is_rejected(self, connected):
        started(connected, ap("one", "ep1") + ap("two", "ep2"))
        connected.program(ap("two", "ep2"))
        assert connected.up(target=[connected.urn("one")]).ok
        assert connected.posts() == [("reject", "ep1")]
        settled(connected)

    def test_what_is_excluded_is_left_alone(self, connected):
        started(connected, ap("one", "ep1") + ap("two", "ep2"))
        connected.program("")
        assert connected.up(exclude=[connected.urn("one")]).ok
        assert connected.posts() == [("reject", "ep2")]
        accepted(connected, "ep1")
        assert connected.destroy(exclude=[connected.urn("one")]).ok
        assert connected.posts() == []
        assert connected.destroy().ok
        assert connected.posts() == [("reject", "ep1")]


class TestProviders:
    """Another provider process deletes what the first one declared."""

    def test_a_rename_together_with_an_explicit_provider(self, connected):
        started(connected, ap("one", "ep1"))
        connected.program(EXPLICIT + ap("renamed", "ep1", WITH_IT))
        result = connected.up()
        assert result.ok
        assert steps(result) == {"renamed": "create", "one": "delete"}
        assert connected.posts() == []
        accepted(connected, "ep1")
        settled(connected)

    def test_a_move_into_a_component_with_providers_of_its_own(self, connected):
        started(connected, ap("one", "ep1"))
        connected.program(
            EXPLICIT
            + 'team = pulumi.ComponentResource("acme:index:Team", "team", None, '
            + "pulumi.ResourceOptions(providers=[provider]))\n"
            + ap("one", "ep1", ", opts=pulumi.ResourceOptions(parent=team)")
        )
        assert connected.up().ok
        assert connected.posts() == []
        accepted(connected, "ep1")
        settled(connected)

    def test_a_dropped_provider_together_with_a_replacement(self, connected):
        started(connected, EXPLICIT + ap("one", "ep1", WITH_IT))
        connected.program(ap("one", "ep1"))
        result = connected.up(replace=[connected.urn("one")])
        assert result.ok
        assert steps(result) == {"one": "replace"}
        assert connected.posts() == []
        accepted(connected, "ep1")
        settled(connected)

    @cli_only("it exports no state")
    def test_a_state_that_was_imported_into_another_stack(self, connected):
        started(connected, THREE.format("a"))
        document = connected.engine.export_state()
        connected.engine = connected.another_engine("other")
        connected.engine.import_state(document)
        assert connected.up(refresh=True).ok
        assert connected.posts() == []
        accepted(connected, "ep1", "ep2", "ep3")
        settled(connected)


class TestState:
    """The commands that change nothing but the state."""

    def test_a_resource_that_was_renamed_in_the_state_is_the_same(self, connected):
        started(connected, ap("one", "ep1"))
        connected.engine.state_rename(connected.urn("one"), "renamed")
        connected.program(ap("renamed", "ep1"))
        settled(connected)

    def test_a_resource_that_was_forgotten_is_adopted(self, connected):
        started(connected, ap("one", "ep1"))
        connected.engine.state_delete(connected.urn("one"))
        result = connected.up()
        assert steps(result) == {"one": "create"}
        settled(connected)

    def test_a_tainted_resource_is_replaced_and_nothing_is_sent(self, connected):
        started(connected, ap("one", "ep1"))
        connected.engine.state_taint(connected.urn("one"))
        result = connected.up()
        assert steps(result) == {"one": "replace"}
        assert connected.posts() == []
        settled(connected)

    @cli_only("it refuses nothing in the CLI's words")
    def test_what_the_state_does_not_hold_is_refused(self, connected):
        started(connected, ap("one", "ep1"))
        with pytest.raises(EngineError, match=r"`pulumi state taint .*none --yes` failed"):
            connected.engine.state_taint(connected.urn("none"))


class TestDestroyWithTheProgram:
    def test_an_unchanged_program_keeps_nothing(self, connected):
        started(connected, THREE.format("a"))
        assert connected.destroy(run_program=True).ok
        assert connected.posts() == [("reject", "ep1"), ("reject", "ep2"), ("reject", "ep3")]

    def test_nor_does_one_with_other_flags(self, connected):
        started(connected, THREE.format("a"))
        assert connected.destroy(run_program=True, target=[connected.urn("a1")], continue_on_error=True).ok
        assert connected.posts() == [("reject", "ep1")]
        accepted(connected, "ep2", "ep3")

    def test_a_refresh_with_the_program_sends_nothing(self, connected):
        started(connected, THREE.format("a"))
        connected.simulator.reject("svc", "ep1")
        assert steps(connected.refresh(run_program=True)) == {"a1": "update"}
        assert connected.posts() == []
        assert steps(connected.up()) == {"a1": "update"}
        accepted(connected, "ep1")

    def test_a_renamed_program_is_refused_or_rejects(self, connected):
        """Nothing tells it from an `up` that leaves the new name out: it may fail with words, and never in silence."""
        started(connected, ap("one", "ep1"))
        connected.program(ap("renamed", "ep1"))
        result = connected.destroy(run_program=True)
        if result.ok:
            assert connected.posts() == [("reject", "ep1")]
        else:
            refused(connected, result, "ep1")
            assert connected.destroy().ok
            assert connected.posts() == [("reject", "ep1")]
