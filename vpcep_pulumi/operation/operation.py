"""What all resources of one operation of Pulumi's engine share, in one object."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.models import Connection, Service
from vpcep_pulumi.api.operations import PAGE_LIMIT
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import RequestError
from vpcep_pulumi.lifecycle.approval import Approval, is_absent, no_such_service
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.expiry import seconds_left
from vpcep_pulumi.lifecycle.messages import Outcome
from vpcep_pulumi.lifecycle.table import Goal
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.drive import drive
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.once import Once
from vpcep_pulumi.operation.projects import Projects
from vpcep_pulumi.operation.whole import read_services


class Operation:
    """One operation: its projects, claims, clock and log, and the way to carry a decision out. Thread-safe.

    :ivar now: when it began: what expires in the middle of it expires with the next one.
    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :param claims: by default those of this process alone.
    :param client: makes a client; an argument so that a test can replace the transport.
    """

    def __init__(
        self,
        *,
        config: Mapping[str, str],
        environ: Mapping[str, str],
        home: Path,
        clock: Clock,
        log: Log,
        claims: Claims | None = None,
        client: Callable[..., Client] = Client,
    ) -> None:
        self.clock = clock
        self.now = clock.now()
        self.log = log
        self.claims = claims or Claims()
        self.projects = Projects(config=config, environ=environ, home=home, clock=clock, log=log, client=client)
        # After an update that left out one of two names, a state may hold a connection twice. They take turns.
        self._turns: Once[Lock] = Once()

    def key_of(self, approval: Approval) -> ConnectionKey:
        """Which connection an approval is about."""
        address = self.projects.address(approval.region, approval.project_id, approval.profile)
        return ConnectionKey(approval.service_id, approval.endpoint_id, address)

    def log_of(self, approval: Approval) -> Log:
        """The log, with its messages on the row of the resource that was checked for the approval's connection."""
        return self.log.on(self.claims.urn_of(self.key_of(approval)))

    def get_connection(self, approval: Approval, *, seen: bool, since: float | None = None) -> Connection | None:
        """The live connection, or None if there is none.

        :param seen: whether the approval has seen the connection before; then it is no error that the service is gone.
        :param since: a read that began earlier does not count. On the operation's clock; None: any recent read counts.
        :raises InputError: there is no such service, and the connection was never seen.
        :raises RequestError: the connection could not be read.
        """
        session = self.projects.get(approval.region, approval.project_id, approval.profile)
        try:
            return session.view.find(approval.service_id, approval.endpoint_id, since=since)
        except RequestError as error:
            problem = approval.absence(error, seen=seen)
            if problem is None:
                return None
            if problem is error:
                raise
            raise problem from None

    def get_connections(
        self, service_id: str, *, region: str | None = None, project_id: str | None = None, profile: str | None = None
    ) -> list[Connection]:
        """Every connection of a service.

        :param region: by default from the settings, as the project.
        :param profile: the name of a profile; None: the settings without one.
        :raises SettingsError: the settings name no project, or no credential.
        :raises InputError: there is no such service.
        :raises RequestError: the API could not be asked.
        """
        session = self.projects.get(region, project_id, profile)
        try:
            return session.view.find_all(service_id)
        except RequestError as error:
            if not is_absent(error):
                raise
            location = f"region {session.region}, project {session.project_id}"
            raise no_such_service(service_id, location, error) from None

    def get_services(
        self, *, region: str | None = None, project_id: str | None = None, profile: str | None = None
    ) -> tuple[Service, ...]:
        """Every service of a project.

        :param region: by default from the settings, as the project.
        :param profile: the name of a profile; None: the settings without one.
        :raises SettingsError: the settings name no project, or no credential.
        :raises RequestError: the API could not be asked.
        """
        session = self.projects.get(region, project_id, profile)
        return read_services(session.client, session.project_id, limit=PAGE_LIMIT)

    def carry_out(
        self, approval: Approval, *, seen: bool, written: str | None = None, log: Log | None = None
    ) -> Outcome:
        """Carry out what is declared for a connection. Each connection has one decision at a time.

        :param seen: whether the approval has seen the connection before.
        :param written: the description that was declared last time.
        :param log: where to report; by default on the row of the connection's resource.
        :raises SettingsError: the settings name no project, or no credential.
        """
        session = self.projects.get(approval.region, approval.project_id, approval.profile)
        left = seconds_left(approval.expires_at, self.clock.now()) if approval.goal is Goal.ACCEPTED else math.inf
        longest = min(approval.appear_timeout, session.longest_appear, max(0.0, left))
        bounded, until = replace(approval, appear_timeout=longest), self.clock.monotonic() + left
        with self._turns.get(self.key_of(approval), Lock):
            return drive(
                decide(bounded, seen=seen, written=written, until=until),
                bounded,
                session,
                clock=self.clock,
                log=log or self.log_of(approval),
            )

    def close(self) -> None:
        """Close every network connection to the API."""
        self.projects.close()
