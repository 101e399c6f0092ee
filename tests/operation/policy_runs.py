"""What carries policies out over a real client and a simulator, in time that passes only where somebody sleeps."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import DrivenTime
from tests.provider.conftest import ListLog
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.operations import ApiCall
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.lifecycle.policy import Evaluation, Policy, evaluate
from vpcep_pulumi.lifecycle.policy_rule import rule_of
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.operation.policies import Carried, carry_out, claimed, read_service
from vpcep_pulumi.operation.projects import ProjectSession
from vpcep_pulumi.testing.simulator import Simulator

SERVICE, WAIT = "svc", 60.0
"""The service; seconds of real time after which a test gives up on a thread."""
ACCEPT: Mapping[str, Any] = {"action": "accept", "domain_ids": ["d1"]}


class OverlappingTime(DrivenTime):
    """Driven time for several threads: those that sleep at the same time sleep together.

    It passes only while no request is under way: a request takes no time. No two moments are the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._under_way = 0

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        with self._changed:
            assert self._changed.wait_for(lambda: not self._under_way, WAIT)
            super().sleep(max(until - self.now, 0.0))

    def clock(self) -> Clock:
        return Clock(self._tick, self.sleep, lambda _low, high: high, self.date)

    def _tick(self) -> float:
        with self._changed:
            self.now += 1e-6
            return self.now

    @contextmanager
    def standing(self) -> Iterator[None]:
        """A request is under way."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()


class Runs:
    """One operation, whose log is kept."""

    def __init__(self, simulator: Simulator, time: OverlappingTime, home: Path) -> None:
        self.simulator, self.time, self.log = simulator, time, ListLog()

        class StandingClient(Client):
            """While its requests are under way, time stands still."""

            def _exchange(self, operation: ApiCall[Any]) -> Any:
                with time.standing():
                    return super()._exchange(operation)

        config = {"vpcep:region": "cn-north-4", "vpcep:projectId": "p"}
        self.operation = Operation(
            config=config,
            environ=simulator.environment,
            home=home,
            clock=time.clock(),
            log=self.log,
            client=StandingClient,
        )

    @property
    def session(self) -> ProjectSession:
        return self.operation.projects.get("cn-north-4", "p")

    def policy(self, *rules: Mapping[str, Any], **fields: Any) -> Policy:
        place = {"service_id": SERVICE, "region": "cn-north-4", "project_id": "p"}
        return Policy(**{**place, "rules": tuple(map(rule_of, rules)), **fields})

    def planned(self, policy: Policy) -> Evaluation:
        connections = read_service(self.operation, policy, held=False)
        return evaluate(policy, connections, self.operation.now, claimed(self.operation, policy))

    def carry_out(self, policy: Policy, evaluation: Evaluation | None = None) -> Carried:
        claims = claimed(self.operation, policy)
        return carry_out(self.operation, policy, evaluation or self.planned(policy), claims, self.log)

    def live(self) -> dict[str, str]:
        return {each.id: each.status for each in self.simulator.world.connections(SERVICE)}

    def posts(self) -> list[str]:
        """The actions that were sent, whatever became of them."""
        return [call["body"]["action"] for call in self.simulator.calls("POST")]

    def decided(self) -> list[tuple[str, str]]:
        """The actions that were carried out: endpoint and action."""
        return [(each.id, each.action) for each in self.simulator.world.decisions]
