"""The steps: what is asked of the provider, written to the state and reported, for one resource each.

In a preview the provider's create, update and delete are not called: the checked inputs stand in for the outputs.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from vpcep_pulumi.testing.engine.host import Host, HostEnded, ProviderError
from vpcep_pulumi.testing.engine.report import Report, Step
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.values import marked

INTERRUPT_SECONDS = 0.5
"""How long the provider may still work after Ctrl-C, before it is ended."""


class Stopped(Exception):
    """The operation ends; what the program still asks for is not done."""


class StepFailed(Exception):
    """A step went wrong."""


@dataclass(frozen=True)
class Steps:
    """Makes steps. Thread-safe.

    :ivar stopping: set when the operation ends early: what is under way is finished, nothing is begun.
    """

    state: State
    host: Host
    report: Report
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def dry_run(self) -> bool:
        """Whether this is a preview."""
        return self.report.dry_run

    def interrupt(self) -> None:
        """Begin nothing more, and let what is under way come to its end, for a moment."""
        self.stopping.set()
        self.host.finish(INTERRUPT_SECONDS)

    def same(self, new: Resource, old: Resource) -> Resource:
        """Nothing is to be done; the program's inputs and options are kept."""
        new.id, new.outputs = old.id, old.outputs
        self.report.step(Step("same", old, new))
        self.state.put((new, old), changed=not alike(old, new))
        return new

    def component(self, new: Resource, old: Resource | None) -> Resource:
        """A component has no provider."""
        if old is not None:
            new.outputs = old.outputs
        op = "create" if old is None else "same" if old.inputs == new.inputs else "update"
        self.report.step(Step(op, old, new))
        self.state.put((new, old), changed=old is None or not alike(old, new))
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
        if self.dry_run:
            new.outputs = dict(new.inputs)
        else:
            with self._under_way("creating", new):
                new.id, outputs = self.host.create(new.inputs)
            new.outputs = marked(outputs, new.inputs, new.additional_secret_outputs)
        doomed = [] if to_delete is None else [(replace(to_delete, delete=True), to_delete)]
        self.state.put((new, instead_of), *doomed)
        self.report.outputs(Step("create", None, new))
        return new

    def update(self, new: Resource, old: Resource) -> Resource:
        """Bring a resource to its new inputs."""
        self.report.step(Step("update", old, new))
        new.id = old.id
        if self.dry_run:
            new.outputs = dict(new.inputs)
        else:
            with self._under_way("updating", new):
                outputs = self.host.update(old.id, old.outputs, new.inputs)
            new.outputs = marked(outputs, new.inputs, new.additional_secret_outputs)
        self.state.put((new, old))
        self.report.outputs(Step("update", old, new))
        return new

    def read(self, new: Resource, old: Resource | None) -> Resource:
        """Read a resource that is made elsewhere. One of that name that was made here is deleted in the end."""
        self.report.step(Step("read", None, new))
        if new.id:
            _, outputs, _ = self.host.read(new.id, {}, new.inputs)
            new.outputs = marked(outputs, new.inputs, new.additional_secret_outputs)
        if old is not None and not old.external and old.id != new.id:
            self.state.put((new, None), (replace(old, delete=True), old))
        else:
            self.state.put((new, old))
        self.report.outputs(Step("read", None, new))
        return new

    def delete(self, entry: Resource, gone: Collection[str] = (), *, to_recreate: bool = False) -> None:
        """Delete a resource.

        :param gone: the URNs that are deleted in the same go, for ``deleted_with``.
        :param to_recreate: keep its entry, so that it is created again even if the engine is killed in between.
        :raises StepFailed: it is protected.
        """
        replaced = to_recreate or entry.delete
        self.report.step(Step("delete-replaced" if replaced else "delete", entry, None))
        if entry.protect and not replaced:
            raise StepFailed(
                f'resource "{entry.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, '
                "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, "
                f"or use the command:\n`pulumi state unprotect '{entry.urn}'`"
            )
        kept = entry.external or entry.retain_on_delete or entry.deleted_with in gone
        if entry.custom and not kept and not self.dry_run:
            with self._under_way("deleting", entry):
                self.host.delete(entry)
        if to_recreate:
            self.state.put((replace(entry, pending_replacement=True), entry))
        else:
            self.state.remove(entry)

    def refresh(self, old: Resource, *, counted: bool) -> None:
        """Read a resource again; what the provider finds is the state.

        :param counted: whether what has changed is a step; before an update it is only shown.
        """
        if old.pending_replacement:
            return
        id_, outputs, inputs = self.host.read(old.id, old.outputs, old.inputs)
        if not id_:
            if counted:
                self.report.step(Step("delete", old, None))
            self.state.remove(old)
            return
        new = replace(old, id=id_, outputs=marked(outputs, old.outputs))
        if inputs is not None:
            new.inputs = marked(inputs, old.inputs)
        # As the engine asks it: what would an update of the old inputs change about what was found?
        changes = self.host.diff(id_, new.outputs, old.inputs).changes
        changed = new.inputs != old.inputs if changes is None else changes
        self.report.refreshed(Step("update" if changed else "same", old, new), counted=counted)
        if not alike(old, new):
            self.state.refreshed(new, old)

    @contextmanager
    def _under_way(self, op: str, resource: Resource) -> Iterator[None]:
        """A call that changes something: written down before, so that a killed engine leaves a trace of it."""
        if self.stopping.is_set():
            raise Stopped
        self.state.begin(op, resource.urn)
        try:
            yield
        except HostEnded:
            raise  # it stays under way in the state: nobody knows what became of it
        except ProviderError:
            self.state.abandon(resource.urn)
            raise


def alike(old: Resource, new: Resource) -> bool:
    """Whether there is nothing to write."""
    return vars(replace(old, serial=new.serial)) == vars(new)
