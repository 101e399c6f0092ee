"""What a program of the tests declares: approvals, and a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from vpcep_pulumi.operation.claims import CLAIM_INPUT
from vpcep_pulumi.operation.known import Event
from vpcep_pulumi.testing.engine.deployment import Goal
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.urns import Alias

TYPE = "pulumi-python:dynamic/vpcep:EndpointConnectionApproval"
POLICY_TYPE = "pulumi-python:dynamic/vpcep:EndpointConnectionPolicy"
SERVICE = "svc"
WAIT = {"appear_timeout": 2, "settle_timeout": 30}


@dataclass(frozen=True)
class Approval:
    """An approval as a program declares it."""

    name: str
    endpoint: str
    status: str = "accepted"
    owner: str | None = None
    description: str | None = None
    former: str | None = None
    retain: bool = False
    first: bool = False
    """Whether it is deleted before it is replaced."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::story::{TYPE}::{self.name}"

    def claimed(self) -> Event:
        """What its constructor tells the provider."""
        told = {"event": "declared", "claim": self.name, "name": self.name, "urn": self.urn}
        return {**told, "connection": (SERVICE, self.endpoint, None), "status": self.status}

    def goal(self) -> Goal:
        inputs = {
            "service_id": SERVICE,
            "endpoint_id": self.endpoint,
            "status": self.status,
            "expected_domain_id": self.owner,
            "description": self.description,
            CLAIM_INPUT: f"{self.name} {self.urn}",
            **WAIT,
        }
        given = {name: value for name, value in inputs.items() if value is not None}
        resource = Resource(urn="", type=TYPE, custom=True, inputs=given, retain_on_delete=self.retain)
        aliases = (Alias(name=self.former),) if self.former else ()
        return Goal(self.name, resource, aliases, delete_before_replace=self.first or None)


@dataclass(frozen=True)
class Policy:
    """A policy as a program declares it."""

    name: str
    rules: tuple[dict[str, Any], ...]
    otherwise: str = "leave"
    most: int = 0
    """``max_interruptions``."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::story::{POLICY_TYPE}::{self.name}"

    def claimed(self) -> Event:
        """What its constructor tells the provider."""
        told = {"event": "declared", "claim": self.name, "name": self.name, "urn": self.urn}
        return {**told, "service": (SERVICE, None)}

    def goal(self) -> Goal:
        inputs = {
            "service_id": SERVICE,
            "rules": [dict(each) for each in self.rules],
            "otherwise": self.otherwise,
            "max_interruptions": self.most,
            "settle_timeout": 30,
            CLAIM_INPUT: f"{self.name} {self.urn}",
        }
        return Goal(self.name, Resource(urn="", type=POLICY_TYPE, custom=True, inputs=inputs), ())


Declared: TypeAlias = Approval | Policy
