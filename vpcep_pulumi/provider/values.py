"""Pulumi's values of an approval (inputs, outputs, id): checks them, reads them, and makes them. Pure."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.api.text import shown_id
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.approval import Approval
from vpcep_pulumi.lifecycle.difference import failures
from vpcep_pulumi.lifecycle.schema import IDENTITY, LASTING, REPEATED, REQUIRED, RULES
from vpcep_pulumi.lifecycle.table import Goal, status_for_state
from vpcep_pulumi.provider.unknown import UNKNOWN

Values = dict[str, Any]


def problems(inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> list[InputError]:
    """What is wrong with the declared inputs. Values that are not known yet are skipped.

    A status that cannot be declared is accepted if the state holds the same one: a refresh recorded it, and
    ``ignore_changes`` kept it. (If the program itself declares such a status, the resource's constructor refuses it.)

    :param olds: the inputs that the state holds.
    """
    found = [InputError(name, "is required") for name in REQUIRED if inputs.get(name) is None]
    for name, rule in RULES.items():
        value = inputs.get(name)
        if value is None or value is UNKNOWN or (name == "status" and value == olds.get(name)):
            continue
        if (reason := rule(value)) is not None:
            # The value of any other input may be a secret.
            given = f", not {reprlib.repr(value)}" if name == "status" else ""
            found.append(InputError(name, reason + given))
    return found


def is_held(olds: Mapping[str, Any], approval: Approval) -> bool:
    """Whether the state already holds this connection, by its old inputs."""
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

    :param inputs: checked inputs, or old outputs. What the schema calls repeated is taken over from them.
    :param connection: as it was last seen; None if it is gone.
    :param goal: what was to be reached; None if the connection is only read.
    :param before: the old outputs, for what is known of a connection that is gone.
    :param errors: why the declared status was not reached, if it was not.
    """
    values: Values = {name: inputs[name] for name in REPEATED if inputs.get(name) is not None}
    if connection is None:
        values |= {name: before[name] for name in LASTING if before is not None and before.get(name) is not None}
    else:
        written = connection.description if connection.description is not None else inputs.get("description")
        live = {name: getattr(connection, name) for name in LASTING} | {"description": written}
        for name in ("marker_id", "domain_id"):
            live[name] = shown_id(live[name]) if live[name] is not None else None
        values |= {name: value for name, value in live.items() if value is not None}
    values["status"] = status_for_state(connection)
    values["errors"] = [*errors, *failures(connection, goal)]
    return values
