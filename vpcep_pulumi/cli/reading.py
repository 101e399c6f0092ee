"""What the commands that read the API have in common: their options, and how they ask."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import InputError, VpcepError
from vpcep_pulumi.lifecycle.schema import RULES
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.operation import Operation

ServiceOption = Annotated[
    list[str] | None,
    typer.Option("--service", help="The id of an endpoint service; several times for several. By default all."),
]
RegionOption = Annotated[str | None, typer.Option("--region", help="By default from the environment or a profile.")]
ProjectOption = Annotated[str | None, typer.Option("--project-id", help="By default from the settings, or from IAM.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="The name of a profile of KooCLI's file.")]
COULD_NOT_TELL = 1
"""The exit code if something could not be read."""


class StderrLog:
    """A :class:`~vpcep_pulumi.log.Log` on stderr: standard output is for what was asked for."""

    def info(self, message: str) -> None:
        """Print it."""
        typer.echo(message, err=True)

    def warning(self, message: str) -> None:
        """Print it."""
        typer.echo(f"warning: {message}", err=True)

    def debug(self, message: str) -> None:
        """Leave it out."""

    def progress(self, message: str) -> None:
        """Leave it out."""

    def on(self, urn: str | None) -> Log:
        """The same log: there are no rows."""
        del urn
        return self


@dataclass(frozen=True)
class Place:
    """Where a command reads.

    :ivar region: None: from the settings, likewise the project.
    :ivar profile: the name of a profile; None: the settings without one.
    """

    region: str | None = None
    project_id: str | None = None
    profile: str | None = None


class Reader:
    """Reads services and their connections.

    :ivar operation: its client, view and clock.
    :ivar services: those asked for; empty: every service of the project.
    """

    def __init__(self, operation: Operation, place: Place, services: Sequence[str]) -> None:
        self.operation, self.place, self.services = operation, place, services

    def connections(self) -> dict[str, list[Connection]]:
        """By service: its connections, those that were made last first.

        :raises VpcepError: a service could not be read.
        """
        place = self.place
        found = self.services or [
            each.id
            for each in self.operation.get_services(
                region=place.region, project_id=place.project_id, profile=place.profile
            )
        ]
        return {
            each: self.operation.get_connections(
                each, region=place.region, project_id=place.project_id, profile=place.profile
            )
            for each in dict.fromkeys(found)
        }


def _check(services: Sequence[str]) -> None:
    """Refuse what is not the id of a service: it would become a part of a path."""
    for each in services:
        if (reason := RULES["service_id"](each)) is not None:
            raise InputError("--service", f"{each!r} {reason}")


@contextmanager
def reader(place: Place, services: Sequence[str] | None) -> Iterator[Reader]:
    """A reader with the settings of the environment and of profile files.

    An error of this package ends the command with exit code 1 and its message on stderr.

    :param services: those asked for; None or empty: every service of the project.
    """
    operation = Operation(config={}, environ=os.environ, home=Path.home(), clock=Clock(), log=StderrLog())
    try:
        _check(services or ())
        yield Reader(operation, place, services or ())
    except VpcepError as error:
        typer.secho(f"vpcep-pulumi: {error}", err=True, fg=typer.colors.RED)
        if any(each in str(error) for each in ("pulumi config set", "the stack's configuration")):
            typer.echo(
                "This command reads no stack configuration: use its options, the environment or a profile", err=True
            )
        raise typer.Exit(COULD_NOT_TELL) from None
    finally:
        operation.close()
