"""What an operation did and said, as it goes on. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from vpcep_pulumi.testing.engine import display
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.results import Diagnostic


@dataclass(frozen=True)
class Step:
    """One step of the engine, with the entries before and after it."""

    op: str
    old: Resource | None
    new: Resource | None

    @property
    def resource(self) -> Resource:
        """The resource that it is about."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def shown(self) -> bool:
        """Whether it is for the user's eyes: the default provider is the engine's own affair."""
        return not self.resource.is_default_provider


class Report:
    """Collects steps and diagnostics, and shows them as text.

    :param show: given each piece of text as it comes about.
    :ivar errored: the URNs of the resources whose step has failed.
    """

    def __init__(self, show: Callable[[str], None], *, dry_run: bool) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._parents: dict[str, str] = {}
        self.dry_run = dry_run
        self.steps: list[Step] = []
        self.errored: set[str] = set()
        self.diagnostics: list[Diagnostic] = []
        self.text: list[str] = []

    def step(self, step: Step) -> None:
        """A step is about to be made."""
        with self._lock:
            self.steps.append(step)
            self._parents[step.resource.urn] = step.resource.parent
            if step.shown:
                self._add(display.step(step.op, step.old, step.new, depth=self._depth(step.resource)))

    def refreshed(self, step: Step, *, counted: bool) -> None:
        """A resource was read again; before an update that is no step, as in Pulumi's engine."""
        assert step.old is not None
        assert step.new is not None
        with self._lock:
            if counted:
                self.steps.append(step)
            self._add(display.refreshed(step.old, step.new, depth=self._depth(step.resource)))

    def outputs(self, step: Step) -> None:
        """A step was made; its outputs are known."""
        with self._lock:
            text = display.outputs(step.old, step.resource, depth=self._depth(step.resource), dry_run=self.dry_run)
            self._add(text)

    def say(self, severity: str, message: str, urn: str = "", *, shown: bool = True) -> None:
        """A diagnostic, which belongs to the result; a passing one is shown and forgotten."""
        with self._lock:
            if shown:
                self.diagnostics.append(Diagnostic(severity, message, urn))
            prefix = "" if severity == "info" else f"{severity}: "
            self._add(f"{prefix}{message}\n")

    def line(self, text: str) -> None:
        """A line of the operation itself, such as its heading."""
        with self._lock:
            self._add(f"{text}\n")

    def failed(self) -> bool:
        """Whether anything went wrong."""
        return any(each.severity == "error" for each in self.diagnostics)

    def _add(self, text: str) -> None:
        if text:
            self.text.append(text)
            self._show(text)

    def _depth(self, resource: Resource) -> int:
        depth, parent = 0, resource.parent
        while parent in self._parents:
            depth, parent = depth + 1, self._parents[parent]
        return depth
