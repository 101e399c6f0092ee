"""What one policy of a large service takes: decisions, a preview, an update, the state, the largest process.

    python -m benchmarks.policies [--count 10000] [--receives 1000] [--latency 0.1] [--engine local|pulumi]

Beside the decisions stands the parsing of the pages that they are made from; beside the operations, those of a program
without a resource. The simulator has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.pairs import show, timed
from vpcep_pulumi.api.models import ConnectionPage, parse_json
from vpcep_pulumi.lifecycle.policy import Policy, evaluate
from vpcep_pulumi.lifecycle.policy_rule import rule_of
from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.simulator import Simulator

POLICY = """
from vpcep_pulumi import EndpointConnectionPolicy, accept
policy = EndpointConnectionPolicy("all", service_id="svc", rules=[accept(domain_ids=["d1"])])
"""
EMPTY = "import pulumi\n"
ACCOUNTS = 50
RULES: tuple[dict[str, Any], ...] = (
    {"action": "reject", "endpoint_ids": ["ep1"]},
    {"action": "leave", "description": "manual*"},
    {"action": "accept", "domain_ids": [f"d{number}" for number in range(25)], "limit": 100},
    {"action": "accept", "domain_ids": [f"d{number}" for number in range(25, 40)]},
)
MOST_TOKENS = 10**9


def decisions(count: int, rounds: int = 7) -> tuple[float, float]:
    """Seconds of the decisions about so many connections, and of the parsing of the pages that they come from."""
    entries = [
        {
            "id": f"ep{number}",
            "status": ("pendingAcceptance", "accepted", "rejected")[number % 3],
            "domain_id": f"d{number % ACCOUNTS}",
            "created_at": "2026-11-24T10:02:11Z",
            "description": "ticket 1234",
        }
        for number in range(count)
    ]
    pages = [json.dumps({"connections": entries[at : at + 1000]}).encode() for at in range(0, count, 1000)]
    policy = Policy("svc", tuple(map(rule_of, RULES)), "cn-north-4", "p")

    def parse() -> list[Any]:
        documents = (parse_json(page, MOST_TOKENS) for page in pages)
        return [each for document in documents for each in ConnectionPage.model_validate(document).connections]

    connections, now = parse(), datetime.now(UTC)
    taken = [(timed(lambda: evaluate(policy, connections, now)), timed(parse)) for _ in range(rounds)]
    return median(each for each, _ in taken), median(each for _, each in taken)


class Stack:
    """A program and its stack, in a folder."""

    def __init__(self, engine: str, folder: Path, environment: dict[str, str]) -> None:
        self.program = folder / "program"
        self.program.mkdir()
        (self.program / "Pulumi.yaml").write_text("name: benchmark\nruntime: python\n", encoding="utf-8")
        environ = {**os.environ, **environment, "PULUMI_CONFIG_PASSPHRASE": ""}
        self.state = folder / "state"
        self.engine: LocalEngine | CliEngine = (
            LocalEngine(self.program, self.state / "dev.json", environ=environ)
            if engine == "local"
            else CliEngine(self.program, self.state, environ=environ)
        )

    def run(self, operation: str, text: str) -> float:
        """Seconds of an operation on a program."""
        (self.program / "__main__.py").write_text(text, encoding="utf-8")
        results = []
        seconds = timed(lambda: results.append(getattr(self.engine, operation)()))
        if not results[0].ok:
            raise SystemExit(f"the {operation} failed: {results[0]}")
        return seconds

    def size(self) -> int:
        """Bytes of the newest file of the state."""
        files = [
            each for each in self.state.rglob("*.json") if "backups" not in each.parts and "history" not in each.parts
        ]
        return max(each.stat().st_size for each in files)


@contextmanager
def served(*, latency: float = 0.0) -> Iterator[tuple[dict[str, str], httpx.Client]]:
    """A simulator in a process of its own: its environment, and what controls it."""
    command = [sys.executable, "-m", "benchmarks.policies", "--serve", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        environment = json.loads(process.stdout.readline())
        with httpx.Client(base_url=environment["VPCEP_ENDPOINT"], trust_env=False, timeout=60) as control:
            yield environment, control
        process.kill()


def serve(latency: float, count: int) -> None:
    """Serve a simulator with so many connections, until this process is killed."""
    with Simulator.start() as simulator:
        simulator.connect_many("svc", count, domain="d1")
        simulator.latency(latency)
        sys.stdout.write(json.dumps(dict(simulator.environment)) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def counted(control: httpx.Client, do: Callable[[], float]) -> tuple[float, int]:
    """Seconds, and how many requests to the API were made."""
    before = len(control.get("/_simulator/calls").json()["calls"])
    seconds = do()
    return seconds, len(control.get("/_simulator/calls").json()["calls"]) - before


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--receives", type=int, default=1_000)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--engine", choices=["local", "pulumi"], default="pulumi" if is_on_path() else "local")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(given.serve, int(os.environ["BENCHMARK_COUNT"]))
        return
    own, parsing = decisions(given.count)
    show(f"decisions about {given.count} connections: {own * 1000:.0f} ms")
    show(f"  parsing their pages: {parsing * 1000:.0f} ms; ratio {own / parsing:.2f}")
    with TemporaryDirectory() as folder:
        os.environ["BENCHMARK_COUNT"] = str(given.receives)
        with served(latency=given.latency) as (environment, _):
            stack = Stack(given.engine, Path(folder), environment)
            empty = stack.run("up", EMPTY)
            seconds = stack.run("up", POLICY)
        show(f"{given.receives} receives at {given.latency} s an answer: {seconds:.1f} s")
        show(f"  an empty program: {empty:.1f} s")
    with TemporaryDirectory() as folder:
        os.environ["BENCHMARK_COUNT"] = str(given.count)
        with served() as (environment, control):
            stack = Stack(given.engine, Path(folder), environment)
            empty = stack.run("preview", EMPTY)
            seconds = stack.run("up", POLICY)
            show(
                f"{given.count} receives without latency: {seconds:.1f} s; the state has {stack.size() / 1024:.0f} KiB"
            )
            seconds, calls = counted(control, lambda: stack.run("preview", POLICY))
            show(f"a preview without a change: {seconds:.1f} s, {calls} requests")
            show(f"  an empty program: {empty:.1f} s")
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    show(f"the largest process of all, the simulator apart: at most {largest:.0f} MiB")


if __name__ == "__main__":
    main()
