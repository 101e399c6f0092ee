"""``vpcep-pulumi audit``: what is live, compared with what stacks declare. It only reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperCommand

from vpcep_pulumi.audit.declared import Export
from vpcep_pulumi.audit.exports import read_export
from vpcep_pulumi.audit.json_report import json_of
from vpcep_pulumi.audit.judge import Limits
from vpcep_pulumi.audit.junit import junit_of
from vpcep_pulumi.audit.reading import read_live
from vpcep_pulumi.audit.report import Report, report_of
from vpcep_pulumi.audit.rules import RULES, Severity
from vpcep_pulumi.audit.sarif import sarif_of
from vpcep_pulumi.cli.listing import console_for_tables
from vpcep_pulumi.cli.reading import (
    COULD_NOT_TELL,
    Place,
    ProfileOption,
    ProjectOption,
    RegionOption,
    ServiceOption,
    reader,
)
from vpcep_pulumi.errors import InputError

STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}
STDIN: Final = "-"
UsageError: Any = typer.BadParameter.__bases__[0]
"""What is raised for a wrong call. Newer versions of typer hold it themselves, older ones take it from click."""


class AuditCommand(TyperCommand):
    """Ends with 1 if it is called wrongly. By default that is 2, which means here that there are findings."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments."""
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            error.exit_code = COULD_NOT_TELL
            raise


def audit(
    *,
    stack_export: Annotated[
        list[str],
        typer.Option(help="A file that `pulumi stack export` wrote; - is standard input. Several times for several."),
    ],
    service: ServiceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write SARIF 2.1.0 to this file.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report to this file.")] = None,
    expiring_days: Annotated[
        float, typer.Option(min=0, max=36500, help="Warn so many days before a declaration expires.")
    ] = 1,
    pending_days: Annotated[
        float, typer.Option(min=0, max=36500, help="Warn of connections that have waited for longer.")
    ] = 7,
    region: RegionOption = None,
    project_id: ProjectOption = None,
    profile: ProfileOption = None,
) -> None:
    """Compare the live connections with what stacks declare. Nothing is changed.

    Exit code 0: all is as declared. 2: there are findings. 1: something could not be read or judged.
    """
    place = Place(region, project_id, profile)
    with reader(place, service) as reading:
        operation = reading.operation
        exports = _exports(stack_export, operation.now)
        scope, live = read_live(operation, exports, services=reading.services, **vars(place))
        limits = Limits(timedelta(days=expiring_days), timedelta(days=pending_days))
        report = report_of(scope, live, exports, operation.now, limits)
        _write_files(report, html=html, sarif=sarif, junit=junit)
    for each in report.unjudged:
        typer.echo(f"could not be judged: {each.about}: {each.reason}", err=True)
    if as_json:
        typer.echo(json.dumps(json_of(report), indent=2))
    else:
        print_report(console_for_tables(), report)
    raise typer.Exit(report.exit_code)


def _exports(names: Sequence[str], now: datetime) -> list[Export]:
    """Read the exports.

    :raises InputError: one cannot be read, or is named twice.
    """
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise InputError("--stack-export", f"{twice} is given twice")
    return [read_export(each, _text_of(each), now) for each in names]


def _text_of(name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(name, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(name, "it is not UTF-8") from None


def _write_files(report: Report, *, html: Path | None, sarif: Path | None, junit: Path | None) -> None:
    """Write what was asked for, before anything is printed.

    :raises InputError: a file cannot be written, or a library is missing.
    """
    if sarif is not None:
        _write(sarif, json.dumps(sarif_of(report, version("vpcep-pulumi")), indent=2) + "\n")
    if junit is not None:
        _write(junit, junit_of(report))
    if html is not None:
        try:
            from vpcep_pulumi.audit.page import page_of  # noqa: PLC0415 -- only a page needs its library
        except ModuleNotFoundError as error:
            advice = f"needs {error.name}: install it with `pip install 'vpcep-pulumi[cli]'`"
            raise InputError("--html", advice) from None
        _write(html, page_of(report))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(str(path), f"cannot be written: {error.strerror}") from None


def print_report(console: Console, report: Report) -> None:
    """Print the findings, the worst first, and a summary."""
    for rule in RULES.values():
        found = report.under(rule)
        if not found:
            continue
        console.print(Text(f"{rule.severity}: {rule.title} ({len(found)})", style=STYLES[rule.severity]))
        for each in found:
            subject = "/".join(filter(None, [each.service_id, each.endpoint_id]))
            console.print(Text(f"  {subject}", style="bold"))
            console.print(Text(f"    {each.message}"), soft_wrap=not console.is_terminal)
            console.print(Text(f"    to do: {each.advice}", style="dim"), soft_wrap=not console.is_terminal)
        console.print()
    console.print(Text(report.summary, style="bold"))
