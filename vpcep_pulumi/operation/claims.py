"""The claims of one operation, as one of its processes makes and sees them.

:mod:`vpcep_pulumi.operation.known` explains what a claim is.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from vpcep_pulumi.errors import SharedEventsError
from vpcep_pulumi.operation.keys import ConnectionKey, ServiceKey
from vpcep_pulumi.operation.known import Claim, Event, Kept, Known, within_stack
from vpcep_pulumi.operation.rules import Deletion, Verdict, on_delete

CLAIM_INPUT = "__claim"
"""The hidden input that tells the provider a resource's claim and URN: ``<claim> <urn>``. It is not stored.

Pulumi shows no key that begins with ``__``.
"""
URN_OUTPUT = "__urn"
"""The hidden output that keeps the URN, because Pulumi does not pass it to ``delete``."""


class Events(Protocol):
    """A store of events: in this process alone, or shared by all processes of the operation."""

    is_shared: bool
    """Whether other processes find the events."""

    def add(self, event: Event) -> None:
        """Add an event."""

    def new(self) -> Iterable[Event]:
        """The events since the last call, of this process and of others."""

    def close(self) -> None:
        """Remove what would be left behind, such as a file."""


class ProcessEvents:
    """Events of this process alone."""

    is_shared = False

    def __init__(self) -> None:
        self._new: deque[Event] = deque()

    def add(self, event: Event) -> None:
        """Add an event."""
        self._new.append(event)

    def new(self) -> Iterable[Event]:
        """The events since the last call."""
        return [self._new.popleft() for _ in range(len(self._new))]  # other threads may add events meanwhile

    def close(self) -> None:
        """Do nothing: nothing would be left behind."""


class Claims:
    """The claims of one operation, as one of its processes makes and sees them. Thread-safe.

    :param events: where the events are kept; by default in this process alone.
    """

    def __init__(self, events: Events | None = None) -> None:
        self._events = events or ProcessEvents()
        self._known = Known()
        self._lock = threading.Lock()

    def tell(self, event: str, claim: str, **fields: Any) -> None:
        """Add an event of a claim. The fields are those of :class:`Claim`, or of :class:`Kept`."""
        self._events.add({"event": event, "claim": claim, **fields})

    @property
    def is_shared(self) -> bool:
        """Whether every process of the operation finds the claims."""
        return self._events.is_shared

    def close(self) -> None:
        """End the operation."""
        self._events.close()

    def is_checked(self, claim: str) -> bool:
        """Whether the provider has checked a claim in this operation."""
        with self._seen() as known:
            return claim in known.claims and known.claims[claim].is_checked

    def check(
        self, given: str | None, connection: ConnectionKey, status: str | None = None, *, by_expiry: bool = False
    ) -> Claim | None:
        """Note that the provider checks a connection. Return another claim that was checked for it, if there is one.

        :param given: the input :data:`CLAIM_INPUT`; None if there is none.
        :param connection: by the inputs as the engine made them.
        :param status: the declared status.
        :param by_expiry: whether it is declared only because the approval has expired.
        :raises SharedEventsError: the program has declared the connection, but its claim cannot be found.
        """
        claim, urn = self._given(given)
        id_ = claim or f"{connection.service_id}/{connection.endpoint_id}"
        self.tell(
            "checked", id_, connection=connection, status=status, by_expiry=by_expiry, **({"urn": urn} if urn else {})
        )
        with self._seen() as known:
            others = (each for each in known.of(connection) if each.id != id_ and each.is_checked and not each.reads)
            return next(others, None)

    def _given(self, given: str | None) -> tuple[str, str]:
        """The claim and the URN that the input :data:`CLAIM_INPUT` names; empty if it names none."""
        claim, _, urn = (given or "").partition(" ")
        with self._seen() as known:
            if claim and claim not in known.claims:
                raise SharedEventsError(
                    "what the program declares cannot be found by its provider, so nothing is sent: "
                    "do both run on one machine, as one user?"
                )
        return claim, urn

    def check_policy(
        self, given: str | None, service: ServiceKey, **endpoints: Iterable[str]
    ) -> tuple[str, Claim | None]:
        """Note that the provider checks a policy, and what it decides.

        :param given: as in :meth:`check`.
        :param endpoints: those that it ``accepts`` and ``rejects``, and those that are ``undecided``.
        :returns: the claim's id, and another policy that was checked for the service, if there is one.
        :raises SharedEventsError: as in :meth:`check`.
        """
        claim, urn = self._given(given)
        id_ = claim or f"{service.service_id}/*"
        fields = {**{name: sorted(each) for name, each in endpoints.items()}, **({"urn": urn} if urn else {})}
        self.tell("checked", id_, service=service, **fields)
        with self._seen() as known:
            others = (each for each in known.policies() if each.id != id_ and each.is_checked)
            return id_, next((each for each in others if each.service and each.service.matches(service)), None)

    def declared_in(self, service: ServiceKey) -> dict[str, Claim]:
        """By endpoint: the approval that the program declares for it in a service."""
        with self._seen() as known:
            named = ((each.connection or each.possible, each) for each in known.claims.values() if not each.reads)
            return {key.endpoint_id: each for key, each in named if key is not None and service.covers(key)}

    def unresolved(self, service: ServiceKey) -> list[Claim]:
        """The approvals that the program declares, perhaps in this service, and whose endpoint is not known yet."""
        with self._seen() as known:
            return [
                each
                for each in known.claims.values()
                if each.service is None
                and each.connection is None
                and (each.within is None or each.within.matches(service))
                and not (each.reads or each.is_answered or each.is_checked)
            ]

    def interrupted(self, service: ServiceKey) -> int:
        """How many accepted connections policies of a service have rejected in this operation."""
        with self._seen() as known:
            return sum(count for each, count in known.interrupted.items() if each.matches(service))

    def kept_for(self, claim: str) -> dict[str, Kept]:
        """By endpoint: the delete that was skipped for now because of a policy's claim."""
        with self._seen() as known:
            return {key.endpoint_id: each for key, each in known.kept.items() if each.holder == claim}

    def opposite(self, connection: ConnectionKey, status: str) -> Claim | None:
        """The policy that decides otherwise about a connection than an approval declares, if there is one."""
        with self._seen() as known:
            for each in known.policies():
                against = {"accepted": each.rejects, "rejected": each.accepts}.get(status) or ()
                if each.service is not None and each.service.covers(connection) and connection.endpoint_id in against:
                    return each
        return None

    def outcome(self, event: str, connection: ConnectionKey) -> None:
        """Note that a checked connection is ``recorded``, or has ``failed``."""
        with self._seen() as known:
            ids = [each.id for each in known.of(connection) if each.is_checked]
        for id_ in ids:
            self.tell(event, id_)

    def urn_of(self, connection: ConnectionKey) -> str | None:
        """The URN of the resource that was checked for a connection."""
        with self._seen() as known:
            return next((each.urn for each in known.of(connection) if each.is_checked and each.urn), None)

    def is_awaited(self, connection: ConnectionKey, urn: str | None) -> bool:
        """Whether a delete would be skipped because of a claim that the engine has neither checked nor answered yet."""
        with self._seen() as known:
            deletion, holder = on_delete(known, connection, urn)
        waits = deletion is Deletion.KEEP_FOR_NOW or (holder is not None and holder.service is not None)
        return waits and not (holder is None or holder.is_checked or holder.is_answered)

    def on_delete(self, connection: ConnectionKey, urn: str | None, **recorded: str | None) -> Verdict:
        """See :func:`on_delete`. If the delete is skipped for now, note that.

        :param recorded: ``status``, ``region``, ``project_id`` and ``profile`` of the connection, as the state has
            them.
        """
        with self._seen() as known:
            verdict = on_delete(known, connection, urn)
        if verdict.deletion is Deletion.KEEP_FOR_NOW and verdict.holder is not None:
            self.tell("kept", verdict.holder.id, connection=connection, urn=urn, **recorded)
        return verdict

    def kept(self, connection: ConnectionKey) -> Kept | None:
        """The delete of this connection that was skipped for now, if any. If so, whatever follows must be recorded."""
        with self._seen() as known:
            return next((each for key, each in known.kept.items() if key.matches(connection)), None)

    def owed(self, connection: ConnectionKey) -> list[tuple[ConnectionKey, Kept]]:
        """The connections to reject: their delete was skipped for this connection's resource, but nobody holds them."""
        with self._seen() as known:
            mine = [each for each in known.of(connection) if each.is_checked]
            ids = {each.id for each in mine}
            urns = {within_stack(each.urn) for each in mine if each.urn}
            return [
                (key, each)
                for key, each in known.kept.items()
                if (each.holder in ids or within_stack(each.urn or "") in urns)
                and not known.holders(key)
                and not known.candidates(key)
            ]

    @contextmanager
    def _seen(self) -> Iterator[Known]:
        with self._lock:
            for event in self._events.new():
                self._known.take(event)
            yield self._known
