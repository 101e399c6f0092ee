"""A simulator in a process of its own, so that its time and memory are not the measure's."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from vpcep_pulumi.testing.simulator import Simulator

ROOT = Path(__file__).parent.parent
VARIABLE = "BENCHMARK_SERVICE"
"""Names the service to a program."""


@dataclass(frozen=True)
class Served:
    """A running simulator."""

    environment: dict[str, str]
    control: httpx.Client
    asks: IO[str]
    answers: IO[str]

    def service(self, count: int) -> dict[str, str]:
        """A new service with the connections ``ep0``, ``ep1`` and so on, all of the account ``d1``.

        :returns: the environment that leads a program to it.
        """
        self.asks.write(f"{count}\n")
        self.asks.flush()
        return {**self.environment, VARIABLE: self.answers.readline().strip()}

    @property
    def url(self) -> str:
        """Its address."""
        return self.environment["VPCEP_ENDPOINT"]

    def calls(self) -> int:
        """How many requests to the API there were."""
        answer = self.control.get("/_simulator/calls").raise_for_status()
        return len(answer.json()["calls"])


@contextmanager
def served(*, latency: float = 0.0) -> Iterator[Served]:
    """A simulator, each answer of which takes so many seconds."""
    command = [sys.executable, "-m", "benchmarks.served", "--latency", str(latency)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stdin=pipe, text=True, cwd=ROOT) as process:  # noqa: S603 -- our own
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            environment = json.loads(process.stdout.readline())
            with httpx.Client(base_url=environment["VPCEP_ENDPOINT"], trust_env=False, timeout=60) as control:
                yield Served(environment, control, process.stdin, process.stdout)
        finally:
            process.kill()


def main() -> None:
    """Serve, and make a service for each line, until the one who started this is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with Simulator.start() as simulator:
        simulator.latency(given.latency)
        _tell(json.dumps(simulator.environment))
        for line in sys.stdin:
            service = simulator.service()
            for number in range(int(line)):
                simulator.connect(service, f"ep{number}", domain="d1")
            _tell(service)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
