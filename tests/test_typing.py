"""What type checkers make of a program: nothing wrong with a right one, and everything wrong with a wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mypy.api
import pytest

RIGHT = """
from collections.abc import Mapping, Sequence
from typing import assert_type

import pulumi

from vpcep_pulumi import (
    EndpointConnection,
    EndpointConnectionApproval,
    EndpointConnectionPolicy,
    accept,
    approvals_from,
    get_connections,
    get_connections_output,
    leave,
    reject,
)

first = EndpointConnectionApproval("one", service_id="svc", endpoint_id="ep", expected_domain_id=None)
second = EndpointConnectionApproval(
    "two",
    service_id=first.service_id,
    endpoint_id=pulumi.Output.from_input("ep2"),
    status="rejected",
    description="ticket 1234",
    region="eu-west-101",
    project_id="p",
    profile="prod",
    appear_timeout=0,
    settle_timeout=0.5,
    opts=pulumi.ResourceOptions(depends_on=[first]),
)
assert_type(first.status, "pulumi.Output[str]")
assert_type(get_connections("svc", status="pendingAcceptance")[0], EndpointConnection)
assert_type(get_connections_output(first.service_id), "pulumi.Output[list[EndpointConnection]]")
policy = EndpointConnectionPolicy(
    "partners",
    service_id=first.service_id,
    rules=[
        accept(domain_ids=["d1", first.project_id], limit=5, expires_at="2027-06-30T00:00:00Z"),
        reject(endpoint_ids={"e1"}),
        leave(description="manual*"),
        {"action": "leave", "created_before": "2026-01-01T00:00:00Z"},
    ],
    otherwise="reject",
    max_changes=10,
    profile="prod",
)
assert_type(policy.decided, "pulumi.Output[Mapping[str, str]]")
assert_type(policy.pending, "pulumi.Output[Sequence[str]]")
assert_type(approvals_from("approvals.yaml", service_id=first.service_id), dict[str, EndpointConnectionApproval])
assert_type(first.marker_id, "pulumi.Output[str | None]")
assert_type(EndpointConnectionApproval.get("three", "svc/ep3", region="eu-west-101"), EndpointConnectionApproval)
"""
WRONG = {
    "a misspelt name": ("from vpcep_pulumi import EndpointConnectionAproval", "EndpointConnectionAproval"),
    "a misspelt status": ('Approval("a", service_id="s", endpoint_id="e", status="Accepted")', '"status"'),
    "an input that there is not": ('Approval("a", service_id="s", endpoint_id="e", owner="d")', '"owner"'),
    "an input that is missing": ('Approval("a", service_id="s")', '"endpoint_id"'),
    "inputs by position": ('Approval("a", "s", "e")', "ositional argument"),
    "a misspelt status of a query": ('get_connections("s", status="pending")', '"status"'),
    "a misspelt action": ('EndpointConnectionPolicy("p", service_id="s", rules=[], otherwise="allow")', '"otherwise"'),
    "a condition that there is not": ('accept(domains=["d1"])', '"domains"'),
    "a limit of a rule that rejects": ("reject(limit=5)", '"limit"'),
    "a number for an id": ('Approval("a", service_id="s", endpoint_id=7)', '"endpoint_id"'),
    "an output that there is not": ('Approval("a", service_id="s", endpoint_id="e").owner', '"owner"'),
}


def by_mypy(folder: Path) -> dict[int, str]:
    """What mypy says, by line."""
    arguments = ["--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", str(folder / "cache")]
    said, _, _ = mypy.api.run([*arguments, "--no-pretty", str(folder / "program.py")])
    found: dict[int, str] = {}
    for line in said.splitlines():
        _, number, message = line.split(":", 2)
        found[int(number)] = found.get(int(number), "") + message
    return found


def by_pyright(folder: Path) -> dict[int, str]:
    """What pyright says (basedpyright with pyright's own rules), by line."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard"}))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", "."]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(ended.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1: each["message"] for each in found}


@pytest.mark.parametrize("check", [by_mypy, by_pyright], ids=["mypy", "pyright"])
def test_a_program(tmp_path, check):
    header = "from vpcep_pulumi import EndpointConnectionApproval as Approval\n"
    wrong = "\n".join(line for line, _ in WRONG.values())
    right, lines = RIGHT.count("\n"), list(WRONG.values())
    (tmp_path / "program.py").write_text(RIGHT + header + wrong + "\n")
    found = check(tmp_path)
    first = right + 2
    assert [number for number in found if number < first] == []
    assert sorted(found) == list(range(first, first + len(lines)))
    for number, (_, word) in enumerate(lines, start=first):
        assert word in found[number]
