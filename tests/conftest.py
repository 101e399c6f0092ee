"""What every test may ask for."""

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from vpcep_pulumi.clock import Clock
from vpcep_pulumi.testing.simulator import Simulator


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: some tests wait for what is slow on purpose."""
    return (os.cpu_count() or 1) + 1


# A shared machine is no reason to fail: speed is measured in benchmarks/.
settings.register_profile("tests", deadline=None)
# For --hypothesis-profile=thorough: it meets what happens once in some thousand examples.
settings.register_profile("thorough", deadline=None, max_examples=4_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

DOCUMENTED_ANSWER = """
{"connections": [{"id": "4189d3c2-8882-4871-a3c2-d380272eed83", "status": "accepted",
                  "marker_id": 422321321312321321, "domain_id": "6e9dfd51d1124e8d8498dce894923a0d",
                  "created_at": "2022-04-14T09:35:47Z", "updated_at": "2022-04-14T09:36:47Z"}]}
"""


def undated(text: str) -> str:
    """A plan without the time at which its connection last changed."""
    return re.sub(r" \(updated_at [0-9T:.Z-]+\)", "", text)


class DrivenTime:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sleeps: list[float] = []
        self.events: list[tuple[float, Callable[[], object]]] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        due = [happen for at, happen in self.events if at <= self.now]
        self.events = [(at, happen) for at, happen in self.events if at > self.now]
        for happen in due:
            happen()

    def after(self, seconds: float, happen: Callable[[], object]) -> None:
        """Let something happen while others sleep."""
        self.events.append((self.now + seconds, happen))

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep, lambda low, high: high, self.date)

    def date(self) -> datetime:
        """The date and the time: seconds since 1970."""
        return datetime.fromtimestamp(self.now, UTC)


@pytest.fixture
def time() -> DrivenTime:
    return DrivenTime()


@pytest.fixture(scope="module")
def shared_time() -> DrivenTime:
    return DrivenTime()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator.start() as running:
        yield running


@pytest.fixture
def patient(time: DrivenTime) -> Iterator[Simulator]:
    """A simulator that lives in driven time."""
    with Simulator.start(tokens=["t"], clock=lambda: time.now) as running:
        yield running


@pytest.fixture
def documented_answer() -> bytes:
    """The answer of the documentation's example. Its id is not the one that was asked for."""
    json.loads(DOCUMENTED_ANSWER)
    return DOCUMENTED_ANSWER.encode()


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credential, endpoint or proxy of whoever runs the tests reaches one."""
    for name in list(os.environ):
        if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_", "VPCEP_ENDPOINT")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
