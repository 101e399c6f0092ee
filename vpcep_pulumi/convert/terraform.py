"""Declarations of what a Terraform state holds. Pure.

What this relies on, as read in public sources:

- The state's form, version 4: ``internal/states/statefile/version4.go`` of hashicorp/terraform. OpenTofu's is the same.
  A resource has ``mode``, ``type``, ``name``, maybe ``module``, and a list of ``instances``; an instance has
  ``attributes``, maybe an ``index_key`` (a number for ``count``, a text for ``for_each``), maybe ``deposed``. One that
  an old version wrote has ``attributes_flat`` instead.
- OpenTofu's encrypted state: ``internal/encryption/base.go`` of opentofu/opentofu. It has ``encrypted_data`` and
  ``encryption_version``, and nothing else of the above.
- The resource: ``huaweicloud/services/vpcep/resource_huaweicloud_vpcep_approval.go`` of
  huaweicloud/terraform-provider-huaweicloud. ``endpoints`` is a set of ids, as declared; it is never read back.
  ``connections`` is a list of all connections of the service with ``endpoint_id``, ``domain_id`` and ``status``, as of
  the last refresh. Older versions of the provider read its first page only. An imported resource has no ``endpoints``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vpcep_pulumi.api.models import parse_json
from vpcep_pulumi.convert.declarations import Conversion, Declaration, LeftOut
from vpcep_pulumi.convert.names import Known, names_for
from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.plan import quoted
from vpcep_pulumi.lifecycle.schema import RULES

TYPE = "huaweicloud_vpcep_approval"
VERSION = 4
MOST_TOKENS = 50_000_000
"""The most tokens of a state."""
MOST_TYPES = 8
"""How many types of resources a message names."""
LONGEST_ADDRESS = 300
LONGEST_STATUS = 40
TAKEN_OVER = frozenset({"accepted", "creating", None})
"""The statuses in a state whose endpoints are declared as accepted. None: the state does not have the connection."""

OTHERS = (
    "The state says what Terraform accepted. It cannot say what others decided: whoever was accepted or rejected in "
    "the console, or by another program, is not here. `vpcep-pulumi declare` shows all that is live."
)
PROJECT = (
    "The state names no project: it comes from the settings. Where it is another one, add `project_id` or `profile`."
)
SEVERAL_PROVIDERS = (
    "The state has several provider configurations, which may stand for several projects or accounts. The remark on "
    "each approval names its own. Give these approvals their own `project_id` or `profile`."
)
WITHOUT_ENDPOINTS = (
    "Some resources in the state have no endpoints, as an import leaves them. `vpcep-pulumi declare` shows the "
    "connections of their services."
)


class StateError(VpcepError):
    """A Terraform state from which nothing can be declared."""


class _Instance(NamedTuple):
    """An instance of the resource, as it stands in the state."""

    address: str
    name: str
    provider: str
    attributes: Mapping[str, Any]


class _Found(NamedTuple):
    """An endpoint that the state holds."""

    instance: _Instance
    region: str | None
    service_id: str
    endpoint_id: str
    live: Mapping[str, Any]

    @property
    def status(self) -> str | None:
        """The connection's status at the last refresh; None: the state does not have the connection."""
        status = self.live.get("status")
        return None if status is None else str(status)


def from_terraform(content: bytes) -> Conversion:
    """Declare as accepted what the state's approvals accepted.

    An endpoint that was not ``accepted`` at the last refresh is left out: somebody else has decided on it since.

    :param content: what the state file has in it.
    :raises StateError: it is no state of version 4, has no such resource, or one that cannot be read; or two resources
        accept the same endpoint.
    """
    state = _state(content)
    instances = _instances(state)
    found = [each for instance in instances for each in _endpoints(instance)]
    _check_duplicates(found)
    declared = [each for each in found if each.status in TAKEN_OVER]
    others = [each for each in found if each.status not in TAKEN_OVER]
    names = names_for(
        [Known(each.instance.name, each.service_id, each.endpoint_id, each.region or "") for each in declared]
    )
    several = len({each.instance.provider for each in found}) > 1
    return Conversion(
        f"Written by `vpcep-pulumi from-terraform`: what `{TYPE}` accepted, as the state has it.",
        tuple(_declaration(name, each, several=several) for name, each in zip(names, declared, strict=True)),
        tuple(LeftOut(each.service_id, each.endpoint_id, _reason(each)) for each in others),
        (
            OTHERS,
            PROJECT,
            *([SEVERAL_PROVIDERS] if several else []),
            *([WITHOUT_ENDPOINTS] if any(not each.attributes.get("endpoints") for each in instances) else []),
        ),
    )


def _state(content: bytes) -> Mapping[str, Any]:
    try:
        state = parse_json(content, MOST_TOKENS)
    except ValueError as error:
        raise StateError(f"this is no Terraform state: it is not JSON: {error}") from None
    if isinstance(state, dict) and "encrypted_data" in state:
        raise StateError(
            "this state is encrypted: let OpenTofu decrypt it, with `tofu state pull | vpcep-pulumi from-terraform -`"
        )
    if not isinstance(state, dict) or not isinstance(state.get("version"), int):
        raise StateError("this is no Terraform state: it is not an object with a version")
    if state["version"] != VERSION:
        raise StateError(
            f"this is a Terraform state of version {state['version']}, and version {VERSION} is needed: "
            "`terraform apply -refresh-only` of Terraform 0.12 or later, or of OpenTofu, writes it anew"
        )
    return state


def _instances(state: Mapping[str, Any]) -> list[_Instance]:
    """The resource's instances, without deposed ones: Terraform is about to destroy those."""
    resources = [each for each in _objects(state.get("resources")) if each.get("mode") == "managed"]
    ours = [each for each in resources if each.get("type") == TYPE]
    if not ours:
        raise StateError(f"this state has no resource of type {TYPE}; it has {_types(resources)}")
    return [
        _instance(resource, each)
        for resource in ours
        for each in _objects(resource.get("instances"))
        if not each.get("deposed")
    ]


def _types(resources: list[dict[str, Any]]) -> str:
    found = sorted({str(each.get("type")) for each in resources})
    if not found:
        return "none at all"
    shown = [quoted(each, LONGEST_STATUS) for each in found[:MOST_TYPES]]
    more = len(found) - len(shown)
    return ", ".join([*shown, f"and {more} more types"] if more else shown)


def _instance(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> _Instance:
    key = instance.get("index_key")
    parts = [resource.get("module"), TYPE, resource.get("name")]
    address = ".".join(str(each) for each in parts if each) + (
        "" if key is None else f"[{json.dumps(key, default=str)}]"
    )
    attributes = instance.get("attributes")
    if not isinstance(attributes, dict):
        raise StateError(
            f"{quoted(address, LONGEST_ADDRESS)} has no attributes that this version can read; "
            "`terraform apply -refresh-only` of a current Terraform writes them anew"
        )
    return _Instance(
        quoted(address, LONGEST_ADDRESS),
        str(resource.get("name", "")),
        quoted(str(resource.get("provider", "")), LONGEST_ADDRESS),
        attributes,
    )


def _endpoints(instance: _Instance) -> Iterator[_Found]:
    attributes = instance.attributes
    service_id = attributes.get("service_id") or attributes.get("id")
    region = attributes.get("region")
    live = {str(each.get("endpoint_id")): each for each in _objects(attributes.get("connections"))}
    endpoints = attributes.get("endpoints")
    for endpoint_id in endpoints if isinstance(endpoints, list) else ():
        for name, value in (("service_id", service_id), ("endpoint_id", endpoint_id)):
            if (problem := RULES[name](value)) is not None:
                raise StateError(f"{instance.address}: {name} {problem}, not {quoted(str(value), LONGEST_STATUS)}")
        valid = region if RULES["region"](region) is None else None
        yield _Found(instance, valid, str(service_id), endpoint_id, live.get(endpoint_id, {}))


def _check_duplicates(found: list[_Found]) -> None:
    """Refuse two approvals of one connection: there must be one, and which of the two is right is not known here.

    A region that the state does not name may be any.
    """
    first: dict[tuple[str, str], list[_Found]] = {}
    twice = []
    for each in found:
        others = first.setdefault((each.service_id, each.endpoint_id), [])
        before = next(
            (other for other in others if None in (other.region, each.region) or other.region == each.region), None
        )
        if before is None:
            others.append(each)
        else:
            twice.append(
                f"endpoint {each.endpoint_id} of service {each.service_id} is accepted by "
                f"{before.instance.address} and by {each.instance.address}"
            )
    if twice:
        raise StateError(
            "\n".join(
                [*twice, "Remove it from one of the two: `terraform state rm` forgets a resource, and sends nothing"]
            )
        )


def _declaration(name: str, found: _Found, *, several: bool) -> Declaration:
    account = found.live.get("domain_id")
    is_known = RULES["expected_domain_id"](account) is None
    remarks = [
        f"In Terraform: {found.instance.address}{f', of {found.instance.provider}' if several else ''}.",
        "" if is_known else "The state does not name its account, so none is expected.",
        "It was not ready yet at the last refresh." if found.status == "creating" else "",
    ]
    return Declaration(
        name,
        found.service_id,
        found.endpoint_id,
        "accepted",
        expected_domain_id=account if is_known else None,
        region=found.region,
        remark=" ".join(filter(None, remarks)),
    )


def _reason(found: _Found) -> str:
    status = quoted(str(found.status), LONGEST_STATUS)
    return (
        f"{found.instance.address} accepted it, but the state says that it was {status} at the last refresh. "
        "Decide what is right, and declare it"
    )


def _objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; anything else is not of the form that is known."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
