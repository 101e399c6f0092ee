"""Bad input, failing programs and half-done updates: on both engines."""

import os
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import pytest

from tests.contract.conftest import ECHO, steps
from vpcep_pulumi.testing.engine import EngineError

GOOD = 'Approval("good", service_id="svc", endpoint_id="ep1")'


TRACES = ("Traceback", "KeyboardInterrupt", 'File "')


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        (
            'service_id="svc", endpoint_id="a b"',
            "bad: endpoint_id must be an id of 1 to 64 letters, digits, '-' or '_', not 'a b'",
        ),
        ('service_id="svc", endpoint_id=None', "bad: endpoint_id is required"),
        (
            'service_id="svc", endpoint_id="ep1", description="<b>", status="Accepted"',
            "bad: status must be \"accepted\" or \"rejected\", not 'Accepted'; description must not contain '<' or '>'",
        ),
        (
            'service_id="svc", endpoint_id="ep1", status=pulumi.Output.from_input("Accepted")',
            'bad: status must be "accepted" or "rejected", not \'Accepted\'',
        ),
        (
            'service_id="svc", endpoint_id="ep1", opts=pulumi.ResourceOptions(import_="svc/ep1")',
            "bad: Pulumi cannot import what a dynamic provider manages (pulumi/pulumi#16175). Leave import_ out: "
            "a connection that is as declared already is adopted, and nothing is sent",
        ),
        (
            'service_id="svc", endpoint_id="ep1", settle_timeout="1.5"',
            "bad: settle_timeout must be a number of seconds, not '1.5'",
        ),
    ],
    ids=["malformed id", "nothing", "two", "a status that comes later", "an import", "a timeout"],
)
def test_a_bad_argument_is_refused_where_the_program_gives_it(connected, declared, problem):
    connected.program(f'Approval("bad", {declared})')
    for result in (connected.preview(), connected.up()):
        assert not result.ok
        assert problem in result.messages("error")
        assert not [each for each in TRACES if each in result.diff], result.diff
        assert connected.posts() == []


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        (
            'service_id="svc", endpoint_id="ep1", expected_domain_id="d2"',
            "endpoint_id{}: connection ep1 of service svc belongs to account d1, not to the expected d2: "
            "nothing is sent",
        ),
        (
            'service_id="svc", endpoint_id=pulumi.Output.from_input("a b")',
            "endpoint_id{}: must be an id of 1 to 64 letters, digits, '-' or '_'",
        ),
        ('service_id="none", endpoint_id="ep1"', "there is no service none in region cn-north-4, project "),
    ],
    ids=["another owner", "an id that comes later", "no service"],
)
def test_what_the_provider_refuses_is_a_clean_failure_before_anything_is_sent(connected, declared, problem):
    """A preview fails without a traceback; an update without a preview says the same, and sends nothing."""
    connected.program(f'Approval("bad", {declared})\n{GOOD.replace("ep1", "ep2")}')
    result = connected.preview()
    assert not result.ok
    (error,) = [each for each in result.messages("error") if each.startswith("bad: ")]
    assert error.startswith(f"bad: {problem.format('')}")
    assert not [each for each in TRACES if each in result.diff], result.diff
    assert steps(result)["good"] == "create", "the rest of the preview is still there"
    assert connected.posts() == []
    connected.program(f'Approval("bad", {declared})')
    result = connected.up()
    assert not result.ok
    (error,) = [each for each in result.messages("error") if "has a problem" in each]
    assert problem.partition(": ")[2] in error
    assert not [each for each in TRACES if each in result.diff], result.diff
    assert connected.posts() == []


def test_a_preview_names_everything_that_it_refuses(connected):
    """One refusal ends the program, and does not take the others' words with it."""
    declared = 'Approval("a{0}", service_id="svc", endpoint_id="ep{0}", expected_domain_id="{1}")'
    connected.program("\n".join(declared.format(number, owner) for number, owner in ((1, "d2"), (2, "d1"), (3, "d2"))))
    result = connected.preview()
    assert not result.ok
    refused = {each.urn.rpartition("::")[2] for each in result.errors() if "belongs to account d1" in each.message}
    assert refused == {"a1", "a3"}
    assert "the preview refuses what is declared; nothing is sent" in result.messages("error")


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        (["HW_REGION_NAME"], "no region; looked in the resource's arguments (region)"),
        (["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"], "no credentials; looked in"),
        (["HUAWEICLOUD_SDK_SK"], "half a credential: the environment as the SDKs spell it has"),
    ],
    ids=["no region", "no credentials", "half a credential"],
)
def test_missing_settings_are_a_clean_failure(connected, without, problem):
    connected.program(GOOD)
    for name in without:
        del connected.environ[name]
    result = connected.preview()
    assert not result.ok
    assert any(each.startswith(f"good: {problem}") for each in result.messages("error"))
    assert not [each for each in TRACES if each in result.diff], result.diff
    assert connected.simulator.calls() == []


def test_what_fails_while_it_is_carried_out_is_one_line(connected):
    """No frames of the process that the provider runs in."""
    connected.program(GOOD)
    connected.simulator.fault("forbidden", method="POST")
    result = connected.up()
    assert not result.ok
    (error,) = [each for each in result.messages("error") if "EndPoint.0004" in each]
    assert error.startswith("vpcep: receive connection ep1 of service svc: ")
    assert not [each for each in TRACES if each in result.diff], result.diff
    connected.simulator.clear_faults()
    assert connected.up().ok
    connected.simulator.fault("forbidden", method="POST")
    result = connected.destroy()
    assert not result.ok
    assert not [each for each in TRACES if each in result.diff], result.diff
    assert any("vpcep: reject connection ep1 of service svc: " in each for each in result.messages("error"))


def test_what_is_read_and_is_not_there_is_one_line(connected):
    connected.program('Approval.get("other", "svc/none")')
    result = connected.up()
    assert not result.ok
    assert any("vpcep: there is no connection none of service svc" in each for each in result.messages("error"))
    assert not [each for each in TRACES if each in result.diff], result.diff


def test_a_refused_credential_is_tried_once(connected):
    connected.simulator.world.settings.access_keys = {"another": "key"}
    connected.program(
        """
        for number in (1, 2, 3):
            Approval(f"a{number}", service_id=f"svc{number}", endpoint_id="ep1", project_id="p")
        """
    )
    result = connected.preview()
    assert not result.ok
    assert any("APIGW.0301, HTTP 401, request id" in each for each in result.messages("error"))
    assert [call["status"] for call in connected.simulator.calls()] == [401]


def test_a_clock_that_is_off_is_said(connected):
    connected.simulator.fault("skewed")
    connected.program(GOOD)
    (error,) = [each for each in connected.preview().messages("error") if each.startswith("good: ")]
    assert "request expired (APIGW.0301, HTTP 401, request id " in error
    assert error.strip().endswith("); check the clock of this machine")


def test_a_program_that_fails_deletes_nothing(connected):
    connected.program(f"{GOOD}\nApproval('other', service_id='svc', endpoint_id='ep2')")
    connected.up()
    connected.program(f"{GOOD}\nraise ValueError('the program is broken')")
    result = connected.up()
    assert not result.ok
    (error,) = [each for each in result.messages("error") if "the program is broken" in each]
    assert error.startswith("Program failed with an unhandled exception:")
    assert "__main__.py" in error
    assert connected.posts() == []
    assert connected.simulator.status("svc", "ep2") == "accepted"


def test_a_failure_in_the_middle_keeps_what_was_done(connected):
    broken = """
        one = Approval("one", service_id="svc", endpoint_id="ep1")
        broken = Echo("broken", value="x", fails={}, opts=pulumi.ResourceOptions(depends_on=[one]))
        Approval("two", service_id="svc", endpoint_id="ep2", opts=pulumi.ResourceOptions(depends_on=[broken]))
        """
    connected.program(ECHO + dedent(broken.format("True")))
    result = connected.up()
    assert not result.ok
    assert any("echo fails" in each for each in result.messages("error"))
    assert connected.posts() == [("receive", "ep1")]
    connected.program(ECHO + dedent(broken.format("None")))
    assert steps(connected.preview()) == {"broken": "create", "two": "create"}
    assert connected.up().ok
    assert connected.posts() == [("receive", "ep2")]
    assert steps(connected.up()) == {}


def test_a_destroy_that_fails_can_be_run_again(connected):
    connected.program(GOOD)
    connected.up()
    connected.simulator.world.put("svc", "ep1", "frozen")
    result = connected.destroy()
    assert not result.ok
    assert any(
        "the connection, owned by d1, is 'frozen' and cannot be rejected" in each for each in result.messages("error")
    )
    connected.simulator.accept("svc", "ep1")
    assert connected.destroy().ok
    assert connected.simulator.status("svc", "ep1") == "rejected"


def test_a_connection_that_failed_is_an_error_that_names_why(connected):
    fault = [{"error_code": "EndPoint.2016", "error_message": "The endpoint pool IP address does not exist."}]
    connected.simulator.world.put("svc", "ep1", "failed", fault)
    connected.program(GOOD)
    result = connected.preview()
    assert not result.ok
    assert any(
        "('EndPoint.2016: The endpoint pool IP address does not exist.')" in each for each in result.messages("error")
    )


def test_several_that_do_not_settle_are_all_named(connected):
    connected.simulator.world.settings.creating_s = 3600
    connected.program(
        """
        for number in (1, 2, 3):
            Approval(f"a{number}", service_id="svc", endpoint_id=f"ep{number}", settle_timeout=0.1)
        """
    )
    result = connected.up()
    assert not result.ok
    warnings = result.messages("warning")
    for number in (1, 2, 3):
        assert any(each.startswith(f"vpcep: not reached, but recorded: connection ep{number} ") for each in warnings)


def test_a_second_engine_on_one_state_is_told_so(connected):
    held = connected.simulator.fault("late", "POST", seconds=3600)
    connected.program(GOOD)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(connected.up)
        while not held.applied:
            os.sched_yield()
        second = connected.another_engine()
        with pytest.raises(EngineError, match="another engine is at work on"):
            second.up()
        connected.simulator.clear_faults()
        assert first.result().ok
    assert second.up().ok


def test_what_an_update_with_a_refresh_no_longer_declares_is_deleted(connected):
    connected.program(ECHO + GOOD + "\nEcho('echo', value='x')")
    connected.up()
    connected.program(GOOD)
    assert steps(connected.up(refresh=True)) == {"echo": "delete"}
    connected.program("")
    assert steps(connected.up(refresh=True)) == {"good": "delete"}
    assert connected.posts() == [("reject", "ep1")]


def test_a_step_that_fails_is_counted_as_that(connected):
    connected.program(
        ECHO
        + dedent("""
            good = Echo("good", value="x")
            Echo("broken", value="x", fails=True, opts=pulumi.ResourceOptions(depends_on=[good]))
        """)
    )
    result = connected.up()
    assert not result.ok
    assert "1 errored" in result.diff
    assert "+ 2 created" in result.diff, "the stack, and the one that did not fail"
