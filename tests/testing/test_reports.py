"""What a failing test shows: enough, and no secret, whatever pytest is told to show."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.reports import masking

PHRASE, VARIABLE, STORED, GIVEN, KEY, INSIDE = (
    f"CANARY-{name}" for name in ("phrase", "variable", "stored", "given", "key", "inside")
)
CANARIES = (PHRASE, VARIABLE, STORED, GIVEN, KEY, INSIDE)
OPTIONS = {
    "-l": ["-l"],
    "native": ["-l", "--tb=native"],
    "everything": ["-l", "-vv", "--full-trace", "--tb=long", "-rA"],
}
PROGRAM = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval as Approval
config = pulumi.Config()
assert config.get_object("nested") in (None, {"key": "CANARY-inside", "list": [1, 2]})
Approval("billing", service_id="svc", endpoint_id="ep", description=config.require_secret("stored"))
if endpoint := config.get_secret("given"):
    Approval("other", service_id="svc", endpoint_id=endpoint, status="rejected")
pulumi.export("secret", config.require_secret("stored"))
"""
SETUP = """
import os
import unittest
import pytest
from vpcep_pulumi import EndpointConnectionApproval as Approval

@pytest.fixture
def run(vpcep, stack):
    connection = vpcep.connect(service="svc", endpoint="ep", domain="d1")
    stack.config["nested"] = {"key": stack.secret("CANARY-inside"), "list": [1, 2]}
    return lambda: stack.up("infra/")

def test_assertion(vpcep, stack, run):
    result = run()
    calls, truth, settings = vpcep.calls(), vpcep.world.connections("svc"), vpcep.world.settings
    assert vpcep.calls("PUT")[0]["body"]["connections"][0]["description"] == "CANARY-" + "stored"
    assert result.steps == {"audit": "create"}

def test_assertion_about_calls(vpcep, stack, run):
    run()
    assert vpcep.calls("PUT") == []

def test_secret_id(vpcep, stack, run):
    vpcep.connect(service="svc", endpoint="CANARY-given")
    stack.config["given"] = stack.secret("CANARY-given")
    run()
    assert vpcep.status("svc", "ep") == "rejected"

def test_operation_failed(vpcep, stack, run):
    vpcep.fault("forbidden", method="PUT")
    run()

def test_program_failed(vpcep, stack, run):
    stack.up(lambda: 1 / 0)

def test_engine_error(vpcep, stack, run):
    stack.up("nowhere/")

def test_wrong_passphrase(vpcep, stack, run, monkeypatch):
    run()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    stack.preview()

def test_bad_configuration(stack):
    stack.config["given"] = [stack.secret("CANARY-given"), {1, 2}]
    stack.up("infra/")

def test_path_that_is_none(stack):
    stack.config["given"] = stack.secret("CANARY-given")
    stack.up("nameless/")

def test_folder_that_is_not_there(stack):
    stack.up("homeless/")

def test_not_connected(vpcep, stack, run):
    vpcep.accept("svc", "nobody")

def test_connected_twice(vpcep, stack, run):
    vpcep.connect("svc", "ep")

@pytest.fixture
def broken(run, stack):
    stack.up("nowhere/")

def test_fixture(broken):
    pass

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def fixtures(self, vpcep, stack, run):
        self.vpcep, self.stack, self.run_it = vpcep, stack, run

    def test_equal(self):
        result = self.run_it()
        self.assertEqual(result.steps, {"…::audit": "create"})

    def test_engine_error_of_unittest(self):
        self.stack.up("nowhere/")
"""
COUNT = 15


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch):
    crypter = Passphrase(PHRASE)
    for name in ("infra", "nameless", "homeless"):
        folder = pytester.mkdir(name)
        (folder / "Pulumi.test.yaml").write_text(
            f"encryptionsalt: {crypter.salt}\nconfig:\n  infra:stored:\n    secure: {crypter.encrypt(STORED)}\n"
        )
        (folder / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
    # An error that nobody has foreseen.
    (pytester.path / "nameless/Pulumi.yaml").write_text('name: infra\nruntime: python\nmain: "\\0"\n')
    with (pytester.path / "homeless/Pulumi.yaml").open("a") as project:
        project.write("main: not/there\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PHRASE)
    monkeypatch.setenv("SOMETHING_OF_THEIRS", VARIABLE)
    monkeypatch.setenv("HW_ACCESS_KEY", "AK")
    monkeypatch.setenv("HW_SECRET_KEY", KEY)

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_infra=tests)
        return pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis", *arguments)

    return run


@pytest.mark.parametrize("options", OPTIONS)
def test_no_canary_is_shown_however_a_test_fails(run, options):
    # What stands in the test's own source is shown as that: pytest prints it.
    tests = SETUP.replace("CANARY-", '" "CANARY"  "-')
    result = run(tests, *OPTIONS[options])
    result.assert_outcomes(failed=COUNT - 1, errors=1)
    text = result.stdout.str() + result.stderr.str()
    assert "API calls" in text
    assert [line for line in text.splitlines() if any(canary in line for canary in CANARIES)] == []
    assert "<description of 13 characters>" in text
    assert "[secret]" in text
    if options == "everything":
        no_frame_of_this_package(text)


def no_frame_of_this_package(text: str) -> None:
    """Neither its own, nor the standard library's below; unforeseen errors name theirs without any locals."""
    lines = text.splitlines()
    frames = [line for line in lines if re.match(r"\S+\.py:\d+: ", line)]
    assert not [line for line in frames if "vpcep_pulumi/" in line or "subprocess.py" in line]
    assert [line for line in frames if line.startswith("test_infra.py:")]
    for line in (
        "*EngineError: there is nothing at *nowhere*",
        "*Below, in vpcep_pulumi*",
        '  File "*vpcep_pulumi/testing/engine/project.py", line *',
        "*EngineError: *homeless/Pulumi.yaml: there is nothing at main: not/there*",
        "*ValueError: *null *",
    ):
        pytest.LineMatcher(lines).fnmatch_lines([line])


def test_unittest_says_what_differs_as_a_bare_assert_does(run):
    result = run(
        """
import unittest
import pytest
from vpcep_pulumi.testing import Steps

@pytest.mark.usefixtures("vpcep")
class TestOfUnittest(unittest.TestCase):
    steps = Steps({"urn:pulumi:test::infra::t::billing": "create"})

    def test_equal(self):
        self.assertEqual(self.steps, {"audit": "create"})

    def test_the_other_way_round(self):
        self.assertEqual({"billing": "update"}, self.steps)

    def test_others(self):
        self.assertEqual([1], [2])
"""
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "*test_equal*",
            "*The steps are not those expected*",
            "audit: create was expected, and nothing was done",
            "urn:pulumi:test::infra::t::billing: create was not expected",
            "*test_the_other_way_round*",
            "*The steps are not those expected*",
            "urn:pulumi:test::infra::t::billing: update was expected, it was create",
        ]
    )
    assert result.stdout.str().count("The steps are not those expected") == 2


class TestMasking:
    @given(st.lists(st.text(min_size=1).filter(str.strip)), st.text(), st.text())
    def test_no_secret_is_left(self, secrets, before, after):
        for secret in secrets:
            found = masking(secrets)(f"{before} {secret} {after}".replace("[secret]", ""))
            if len(secret) >= 6:
                assert secret not in found.replace("[secret]", "\0")

    def test_a_short_one_is_hidden_where_it_stands_alone(self):
        assert masking(["d1"])("owned by d1, not d12") == "owned by [secret], not d12"

    def test_the_parts_of_an_object_are_hidden(self):
        mask = masking(['{"a": ["part-one", {"b": 123456}]}', {"c": "part-two"}, True, None])
        assert mask("part-one part-two 123456 True None") == "[secret] [secret] [secret] True None"

    def test_as_json_writes_it(self):
        assert masking(['say "cheese"'])(r'{"x": "say \"cheese\""}') == '{"x": "[secret]"}'

    def test_without_secrets_nothing_changes(self):
        assert masking([])("anything") == "anything"
