"""Each request to the API can be seen: on both engines."""

from __future__ import annotations

import re

from pulumi.automation.events import EngineEvent

from tests.contract.conftest import cli_only

GOOD = 'Approval("good", service_id="svc", endpoint_id="ep1", project_id="p", description="s3cr3t-note")'
SEEN = re.compile(
    r"vpcep: (GET|POST|PUT) http://127\.0\.0\.1:\d+/v1/p/vpc-endpoint-services/svc/(\S+) -> 200, "
    r"request id [0-9a-f]{32}, \d+ ms"
)
UPDATE = [
    ("GET", "connections?limit=1000&offset=0"),
    ("POST", "connections/action"),
    ("PUT", "connections/description"),
]


def test_the_environment_asks_for_it(connected):
    connected.environ["VPCEP_LOG"] = "debug"
    connected.program(GOOD)
    result = connected.up()
    assert result.ok
    assert SEEN.findall("\n".join(result.messages("info"))) == UPDATE
    assert "s3cr3t" not in "".join(result.messages("info"))


def test_nobody_asks_for_it(connected):
    connected.program(GOOD)
    result = connected.up()
    assert SEEN.findall(f"{result}{result.diff}") == []


@cli_only("lines of the severity debug, which its `--debug` shows")
def test_the_clis_own_flag(deployment):
    deployment.simulator.connect("svc", "ep1", domain="d1")
    deployment.program(GOOD)
    events: list[EngineEvent] = []
    stack = deployment.engine._stack
    stack.up(debug=True, on_event=events.append, on_output=lambda _line: None)
    said = [each.diagnostic_event for each in events if each.diagnostic_event is not None]
    lines = [each.message for each in said if each.severity == "debug"]
    assert SEEN.findall("\n".join(lines)) == UPDATE
    ours = [each for each in lines if "vpcep: " in each]
    assert "s3cr3t" not in "".join(ours)
