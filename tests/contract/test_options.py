"""Names, replacements and resource options: on both engines."""

from textwrap import dedent

import pytest

from tests.contract.conftest import ECHO, shown, steps

ONE = 'Approval("one", service_id="svc", endpoint_id="ep1"{})'


class TestNames:
    def test_a_rename_leaves_the_connection_accepted(self, connected):
        connected.program(ONE.format(""))
        connected.up()
        connected.program('Approval("renamed", service_id="svc", endpoint_id="ep1")')
        result = connected.up()
        assert result.ok
        assert steps(result) == {"renamed": "create", "one": "delete"}
        assert connected.posts() == []
        assert connected.simulator.status("svc", "ep1") == "accepted"
        (message,) = result.messages("info")
        assert message == "vpcep: connection ep1 of service svc is left as it is: the program declares it, as 'renamed'"
        assert steps(connected.up()) == {}

    def test_a_rename_with_an_alias_is_no_step_at_all(self, connected):
        connected.program(ONE.format(""))
        connected.up()
        connected.program(
            """
            Approval("renamed", service_id="svc", endpoint_id="ep1",
                     opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")]))
            """
        )
        assert steps(connected.up()) == {}
        connected.program('Approval("renamed", service_id="svc", endpoint_id="ep1")')
        assert steps(connected.up()) == {}

    def test_moving_into_a_component(self, connected):
        connected.program(ONE.format(""))
        connected.up()
        connected.program(
            """
            class Team(pulumi.ComponentResource):
                def __init__(self, name):
                    super().__init__("acme:index:Team", name)
                    Approval("one", service_id="svc", endpoint_id="ep1",
                             opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(parent=None)]))
                    self.register_outputs({"size": 1})
            Team("billing")
            """
        )
        assert steps(connected.up()) == {"billing": "create"}
        assert connected.posts() == []

    def test_children_inherit_the_aliases_of_their_parents(self, connected):
        program = """
            class Team(pulumi.ComponentResource):
                def __init__(self, name, opts=None):
                    super().__init__("acme:index:Team", name, {{}}, opts)
                    below = pulumi.ResourceOptions(parent=self)
                    Approval(f"{{name}}-one", service_id="svc", endpoint_id="ep1", opts=below)
                    self.register_outputs({{}})
            Team("{}"{})
            """
        connected.program(program.format("old", ""))
        assert steps(connected.up()) == {"old": "create", "old-one": "create"}
        connected.program(program.format("new", ', pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])'))
        assert steps(connected.up()) == {}
        assert connected.posts() == []
        assert connected.simulator.status("svc", "ep1") == "accepted"

    def test_two_resources_of_one_name_are_an_error(self, connected):
        connected.program(f"{ONE.format('')}\nApproval('one', service_id='svc', endpoint_id='ep2')")
        result = connected.preview()
        assert not result.ok
        assert any("Duplicate resource URN" in each for each in result.messages("error"))

    @pytest.mark.parametrize("first", ["alias", "name"])
    def test_an_alias_that_is_declared_as_well_is_an_error(self, connected, first):
        connected.program(ECHO + "Echo('one', value='x')")
        connected.up()
        options = {"alias": "aliases=[pulumi.Alias(name='one')]", "name": "protect=False"}
        names = {"alias": "new", "name": "one"}
        second = "name" if first == "alias" else "alias"
        connected.program(
            ECHO
            + f"first = Echo('{names[first]}', value='x', opts=pulumi.ResourceOptions({options[first]}))\n"
            + f"Echo('{names[second]}', value='x', opts=pulumi.ResourceOptions({options[second]}, depends_on=[first]))"
        )
        result = connected.preview()
        assert not result.ok
        (error,) = [each for each in result.messages("error") if "Duplicate resource" in each]
        new, one = (connected.urn(name, "pulumi-python:dynamic:Resource") for name in ("new", "one"))
        if first == "alias":
            assert error.endswith(f"Duplicate resource URN '{one}' conflicting with alias on resource with URN '{new}'")
        else:
            assert error.endswith(
                f"Duplicate resource alias '{one}' applied to resource with URN '{new}' "
                f"conflicting with resource with URN '{new}'"
            )

    @pytest.mark.parametrize(
        "second", ['"ep1"', "one.endpoint_id", 'pulumi.Output.from_input("ep1")'], ids=["plain", "output", "wrapped"]
    )
    def test_two_approvals_of_one_connection_are_an_error_that_names_both(self, connected, second):
        connected.program(
            f"""
            one = {ONE.format("")}
            Approval("two", service_id="svc", endpoint_id={second})
            """
        )
        result = connected.preview()
        assert not result.ok
        expected = "connection ep1 of service svc is declared twice, by 'one' and by 'two': remove one of them"
        assert expected in result.messages("error")


class TestReplacements:
    def test_a_targeted_replacement_never_rejects(self, connected):
        connected.program(ONE.format(""))
        connected.up()
        result = connected.up(replace=[connected.urn("one")])
        assert steps(result) == {"one": "replace"}
        assert connected.posts() == []
        assert connected.simulator.status("svc", "ep1") == "accepted"
        assert steps(connected.up()) == {}

    @pytest.mark.parametrize("first", [None, False, True])
    def test_another_endpoint_is_a_replacement_in_either_order(self, connected, first):
        options = f", opts=pulumi.ResourceOptions(delete_before_replace={first})"
        connected.program(ONE.format(options))
        connected.up()
        connected.program(f'Approval("one", service_id="svc", endpoint_id="ep2"{options})')
        preview = connected.preview()
        assert steps(preview) == {"one": "replace"}
        assert 'endpoint_id: "ep1" => "ep2"' in shown(preview)
        assert connected.up().ok
        actions = [call["body"]["action"] for call in connected.simulator.calls("POST")]
        assert actions == (["reject", "receive"] if first else ["receive", "reject"])
        assert (connected.simulator.status("svc", "ep1"), connected.simulator.status("svc", "ep2")) == (
            "rejected",
            "accepted",
        )
        assert steps(connected.up()) == {}

    def test_deleting_first_does_not_reject_what_stays_declared(self, connected):
        options = ", opts=pulumi.ResourceOptions(delete_before_replace=True)"
        connected.program(ONE.format(options))
        connected.up()
        assert steps(connected.up(replace=[connected.urn("one")])) == {"one": "replace"}
        assert connected.posts() == []

    def test_an_approval_that_depends_on_what_is_deleted_first_is_not_deleted_with_it(self, connected):
        """Its service may turn out to be another one; until that is known, it is not replaced."""
        program = """
            {}
            source = Echo("source", value="svc", replaced="{}", opts=pulumi.ResourceOptions(delete_before_replace=True))
            Approval("one", service_id=source.value, endpoint_id="ep1")
            Echo("bystander", value="x", opts=pulumi.ResourceOptions(depends_on=[source]))
            """
        connected.program(ECHO + dedent(program.format("", 1)))
        connected.up()
        connected.program(ECHO + dedent(program.format("", 2)))
        preview = connected.preview()
        assert steps(preview) == {"source": "replace"}
        result = connected.up()
        assert result.ok
        assert steps(result) == {"source": "replace"}
        assert connected.posts() == []
        assert steps(connected.up()) == {}


class TestOptions:
    def test_removing_an_approval_rejects(self, connected):
        connected.program(f"{ONE.format('')}\nApproval('two', service_id='svc', endpoint_id='ep2')")
        connected.up()
        connected.program(ONE.format(""))
        assert steps(connected.preview()) == {"two": "delete"}
        assert steps(connected.up()) == {"two": "delete"}
        assert connected.posts() == [("reject", "ep2")]

    def test_retain_on_delete_leaves_the_connection(self, connected):
        connected.program(ONE.format(", opts=pulumi.ResourceOptions(retain_on_delete=True)"))
        connected.up()
        connected.program("")
        assert steps(connected.up()) == {"one": "delete"}
        assert connected.posts() == []
        assert connected.simulator.status("svc", "ep1") == "accepted"

    def test_retain_on_delete_counts_from_the_last_update(self, connected):
        connected.program(ONE.format(""))
        connected.up()
        connected.program(ONE.format(", opts=pulumi.ResourceOptions(retain_on_delete=True)"))
        assert steps(connected.up()) == {}
        assert connected.destroy().ok
        assert connected.posts() == []

    def test_protect_refuses_to_delete(self, connected):
        connected.program(ONE.format(", opts=pulumi.ResourceOptions(protect=True)"))
        connected.up()
        connected.program("")
        for result in (connected.preview(), connected.up(), connected.destroy()):
            assert not result.ok
            assert any("because it is protected" in each for each in result.messages("error"))
            assert connected.posts() == []
        connected.program(ONE.format(""))
        assert steps(connected.up()) == {}
        assert connected.destroy().ok
        assert connected.posts() == [("reject", "ep1")]

    def test_protect_refuses_to_replace(self, connected):
        options = ", opts=pulumi.ResourceOptions(protect=True)"
        connected.program(ONE.format(options))
        connected.up()
        connected.program(f'Approval("one", service_id="svc", endpoint_id="ep2"{options})')
        result = connected.up()
        assert not result.ok
        assert any("marked for protection" in each for each in result.messages("error"))
        assert connected.posts() == []

    def test_ignored_changes_are_ignored(self, connected):
        connected.program(ONE.format(', description="note"'))
        connected.up()
        connected.program(
            ONE.format(
                ', description="other", status="rejected",'
                ' opts=pulumi.ResourceOptions(ignore_changes=["status", "description"])'
            )
        )
        assert steps(connected.up()) == {}
        connected.simulator.reject("svc", "ep1")
        assert steps(connected.up()) == {"one": "update"}
        assert connected.simulator.status("svc", "ep1") == "accepted"

    def test_what_is_deleted_with_another_is_not_asked_for(self, connected):
        connected.program(
            ECHO
            + dedent(
                """
                keeper = Echo("keeper", value="x")
                Approval("one", service_id="svc", endpoint_id="ep1", opts=pulumi.ResourceOptions(deleted_with=keeper))
                """
            )
        )
        connected.up()
        assert connected.destroy().ok
        assert connected.posts() == []

    def test_an_order_can_be_asked_for(self, connected):
        connected.program(
            """
            before = Approval("one", service_id="svc", endpoint_id="ep1")
            Approval("two", service_id="svc", endpoint_id="ep2", opts=pulumi.ResourceOptions(depends_on=[before]))
            """
        )
        connected.up()
        assert [call["body"]["endpoints"] for call in connected.simulator.calls("POST")] == [["ep1"], ["ep2"]]
        connected.destroy()
        assert [call["body"]["endpoints"] for call in connected.simulator.calls("POST")] == [["ep2"], ["ep1"]]

    def test_custom_timeouts_are_taken_and_change_nothing(self, connected):
        """A dynamic provider never sees them."""
        options = ", opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='{}m'))"
        connected.program(ONE.format(options.format(1)))
        assert connected.up().ok
        connected.program(ONE.format(options.format(2)))
        assert steps(connected.up()) == {}

    def test_replace_on_changes_is_not_asked_for_where_the_provider_decides(self, connected):
        options = ", opts=pulumi.ResourceOptions(replace_on_changes=['status'])"
        connected.program(ONE.format(options))
        connected.up()
        connected.program(ONE.format(f", status='rejected'{options}"))
        assert steps(connected.up()) == {"one": "update"}


class TestReading:
    def test_a_connection_that_is_decided_elsewhere(self, connected):
        connected.program(
            """
            found = Approval.get("elsewhere", "svc/ep1")
            pulumi.export("status", found.status)
            pulumi.export("domain_id", found.domain_id)
            """
        )
        result = connected.up()
        assert result.ok
        assert result.outputs == {"status": "pendingAcceptance", "domain_id": "d1"}
        connected.simulator.accept("svc", "ep1")
        assert connected.up().outputs["status"] == "accepted"
        assert connected.destroy().ok
        assert connected.posts() == []

    def test_one_that_is_not_there_is_an_error(self, connected):
        connected.program('Approval.get("elsewhere", "svc/none")')
        result = connected.preview()
        assert not result.ok
        assert any("there is no connection none of service svc" in each for each in result.messages("error"))


class TestUnknowns:
    def test_an_endpoint_that_is_made_in_the_same_update(self, connected):
        connected.program(
            ECHO
            + dedent(
                """
                endpoint = Echo("endpoint", value="ep1")
                one = Approval("one", service_id="svc", endpoint_id=endpoint.id.apply(lambda _: "ep1"))
                pulumi.export("status", one.status)
                """
            )
        )
        preview = connected.preview()
        assert preview.ok
        assert steps(preview) == {"endpoint": "create", "one": "create"}
        assert "plan: [unknown]" in shown(preview)
        assert connected.reads() == 0
        assert connected.up().outputs["status"] == "accepted"
        assert steps(connected.up()) == {}


class TestComponents:
    def test_changed_inputs_of_a_component_are_an_update(self, connected):
        program = """
            class Team(pulumi.ComponentResource):
                def __init__(self, name, size):
                    super().__init__("acme:index:Team", name, {{"size": size}})
                    self.register_outputs({{"size": size}})
            Team("billing", {})
            """
        connected.program(program.format(1))
        assert steps(connected.up()) == {"billing": "create"}
        connected.program(program.format(2))
        result = connected.up()
        assert result.ok
        assert steps(result) in ({"billing": "update"}, {})
        assert steps(connected.up()) == {}
