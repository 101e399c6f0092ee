"""``vpcep-pulumi from-terraform``: what a Terraform state holds, as declarations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from vpcep_pulumi.cli.declare import WRITERS, Format, FormatOption
from vpcep_pulumi.convert.terraform import StateError
from vpcep_pulumi.convert.terraform import from_terraform as converted

LARGEST_BYTES = 512 * 1024 * 1024
STDIN = "-"


def from_terraform(
    file: Annotated[str, typer.Argument(help="A Terraform or OpenTofu state file, of version 4; - reads stdin.")],
    *,
    format_: FormatOption = Format.PROGRAM,
) -> None:
    """Print declarations of what Terraform accepted, from its state. The API is not asked, and nothing is sent."""
    try:
        conversion = converted(_content(file))
    except OSError as error:
        _fail(f"{file}: cannot be read: {error.strerror}")
    except StateError as error:
        _fail(f"{'standard input' if file == STDIN else file}: {error}")
    typer.echo(WRITERS[format_](conversion), nl=False)


def _content(file: str) -> bytes:
    """What the file has in it.

    :raises OSError: it cannot be read.
    :raises StateError: it is too large.
    """
    if file == STDIN:
        content = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    else:
        with Path(file).open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise StateError(f"is larger than {LARGEST_BYTES // 1024**2} MiB")
    return content


def _fail(message: str) -> NoReturn:
    typer.secho(f"vpcep-pulumi: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(1)
