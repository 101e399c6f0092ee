"""Reads what an audit judges. It sends nothing but GET."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.declared import Export
from vpcep_pulumi.audit.report import Scope
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.operation.operation import Operation

Live = dict[str, Sequence[Connection] | None]


def read_live(
    operation: Operation,
    exports: Iterable[Export],
    *,
    services: Sequence[str],
    region: str | None = None,
    project_id: str | None = None,
    profile: str | None = None,
) -> tuple[Scope, Live]:
    """The live connections, by service: those asked for, else all of the project and those that the exports name.

    A service that an export names may be gone: that is a finding, and its connections are None.

    :param services: empty: all.
    :param region: by default from the settings, as the project.
    :raises VpcepError: a service could not be read, or one was asked for that is not there and that nobody declares.
    """
    session = operation.projects.get(region, project_id, profile)
    scope = Scope(session.region, session.project_id, tuple(services) or None)
    here = [each for export in exports for each in export.declared if scope.problem(each) is None]
    named = dict.fromkeys(each.service_id for each in here)
    place = {"region": region, "project_id": project_id, "profile": profile}
    wanted = services or [*(each.id for each in operation.get_services(**place)), *named]
    live: Live = {}
    for service in dict.fromkeys(wanted):
        try:
            live[service] = operation.get_connections(service, **place)
        except InputError:
            if service in services and service not in named:
                raise
            live[service] = None
    return scope, live
