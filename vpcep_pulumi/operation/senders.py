"""Sends the API's operations for the resources of one profile."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from vpcep_pulumi.api.operations import ApiCall

T = TypeVar("T")


class Sender(Protocol):
    """What sends an operation: a :class:`~vpcep_pulumi.api.client.Client`, or one for a profile."""

    def send(self, operation: ApiCall[T]) -> T:
        """Send it, and return its parsed response. It raises what the client does."""


class ProfileSender:
    """Sends through a client. Errors and warnings name the profile.

    Profiles with the same credential share a client, and so its quota. Only the name of the operation differs.
    """

    def __init__(self, client: Sender, profile: str) -> None:
        self._client = client
        self._profile = profile

    def send(self, operation: ApiCall[T]) -> T:
        """As the client's own."""
        return self._client.send(replace(operation, name=f"{operation.name} (profile {self._profile!r})"))


def sender(client: Sender, profile: str | None) -> Sender:
    """What sends for a profile; the client itself if there is none."""
    return client if profile is None else ProfileSender(client, profile)
