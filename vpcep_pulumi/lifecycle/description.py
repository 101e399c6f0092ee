"""The description that a service's owner writes onto a connection. Pure.

Source: "Updating Descriptions of VPC Endpoint Connections" in the VPC Endpoint API reference.
"""

from __future__ import annotations

from vpcep_pulumi.api.models import LONGEST_NOTE, Connection
from vpcep_pulumi.api.text import visible
from vpcep_pulumi.lifecycle.table import DESCRIBABLE, live_of


def must_describe(declared: str | None, connection: Connection | None, *, written: str | None) -> bool:
    """Whether the declared description has to be written onto the connection.

    :param declared: None if the program leaves descriptions alone.
    :param written: what was declared last time; counts if the response left the description out.
    """
    if declared is None or connection is None or live_of(connection) not in DESCRIBABLE:
        return False
    known = connection.description if connection.description is not None else written
    # A live description is kept with unprintable characters escaped; the declared one may hold a line break.
    return visible(declared, LONGEST_NOTE) != visible(known or "", LONGEST_NOTE)


def described(known: Connection, answer: Connection) -> Connection:
    """The connection after its description was written.

    The response may leave out fields that did not change: they are taken from ``known``. So is the status, because the
    response is about the description alone.
    """
    return answer.completed_by(known).model_copy(update={"status": known.status})
