"""What is live, as declarations: whatever the API says, the texts mean exactly what was found."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.convert.reading import of_configuration, of_program, wanted
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.statuses import DOCUMENTED
from vpcep_pulumi.convert.configuration import as_configuration
from vpcep_pulumi.convert.live import from_live
from vpcep_pulumi.convert.program import as_program, literal
from vpcep_pulumi.lifecycle.schema import RULES
from vpcep_pulumi.lifecycle.table import Goal, Step, goal_of, live_of, step_for

IDS = (
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
    | st.from_regex(r"0?[0-9]{1,9}(e[0-9])?", fullmatch=True)
    | st.sampled_from(["true", "null", "on", "2026-11-24", "0x1f", "1_000", "705290f3-0d00-41f2-aedc-71f09844e879"])
)
HOSTILE = st.text(max_size=60) | st.sampled_from(
    ['"""\nimport os', "'''", "\\", '\\"', "${vpcep:secret}", "%(x)s", "a: b\n  c: d", "# no\r\nyes", "\u2028x", "用户"]
)
CONNECTIONS = st.fixed_dictionaries(
    {"id": IDS | HOSTILE},
    optional={
        "status": st.sampled_from(sorted(DOCUMENTED)) | HOSTILE,
        "domain_id": IDS | HOSTILE | st.none(),
        "description": HOSTILE,
        "updated_at": st.just("2026-11-24T10:02:11Z") | HOSTILE,
        "error": st.lists(st.fixed_dictionaries({"error_code": HOSTILE, "error_message": HOSTILE}), max_size=5),
    },
).map(Connection.model_validate)
WORLDS = st.dictionaries(IDS, st.lists(CONNECTIONS, max_size=6, unique_by=lambda each: each.id), max_size=3)
PROFILES = st.text(min_size=1, max_size=64).filter(lambda each: RULES["profile"](each) is None)
PLACES = st.fixed_dictionaries({}, optional={"region": IDS, "project_id": IDS, "profile": PROFILES})
WORLD: dict[str, list[dict[str, Any]]] = {
    "4189d3c2-8882-4871-a3c2-d380272eed88": [
        {
            "id": "705290f3-0d00-41f2-aedc-71f09844e879",
            "status": "accepted",
            "description": 'ticket "1234"\n\\ für Ops',
        },
        {"id": "0b0dd4c1-8c1f-4f4e-9d3a-1f4f1c1de2aa", "status": "rejected"},
        {"id": "1f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d", "status": "pendingAcceptance"},
        {"id": "2f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d", "status": "creating"},
        {"id": "3f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d", "status": "failed", "error": [{"error_message": "no 'IP'"}]},
        {"id": "4f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d", "status": "deleting"},
        {"id": "e1a6a8a0-54c3-4a3e-8ba9-1f2a0c0f4f52", "status": "paused"},
    ]
}


def world(raw: dict[str, list[dict[str, Any]]]) -> dict[str, list[Connection]]:
    account = {"domain_id": "6e9dfd51d1124e8d8498dce894923a0d"}
    return {
        service: [Connection.model_validate({**account, **each}) for each in reversed(connections)]
        for service, connections in raw.items()
    }


@given(WORLDS, PLACES)
def test_both_texts_mean_what_was_found(found: dict[str, list[Connection]], place: dict[str, str]):
    conversion = from_live(found, **place)
    program, configuration = as_program(conversion), as_configuration(conversion)
    assert of_program(program) == of_configuration(configuration) == wanted(conversion)
    assert program.isascii()
    assert configuration.isascii()


@given(WORLDS, PLACES)
def test_each_connection_is_declared_as_it_is_or_left_out(found: dict[str, list[Connection]], place: dict[str, str]):
    conversion = from_live(found, **place)
    live = {(service, each.id): each for service, connections in found.items() for each in connections}
    assert len(conversion.declarations) + len(conversion.left_out) == len(live)
    for each in conversion.declarations:
        connection = live[each.service_id, each.endpoint_id]
        assert step_for(goal_of(each.status), live_of(connection), seen=False) is Step.ADOPT
        assert goal_of(each.status) in (Goal.ACCEPTED, Goal.REJECTED)
        assert each.expected_domain_id in (connection.domain_id, None)
        for argument, value in each.arguments():
            assert RULES[argument](value) is None
    for text in (as_program(conversion), as_configuration(conversion)):
        for other in conversion.left_out:
            shown = other.endpoint_id.replace("…", "...")
            assert any(shown in line for line in text.splitlines() if line.startswith("#"))


@given(st.text())
def test_a_literal_means_its_text(text: str):
    written = literal(text)
    assert written.isascii()
    assert eval(written) == text


def test_what_is_neither_accepted_nor_rejected_is_said():
    text = as_program(from_live(world(WORLD), region="cn-north-4", project_id="p"))
    assert text[text.index("from vpcep_pulumi") :] == EXPECTED


EXPECTED = """\
from vpcep_pulumi import EndpointConnectionApproval

SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"
REGION = "cn-north-4"
PROJECT = "p"

# Its note: 'ticket "1234"\\\\u000a\\\\ f\\u00fcr Ops'.
EndpointConnectionApproval(
    "ticket-1234-u000a-fur-ops-705290f3",
    service_id=SERVICE,
    endpoint_id="705290f3-0d00-41f2-aedc-71f09844e879",
    status="accepted",
    expected_domain_id="6e9dfd51d1124e8d8498dce894923a0d",
    region=REGION,
    project_id=PROJECT,
)

EndpointConnectionApproval(
    "account-6e9dfd51-0b0dd4c1",
    service_id=SERVICE,
    endpoint_id="0b0dd4c1-8c1f-4f4e-9d3a-1f4f1c1de2aa",
    status="rejected",
    expected_domain_id="6e9dfd51d1124e8d8498dce894923a0d",
    region=REGION,
    project_id=PROJECT,
)

# Not declared:
# - of service 4189d3c2-8882-4871-a3c2-d380272eed88:
#   - 1f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d,
#     is pendingAcceptance: nobody has decided on it yet
#   - 2f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d,
#     is creating: it was accepted, and is not ready yet: run this again when it is accepted
#   - 3f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d,
#     is failed ('no \\'IP\\''): its consumer must delete the endpoint and connect again
#   - 4f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d,
#     is deleting: its consumer is deleting the endpoint
#   - e1a6a8a0-54c3-4a3e-8ba9-1f2a0c0f4f52: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d,
#     is 'paused': this version does not know that status
"""


@pytest.mark.parametrize("found", [{}, {"svc": []}, WORLD, {**WORLD, "svc": [{"id": "ep", "status": "accepted"}]}])
def test_a_program_is_formatted(found, tmp_path):
    file = tmp_path / "__main__.py"
    file.write_text(as_program(from_live(world(found), region="r", profile='it\'s "ours"')))
    for command in (["format", "--check", "--isolated", "--line-length=120"], ["check", "--isolated"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("found", [{}, {"svc": []}])
def test_nothing_to_declare_is_valid(found):
    conversion = from_live(found)
    assert of_program(as_program(conversion)) == of_configuration(as_configuration(conversion)) == {}
    assert "There is nothing to declare." in as_program(conversion)
    assert "# There is nothing to declare." in as_configuration(conversion)


def test_thousands():
    found = world({"svc": [{"id": f"{at:08x}-0d00-41f2", "status": "accepted"} for at in range(10_000)]})
    conversion = from_live(found, region="r", project_id="p")
    assert len(of_program(as_program(conversion))) == as_configuration(conversion).count("endpoint_id: ") == 10_000
