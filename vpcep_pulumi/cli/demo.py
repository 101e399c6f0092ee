"""The demo: the main job from start to end on the bundled simulator, and the API requests that it took."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.engines import Engine
from vpcep_pulumi.testing.results import Result
from vpcep_pulumi.testing.simulator import Simulator

# The service, the endpoint and the account of the API reference's own example.
SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"
ENDPOINT = "705290f3-0d00-41f2-aedc-71f09844e879"
ACCOUNT = "6e9dfd51d1124e8d8498dce894923a0d"
MARKET = "9b1d0e5c-3c1b-4f0f-8a53-5a1f9d6d2f11"
"""A second service, with many consumers."""
PARTNER = "c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60"
PARTNERS = tuple(f"{number}f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d" for number in (1, 2, 3))
LATER = "4f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d"
STRANGER = "e1a6a8a0-54c3-4a3e-8ba9-1f2a0c0f4f52"

POLICIES: Mapping[str, object] = {
    "partners": {
        "service_id": MARKET,
        "rules": [{"action": "accept", "domain_ids": [PARTNER]}],
        "max_interruptions": 4,
    }
}

PROJECT = "Pulumi.yaml"
STACK = "demo"
INDENT = " " * 8
"""Where a wrapped line goes on in a picture."""
STYLES = {"+": "green", "-": "red", "~": "yellow"}
ENGINES: Mapping[str, type[LocalEngine | CliEngine]] = {"local": LocalEngine, "pulumi": CliEngine}


class DemoFailed(VpcepError):
    """A step of the demo did not have the expected result."""


def run_demo(console: Console, environ: Mapping[str, str], *, only_drift: bool = False) -> None:
    """Run the demo.

    :param environ: ``VPCEP_ENGINE`` names the engine, ``local`` or ``pulumi``; by default the CLI if it is on PATH.
    :param only_drift: show the scene of the drift only, with one approval: it fits on a picture.
    :raises DemoFailed: a step went wrong.
    """
    name = environ.get("VPCEP_ENGINE") or ("pulumi" if is_on_path() else "local")
    if name not in ENGINES:
        raise DemoFailed(f"VPCEP_ENGINE is {name!r}; it takes {' or '.join(ENGINES)}")
    if name == "pulumi" and not is_on_path():
        raise DemoFailed("VPCEP_ENGINE=pulumi, but there is no pulumi CLI on PATH")
    keys = {"DEMOACCESSKEY": "demo-secret-key"}
    with TemporaryDirectory() as folder, Simulator.start(access_keys=keys, creating_s=0.5) as simulator:
        project = _lay_out(Path(folder), policies={} if only_drift else POLICIES)
        engine = ENGINES[name](
            project,
            Path(folder) / "state" / ("" if name == "pulumi" else f"{STACK}.json"),
            stack=STACK,
            environ={**environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "demo"},
        )
        story = _Story(console, engine, simulator)
        if only_drift:
            story.tell_of_drift()
            return
        words = "the pulumi CLI on PATH" if name == "pulumi" else "the local engine (there is no need for a CLI)"
        console.print(f"[bold]A simulated VPC Endpoint API at[/] {simulator.url}[bold], and[/] {words}[bold].[/]\n")
        story.tell()


class _Story:
    def __init__(self, console: Console, engine: Engine, simulator: Simulator) -> None:
        self._console, self._engine, self._simulator = console, engine, simulator

    def tell(self) -> None:
        self._simulator.connect(SERVICE, ENDPOINT, domain=ACCOUNT)
        for endpoint in PARTNERS:
            self._simulator.connect(MARKET, endpoint, domain=PARTNER)
        self._simulator.connect(MARKET, STRANGER)
        self._say(
            "A consumer asks to connect to one service; a partner's three endpoints and a stranger's to another. The "
            "stack's configuration accepts the first by its id (billing), and whatever is the partner's (partners)."
        )
        both = {"billing": "create", "partners": "create"}
        self._do("pulumi preview --diff", self._engine.preview, both, diff=True)
        self._do("pulumi up", self._engine.up, both)
        self._now("accepted", accepted=3)
        self._do("pulumi preview", self._engine.preview, {})

        self._say(
            "Another administrator rejects the first in the console, and the partner makes a fourth endpoint. No state "
            "file knows of either."
        )
        self._simulator.reject(SERVICE, ENDPOINT)
        self._simulator.connect(MARKET, LATER, domain=PARTNER)
        both = {"billing": "update", "partners": "update"}
        self._do("pulumi preview --diff", self._engine.preview, both, diff=True)
        self._do("pulumi up", self._engine.up, both)
        self._now("accepted", accepted=4)

        self._say("The services are taken down: what was accepted is rejected. The stranger's was never decided on.")
        self._do("pulumi destroy", self._engine.destroy, {"billing": "delete", "partners": "delete"})
        self._now("rejected", accepted=0)
        self._calls()

    def tell_of_drift(self) -> None:
        """The scene of the drift, with one approval and no policy."""
        self._simulator.connect(SERVICE, ENDPOINT, domain=ACCOUNT)
        result = self._engine.up()
        if not result.ok:
            raise DemoFailed("; ".join(result.messages("error")) or "`pulumi up` failed")
        self._simulator.reject(SERVICE, ENDPOINT)
        self._say("A connection is accepted. Then somebody rejects it in the console. No state file knows of that.")
        self._do("pulumi preview --diff", self._engine.preview, {"billing": "update"}, diff=True)
        self._do("pulumi up", self._engine.up, {"billing": "update"})
        found = self._simulator.status(SERVICE, ENDPOINT)
        self._console.print(f"    The connection is {found} again.", style="dim")
        if found != "accepted":
            raise DemoFailed(f"the connection is {found}, not accepted")

    def _say(self, text: str) -> None:
        self._console.print(f"\n[bold cyan]{text}[/]")

    def _do(self, command: str, do: Callable[[], Result], expected: Mapping[str, str], *, diff: bool = False) -> None:
        self._console.print(f"\n[bold]$ {command}[/]")
        result = do()
        steps = {urn.rpartition("::")[2]: op for urn, op in result.steps.items()}
        for line in result.diff.splitlines() if diff else ():
            if line.strip():
                self._show(line)
        if not diff:
            done = ", ".join(f"{name}: {op}" for name, op in steps.items()) or "nothing to do"
            self._console.print(f"    {done}")
        if not result.ok:
            raise DemoFailed("; ".join(result.messages("error")) or f"`{command}` failed")
        if steps != expected:
            raise DemoFailed(f"`{command}` came to {steps}, not to {dict(expected)}")

    def _show(self, line: str) -> None:
        """Print a line of the engine's. A terminal wraps it by itself; a picture cuts it, so it is wrapped here."""
        if not self._console.record:
            self._console.print(_styled(line), soft_wrap=True)
            return
        style = _styled(line).style
        indent = " " * line.find('"') if '"' in line else INDENT
        for part in textwrap.wrap(line, self._console.width, subsequent_indent=indent, break_on_hyphens=False):
            self._console.print(Text(part, style=style), soft_wrap=True)

    def _now(self, expected: str, *, accepted: int) -> None:
        """Show how the connections are, and stop if that is not what was to come."""
        found = self._simulator.status(SERVICE, ENDPOINT)
        of_partner = [each for each in self._simulator.world.connections(MARKET) if each.id != STRANGER]
        count = sum(each.status == "accepted" for each in of_partner)
        self._console.print(
            f"    The first connection is {found}; {count} of the partner's {len(of_partner)} are accepted; the "
            f"stranger's is {self._simulator.status(MARKET, STRANGER)}.",
            style="dim",
        )
        if (found, count) != (expected, accepted):
            raise DemoFailed(f"the connection is {found}, not {expected}; {count} are accepted, not {accepted}")

    def _calls(self) -> None:
        """Print the API requests. Identical ones are counted in one row."""
        table = Table(title="\nWhat was asked of the API", title_justify="left", title_style="bold cyan")
        for heading in ("Call", "What for", "Answer", "Times"):
            table.add_column(heading, justify="right" if heading == "Times" else "left", no_wrap=True)
        for call, times in Counter(json.dumps(_row(each)) for each in self._simulator.calls()).items():
            table.add_row(*json.loads(call), str(times))
        self._console.print(table)


def _row(call: Mapping[str, object]) -> tuple[str, str, str]:
    """A request in words: method and path, purpose, response."""
    path, body = str(call["path"]), call["body"]
    if isinstance(body, dict) and "action" in body:
        what = f"{body['action']} {body['endpoints'][0]}"
    else:
        what = "the project's id, from IAM" if path.startswith("/v3/") else "every connection of the service"
    tail = path if path.startswith("/v3/") else "…/" + path.partition("vpc-endpoint-services/")[2].partition("/")[2]
    return f"{call['method']} {tail}", what, f"HTTP {call['status']}"


def _styled(line: str) -> Text:
    return Text(line, style=STYLES.get(line.lstrip()[:1], ""))


def _lay_out(folder: Path, policies: Mapping[str, object]) -> Path:
    """Copy this package's project to a folder of its own, with a stack configuration."""
    source = next(each for each in _sources() if (each / PROJECT).exists())
    project = folder / "project"
    project.mkdir()
    for name in (PROJECT, "__main__.py"):
        shutil.copy(source / name, project)
    shutil.copytree(source / "examples" / "approvals", project / "examples" / "approvals")
    (project / ".venv").symlink_to(sys.prefix)
    approvals = {"billing": {"service_id": SERVICE, "endpoint_id": ENDPOINT, "expected_domain_id": ACCOUNT}}
    # JSON is valid YAML.
    config = {"config": {"vpcep-approvals:approvals": approvals, "vpcep-approvals:policies": policies}}
    (project / f"Pulumi.{STACK}.yaml").write_text(json.dumps(config), encoding="utf-8")
    return project


def _sources() -> tuple[Path, Path]:
    """Where the project may be: beside the command in an installed package, or at the root of a clone."""
    here = Path(__file__).resolve().parent
    return here / "project", here.parent.parent
