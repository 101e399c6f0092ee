"""Worlds in driven time, on an engine in one process."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.engine import SERVICE, TOKEN, Engine, TickingTime
from vpcep_pulumi.testing.simulator import Simulator


class Worlds:
    """Makes a world of its own for each example."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._running: list[Simulator] = []

    def new(self, *endpoints: str, creating_s: float = 0.0) -> Engine:
        time = TickingTime()
        simulator = Simulator.start(tokens=[TOKEN], creating_s=creating_s, clock=lambda: time.now)
        self._running.append(simulator)
        simulator.service(SERVICE)
        for endpoint in endpoints:
            simulator.connect(SERVICE, endpoint, domain="d1")
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return Engine(simulator, time, folder)

    def stop(self) -> None:
        for simulator in self._running:
            simulator.stop()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Worlds]:
    found = Worlds(tmp_path)
    yield found
    found.stop()
