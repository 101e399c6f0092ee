"""The host processes of an operation: one for each provider resource that is asked for anything.

All are told the same address of the engine, which is the program's, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from vpcep_pulumi.testing import clock
from vpcep_pulumi.testing.engine.errors import HostEnded, ProviderError
from vpcep_pulumi.testing.engine.host import Difference, Host
from vpcep_pulumi.testing.engine.providers import configuration
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.values import Values


class Provider(Protocol):
    """What a provider is asked. See :class:`~vpcep_pulumi.testing.engine.host.Host`."""

    def check(self, olds: Values, news: Values) -> tuple[Values, list[tuple[str, str]]]:
        """Check inputs."""

    def diff(self, id_: str, olds: Values, news: Values) -> Difference:
        """Compare old outputs with new inputs."""

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Create a resource."""

    def read(self, id_: str, outputs: Values, inputs: Values) -> tuple[str, Values, Values | None]:
        """Read a resource."""

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        """Update a resource."""

    def delete(self, resource: Resource) -> None:
        """Delete a resource."""


class Providers(Protocol):
    """The providers of an operation. See :class:`Hosts`."""

    def declare(self, provider: Resource, former: Resource | None = None) -> None:
        """There is a provider resource."""

    def of(self, reference: str) -> Provider:
        """The provider that a provider resource stands for."""

    def drop(self, reference: str) -> None:
        """A provider resource is deleted."""

    def finish(self, seconds: float) -> None:
        """Let what is under way come to its end, then end."""


class Hosts:
    """Host processes by the provider resource that they serve. Thread-safe.

    :param start: makes one; its process is started when it is first needed.
    """

    def __init__(self, start: Callable[[], Host]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._inputs: dict[str, Values] = {}
        self._renamed: dict[str, str] = {}
        """References that a provider had under a former name, and the present ones."""
        self._hosts: dict[str, Host] = {}
        self._spare: Host | None = None
        self._ended = False

    def prepare(self) -> None:
        """Start a process now, so that it is ready when the program has come to its first resource."""
        with self._lock:
            self._spare = self._start()
        self._spare.prepare()

    def declare(self, provider: Resource, former: Resource | None = None) -> None:
        """There is a provider resource, and its inputs are these; with others than before, or under another name, it
        gets a new process.

        :param former: the same resource before, perhaps under another name.
        """
        reference, inputs, ended = provider.reference, provider.inputs, None
        with self._lock:
            if former is not None and former.reference != reference:
                self._renamed[former.reference] = reference
                ended = self._hosts.pop(former.reference, None)
            elif self._inputs.get(reference, inputs) != inputs:
                ended = self._hosts.pop(reference, None)
            self._inputs[reference] = inputs
        if ended is not None:
            ended.end()

    def of(self, reference: str) -> Host:
        """The host of a provider resource.

        :raises ProviderError: there is no such provider resource, or the operation has ended.
        """
        with self._lock:
            reference = self._renamed.get(reference, reference)
            if reference not in self._inputs:
                raise ProviderError(f"unknown provider '{reference}'")
            host = self._hosts.get(reference)
            if host is None and self._ended:
                raise HostEnded
            if host is None:
                host, self._spare = self._spare or self._start(), None
                host.configuration = configuration(self._inputs[reference])
                self._hosts[reference] = host
            return host

    def drop(self, reference: str) -> None:
        """A provider resource is deleted; its process ends."""
        with self._lock:
            host = self._hosts.pop(reference, None)
        if host is not None:
            host.end()

    def finish(self, seconds: float) -> None:
        """Let the calls that are under way come to their end, for so long in all; then :meth:`end`."""
        last = clock.monotonic() + seconds
        for host in self._last():
            host.finish(max(0.0, last - clock.monotonic()))

    def end(self) -> None:
        """End every process; none is started again."""
        for host in self._last():
            host.end()

    def _last(self) -> list[Host]:
        with self._lock:
            self._ended = True
            return [*self._hosts.values(), *([self._spare] if self._spare is not None else [])]
