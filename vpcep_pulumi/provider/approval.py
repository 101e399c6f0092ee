"""An approval as the core works with it, and its mapping to and from the state's plain values."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vpcep_pulumi.api.models import Connection, printable
from vpcep_pulumi.api.text import shown_id
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.inputs import (
    DEFAULT_APPEAR_TIMEOUT,
    DEFAULT_SETTLE_TIMEOUT,
    IDENTITY,
    REQUIRED,
    RULES,
)
from vpcep_pulumi.lifecycle.plan import MOST_REASONS
from vpcep_pulumi.lifecycle.table import Goal, goal_of, recorded
from vpcep_pulumi.provider.context import UNKNOWN

Values = dict[str, Any]

KEPT = (*IDENTITY, "expected_domain_id", "appear_timeout", "settle_timeout")
"""Inputs that the outputs repeat, for the diff: it is given old outputs, never old inputs."""


@dataclass(frozen=True)
class Approval:
    """What is declared for one connection, with every value known.

    :ivar status: the declared status, as it stands among the inputs.
    :ivar goal: what that asks for.
    :ivar expected_domain_id: the only account whose endpoint may be decided on; None: any.
    :ivar description: None where the connection's is left alone.
    :ivar appear_timeout: seconds.
    :ivar settle_timeout: seconds.
    """

    service_id: str
    endpoint_id: str
    status: str
    goal: Goal
    region: str
    project_id: str
    expected_domain_id: str | None = None
    description: str | None = None
    appear_timeout: float = DEFAULT_APPEAR_TIMEOUT
    settle_timeout: float = DEFAULT_SETTLE_TIMEOUT

    @property
    def id(self) -> str:
        """The resource's id."""
        return f"{self.service_id}/{self.endpoint_id}"

    @property
    def name(self) -> str:
        """The connection, for messages."""
        return f"connection {self.endpoint_id} of service {self.service_id}"

    @property
    def place(self) -> str:
        """Where the connection is looked for, for messages."""
        return f"region {self.region}, project {self.project_id}"

    def without_service(self, said: object) -> InputError:
        """The error where there is no such service.

        :param said: what the API said.
        """
        return InputError(
            "",
            f"there is no service {self.service_id} in {self.place}: it may be in another region or project, or "
            f"service_id may be a name instead of an id, or be swapped with endpoint_id; {said}",
        )


def problems(inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> list[InputError]:
    """What is wrong with declared inputs; values not known yet are not looked at.

    A status that cannot be declared is none where the state holds the same: a refresh has put it there, and
    ``ignore_changes`` has kept it. (What a program itself declares, the resource's constructor refuses.)

    :param olds: the inputs that the state holds.
    """
    found = [InputError(name, "is required") for name in REQUIRED if inputs.get(name) is None]
    for name, rule in RULES.items():
        value = inputs.get(name)
        if value is None or value is UNKNOWN or (name == "status" and value == olds.get(name)):
            continue
        if (reason := rule(value)) is not None:
            # Any other may be a secret.
            given = f", not {reprlib.repr(value)}" if name == "status" else ""
            found.append(InputError(name, reason + given))
    return found


def declared(inputs: Mapping[str, Any], goal: Goal | None = None) -> Approval:
    """The approval that checked inputs, or the state's outputs, declare.

    :param goal: instead of the ``status`` among them, which outputs give as it was live.
    """
    status = str(inputs["status"] if goal is None else goal)
    return Approval(
        service_id=inputs["service_id"],
        endpoint_id=inputs["endpoint_id"],
        status=status,
        goal=goal or goal_of(status),
        region=inputs["region"],
        project_id=inputs["project_id"],
        expected_domain_id=inputs.get("expected_domain_id"),
        description=inputs.get("description"),
        appear_timeout=inputs.get("appear_timeout", DEFAULT_APPEAR_TIMEOUT),
        settle_timeout=inputs.get("settle_timeout", DEFAULT_SETTLE_TIMEOUT),
    )


def is_held(olds: Mapping[str, Any], approval: Approval) -> bool:
    """Whether the state holds this connection already, by its old inputs."""
    return bool(olds) and all(olds.get(name) == getattr(approval, name) for name in IDENTITY)


def split_id(id_: str) -> tuple[str, str]:
    """The service and the endpoint of a resource's id.

    :raises InputError: it is not ``<service_id>/<endpoint_id>``.
    """
    service_id, slash, endpoint_id = id_.partition("/")
    if not slash or RULES["service_id"](service_id) or RULES["endpoint_id"](endpoint_id):
        raise InputError("", f"id {id_!r} is not <service_id>/<endpoint_id>")
    return service_id, endpoint_id


def outputs(
    inputs: Mapping[str, Any],
    connection: Connection | None,
    *,
    goal: Goal | None = None,
    before: Mapping[str, Any] | None = None,
    errors: Iterable[str] = (),
) -> Values:
    """What the state records.

    :param inputs: checked inputs, or old outputs; :data:`KEPT` is taken over from them.
    :param connection: as it was last seen; None where it is gone.
    :param goal: what was to be reached; None where a connection is only read.
    :param before: the old outputs, for what is known of a connection that is gone.
    :param errors: why the declared status was not reached, where it was not.
    """
    values: Values = {name: inputs[name] for name in KEPT if inputs.get(name) is not None}
    if connection is None:
        kept = ("marker_id", "domain_id", "created_at", "updated_at", "description")
        values |= {name: before[name] for name in kept if before is not None and before.get(name) is not None}
    else:
        written = connection.description if connection.description is not None else inputs.get("description")
        live = {
            "marker_id": _shown(connection.marker_id),
            "domain_id": _shown(connection.domain_id),
            "created_at": connection.created_at,
            "updated_at": connection.updated_at,
            "description": written,
        }
        values |= {name: value for name, value in live.items() if value is not None}
    values["status"] = recorded(connection)
    values["errors"] = [*errors, *reasons(connection, goal)]
    return values


def reasons(connection: Connection | None, goal: Goal | None) -> list[str]:
    """The first few reasons why a connection failed, in the API's words; none where it may stand as it stands."""
    if connection is None or goal is Goal.AS_IT_STANDS:
        return []
    return [printable(str(error)) for error in connection.errors[:MOST_REASONS]]


def _shown(id_: str | None) -> str | None:
    """An id as a state and its readers can bear it: real ones are what they are."""
    return shown_id(id_) if id_ is not None else None
