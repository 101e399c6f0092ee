"""What a program may declare. Pure: every rule is a function from a value to what is wrong with it.

Sources: "Accepting or Rejecting a VPC Endpoint" (ids of 1 to 64 characters) and "Updating
Descriptions of VPC Endpoint Connections" (0 to 512 characters, no ``<`` or ``>``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_DESCRIPTION = 512
LONGEST_TIMEOUT = 24 * 3600
STATUSES = ("accepted", "rejected")

DEFAULT_APPEAR_TIMEOUT = 300
"""Seconds to wait for a connection that is not there yet."""
DEFAULT_SETTLE_TIMEOUT = 600
"""Seconds to wait for a connection to reach its declared status."""

Rule = Callable[[object], str | None]


def _id(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if ID.fullmatch(value):
        return None
    if value.count(".") >= 2 and ID.fullmatch(value.rpartition(".")[2]):
        return "is a service's name, not its id; the id is what follows the last dot"
    return "must be an id of 1 to 64 letters, digits, '-' or '_'"


def _status(value: object) -> str | None:
    return None if value in STATUSES else 'must be "accepted" or "rejected"'


def _description(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if "<" in value or ">" in value:
        return "must not contain '<' or '>'"
    if len(value) > LONGEST_DESCRIPTION:
        return f"must have at most {LONGEST_DESCRIPTION} characters, not {len(value)}"
    return None


def _timeout(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number of seconds"
    if not 0 <= value <= LONGEST_TIMEOUT:
        return f"must be between 0 and {LONGEST_TIMEOUT} seconds"
    return None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "service_id": _id,
        "endpoint_id": _id,
        "status": _status,
        "expected_domain_id": _id,
        "description": _description,
        "region": _id,
        "project_id": _id,
        "appear_timeout": _timeout,
        "settle_timeout": _timeout,
    }
)
"""Every input, in the order of a program's arguments, and its rule."""

REQUIRED = ("service_id", "endpoint_id", "status")
IDENTITY = ("service_id", "endpoint_id", "region", "project_id")
"""Changing one of these is another connection: the approval is replaced."""
