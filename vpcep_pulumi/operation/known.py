"""What is known of the resources that the running program declares: their claims, made of events. Pure.

A claim goes through these events::

    declared    the constructor has run; the connection may not be known yet
    resolved    the connection is known
    named       the resource's URN is known
    answered    the engine has answered the registration
    checked     the provider has checked it, in this operation: the engine has not left it out
    recorded    the state holds the connection under this claim
    failed      it could not be checked or created, and the state does not hold it

A policy that has rejected accepted connections notes their number: ``interrupted``.

A connection goes through one event: ``kept``. Its delete was skipped before the state held it under another resource.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from vpcep_pulumi.operation.keys import ConnectionKey, ServiceKey

Event = Mapping[str, Any]
"""One event, as JSON has it: ``{"event": "declared", "claim": "4711.1", …}``."""


@dataclass(frozen=True)
class Claim:
    """What is known of one resource that the program declares: an approval of a connection, or a policy of a service.

    :ivar id: the claim's id, unique in the operation.
    :ivar name: the resource's name, for messages.
    :ivar urn: the resource's URN; None while the URN of its parent is not known.
    :ivar connection: None while its endpoint is not known.
    :ivar possible: the connection that the program names, if ``ignore_changes`` covers its ids. If the state holds the
        resource, the engine uses the state's ids instead. Only ``check`` shows which ones count.
    :ivar reads: it is a ``.get``: the connection is decided elsewhere.
    :ivar status: the status that an approval declares; None if that is not known.
    :ivar by_expiry: whether that status is declared only because the approval has expired.
    :ivar service: the service of a policy; None for an approval.
    :ivar accepts: the endpoints that a policy accepts; None while it was not checked.
    :ivar rejects: the endpoints that a policy rejects.
    :ivar within: the service of an approval whose endpoint is not known yet; None if that is not known either.
    :ivar undecided: the endpoints that a policy may accept: the API left out what its rules depend on.
    """

    id: str
    name: str = "another resource"
    urn: str | None = None
    connection: ConnectionKey | None = None
    possible: ConnectionKey | None = None
    reads: bool = False
    status: str | None = None
    by_expiry: bool = False
    service: ServiceKey | None = None
    accepts: frozenset[str] | None = None
    rejects: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    within: ServiceKey | None = None
    is_answered: bool = False
    is_checked: bool = False
    is_recorded: bool = False
    has_failed: bool = False

    def may_hold(self, connection: ConnectionKey) -> bool:
        """Whether the program names this connection for it, and no check has shown yet whether that counts."""
        if self.service is not None:
            is_open = self.accepts is None or connection.endpoint_id in self.undecided
            return is_open and self.service.covers(connection)
        return not self.is_checked and self.possible is not None and self.possible.matches(connection)

    def holds(self, connection: ConnectionKey) -> bool:
        """Whether it claims this connection, as far as is known."""
        if self.service is not None:
            return connection.endpoint_id in (self.accepts or ()) and self.service.covers(connection)
        return self.connection is not None and self.connection.matches(connection)


class Kept(NamedTuple):
    """A delete that was skipped before the state held its connection under another resource.

    :ivar urn: the deleted resource's URN; None if it is not known.
    :ivar holder: the id of the claim because of which the delete was skipped.
    :ivar status: the connection's status, as the state recorded it.
    :ivar region: the connection's region.
    :ivar project_id: the connection's project.
    :ivar profile: the profile under which it was declared; None if there was none.
    """

    urn: str | None
    holder: str
    status: str
    region: str
    project_id: str
    profile: str | None = None


@dataclass
class Known:
    """What is known from all events so far."""

    claims: dict[str, Claim] = field(default_factory=dict)
    kept: dict[ConnectionKey, Kept] = field(default_factory=dict)
    interrupted: Counter[ServiceKey] = field(default_factory=Counter)
    """By service: how many accepted connections its policies have rejected in this operation."""
    _by_endpoint: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _policies: dict[str, None] = field(default_factory=dict)
    _possible: dict[str, None] = field(default_factory=dict)
    _by_urn: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, event: Event) -> None:
        """Add an event."""
        if event["event"] == "interrupted":
            self.interrupted[ServiceKey(*event["service"])] += event["count"]
            return
        if event["event"] == "kept":
            self.kept[ConnectionKey(*event["connection"])] = Kept(
                event["urn"],
                event["claim"],
                event["status"],
                event["region"],
                event["project_id"],
                event.get("profile"),
            )
            return
        id_, told = event["claim"], {name: event[name] for name in PLAIN if name in event}
        told |= {name: read(event[name]) for name, read in READ.items() if event.get(name) is not None}
        before = self.claims.get(id_, Claim(id_))
        claim = self.claims[id_] = CHANGES[event["event"]](replace(before, **told))
        if claim.service is not None:
            self._policies[id_] = None
        if claim.possible is not None:
            self._possible[id_] = None
        if claim.urn is not None:
            self._by_urn[within_stack(claim.urn)][id_] = None
        if claim.connection != before.connection:
            if before.connection is not None:
                self._by_endpoint[before.connection.endpoint_id].pop(id_, None)
            if claim.connection is not None:
                self._by_endpoint[claim.connection.endpoint_id][id_] = None

    def policies(self) -> list[Claim]:
        """The claims of policies."""
        return [self.claims[each] for each in self._policies]

    def own(self, urn: str | None) -> list[Claim]:
        """The claims of the resource with a URN."""
        return [self.claims[each] for each in self._by_urn.get(within_stack(urn or ""), ())]

    def candidates(self, connection: ConnectionKey) -> list[Claim]:
        """The claims that may turn out to hold a connection."""
        found = (self.claims[each] for each in (*self._possible, *self._policies))
        return [each for each in found if each.may_hold(connection)]

    def holders(self, connection: ConnectionKey) -> list[Claim]:
        """The claims on a connection, and those of policies that accept it."""
        return [*self.of(connection), *(each for each in self.policies() if each.holds(connection))]

    def of(self, connection: ConnectionKey) -> list[Claim]:
        """The claims on a connection, in the order in which their keys became known."""
        ids = self._by_endpoint.get(connection.endpoint_id, {})
        return [self.claims[each] for each in ids if self.claims[each].holds(connection)]


def within_stack(urn: str) -> str:
    """A URN's type and name, without stack and project: ``pulumi stack rename`` and ``stack import`` change those."""
    return urn.split("::", 2)[-1]


PLAIN = ("name", "urn", "reads", "status", "by_expiry")
"""The fields of events that are taken as they are."""
READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "connection": lambda parts: ConnectionKey(*parts),
        "possible": lambda parts: ConnectionKey(*parts),
        "service": lambda parts: ServiceKey(*parts),
        "within": lambda parts: ServiceKey(*parts),
        "accepts": frozenset,
        "rejects": frozenset,
        "undecided": frozenset,
    }
)
"""By field of events: how it is read from what JSON has."""

CHANGES: Mapping[str, Callable[[Claim], Claim]] = MappingProxyType(
    {
        "declared": lambda claim: claim,
        "resolved": lambda claim: claim,
        "named": lambda claim: claim,
        "answered": lambda claim: replace(claim, is_answered=True),
        "checked": lambda claim: replace(claim, is_checked=True, has_failed=False),
        "recorded": lambda claim: replace(claim, is_checked=True, is_recorded=True, has_failed=False),
        "failed": lambda claim: replace(claim, is_checked=True, has_failed=True),
    }
)
"""By event: how it changes a claim, apart from the fields that the event carries."""
