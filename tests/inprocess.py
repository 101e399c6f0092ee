"""The local engine's own steps, state and report, over any provider: without the processes of program and hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.hosts import Providers
from vpcep_pulumi.testing.engine.options import Options
from vpcep_pulumi.testing.engine.providers import new_id
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.steps import Steps

PHRASE = "p"


@dataclass
class Session:
    """One operation."""

    deployment: Deployment
    state: State
    report: Report


@contextmanager
def session(
    path: Path,
    providers: Providers,
    *,
    dry_run: bool,
    options: Options | None = None,
    project: str = "p",
    fresh_id: Callable[[], str] = new_id,
) -> Iterator[Session]:
    """An operation on a state, of one thread: in the same order each time."""
    with State(path, PHRASE, writes=not dry_run) as state:
        report = Report(lambda _text: None, dry_run=dry_run)
        steps = Steps(state, providers, report, fresh_id=fresh_id)
        yield Session(Deployment(project, "dev", steps, options, threads=1), state, report)
