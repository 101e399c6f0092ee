"""The subcommands of ``vpcep-pulumi``."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version as _version_of
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import vpcep_pulumi
from vpcep_pulumi.cli.audit import AuditCommand, audit
from vpcep_pulumi.cli.declare import declare
from vpcep_pulumi.cli.from_terraform import from_terraform
from vpcep_pulumi.cli.listing import list_connections

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("list")(list_connections)
app.command(cls=AuditCommand)(audit)

TESTING = "vpcep-pulumi[testing]"
Seconds = Annotated[float, typer.Option(min=0, help="Seconds; with a seed, the most.")]
DEMO_WIDTH = 128
PICTURE_WIDTH = 112
"""So that a picture can be read at the width of a page, and the longest URN fits."""

app.command()(declare)
app.command()(from_terraform)


@contextmanager
def _testing_extra() -> Iterator[None]:
    """Import what a command needs of the extra ``testing``, or say that it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        typer.secho(f"this command needs {error.name}: install it with `pip install '{TESTING}'`", err=True)
        raise typer.Exit(1) from None


def _show_version(wanted: bool) -> None:  # noqa: FBT001 -- typer passes the option's value
    """Print the versions that a report of a bug needs, and end."""
    if wanted:
        versions = f"pulumi {_version_of('pulumi')}, Python {platform.python_version()}, {platform.system()}"
        typer.echo(f"vpcep-pulumi {vpcep_pulumi.__version__} ({versions})")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tools around vpcep_pulumi."""
    del version


@app.command()
def simulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = 8080,
    seed: Annotated[int | None, typer.Option(help="Draw latency and `creating` anew each time, reproducibly.")] = None,
    latency: Seconds = 0.0,
    creating: Seconds = 0.0,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Throttle, fail, lose answers and lag behind now and then, under the seed.")
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="Say each request on stderr; no credential and no description is shown.")
    ] = False,
) -> None:
    """Serve a simulated VPC Endpoint API on this machine, with a control API under /_simulator."""
    with _testing_extra():
        from vpcep_pulumi.testing.simulator import Settings, Simulator  # noqa: PLC0415 -- the extra may not be installed
    if seed is not None:
        # A seed is of use only if there are times to draw.
        latency, creating = latency or 0.05, creating or 2.0
    try:
        settings = Settings(latency_s=latency, creating_s=creating, seed=seed)
        running = Simulator(settings, port=port, log=partial(typer.echo, err=True) if log else None)
    except OSError as error:
        typer.secho(f"cannot listen on port {port}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    if chaos:
        running.chaos(seed or 0)
    running.serve(lambda: typer.echo(f"listening on {running.url}"))


@app.command()
def demo(
    *,
    picture: Annotated[
        Path | None,
        typer.Option(help="Show the scene of the drift only, and write a picture (SVG) of it to this file."),
    ] = None,
) -> None:
    """Show the main job on the simulator: accept, see drift, heal it, reject."""
    with _testing_extra():
        from vpcep_pulumi.cli.demo import DemoFailed, run_demo  # noqa: PLC0415 -- likewise
    if picture is not None:
        console = Console(width=PICTURE_WIDTH, record=True)
    else:
        console = Console(width=None if sys.stdout.isatty() else DEMO_WIDTH)
    try:
        run_demo(console, os.environ, only_drift=picture is not None)
    except DemoFailed as error:
        console.print(Text(f"The demo went wrong: {error}", style="bold red"))
        raise typer.Exit(1) from None
    if picture is not None:
        console.save_svg(str(picture), title="vpcep-pulumi demo")
