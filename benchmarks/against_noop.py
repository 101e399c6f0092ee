"""How much longer approvals take to create than resources that do nothing, on the pulumi CLI and on the local engine.

    python -m benchmarks.against_noop [--count 300] [--rounds 5] [--engine local|pulumi]

The API has no latency here. Beside a no-op of the same inputs stands one of the same outputs as well: an output costs
the SDK and the CLI (which writes the whole state at every step) a share of its own, whatever the provider does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.pairs import in_pairs, show, timed
from vpcep_pulumi.testing.cli_engine import is_on_path
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.results import Result

ROOT = Path(__file__).parent.parent
PROGRAM = """
from {module} import {kind}
for number in range({count}):
    {kind}(f"a{{number}}", service_id="svc", endpoint_id=f"ep{{number}}")
"""
KINDS = {
    "approvals": ("vpcep_pulumi", "EndpointConnectionApproval"),
    "no-ops (same inputs)": ("benchmarks.noop", "NoOp"),
    "no-ops (same state)": ("benchmarks.noop", "NoOpWithOutputs"),
}


def created(engine: str, what: str, count: int) -> float:
    """Seconds to create so many of a kind in a new stack."""
    module, kind = KINDS[what]
    with TemporaryDirectory() as folder, simulator(count) as environment:
        program = Path(folder) / "program"
        program.mkdir()
        (program / "Pulumi.yaml").write_text("name: benchmark\nruntime: python\n", encoding="utf-8")
        text = PROGRAM.format(module=module, kind=kind, count=count)
        (program / "__main__.py").write_text(text, encoding="utf-8")
        environ = {**os.environ, **environment, "PYTHONPATH": str(ROOT), "PULUMI_CONFIG_PASSPHRASE": ""}
        if engine == "local":
            stack = LocalEngine(program, Path(folder) / "state.json", environ=environ)
            return timed(lambda: _check(stack.up(), count))
        return _by_the_cli(program, Path(folder) / "state", environ)


def _check(result: Result, count: int) -> None:
    if not result.ok or len(result.steps) != count:
        raise SystemExit(f"the update failed: {result}")


def _by_the_cli(program: Path, state: Path, environ: dict[str, str]) -> float:
    state.mkdir()
    environ |= {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), environ["PATH"])),
    }

    def pulumi(*arguments: str) -> None:
        command = ["pulumi", *arguments, "--non-interactive"]
        subprocess.run(command, cwd=program, env=environ, check=True, capture_output=True)  # noqa: S603 -- our own

    pulumi("stack", "init", "dev")
    return timed(lambda: pulumi("up", "--yes", "--skip-preview", "--suppress-progress"))


@contextmanager
def simulator(count: int) -> Iterator[dict[str, str]]:
    """The environment of a simulator in a process of its own, with so many connections."""
    command = [sys.executable, "-c", "from vpcep_pulumi.cli import main; main()", "simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own command
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        with httpx.Client(base_url=f"{url}/_simulator", trust_env=False) as control:
            for number in range(count):
                control.post("/connections", json={"service_id": "svc", "id": f"ep{number}"}).raise_for_status()
        yield {
            "VPCEP_ENDPOINT": url,
            "HUAWEICLOUD_SDK_IAM_ENDPOINT": url,
            "HW_REGION_NAME": "cn-north-4",
            "HUAWEICLOUD_SDK_AK": "BENCHMARK",
            "HUAWEICLOUD_SDK_SK": "benchmark-key",
        }
        process.terminate()


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=["local", "pulumi"], default="pulumi" if is_on_path() else "local")
    given = parser.parse_args()
    show(f"Creating {given.count} resources on {'the pulumi CLI' if given.engine == 'pulumi' else 'the local engine'}:")
    for other in list(KINDS)[1:]:
        measures = tuple(partial(created, given.engine, what, given.count) for what in ("approvals", other))
        in_pairs(("approvals", other), (measures[0], measures[1]), rounds=given.rounds)


if __name__ == "__main__":
    main()
