"""The core over the real client and a real (simulated) service, with time that passes only in sleeps.

``Stack`` asks the core what Pulumi's engine would ask it, in the engine's order, and keeps the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import undated
from vpcep_pulumi.errors import PartlyDone, VpcepError
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.core import ApprovalProvider
from vpcep_pulumi.provider.properties import PLAN, PREVIEW, REFUSED
from vpcep_pulumi.testing.simulator import Simulator

SERVICE, ENDPOINT, OWNER = "svc", "ep", "d1"


class ListLog:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def info(self, message: str) -> None:
        self.lines.append(("info", message))

    def warning(self, message: str) -> None:
        self.lines.append(("warning", message))

    def debug(self, message: str) -> None:
        self.lines.append(("debug", message))

    def progress(self, message: str) -> None:
        self.lines.append(("progress", message))

    def on(self, urn: str | None) -> ListLog:
        return self

    def of(self, severity: str) -> list[str]:
        return [message for found, message in self.lines if found == severity]


@dataclass
class Outcome:
    """What an operation came to."""

    step: str = "same"
    plan: str | None = None
    failures: list[str] = field(default_factory=list)
    error: str = ""
    replaces: tuple[str, ...] = ()


class Stack:
    """One approval and its state. Every operation gets a provider process of its own."""

    def __init__(self, simulator: Simulator, time: Any, home: Path) -> None:
        self.simulator, self.time, self.home = simulator, time, home
        self.config: dict[str, str] = {"vpcep:region": "cn-north-4", "vpcep:projectId": "p"}
        self.environ = dict(simulator.environment)
        self.log = ListLog()
        self.inputs: dict[str, Any] | None = None
        self.outputs: dict[str, Any] = {}
        self.id = ""
        self.closing: list[Callable[[], None]] = []
        self.service = SERVICE

    def operation(self) -> ApprovalProvider:
        self.log = ListLog()
        clock = self.time.clock()
        operation = Operation(config=self.config, environ=self.environ, home=self.home, clock=clock, log=self.log)
        self.closing.append(operation.close)
        return ApprovalProvider(operation)

    def program(self, **declared: Any) -> dict[str, Any]:
        return {"service_id": self.service, "endpoint_id": ENDPOINT, "status": "accepted", **declared}

    def preview(self, **declared: Any) -> Outcome:
        outcome, inputs = self._plan(self.operation(), {**self.program(**declared), PREVIEW: True})
        if REFUSED in inputs:
            return Outcome("failed", failures=[inputs[REFUSED]])
        assert outcome.plan == (undated(str(inputs[PLAN])) if PLAN in inputs else None)
        return outcome

    def _plan(self, provider: ApprovalProvider, program: dict[str, Any]) -> tuple[Outcome, dict[str, Any]]:
        checked = provider.check(self.inputs or {}, program)
        if checked.failures:
            return Outcome("failed", failures=[str(failure) for failure in checked.failures]), {}
        words = checked.plan.words if checked.plan is not None else None
        outcome = Outcome("create", None if words is None else undated(str(words)))
        if self.inputs is not None:
            difference = provider.diff(self.outputs, checked.inputs)
            outcome.replaces = difference.replaces
            outcome.step = "replace" if difference.replaces else "update" if difference.changes else "same"
        return outcome, checked.inputs

    def up(self, **declared: Any) -> Outcome:
        provider = self.operation()
        outcome, inputs = self._plan(provider, self.program(**declared))
        if outcome.step == "failed":
            return outcome
        try:
            if outcome.step == "create":
                self.id, self.outputs = provider.create(inputs)
            elif outcome.step == "update":
                self.outputs = provider.update(self.outputs, inputs)
        except PartlyDone as part:
            self.id, self.outputs = part.id, part.outputs
            outcome.error = str(part)
        except VpcepError as error:
            outcome.error = str(error)
            return outcome
        assert not {PLAN, REFUSED} & set(inputs)
        self.inputs = inputs
        return outcome

    def refresh(self) -> None:
        reading = self.operation().read(self.id, self.outputs)
        self.outputs, self.inputs = reading.outputs, reading.inputs

    def destroy(self) -> str:
        try:
            self.operation().delete(self.outputs)
        except VpcepError as error:
            return str(error)
        self.inputs, self.outputs = None, {}
        return ""

    @property
    def live(self) -> str:
        return self.simulator.status(self.service, ENDPOINT)

    def posts(self) -> list[str]:
        """The actions sent since the last time this was asked."""
        actions = [call["body"]["action"] for call in self.simulator.calls("POST")]
        self.simulator.clear_calls()
        return actions

    def reads(self) -> int:
        return len([call for call in self.simulator.calls("GET") if call["path"].endswith("/connections")])


@pytest.fixture
def new_stack() -> Iterator[Callable[[Simulator, Any, Path], Stack]]:
    """Makes stacks, and closes what they opened."""
    made: list[Stack] = []

    def make(simulator: Simulator, time: Any, home: Path) -> Stack:
        made.append(Stack(simulator, time, home))
        return made[-1]

    yield make
    for stack in made:
        for close in stack.closing:
            close()


@pytest.fixture
def stack(patient: Simulator, time: Any, tmp_path: Path, new_stack: Any) -> Stack:
    found: Stack = new_stack(patient, time, tmp_path)
    return found
