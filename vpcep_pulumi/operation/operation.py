"""What all resources of one operation of Pulumi's engine share, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import RequestError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.decide import decide
from vpcep_pulumi.lifecycle.exchange import Outcome
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.drive import drive
from vpcep_pulumi.operation.once import Once
from vpcep_pulumi.operation.projects import Projects
from vpcep_pulumi.operation.rules import ConnectionKey


class Operation:
    """One operation: its projects, claims, clock and log, and the way to carry a decision out. Thread-safe.

    :ivar now: when it began: what expires in the middle of it expires with the next one.
    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :param claims: by default those of this process alone.
    :param client: makes a client; an argument so that a test can have the connection.
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
        # A state may hold a connection twice, after an update that left one of two names out: one after the other.
        self._turns: Once[Lock] = Once()

    def key_of(self, approval: Approval) -> ConnectionKey:
        """Which connection an approval is about."""
        address = self.projects.address(approval.region, approval.project_id)
        return ConnectionKey(approval.service_id, approval.endpoint_id, address)

    def log_of(self, approval: Approval) -> Log:
        """The log whose lines stand on the row of the resource that was checked for a connection."""
        return self.log.on(self.claims.urn_of(self.key_of(approval)))

    def get_connection(self, approval: Approval, *, seen: bool, since: float | None = None) -> Connection | None:
        """The connection as it stands, or None where it is not there.

        :param seen: whether the approval has seen it before; then a service that is gone is no error.
        :param since: the oldest reading to believe, on the operation's clock; None: a recent one will do.
        :raises InputError: there is no such service, and the connection was never seen.
        :raises RequestError: the API could not be asked.
        """
        session = self.projects.get(approval.region, approval.project_id)
        try:
            return session.view.find(approval.service_id, approval.endpoint_id, since=since)
        except RequestError as error:
            problem = approval.absence(error, seen=seen)
            if problem is None:
                return None
            if problem is error:
                raise
            raise problem from None

    def carry_out(
        self, approval: Approval, *, seen: bool, written: str | None = None, log: Log | None = None
    ) -> Outcome:
        """Bring a connection to what is declared for it; one decision at a time on each connection.

        :param seen: whether the approval has seen the connection before.
        :param written: the description that was declared last time.
        :param log: where it is reported to; by default the row of the connection's resource.
        :raises SettingsError: the settings name no project, or no credential.
        """
        session = self.projects.get(approval.region, approval.project_id)
        bounded = replace(approval, appear_timeout=min(approval.appear_timeout, session.longest_appear))
        with self._turns.get(self.key_of(approval), Lock):
            return drive(
                decide(bounded, seen=seen, written=written),
                bounded,
                session,
                clock=self.clock,
                log=log or self.log_of(approval),
            )

    def close(self) -> None:
        """Close every connection to the API."""
        self.projects.close()
