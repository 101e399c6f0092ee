"""The steps: what is asked of the provider, written to the state and reported, for one resource each.

In a preview the provider's create, update and delete are not called: the checked inputs stand in for the outputs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pulumi.runtime import rpc

from vpcep_pulumi.testing.engine.errors import HostEnded, Protected, ProviderError
from vpcep_pulumi.testing.engine.hosts import Provider, Providers
from vpcep_pulumi.testing.engine.providers import new_id
from vpcep_pulumi.testing.engine.report import Report, Step
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.stubs import Stubs
from vpcep_pulumi.testing.engine.urns import DYNAMIC
from vpcep_pulumi.testing.engine.values import Values, marked

INTERRUPT_SECONDS = 0.5
"""How long the provider may still work after Ctrl-C, before it is ended."""


class Stopped(Exception):
    """No error: the operation ends, and what the program still asks for is not done."""


@dataclass(frozen=True)
class Steps:
    """Makes steps. Thread-safe.

    Components have no provider; the engine manages the provider resources itself.

    :ivar stopping: set when the operation ends early: what is under way is finished, nothing is begun.
    :ivar fresh_id: draws the id of a provider resource.
    :ivar stubs: what the test says of other packages.
    """

    state: State
    providers: Providers
    report: Report
    stopping: threading.Event = field(default_factory=threading.Event)
    fresh_id: Callable[[], str] = new_id
    stubs: Stubs = field(default_factory=Stubs)

    @property
    def dry_run(self) -> bool:
        """Whether this is a preview."""
        return self.report.dry_run

    def interrupt(self) -> None:
        """Begin nothing more, and let what is under way come to its end, for a moment."""
        self.stopping.set()
        self.providers.finish(INTERRUPT_SECONDS)

    def provider(self, resource: Resource) -> Provider:
        """The provider that manages a resource.

        :raises Unsupported: it is another package's, and no test has stubbed it.
        """
        if not resource.type.startswith(DYNAMIC):
            return self.stubs.of(resource.type)
        return self.providers.of(resource.provider)

    def same(self, new: Resource, old: Resource) -> Resource:
        """Nothing is to be done; the program's inputs and options are kept."""
        new.id, new.outputs = old.id, old.outputs
        self.report.step(Step("same", old, new))
        self._declare(new, old)
        self.state.put((new, old), changed=not alike(old, new))
        return new

    def skipped(self, new: Resource) -> Resource:
        """It is not made, since the operation is about others; no state knows of it."""
        self.report.step(Step("same", new, new))
        return new

    def create(
        self, new: Resource, *, instead_of: Resource | None = None, to_delete: Resource | None = None
    ) -> Resource:
        """Create a resource.

        :param instead_of: an entry that was deleted before and kept until now.
        :param to_delete: an entry that is replaced, and deleted when everything else is done.
        """
        old = instead_of or to_delete
        self.report.step(Step("create" if old is None else "create-replacement", old, new))
        new.id, new.outputs = self._created(new)
        self._declare(new)
        doomed = [] if to_delete is None else [(replace(to_delete, delete=True), to_delete)]
        self.state.put((new, instead_of), *doomed)
        self.report.outputs(Step("create", None, new))
        return new

    def update(self, new: Resource, old: Resource) -> Resource:
        """Bring a resource to its new inputs."""
        self.report.step(Step("update", old, new))
        new.id = old.id
        new.outputs = self._updated(new, old)
        self._declare(new, old)
        self.state.put((new, old))
        self.report.outputs(Step("update", old, new))
        return new

    def read(self, new: Resource, old: Resource | None) -> Resource:
        """Read a resource that is made elsewhere. One of that name that was made here is deleted in the end."""
        self.report.step(Step("read", None, new))
        if new.id:
            _, outputs, _ = self.provider(new).read(new.id, {}, new.inputs)
            new.outputs = marked(outputs, new.inputs, new.additional_secret_outputs)
        if old is not None and not old.external and old.id != new.id:
            self.state.put((new, None), (replace(old, delete=True), old))
        else:
            self.state.put((new, old))
        self.report.outputs(Step("read", None, new))
        return new

    def delete(self, entry: Resource, gone: Collection[str] = ()) -> None:
        """Delete a resource.

        :param gone: the URNs that are deleted in the same go, for ``deleted_with``.
        :raises Protected: it is protected.
        """
        self.report.step(Step("delete-replaced" if entry.delete else "delete", entry, None))
        if entry.protect and not entry.delete:
            raise Protected(entry.urn)
        self._deleted(entry, gone)
        self.state.remove(entry)

    def delete_to_recreate(self, entry: Resource, gone: Collection[str] = ()) -> Resource:
        """Delete a resource, and keep its entry: it is created again even if the engine is killed in between."""
        self.report.step(Step("delete-replaced", entry, None))
        self._deleted(entry, gone)
        kept = replace(entry, pending_replacement=True)
        self.state.put((kept, entry))
        return kept

    def refresh(self, old: Resource, *, counted: bool) -> Resource | None:
        """Read a resource again; what the provider finds is the state.

        :param counted: whether what has changed is a step; before an update it is only shown.
        :returns: what it is now; None where it is gone.
        """
        if old.pending_replacement:
            return old
        id_, outputs, inputs = self.provider(old).read(old.id, old.outputs, old.inputs)
        if not id_:
            if counted:
                self.report.step(Step("delete", old, None))
            self.state.remove(old)
            return None
        new = replace(old, id=id_, outputs=marked(outputs, old.outputs))
        if inputs is not None:
            new.inputs = marked(inputs, old.inputs)
        # As the engine asks it: what would an update of the old inputs change about what was found?
        changes = self.provider(old).diff(id_, new.outputs, old.inputs).changes
        changed = new.inputs != old.inputs if changes is None else changes
        self.report.refreshed(Step("update" if changed else "same", old, new), counted=counted)
        if alike(old, new):
            return old
        self.state.refreshed(new, old)
        return new

    def _created(self, new: Resource) -> tuple[str, Values]:
        if not new.custom:
            return "", {}
        if self.dry_run:
            return rpc.UNKNOWN if new.is_provider else "", dict(new.inputs)
        if new.is_provider:
            return self.fresh_id(), dict(new.inputs)
        with self._under_way("creating", new):
            id_, outputs = self.provider(new).create(new.inputs)
        return id_, marked(outputs, new.inputs, new.additional_secret_outputs)

    def _updated(self, new: Resource, old: Resource) -> Values:
        if not new.custom:
            return old.outputs
        if self.dry_run or new.is_provider:
            return dict(new.inputs)
        with self._under_way("updating", new):
            outputs = self.provider(new).update(old.id, old.outputs, new.inputs)
        return marked(outputs, new.inputs, new.additional_secret_outputs)

    def _deleted(self, entry: Resource, gone: Collection[str]) -> None:
        kept = entry.external or entry.retain_on_delete or entry.deleted_with in gone
        if self.dry_run or not entry.custom or kept:
            return
        if entry.is_provider:
            self.providers.drop(entry.reference)
            return
        with self._under_way("deleting", entry):
            self.provider(entry).delete(entry)

    def _declare(self, new: Resource, old: Resource | None = None) -> None:
        if new.is_provider:
            self.providers.declare(new, old)

    @contextmanager
    def _under_way(self, op: str, resource: Resource) -> Iterator[None]:
        """A call that changes something: written down before, so that a killed engine leaves a trace of it."""
        if self.stopping.is_set():
            raise Stopped
        self.state.begin(op, resource.urn)
        try:
            yield
        except HostEnded:
            self.report.errored.add(resource.urn)
            raise  # it stays under way in the state: nobody knows what became of it
        except ProviderError:
            self.report.errored.add(resource.urn)
            self.state.abandon(resource.urn)
            raise


def alike(old: Resource, new: Resource) -> bool:
    """Whether there is nothing to write."""
    return vars(replace(old, serial=new.serial)) == vars(new)
