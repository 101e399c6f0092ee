"""The simulator by its own OpenAPI document: whatever is sent, it answers in the API's words."""

from __future__ import annotations

import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from vpcep_pulumi.testing.simulator.app import CONTROL, create_app
from vpcep_pulumi.testing.simulator.calls import Calls
from vpcep_pulumi.testing.simulator.faults import Faults
from vpcep_pulumi.testing.simulator.refusals import GATEWAY, SERVICE
from vpcep_pulumi.testing.simulator.world import World

WORLD = World(time.time)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", create_app(WORLD, Calls(), Faults()))
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_every_operation(operation, mode):
    WORLD.connect("svc")

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: Any) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        answer = case.call()
        if answer.status_code == 204:
            return
        document = answer.json()
        if operation.path.startswith(CONTROL):
            assert answer.status_code in (200, 201, 400, 404, 405, 409, 422)
        elif answer.status_code == 200:
            assert isinstance(document, dict)
        else:
            code = document["error_code"]
            assert ({**SERVICE, **GATEWAY})[code][0] == answer.status_code

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("nothing about it can be invalid")
