"""One quota for the whole account, shared by the host's threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import DrivenTime
from tests.faults.engine import SERVICE, TOKEN, WAIT, Log
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.core import ApprovalProvider
from vpcep_pulumi.testing.simulator import Simulator

APPROVALS, QUOTA, SECONDS, THREADS = 500, 200, 300.0, 4
"""As it was seen: 200 calls in 5 minutes; the dynamic provider host has four threads."""


class SharedTime(DrivenTime):
    """Driven time for several threads: they sleep one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._turn:
            super().sleep(seconds)


def test_five_hundred_approvals_under_a_quota(tmp_path):
    time, log = SharedTime(), Log()
    with Simulator.start(tokens=[TOKEN], clock=lambda: time.now) as simulator:
        simulator.service(SERVICE)
        for number in range(APPROVALS):
            simulator.connect(SERVICE, f"ep{number}", domain="d1")
        simulator.quota(QUOTA, SECONDS)
        operation = Operation(
            config={"vpcep:region": "cn-north-4", "vpcep:projectId": "p"},
            environ=simulator.environment,
            home=tmp_path,
            clock=time.clock(),
            log=log,
        )
        provider = ApprovalProvider(operation)

        def approve(number: int) -> str:
            declared = {"service_id": SERVICE, "endpoint_id": f"ep{number}", "status": "accepted", **WAIT}
            checked = provider.check({}, declared)
            assert checked.failures == ()
            _, outputs = provider.create(checked.inputs)
            return str(outputs["status"])

        with ThreadPoolExecutor(THREADS) as pool:
            statuses = list(pool.map(approve, range(APPROVALS)))
        operation.close()
        assert statuses == ["accepted"] * APPROVALS
        calls = simulator.calls()
        throttled = [call for call in calls if call["status"] == 429]
        assert len(simulator.world.decisions) == APPROVALS, "none was decided twice"
        windows = APPROVALS // QUOTA + 1
        # In each window some run into the wall at once, then one asks until the service answers again.
        assert throttled
        assert len(throttled) <= windows * (THREADS + SECONDS / 15)
        said = [line for line in log.lines if "429" in line]
        assert len(said) == len(throttled)
        assert all("over ratelimit" in line and "trying again in" in line for line in said)
