"""The inputs and outputs of the resources: one row for each property. Pure. Here are those of an approval.

A rule is a function that takes a value and returns what is wrong with it. Everything else about a property stands here
as well, and only here: whether it is required, whether changing it replaces the resource, whether it is stored. The
resource, the provider and the documentation read it from here. To add an input, add a row here and an argument to the
resource, and use it.

Sources: "Accepting or Rejecting a VPC Endpoint" (ids of 1 to 64 characters) and "Updating Descriptions of VPC Endpoint
Connections" (0 to 512 characters, no ``<`` or ``>``) in the VPC Endpoint API reference.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
LONGEST_DESCRIPTION = 512
LONGEST_PROFILE_NAME = 64
LONGEST_TIMEOUT = 24 * 3600
MOST = 1_000_000
"""The largest count: of connections, and the like."""
STATUSES = ("accepted", "rejected")
APPROVAL_TYPE = "pulumi-python:dynamic/vpcep:EndpointConnectionApproval"
"""The type token of an approval, as states have it."""

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


def _moment(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    try:
        if MOMENT.fullmatch(value):
            datetime.fromisoformat(value)
            return None
    except ValueError as error:
        return f"is no time: {error}"
    return "must be a time with a zone, as RFC 3339 has it, such as 2027-06-30T00:00:00Z"


def _profile(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if 1 <= len(value) <= LONGEST_PROFILE_NAME and value.isprintable() and value == value.strip():
        return None
    return f"must be a profile's name: 1 to {LONGEST_PROFILE_NAME} printable characters, with no space at either end"


def count_problem(value: object, *, least: int) -> str | None:
    """What is wrong with a count; None if nothing is. Pulumi passes whole numbers as floats."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        # `value in range(…)` would compare a float with each of a million numbers.
        is_valid = least <= value <= MOST and value == int(value)
    else:
        is_valid = False
    return None if is_valid else f"must be a whole number from {least} to {MOST}"


@dataclass(frozen=True)
class Input:
    """One input.

    :ivar rule: returns what is wrong with a value; None if nothing is.
    :ivar documentation: one line of Markdown.
    :ivar default: the value if the program gives none; None: it comes from elsewhere, or there is none.
    :ivar required: the program must give it, or the resource must have a default for it.
    :ivar identity: it is a part of the connection's identity: changing it replaces the resource.
    :ivar repeated: the outputs repeat it, because ``diff`` is given the old outputs and never the old inputs.
    :ivar hidden: if a program gives it as a secret, nothing shows it. (The ids of a connection are parts of the
        resource's id, and are not hidden.)
    """

    name: str
    rule: Rule
    documentation: str
    default: Any = None
    required: bool = False
    identity: bool = False
    repeated: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Output:
    """One output that does not merely repeat an input.

    :ivar lasting: it is kept after the connection is gone.
    """

    name: str
    documentation: str
    lasting: bool = False


@dataclass(frozen=True)
class Schema:
    """The properties of one kind of resource.

    :ivar inputs: in the order of the resource's arguments.
    :ivar outputs: those that are known only after the API was read. The inputs that are ``repeated`` are outputs too.
    """

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    def input(self, name: str) -> Input:
        """The row of an input."""
        return next(each for each in self.inputs if each.name == name)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """By input: its rule."""
        return MappingProxyType({each.name: each.rule for each in self.inputs})

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """By input that has one: its default."""
        return MappingProxyType({each.name: each.default for each in self.inputs if each.default is not None})

    def names(self, kind: str) -> tuple[str, ...]:
        """The inputs that are ``required``, ``identity``, ``repeated`` or ``hidden``."""
        return tuple(each.name for each in self.inputs if getattr(each, kind))

    @cached_property
    def resolved(self) -> tuple[str, ...]:
        """The outputs for which a program need not give a value."""
        required = self.names("required")
        return ("region", "project_id", *(each.name for each in self.outputs if each.name not in required))


APPROVAL = Schema(
    inputs=(
        Input(
            "service_id",
            _id,
            "the id of the VPC endpoint service, not its name; may be an output that is not known yet",
            required=True,
            identity=True,
            repeated=True,
        ),
        Input(
            "endpoint_id",
            _id,
            "the id of the consumer's VPC endpoint; may be an output that is not known yet",
            required=True,
            identity=True,
            repeated=True,
        ),
        Input("status", _status, "`accepted` or `rejected`", default="accepted", required=True),
        Input(
            "expected_domain_id",
            _id,
            "the account that the endpoint must belong to: another's is refused before anything is sent; where only "
            "a later answer shows it, the run is red, and recorded",
            repeated=True,
            hidden=True,
        ),
        Input(
            "description",
            _description,
            "a note to write onto the connection: at most 512 characters, no `<` or `>`. Left out, the connection's "
            "own note is left alone",
        ),
        Input(
            "expires_at",
            _moment,
            "from then on the desired status is `rejected`: a time with a zone, such as `2027-06-30T00:00:00Z`. A "
            "preview shows that as drift, and the next `pulumi up` rejects; from a day before, both warn",
            repeated=True,
            hidden=True,
        ),
        Input(
            "region",
            _id,
            "the region of the service; by default from the [settings](docs/settings.md)",
            identity=True,
            repeated=True,
        ),
        Input(
            "project_id",
            _id,
            "the project of the service; by default from the [settings](docs/settings.md), else asked of IAM",
            identity=True,
            repeated=True,
        ),
        Input(
            "profile",
            _profile,
            "the name of a [profile](docs/settings.md#profiles): credential and project come from it alone",
            repeated=True,
            hidden=True,
        ),
        Input(
            "appear_timeout",
            _timeout,
            "seconds to wait for a connection that is not there yet",
            default=300,
            repeated=True,
        ),
        Input(
            "settle_timeout",
            _timeout,
            "seconds to wait for a connection to reach the declared status",
            default=600,
            repeated=True,
        ),
    ),
    outputs=(
        Output("status", "the live status: one of the API's, or `absent`"),
        Output(
            "marker_id",
            "the connection's packet id: a number of 64 bits, as a string; left out where it is none",
            lasting=True,
        ),
        Output("domain_id", "the account that the endpoint belongs to", lasting=True),
        Output("created_at", "when the connection was made, UTC, as the API writes it", lasting=True),
        Output("updated_at", "when it last changed, likewise", lasting=True),
        Output("description", "the note on the connection", lasting=True),
        Output("errors", "why the declared status was not reached; empty where it was"),
    ),
)
"""Every property of an approval."""

OUTPUTS = APPROVAL.outputs
RULES = APPROVAL.rules
DEFAULTS = APPROVAL.defaults
REQUIRED, IDENTITY, REPEATED, HIDDEN = map(APPROVAL.names, ("required", "identity", "repeated", "hidden"))
LASTING = tuple(each.name for each in OUTPUTS if each.lasting)
RESOLVED = APPROVAL.resolved
