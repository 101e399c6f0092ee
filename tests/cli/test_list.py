"""`vpcep-pulumi list`: against the simulator."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.audit.worlds import connection
from vpcep_pulumi.audit.connections import COLUMNS, rows_of
from vpcep_pulumi.cli.commands import app
from vpcep_pulumi.cli.listing import print_rows

LONG = "4189d3c2-8882-4871-a3c2-d380272eed88"
ENDPOINT = "705290f3-0d00-41f2-aedc-71f09844e879"


@pytest.fixture
def services(simulator):
    simulator.connect("one", "ep1", domain="d1", status="accepted")
    simulator.connect("one", "ep2", domain="d2")
    simulator.connect("two", "ep3", domain="d1", status="rejected")
    return simulator


def run(simulator, *arguments: str):
    return CliRunner().invoke(app, ["list", *arguments], env=simulator.environment)


def endpoints(result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [each["endpoint_id"] for each in json.loads(result.stdout)["connections"]]


def test_all_services_for_people(services):
    result = run(services)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["STATUS", "AGE", "ENDPOINT", "ACCOUNT", "SERVICE", "NOTE"]
    assert [(line[0], *line[3:]) for line in lines[1:]] == [
        ("pendingAcceptance", "ep2", "d2", "one"),
        ("accepted", "ep1", "d1", "one"),
        ("rejected", "ep3", "d1", "two"),
    ]


def test_json_has_stable_keys(services):
    result = run(services, "--json", "--service", "one", "--status", "accepted")
    (found,) = json.loads(result.stdout)["connections"]
    assert tuple(found) == COLUMNS
    assert (found["service_id"], found["endpoint_id"], found["domain_id"]) == ("one", "ep1", "d1")
    assert found["marker_id"].isdigit()
    assert found["errors"] == []
    assert datetime.fromisoformat(found["created_at"]).tzinfo == UTC


def test_csv_has_the_same_columns(services):
    result = run(services, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert tuple(rows[0]) == COLUMNS
    assert [each["endpoint_id"] for each in rows] == ["ep2", "ep1", "ep3"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--service", "two"], ["ep3"]),
        (["--service", "two", "--service", "one"], ["ep2", "ep1", "ep3"]),
        (["--status", "accepted", "--status", "rejected"], ["ep1", "ep3"]),
        (["--domain-id", "d1"], ["ep1", "ep3"]),
        (["--domain-id", "d1", "--status", "pendingAcceptance"], []),
    ],
)
def test_filters(services, arguments, found):
    assert endpoints(run(services, "--json", *arguments)) == found


def test_nothing_is_said(simulator):
    assert run(simulator).stdout == "no connections\n"
    assert json.loads(run(simulator, "--json").stdout) == {"connections": []}


def test_a_status_that_the_api_does_not_document_is_shown(services):
    next(iter(services.world.connections("one"))).status = "\x1b[31mfrozen"
    result = run(services, "--service", "one")
    assert "31mfrozen" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--status", "Accepted"], "there is no status 'Accepted'; there are pendingAcceptance, creating, accepted"),
        (["--json", "--csv"], "--json: cannot be given together with --csv"),
        (["--service", "a/../b"], "--service: 'a/../b' must be an id of 1 to 64 letters"),
        (["--service", "eu-west-101.name.one"], "is a service's name, not its id"),
        (["--service", "nope"], "there is no service nope"),
        (["--service", "one", "--service", "nope", "--json"], "there is no service nope"),
    ],
)
def test_errors_leave_nothing_on_standard_output(services, arguments, problem):
    result = run(services, *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert problem in result.stderr


def test_no_credential_is_an_error(simulator):
    result = CliRunner().invoke(app, ["list"], env={"VPCEP_ENDPOINT": simulator.url, "HW_REGION_NAME": "cn-north-4"})
    assert (result.exit_code, result.stdout) == (1, "")
    assert "credential" in result.stderr


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_no_text_of_others_reaches_the_terminal_raw(services, form):
    for number, each in enumerate(services.world.connections("one")):
        each.description = ["\x1b]0;title\x07[red]x[/red]", "\u202eevil\r\n:smile: =1+1"][number % 2]
    result = run(services, *form)
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(result.stdout)
    assert "[red]x[/red]" in result.stdout
    assert ":smile:" in result.stdout
    assert len(result.stdout.splitlines()) == 4 or form == ["--json"]


@pytest.mark.parametrize("width", [80, 60, 200])
def test_the_table_fits_a_terminal(width):
    rows = rows_of(
        {LONG: [connection(ENDPOINT, "pendingAcceptance", domain_id="6e9dfd51" * 4, description="note " * 50)]}
    )
    file = io.StringIO()
    console = Console(width=width, file=file, force_terminal=True, color_system=None, markup=False, emoji=False)
    print_rows(console, rows, datetime.now(UTC))
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for word in (LONG, ENDPOINT, "6e9dfd51" * 4, "pendingAcceptance", "note"):
        assert word in text.replace("\n", "") if width < 80 else word in text


def test_only_reads(services):
    services.clear_calls()
    assert run(services).exit_code == 0
    assert {each["method"] for each in services.calls()} == {"GET"}


def test_a_missing_region_is_asked_for_where_the_command_looks(monkeypatch):
    for name in ("HW_REGION_NAME", "HW_SHARED_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == 1
    assert "no region" in result.stderr
    assert "This command reads no stack configuration: use its options" in result.stderr
