"""Reads the file that ``pulumi stack export`` writes. Pure.

A secret stands in it encrypted, or, with ``--show-secrets``, as JSON in a string. What is encrypted is not known, and
nothing is guessed about it.

Sources: sdk/go/common/apitype/core.go (the deployment), sdk/go/common/resource/sig/sig.go (the signatures).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from vpcep_pulumi.api.text import visible
from vpcep_pulumi.audit.declared import Declared, DeclaredApproval, DeclaredPolicy, Export, Source, Unjudged
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.declared import approval_of, policy_of
from vpcep_pulumi.lifecycle.policy_schema import POLICY, POLICY_TYPE
from vpcep_pulumi.lifecycle.policy_schema import problems as policy_problems
from vpcep_pulumi.lifecycle.schema import APPROVAL, APPROVAL_TYPE, ID, STATUSES, Schema

VERSIONS: Final = (3, 4)
"""Version 4 adds only names of features that do not change what is read here."""
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 -- the mark of a secret, not one
SCHEMAS: Final[Mapping[str, Schema]] = {APPROVAL_TYPE: APPROVAL, POLICY_TYPE: POLICY}
LONGEST_NAME: Final = 200


class _Sealed:
    """The type of the marker of a secret that the export does not show."""


SEALED: Final = _Sealed()


def read_export(name: str, text: str, now: datetime) -> Export:
    """What the export of a stack declares.

    :param name: the file as it was named, for messages.
    :param now: what has expired by then is declared rejected.
    :raises InputError: it is not the export of a stack.
    """
    shown = visible(name, LONGEST_NAME)
    try:
        return _export(shown, _deployment(shown, text), now)
    except RecursionError:
        raise InputError(shown, "it is nested too deep to be the export of a stack") from None


def _export(shown: str, deployment: Mapping[str, Any], now: datetime) -> Export:
    declared: list[Declared] = []
    unjudged: list[Unjudged] = []
    for resource in _entries(shown, deployment, "resources"):
        if str(resource.get("type")) not in SCHEMAS or resource.get("delete") or resource.get("external"):
            continue
        source = _source(shown, str(resource.get("urn")))
        try:
            declared.append(_declared(source, resource, now))
        except InputError as error:
            unjudged.append(Unjudged(str(source), str(error)))
        except RecursionError:
            unjudged.append(Unjudged(str(source), "it is nested too deep to be read"))
    unjudged += _interrupted(shown, _entries(shown, deployment, "pending_operations"))
    return Export(shown, tuple(declared), tuple(unjudged))


def _deployment(name: str, text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(name, f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("deployment"), dict):
        raise InputError(name, "it has no `deployment`: make it with `pulumi stack export`")
    version = document.get("version")
    if version not in VERSIONS:
        shown = visible(str(version), 40)
        raise InputError(name, f"its version is {shown}; this version of vpcep-pulumi reads 3 and 4")
    return document["deployment"]  # type: ignore[no-any-return]


def _entries(name: str, deployment: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects in the deployment; a stack that was never updated has none."""
    found = deployment.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputError(name, f"its `{key}` is not a list of objects")
    return found


def _source(export: str, urn: str) -> Source:
    parts = visible(urn, 1000).split("::")
    if len(parts) < 4 or not parts[0].startswith("urn:pulumi:"):
        raise InputError(export, f"the URN {visible(urn, 100)!r} is none")
    stack = f"{parts[1]}/{parts[0].removeprefix('urn:pulumi:')}"
    return Source(export, stack, "::".join(parts[3:]), "::".join(parts))


def _declared(source: Source, resource: Mapping[str, Any], now: datetime) -> Declared:
    """The declaration of a resource.

    :raises InputError: nobody can tell what it declares.
    """
    if resource.get("pendingReplacement"):
        raise InputError("", "its replacement was interrupted: run `pulumi up`, then export again")
    schema = SCHEMAS[resource["type"]]
    given = resource.get("inputs")
    if not isinstance(given, dict):
        raise InputError("", "it has no inputs")
    inputs = {name: given[name] for name in schema.rules if given.get(name) is not None}
    hidden = frozenset(name for name, value in inputs.items() if _holds_secret(value))
    opened = {name: _opened(value) for name, value in inputs.items()}
    sealed = frozenset(name for name, value in opened.items() if _is_sealed(value))
    known = {name: value for name, value in opened.items() if name not in sealed}
    values = {**schema.defaults, **_identity(resource, schema), **known}
    _check(values, schema, sealed)
    if schema is APPROVAL:
        is_recorded = values["status"] not in STATUSES
        what = approval_of(
            {**values, "status": schema.defaults["status"] if is_recorded else values["status"]}, now=now
        )
        return DeclaredApproval(source, hidden, sealed, what, is_recorded=is_recorded)
    return DeclaredPolicy(source, hidden, sealed, policy_of({"rules": [], **values}, values))


def _identity(resource: Mapping[str, Any], schema: Schema) -> dict[str, str]:
    """The ids that the resource's own id names; they are in the clear even if the program gave them as secrets."""
    ids = str(resource.get("id") or "").split("/")
    names = ("service_id", "endpoint_id") if schema is APPROVAL else ("service_id",)
    return dict(zip(names, ids, strict=True)) if len(ids) == len(names) and all(map(ID.fullmatch, ids)) else {}


def _check(values: Mapping[str, Any], schema: Schema, sealed: frozenset[str]) -> None:
    """Refuse values with which nothing can be decided. No value is shown: it may be a secret."""
    missing = [name for name in ("service_id", "endpoint_id", "region", "project_id") if name in schema.rules]
    wrong = {name: "is not in the export" for name in missing if name not in values}
    if schema is POLICY:
        wrong |= policy_problems({"rules": [], **values, "accept_anyone": True}, lambda _value: False)
    else:
        # A refresh may have recorded any status.
        wrong |= {
            name: reason
            for name, rule in schema.rules.items()
            if name in values and name != "status" and (reason := rule(values[name])) is not None
        }
    found = [f"{name} {reason}" for name, reason in wrong.items() if name not in sealed or name in missing]
    if found:
        raise InputError("", f"cannot tell what it declares: {'; '.join(found)}")


def _interrupted(export: str, pending: list[dict[str, Any]]) -> Iterator[Unjudged]:
    """The steps of approvals and policies that were under way when an update of the stack was killed."""
    for each in pending:
        resource = each.get("resource") if isinstance(each.get("resource"), dict) else each
        urn = str(resource.get("urn")) if resource is not None else ""
        kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""
        if kind in SCHEMAS and each.get("type") != "reading":
            step = visible(str(each.get("type")), 40)
            yield Unjudged(
                str(_source(export, urn)),
                f"an update was interrupted ({step}), so the export may not say what is declared: run `pulumi up`, "
                "then export again",
            )


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _opened(value: Any) -> Any:
    """The value with every secret in plain, or as :data:`SEALED`."""
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if not isinstance(value, dict):
        return value
    if not _is_secret(value):
        return {name: _opened(each) for name, each in value.items()}
    if not isinstance(value.get("plaintext"), str):
        return SEALED
    try:
        return _opened(json.loads(value["plaintext"]))
    except (ValueError, RecursionError):
        return SEALED


def _is_sealed(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_sealed, value.values()))
    return any(map(_is_sealed, value)) if isinstance(value, list) else value is SEALED
