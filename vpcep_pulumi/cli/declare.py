"""``vpcep-pulumi declare``: what is live, as declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

import typer

from vpcep_pulumi.cli.reading import (
    Place,
    ProfileOption,
    ProjectOption,
    RegionOption,
    ServiceOption,
    reader,
)
from vpcep_pulumi.convert.configuration import as_configuration
from vpcep_pulumi.convert.declarations import Conversion
from vpcep_pulumi.convert.live import from_live
from vpcep_pulumi.convert.program import as_program


class Format(StrEnum):
    """What is printed."""

    PROGRAM = "program"
    CONFIG = "config"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="A Pulumi program (__main__.py), or the configuration (Pulumi.<stack>.yaml) of examples/approvals.",
    ),
]
WRITERS: Mapping[Format, Callable[[Conversion], str]] = MappingProxyType(
    {Format.PROGRAM: as_program, Format.CONFIG: as_configuration}
)
"""What writes each format."""


def declare(
    *,
    service: ServiceOption = None,
    region: RegionOption = None,
    project_id: ProjectOption = None,
    profile: ProfileOption = None,
    format_: FormatOption = Format.PROGRAM,
) -> None:
    """Print declarations of what is live: accepted and rejected connections, as they are. Nothing is sent."""
    with reader(Place(region, project_id, profile), service) as reading:
        found = reading.connections()
        session = reading.operation.projects.get(region, project_id, profile)
    conversion = from_live(found, region=session.region, project_id=session.project_id, profile=profile)
    typer.echo(WRITERS[format_](conversion), nl=False)
