"""The statuses of a connection that the API documents.

Source: "Querying Connections to a VPC Endpoint Service" in the VPC Endpoint API reference.
"""

from __future__ import annotations

from enum import StrEnum


class ConnectionStatus(StrEnum):
    """The statuses that the API documents."""

    PENDING_ACCEPTANCE = "pendingAcceptance"
    CREATING = "creating"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETING = "deleting"


DOCUMENTED = frozenset(ConnectionStatus)
