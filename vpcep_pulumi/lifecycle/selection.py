"""Which connections of a service a query is about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.times import moment_of
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.table import status_for_state


@dataclass(frozen=True)
class Selection:
    """What a query asks for. All conditions hold; a condition that is None always does.

    :ivar statuses: one of these, in the API's words.
    :ivar domain_ids: it belongs to one of these accounts.
    :ivar created_after: it was made then or later; aware.
    :ivar created_before: it was made earlier; aware.
    """

    statuses: Collection[str] | None = None
    domain_ids: Collection[str] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def of(self, connections: Iterable[Connection]) -> list[Connection]:
        """Those that are asked for, in the order given.

        :raises InputError: a time is asked for, and a connection has none.
        """
        return [each for each in connections if self._takes(each)]

    def _takes(self, connection: Connection) -> bool:
        if self.statuses is not None and status_for_state(connection) not in self.statuses:
            return False
        if self.domain_ids is not None and connection.domain_id not in self.domain_ids:
            return False
        if self.created_after is None and self.created_before is None:
            return True
        created = moment_of(connection.created_at)
        if created is None:
            raise InputError("", f"connection {connection.id}: the API does not say when it was made")
        return (self.created_after is None or created >= self.created_after) and (
            self.created_before is None or created < self.created_before
        )
