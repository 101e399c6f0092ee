"""Random worlds: what is live in a service, and what stacks declare for it, as their exports say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.statuses import ConnectionStatus
from vpcep_pulumi.audit.declared import Export
from vpcep_pulumi.audit.exports import read_export
from vpcep_pulumi.audit.judge import Limits
from vpcep_pulumi.audit.report import Report, Scope, report_of
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE
from vpcep_pulumi.lifecycle.schema import APPROVAL_TYPE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REGION, PROJECT = "eu-west-101", "p1"
SERVICE = "svc"
ENDPOINTS = [f"ep{number}" for number in range(6)]
ACCOUNTS = ["d1", "d2"]
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"

Json = dict[str, Any]


def at(days: float) -> str:
    """A time so many days from now, as the API and programs write it."""
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def connection(endpoint: str = "ep0", status: str = "accepted", days: float = 1, **values: Any) -> Connection:
    """A live connection that was made so many days ago."""
    given = {"id": endpoint, "status": status, "domain_id": "d1", "created_at": at(-days), "description": ""}
    return Connection.model_validate(given | values)


def sealed() -> Json:
    """A secret as an export has it."""
    return {SIGNATURE: SECRET, "ciphertext": "v1:abc:def"}


def shown(value: Any) -> Json:
    """A secret as an export with ``--show-secrets`` has it."""
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}


def approval(endpoint: str = "ep0", name: str | None = None, **values: Any) -> Json:
    """An approval as an export has it."""
    inputs = {"service_id": SERVICE, "endpoint_id": endpoint, "status": "accepted", **place(), **values}
    id_ = f"{inputs['service_id']}/{endpoint}"
    return resource(APPROVAL_TYPE, name or f"a-{endpoint}", id_, inputs)


def policy(*rules: Any, name: str = "partners", **values: Any) -> Json:
    """A policy as an export has it."""
    inputs = {"service_id": SERVICE, "rules": list(rules), "max_interruptions": 9, **place(), **values}
    return resource(POLICY_TYPE, name, SERVICE, inputs)


def place() -> Json:
    """Where all of this is."""
    return {"region": REGION, "project_id": PROJECT}


def resource(type_: str, name: str, id_: str, inputs: Mapping[str, Any]) -> Json:
    """A resource of a stack, which the export's URNs name."""
    urn = f"urn:pulumi:STACK::demo::{type_}::{name}"
    known = {key: value for key, value in inputs.items() if value is not None}
    return {"urn": urn, "type": type_, "custom": True, "id": id_, "inputs": known, "outputs": {}}


def text(*resources: Json, stack: str = "prod", **deployment: Any) -> str:
    """An export."""
    document = {"version": 3, "deployment": {"manifest": {}, "resources": list(resources), **deployment}}
    return json.dumps(document).replace("urn:pulumi:STACK::", f"urn:pulumi:{stack}::")


def export(*resources: Json, stack: str = "prod", **deployment: Any) -> Export:
    """An export, read."""
    return read_export(f"{stack}.json", text(*resources, stack=stack, **deployment), NOW)


def judged(connections: Sequence[Connection] | None, *exports: Export, limits: Limits | None = None) -> Report:
    """The report on the service."""
    return report_of(Scope(REGION, PROJECT), {SERVICE: connections}, exports, NOW, limits or Limits())


def rules_of(report: Report) -> list[tuple[str, str | None]]:
    """Rule and endpoint of every finding."""
    return [(each.rule, each.endpoint_id) for each in report.findings]


STATUSES = st.sampled_from([*ConnectionStatus, "frozen"])
NOTES = st.sampled_from(["", "manual", "</script><img src=x onerror=alert(1)>", "=1+1", "[bold]x[/]", "\x1b[31mred"])
TIMES = st.sampled_from([at(-400), at(-10), at(-1), at(-0.01)])
EXPIRIES = st.sampled_from([None, None, at(-1), at(0.5), at(30)])


@st.composite
def live(draw: st.DrawFn) -> list[Connection]:
    """The connections of the service."""
    endpoints = draw(st.lists(st.sampled_from(ENDPOINTS), unique=True))
    return [
        Connection.model_validate(
            {
                "id": each,
                "status": draw(STATUSES),
                "domain_id": draw(st.sampled_from([*ACCOUNTS, None])),
                "created_at": draw(st.one_of(st.none(), TIMES)),
                "description": draw(NOTES),
            }
        )
        for each in endpoints
    ]


@st.composite
def approvals(draw: st.DrawFn) -> list[Json]:
    """Approvals of a stack, one for an endpoint."""
    values = st.fixed_dictionaries(
        {
            "status": st.sampled_from(["accepted", "rejected"]),
            "expires_at": EXPIRIES,
            "description": st.sampled_from([None, "ticket 1234"]),
            "expected_domain_id": st.sampled_from([None, "d1", sealed(), shown("d1")]),
        }
    )
    endpoints = draw(st.lists(st.sampled_from(ENDPOINTS), unique=True, max_size=3))
    found: list[dict[str, Any]] = [draw(values) for _ in endpoints]
    return [approval(each, **given) for each, given in zip(endpoints, found, strict=True)]


@st.composite
def policies(draw: st.DrawFn) -> list[Json]:
    """No policy, or one."""
    rule = st.fixed_dictionaries(
        {"action": st.just("accept"), "domain_ids": st.just(["d1"])},
        optional={"limit": st.integers(1, 2), "expires_at": st.sampled_from([at(-1), at(0.5), at(30)])},
    )
    rules = draw(st.lists(rule, max_size=1))
    rules += draw(st.sampled_from([[], [{"action": "leave", "description": "manual*"}]]))
    found = draw(st.lists(st.just(rules), max_size=1))
    return [policy(*each, otherwise=draw(st.sampled_from(["leave", "reject"]))) for each in found]
