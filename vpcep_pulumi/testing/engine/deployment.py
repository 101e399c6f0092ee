"""One operation on a stack: what the program declares against what the state holds, resource by resource.

The order and the kinds of steps are those of Pulumi's engine (pkg/resource/deploy/step_generator.go).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from vpcep_pulumi.testing.engine import urns
from vpcep_pulumi.testing.engine.decision import Carry, Decisions, LeftOut, Registered
from vpcep_pulumi.testing.engine.errors import EngineError, Protected, ProviderError, StepFailed
from vpcep_pulumi.testing.engine.graph import deletion_order, with_dependencies
from vpcep_pulumi.testing.engine.host import THREADS
from vpcep_pulumi.testing.engine.names import Goal, Names
from vpcep_pulumi.testing.engine.options import Mode, Options, unknown_target
from vpcep_pulumi.testing.engine.providers import OF_THE_STACK
from vpcep_pulumi.testing.engine.report import Step
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.steps import Steps, Stopped
from vpcep_pulumi.testing.engine.values import Values

__all__ = ["Deployment", "Goal"]
ERRORS = (StepFailed, ProviderError, EngineError)


class Deployment:
    """An operation under way. Thread-safe: the program registers many resources at once.

    :param threads: how many deletions and readings are under way at once.
    """

    def __init__(
        self, project: str, stack: str, steps: Steps, options: Options | None = None, *, threads: int = THREADS
    ) -> None:
        self._threads = threads
        self._options = options or Options()
        self._steps, self._state, self._report = steps, steps.state, steps.report
        self._names = Names(project, stack)
        self._decisions = Decisions(self._options, self._names, steps)
        self._declared: dict[str, Resource] = {}
        self._components: dict[str, Resource] = {}
        self._stack_outputs: tuple[str, Values] | None = None
        self._default: str | None = None
        self._first = threading.Lock()
        for each in self._state.all():
            if each.is_provider:
                steps.providers.declare(each)
        self._names.look_up(self._state.all())

    def begin(self, *, refresh: bool) -> None:
        """What comes before the program.

        :param refresh: whether every resource is read first.
        :raises Stopped: the flags make no sense, a reading failed, or the operation was interrupted.
        """
        known = {each.urn for each in self._state.all()}
        problem = self._options.problem(known)
        if problem:
            self._report.say("error", problem)
            raise Stopped
        if refresh:
            self.refresh(counted=False)
            known = {each.urn for each in self._state.all()}
        self._check_known(self._options.replace.missing(known))

    def complete(self) -> None:
        """What is left when the program has said everything, or where none is run.

        :raises Stopped: something failed or was not asked for, or the operation was interrupted.
        """
        if self._options.mode is Mode.REFRESH:
            self.refresh(counted=True)
            return
        known = {each.urn for each in self._state.all()} | self._names.known()
        missing = self._options.selection.target.missing(known)
        self.delete_the_rest()
        self._check_known(missing)

    # What the program asks for.

    def register(self, goal: Goal) -> Registered:
        """A resource as it is after its step.

        :raises Stopped: the operation has failed or was interrupted.
        """
        goal = self._with_provider(goal)
        found = self._answered(goal, lambda: self._decided(goal))
        if not (found.resource.custom or found.unknown or found.failed):
            self._components[found.resource.urn] = found.resource
        return found

    def read(self, goal: Goal) -> Registered:
        """A resource that is read and not made; its id is among the goal's."""
        goal = self._with_provider(goal)

        def decided() -> Carry:
            urn, old = self._names.place(goal)
            new = replace(goal.resource, urn=urn, external=True)
            return lambda: Registered(self._steps.read(new, old))

        return self._answered(goal, decided)

    def register_outputs(self, urn: str, outputs: Values) -> None:
        """The outputs of a component, or of the stack, which are kept until :meth:`finish`."""
        if urns.type_of(urn) == urns.STACK:
            self._stack_outputs = urn, outputs
        elif urn in self._components:  # else it was left out
            self._put_outputs(urn, outputs)

    # What is left when the program has said everything, and what is done without it.

    def delete_the_rest(self) -> None:
        """Delete what the program no longer declares, and what was replaced; dependents first.

        :raises Stopped: a deletion failed or was not asked for, or the operation was interrupted.
        """
        selection, entries = self._options.selection, self._state.all()
        doomed = self._doomed(entries)
        for urn in selection.unasked(doomed):
            self._report.say(
                "error",
                f"Resource '{urn}' will be destroyed but was not specified in --target list.\n"
                "Either include resource in --target list or pass --target-dependents to proceed.",
                urn,
            )
        if selection.unasked(doomed) and not self._report.dry_run:
            raise Stopped
        gone = {each.urn for each in doomed}
        for entry in [each for each in doomed if each.pending_replacement]:
            doomed.remove(entry)
            self._state.remove(entry)  # it was deleted, and is not declared any more
        blocked = with_dependencies(self._spared(), entries)
        for generation in deletion_order(doomed):
            ready = [each for each in generation if each.urn not in blocked]
            failed = self._in_parallel(
                ready, lambda each: self._steps.delete(each, gone), go_on=self._options.continue_on_error
            )
            blocked |= with_dependencies({each.urn for each in failed}, entries)

    def refresh(self, *, counted: bool) -> None:
        """Read what was not read yet, and take what is found for the state.

        :param counted: whether what has changed is a step.
        :raises Stopped: a reading failed, or the operation was interrupted.
        """
        selection, entries = self._options.selection, self._state.all()
        known = {each.urn for each in entries}
        self._check_known([*selection.target.missing(known), *selection.exclude.missing(known)])
        found = [each for each in selection.to_refresh(entries) if each.hosted and each.urn not in self._decisions.read]
        for each in found:
            self._decisions.ensure(each.provider)

        def read(entry: Resource) -> None:
            self._steps.refresh(entry, counted=counted)

        if self._in_parallel(found, read, go_on=True):
            self._steps.stopping.set()
            raise Stopped
        self._names.look_up(self._state.all())

    def finish(self) -> None:
        """Write the stack's outputs. Where anything went wrong, those that were not said stay."""
        if self._stack_outputs is None:
            return
        urn, outputs = self._stack_outputs
        stack = self._components.get(urn)
        if stack is not None and stack in self._state.all():
            self._put_outputs(urn, {**stack.outputs, **outputs} if self._report.failed() else outputs)

    # How it is done.

    def _decided(self, goal: Goal) -> Carry:
        urn, old = self._names.place(goal)
        new = replace(goal.resource, urn=urn)
        parent = self._declared.get(new.parent)
        for name in goal.inherits if parent is not None else ():
            setattr(new, name, getattr(parent, name))
        self._declared[urn] = new
        return self._decisions.of(goal, new, old)

    def _with_provider(self, goal: Goal) -> Goal:
        """A goal with the provider that manages it: the default one, where it names none, is made when it is needed."""
        if not goal.resource.hosted or goal.resource.provider or not goal.resource.type.startswith(urns.DYNAMIC):
            return goal
        with self._first:
            if self._default is None:
                provider = Resource("", urns.PROVIDER, custom=True, inputs=dict(OF_THE_STACK))
                self._default = self.register(Goal(urns.DEFAULT_PROVIDER, provider)).resource.reference
        return replace(goal, resource=replace(goal.resource, provider=self._default))

    def _answered(self, goal: Goal, decide: Callable[[], Carry]) -> Registered:
        """A failure ends the operation: what is under way is finished, nothing new is begun.

        Where it is to go on, what fails in its step is left out, and so is what depends on it.
        """
        if self._steps.stopping.is_set():
            raise Stopped
        new = goal.resource
        try:
            if not self._state.can_hold({**new.inputs, "": new.replacement_trigger}):
                raise StepFailed("a secret would have to be written to the state: set PULUMI_CONFIG_PASSPHRASE")
            step = decide()
        except LeftOut:
            return self._left_out(goal)
        except ERRORS as error:
            self._failed(error, goal)
            raise Stopped from None
        try:
            return step()
        except LeftOut:
            return self._left_out(goal)
        except ERRORS as error:
            if not self._options.continue_on_error:
                self._failed(error, goal)
                raise Stopped from None
            self._say(error, self._names.urn(goal))
            return self._left_out(goal)

    def _left_out(self, goal: Goal) -> Registered:
        urn = self._names.urn(goal)
        self._decisions.failed.add(urn)
        return Registered(replace(goal.resource, urn=urn), failed=True)

    def _failed(self, error: Exception, goal: Goal) -> None:
        self._say(error, self._names.urn(goal))
        self._steps.stopping.set()

    def _say(self, error: Exception, urn: str) -> None:
        if str(error):
            self._report.say("error", str(error), urn)

    def _put_outputs(self, urn: str, outputs: Values) -> None:
        current = self._components[urn]
        self._components[urn] = new = replace(current, outputs=outputs)
        self._state.put((new, current), changed=current.outputs != outputs)
        self._report.outputs(Step("same", self._names.olds.get(self._names.before(urn)), new))

    def _doomed(self, entries: list[Resource]) -> list[Resource]:
        """What is to be deleted of a state's entries."""
        deletable, spared = self._options.selection.deletable(entries), self._spared()
        undeclared = set(self._state.resources)
        everything = self._options.mode is Mode.DESTROY
        found = []
        for each in entries:
            if not each.delete and not everything and (each not in undeclared or each.urn in spared):
                continue
            if each.urn in deletable:
                found.append(each)
            elif each in undeclared and not each.delete:
                self._report.step(Step("same", each, each))
        return found

    def _spared(self) -> set[str]:
        """The entries of what failed: they stay."""
        return {self._names.before(urn) for urn in self._decisions.failed}

    def _check_known(self, missing: list[str]) -> None:
        for urn in missing:
            self._report.say("error", unknown_target(urn))
        if missing:
            self._steps.stopping.set()
            raise Stopped

    def _in_parallel(self, entries: list[Resource], do: Callable[[Resource], None], *, go_on: bool) -> list[Resource]:
        """Do something with many at once, and say what failed.

        :param go_on: whether to go on after a failure; else those that are under way are finished.
        :raises Stopped: not everything was done.
        """
        failed: list[Resource] = []

        def one(entry: Resource) -> None:
            if self._steps.stopping.is_set():
                return
            try:
                do(entry)
            except (StepFailed, ProviderError) as error:
                failed.append(entry)
                self._say(error, entry.urn)
                if not go_on and not isinstance(error, Protected):
                    self._steps.stopping.set()
            except Stopped:
                return

        with ThreadPoolExecutor(self._threads) as pool:
            try:
                list(pool.map(one, entries))
            except KeyboardInterrupt:
                self._steps.interrupt()  # the pool waits for those that are under way
                raise
        if self._steps.stopping.is_set():
            raise Stopped
        return failed
