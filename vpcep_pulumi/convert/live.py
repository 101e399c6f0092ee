"""Declarations of what is live: each decision as it stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from vpcep_pulumi.api.models import Connection, shown_id
from vpcep_pulumi.convert.declarations import Conversion, Declaration, LeftOut
from vpcep_pulumi.convert.names import SHORT_ID, Known, names_for
from vpcep_pulumi.lifecycle.plan import quoted, situation
from vpcep_pulumi.lifecycle.schema import RULES
from vpcep_pulumi.lifecycle.table import Live, live_of

DECIDED = frozenset({Live.ACCEPTED, Live.REJECTED})
"""The statuses that are declared, under the same names."""
LONGEST_REMARK = 200
"""The most characters of a note that are shown beside a declaration."""

REASONS: Mapping[Live, str] = MappingProxyType(
    {
        Live.PENDING_ACCEPTANCE: "nobody has decided on it yet",
        Live.CREATING: "it was accepted, and is not ready yet: run this again when it is accepted",
        Live.FAILED: "its consumer must delete the endpoint and connect again",
        Live.DELETING: "its consumer is deleting the endpoint",
        Live.UNDOCUMENTED: "this version does not know that status",
    }
)
"""By status: why such a connection is not declared."""


def from_live(
    found: Mapping[str, Sequence[Connection]],
    *,
    region: str | None = None,
    project_id: str | None = None,
    profile: str | None = None,
) -> Conversion:
    """Declare what is accepted or rejected, with that status. What is neither is left out, with the reason.

    An approval that is created from such a declaration adopts its connection, and sends nothing.

    :param found: by service: its connections, those that were made last first.
    :param region: where they are, likewise the project; None: the settings say so.
    :param profile: the name of the profile that they were read with.
    """
    known: list[tuple[Known, Connection]] = []
    left_out: list[LeftOut] = []
    for service_id, connections in found.items():
        for each in reversed(connections):
            endpoint_id = each.id or ""
            reason = _reason(service_id, each)
            if reason:
                left_out.append(LeftOut(shown_id(service_id), endpoint_id or "an endpoint without an id", reason))
            else:
                known.append((Known(_text(each), service_id, endpoint_id), each))
    declarations = tuple(
        Declaration(
            name,
            each.service_id,
            each.endpoint_id,
            str(connection.status),
            expected_domain_id=_account(connection),
            region=region,
            project_id=project_id,
            profile=profile,
            remark=_remark(connection),
        )
        for name, (each, connection) in zip(names_for([each for each, _ in known]), known, strict=True)
    )
    services = f"{len(found)} endpoint service{'' if len(found) == 1 else 's'}"
    origin = f"Written by `vpcep-pulumi declare`: the connections of {services}, as they are."
    return Conversion(origin, declarations, tuple(left_out))


def _reason(service_id: str, connection: Connection) -> str | None:
    """Why a connection is not declared; None if it is."""
    live = live_of(connection)
    if live not in DECIDED:
        return f"{situation(connection)}: {REASONS[live]}"
    if RULES["service_id"](service_id) or RULES["endpoint_id"](connection.id):
        return f"{situation(connection)}: its id is not one that an approval takes"
    return None


def _account(connection: Connection) -> str | None:
    return connection.domain_id if RULES["expected_domain_id"](connection.domain_id) is None else None


def _text(connection: Connection) -> str:
    """The text that the name is made from: the note on the connection, else its account."""
    if connection.description and any(each.isascii() and each.isalnum() for each in connection.description):
        return connection.description
    account = _account(connection)
    return f"account-{account[:SHORT_ID]}" if account else ""


def _remark(connection: Connection) -> str:
    """The note, which is left as it is, and a missing account."""
    note = f"Its note: {quoted(connection.description, LONGEST_REMARK)}." if connection.description else ""
    account = "" if _account(connection) else "The API does not name its account, so none is expected."
    return " ".join(filter(None, [note, account]))
