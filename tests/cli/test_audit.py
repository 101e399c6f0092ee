"""`vpcep-pulumi audit`: against the simulator, with the exports of stacks that programs made."""

from __future__ import annotations

import builtins
import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from tests.audit.worlds import Json, approval, policy, resource, sealed, text
from vpcep_pulumi.cli.commands import app
from vpcep_pulumi.lifecycle.schema import APPROVAL_TYPE
from vpcep_pulumi.testing.engine import LocalEngine

HEADER = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval as Approval, EndpointConnectionPolicy as Policy, accept, leave
"""
PLACE = {"region": "cn-north-4", "project_id": "8042d6d5665853fdae7509099078647e"}
PROGRAM = """
Approval("billing", service_id="one", endpoint_id="ep1", expected_domain_id="d1", description="ticket 1234")
Approval("barred", service_id="one", endpoint_id="ep2", status="rejected")
Approval.get("seen", "one/ep9")
Policy("partners", service_id="two", rules=[accept(domain_ids=["d1"])], max_interruptions=9)
"""


@pytest.fixture
def services(simulator):
    """Two of them, with two connections each that programs decide on, and one that nobody decides on."""
    simulator.connect("one", "ep9", domain="d3")
    for service, endpoint, domain in [
        ("one", "ep1", "d1"),
        ("one", "ep2", "d2"),
        ("two", "ep3", "d1"),
        ("two", "ep4", "d1"),
    ]:
        simulator.connect(service, endpoint, domain=domain)
    return simulator


@pytest.fixture
def stack(services, tmp_path):
    """Runs programs, and gives the stack's export."""

    def up(program: str, name: str = "demo") -> str:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (folder / "__main__.py").write_text(HEADER + program)
        state = tmp_path / f"{name}.json"
        environ = {**os.environ, **services.environment, "PULUMI_CONFIG_PASSPHRASE": "p"}
        result = LocalEngine(folder, state, stack="prod", environ=environ).up()
        assert result.ok, result.messages("error")
        return str(state)

    return up


def run(simulator, *arguments: str, stdin: str | None = None):
    return CliRunner().invoke(app, ["audit", *arguments], env=simulator.environment, input=stdin)


def found(result) -> list[tuple[str, str | None]]:
    return [(each["rule"], each["endpoint_id"]) for each in json.loads(result.stdout)["findings"]]


def here(*resources: Json) -> str:
    """An export of resources that are where the simulator is."""
    return text(*({**each, "inputs": each["inputs"] | PLACE} for each in resources))


def written(tmp_path: Path, content: str, name: str = "hand.json") -> str:
    (tmp_path / name).write_text(content)
    return str(tmp_path / name)


class TestTheMainJob:
    def test_what_up_has_made_is_clean(self, services, stack):
        export = stack(PROGRAM)
        result = run(services, "--stack-export", export)
        assert result.exit_code == 0, result.output
        assert result.stdout == "5 connections of 2 services, 3 declarations: nothing found\n"

    def test_what_others_have_done_is_found_and_healed(self, services, stack):
        export = stack(PROGRAM)
        services.reject("one", "ep1")
        services.accept("one", "ep2")
        services.reject("two", "ep3")
        services.leave("two", "ep4")
        services.connect("one", "ep5", domain="d1", status="accepted")
        result = run(services, "--stack-export", export, "--json")
        assert result.exit_code == 2
        assert found(result) == [("undeclared", "ep5"), ("drift", "ep1"), ("drift", "ep2"), ("drift", "ep3")]
        healed = run(services, "--stack-export", stack(PROGRAM), "--json")
        assert found(healed) == [("undeclared", "ep5")]

    def test_for_people(self, services, stack):
        export = stack(PROGRAM)
        services.reject("one", "ep1")
        result = run(services, "--stack-export", export)
        assert result.exit_code == 2
        assert result.stdout.splitlines() == [
            "error: Declared, and not so (1)",
            "  one/ep1",
            f'    the connection, owned by d1, is rejected, and approval "billing" of demo/prod ({export}) declares it '
            "accepted: `pulumi up` would accept it",
            "    to do: run `pulumi up`, or change the declaration",
            "",
            "5 connections of 2 services, 3 declarations: 1 error, 0 warnings",
        ]

    def test_it_only_reads(self, services, stack, tmp_path):
        export = stack(PROGRAM)
        services.reject("one", "ep1")
        services.clear_calls()
        run(services, "--stack-export", export, "--html", str(tmp_path / "page.html"))
        assert {each["method"] for each in services.calls()} == {"GET"}


class TestScope:
    def test_of_one_service(self, services, stack):
        export = stack(PROGRAM)
        services.reject("one", "ep1")
        services.reject("two", "ep3")
        assert found(run(services, "--stack-export", export, "--service", "one", "--json")) == [("drift", "ep1")]

    def test_a_service_that_nobody_declares_is_read_too(self, services, stack):
        export = stack('Approval("a", service_id="one", endpoint_id="ep1")')
        services.accept("two", "ep3")
        assert ("undeclared", "ep3") in found(run(services, "--stack-export", export, "--json"))

    def test_several_stacks(self, services, stack):
        one = stack('Approval("a", service_id="one", endpoint_id="ep1")', "first")
        two = stack('Approval("b", service_id="one", endpoint_id="ep1")', "second")
        result = run(services, "--stack-export", one, "--stack-export", two, "--json")
        assert found(result) == [("declared-twice", "ep1")]
        urns = [each["urn"] for each in json.loads(result.stdout)["findings"][0]["declared_by"]]
        assert [each.split("::")[1] for each in urns] == ["first", "second"]

    def test_a_declared_service_that_is_gone(self, services, tmp_path):
        gone = resource(
            APPROVAL_TYPE, "g", "gone/ep", {"service_id": "gone", "endpoint_id": "ep", "status": "accepted"}
        )
        export = written(tmp_path, here(gone))
        result = run(services, "--stack-export", export, "--service", "gone", "--json")
        assert (result.exit_code, found(result)) == (2, [("absent", "ep")])

    def test_standard_input(self, services):
        result = run(services, "--stack-export", "-", "--json", stdin=here())
        assert (result.exit_code, found(result)) == (0, [])


class TestCouldNotTell:
    def test_another_region(self, services, tmp_path):
        export = written(tmp_path, text(approval(), policy()))
        result = run(services, "--stack-export", export, "--json")
        assert result.exit_code == 1
        assert result.stderr.count("could not be judged: ") == 2
        assert "audit that one as well, with --region and --project-id" in result.stderr
        assert len(json.loads(result.stdout)["could_not_tell"]) == 2

    def test_secrets_as_a_program_makes_them(self, services, stack):
        program = (
            'rules = [accept(domain_ids=[pulumi.Output.secret("d1")])]\nPolicy("p", service_id="two", rules=rules)\n'
        )
        export = stack(
            program
            + 'Approval("a", service_id="one", endpoint_id="ep1", expected_domain_id=pulumi.Output.secret("d1"))'
        )
        result = run(services, "--stack-export", export)
        assert result.exit_code == 1
        assert result.stdout == "5 connections of 2 services, 2 declarations: nothing found, 2 could not be judged\n"
        assert result.stderr.count("pulumi stack export --show-secrets") == 2

    def test_findings_are_told_all_the_same(self, services, tmp_path):
        services.accept("one", "ep2")
        export = written(tmp_path, here(approval("ep1", service_id="one", expected_domain_id=sealed())))
        result = run(services, "--stack-export", export, "--service", "one", "--json")
        assert result.exit_code == 1
        assert ("undeclared", "ep2") in found(result)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("{", "it is not JSON"),
            ("{}", "it has no `deployment`"),
            (b"\xff", "it is not UTF-8"),
            (None, "cannot be read"),
        ],
    )
    def test_what_is_no_export(self, services, tmp_path, content, problem):
        path = tmp_path / "my.json"
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        result = run(services, "--stack-export", str(path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{path}: {problem}" in result.stderr
        assert services.calls() == []

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["--stack-export", "-", "--stack-export", "-"], "- is given twice"),
            (["--stack-export", "-", "--service", "a/b"], "must be an id"),
            (["--stack-export", "-", "--service", "nope"], "there is no service nope"),
            (["--stack-export", "-", "--sarif", "/nowhere/x"], "/nowhere/x: cannot be written"),
            (["--stack-export", "-", "--bogus"], "No such option"),
            (["--stack-export", "-", "--pending-days", "-1"], "--pending-days"),
            ([], "--stack-export"),
        ],
    )
    def test_errors_are_no_findings(self, services, arguments, problem):
        result = run(services, *arguments, stdin=here())
        assert (result.exit_code, result.stdout) == (1, "")
        assert problem in result.stderr

    def test_a_missing_library_is_named(self, services, tmp_path, monkeypatch):
        real = builtins.__import__

        def without(name, *rest, **more):
            if name == "vpcep_pulumi.audit.page":
                raise ModuleNotFoundError("no jinja2", name="jinja2")
            return real(name, *rest, **more)

        monkeypatch.setattr(builtins, "__import__", without)
        result = run(services, "--stack-export", "-", "--html", str(tmp_path / "x"), stdin=here())
        assert (result.exit_code, result.stdout) == (1, "")
        assert "needs jinja2: install it with `pip install 'vpcep-pulumi[cli]'`" in result.stderr


def test_files(services, stack, tmp_path):
    export = stack(PROGRAM)
    services.reject("one", "ep1")
    services.accept("one", "ep2")
    names = {form: tmp_path / f"audit.{form}" for form in ("html", "sarif", "junit")}
    options = [each for form, path in names.items() for each in (f"--{form}", str(path))]
    result = run(services, "--stack-export", export, *options)
    assert result.exit_code == 2
    assert len(json.loads(names["sarif"].read_text())["runs"][0]["results"]) == 2
    assert ET.fromstring(names["junit"].read_text()).get("failures") == "2"
    assert names["html"].read_text().startswith("<!doctype html>")


def test_an_export_as_the_cli_writes_it(services, tmp_path):
    """By hand, with what the CLI adds to each resource."""
    services.accept("one", "ep1")
    extra = {
        "created": "2026-11-24T10:02:11.123456789Z",
        "modified": "2026-11-24T10:02:11.123456789Z",
        "sourcePosition": "project:///__main__.py#4",
    }
    one = approval("ep1", service_id="one", expected_domain_id="d1", appear_timeout=300, settle_timeout=0.5)
    root = {
        "urn": "urn:pulumi:prod::demo::pulumi:pulumi:Stack::demo-prod",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    content = json.loads(here({**one, **extra}))
    content["deployment"]["resources"].insert(0, root)
    content["deployment"] |= {
        "manifest": {"time": "2026-11-24T10:02:11Z", "magic": "00", "version": "v3.268.0"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:x"}},
        "metadata": {},
    }
    export = written(tmp_path, json.dumps(content, indent=4))
    result = run(services, "--stack-export", export, "--service", "one", "--json")
    assert (result.exit_code, found(result)) == (0, [])
    rows = {each["endpoint_id"]: each for each in json.loads(result.stdout)["connections"]}
    assert rows["ep1"]["declared_by"] == [{"export": export, "urn": f"urn:pulumi:prod::demo::{APPROVAL_TYPE}::a-ep1"}]
    assert rows["ep2"]["declared_by"] == []
