"""A policy on plain values: what Pulumi's engine would ask its provider, in the engine's order, and the state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.operation.policy_runs import OverlappingTime, Runs
from vpcep_pulumi.errors import PartlyDone
from vpcep_pulumi.operation.claims import CLAIM_INPUT
from vpcep_pulumi.provider.policy import PolicyProvider
from vpcep_pulumi.testing.simulator import Simulator

RULE = {"action": "accept", "domain_ids": ["d1"]}
REJECT = {"action": "reject"}
MINE, OTHER = (f"urn:pulumi:dev::story::type::{name}" for name in ("mine", "other"))
Values = dict[str, Any]


class PolicyStack:
    """One policy and its state. Every operation gets a provider of its own."""

    def __init__(self, simulator: Simulator, time: OverlappingTime, home: Path) -> None:
        self.simulator, self.time, self.home = simulator, time, home
        self.inputs: Values = {}
        self.outputs: Values = {}
        self.made: list[Runs] = []

    def provider(self) -> PolicyProvider:
        self.made.append(Runs(self.simulator, self.time, self.home))
        return PolicyProvider(self.made[-1].operation)

    def program(self, *rules: Any, **declared: Any) -> Values:
        found = {"service_id": "svc", "rules": list(rules) or [RULE], "otherwise": "leave", "max_interruptions": 0.0}
        return {**found, CLAIM_INPUT: "", **declared}

    def checked(self, provider: PolicyProvider, *rules: Any, **declared: Any) -> Values:
        found = provider.check(self.inputs, self.program(*rules, **declared))
        assert found.failures == ()
        return found.inputs

    def up(self, *rules: Any, **declared: Any) -> str:
        """Whether it was a ``create``, an ``update`` or ``same``."""
        provider = self.provider()
        inputs = self.checked(provider, *rules, **declared)
        step = "create" if not self.inputs else "update"
        if self.inputs and not provider.diff(self.outputs, inputs).changes:
            return "same"
        try:
            self.outputs = provider.update(self.outputs, inputs) if self.inputs else provider.create(inputs)[1]
        except PartlyDone as part:
            self.outputs = part.outputs
        self.inputs = inputs
        return step

    def refused(self, *rules: Any, **declared: Any) -> list[str]:
        return [str(each) for each in self.provider().check(self.inputs, self.program(*rules, **declared)).failures]

    def destroy(self) -> None:
        self.provider().delete(self.outputs)

    def live(self) -> dict[str, str]:
        return self.made[-1].live()

    def posts(self) -> list[str]:
        found = self.made[-1].posts()
        self.simulator.clear_calls()
        return found

    def said(self, severity: str) -> list[str]:
        return self.made[-1].log.of(severity)
