"""What an engine does, whichever carries it out: the local one or the CLI."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from vpcep_pulumi.testing.results import Result


class Engine(Protocol):
    """The operations on one stack. A failure is a result that is not ``ok``.

    Flags are the CLI's: https://www.pulumi.com/docs/iac/cli/commands/. Wherever URNs are taken, patterns such as ``**``
    are as well.
    """

    def preview(
        self,
        *,
        refresh: bool = False,
        replace: Collection[str] = (),
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        target_dependents: bool = False,
        continue_on_error: bool = False,
    ) -> Result:
        """What :meth:`up` would do."""

    def up(
        self,
        *,
        refresh: bool = False,
        replace: Collection[str] = (),
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        target_dependents: bool = False,
        continue_on_error: bool = False,
    ) -> Result:
        """Make what the program declares."""

    def refresh(
        self, *, target: Collection[str] = (), exclude: Collection[str] = (), run_program: bool = False
    ) -> Result:
        """Read every resource, and take what is found for the state."""

    def destroy(
        self,
        *,
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        run_program: bool = False,
        continue_on_error: bool = False,
    ) -> Result:
        """Delete everything, or what is named."""

    def state_rename(self, urn: str, name: str) -> None:
        """Give a resource of the state another name."""

    def state_delete(self, urn: str) -> None:
        """Forget a resource."""

    def state_taint(self, urn: str) -> None:
        """Have the next :meth:`up` replace a resource."""
