"""The local engine: runs a program against a state file, with the SDK's own dynamic provider host.

Program and hosts are processes of their own; the engine speaks the SDK's protocols with them. It is for tests and for
a first try: what deploys is the ``pulumi`` CLI.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from vpcep_pulumi.testing.engine import edits, options, secrets
from vpcep_pulumi.testing.engine.operation import Operation
from vpcep_pulumi.testing.engine.options import Mode, Options
from vpcep_pulumi.testing.engine.project import Program, Target, load
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.stubs import Stubs
from vpcep_pulumi.testing.engine.values import Secret
from vpcep_pulumi.testing.results import Result


class LocalEngine:
    """A stack of a program, on a state file.

    Where URNs are asked for, patterns will do: ``**`` stands for anything, ``*`` for anything within a part of a URN.

    :param program: the project's folder, a program's file, or a function that declares resources.
    :param state: the state file; its folder is made.
    :param stack: the stack's name; its configuration is in ``Pulumi.<stack>.yaml``.
    :param config: more configuration, secrets among it; a key without a namespace is the project's.
    :param environ: the environment of the program and of the provider; by default this process's.
    :param stubs: what resources and functions of other packages, and other stacks, answer.
    :param show: given the operation's text, piece by piece, as it comes about.
    :raises EngineError: the project cannot be read.
    """

    def __init__(
        self,
        program: Program,
        state: Path,
        *,
        stack: str = "dev",
        config: Mapping[str, str | Secret] = MappingProxyType({}),
        environ: Mapping[str, str] | None = None,
        show: Callable[[str], None] = lambda _text: None,
        stubs: Stubs = Stubs(),  # noqa: B008 -- it is frozen
    ) -> None:
        self._project = load(program)
        self._state = state
        self._stack = stack
        self._extra = config
        self._environ = dict(os.environ if environ is None else environ)
        self._show = show
        self._stubs = stubs

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
        """What :meth:`up` would do. Nothing is written, nothing but reading is asked of the provider."""
        flags = options.of(
            replace=replace,
            target=target,
            exclude=exclude,
            target_dependents=target_dependents,
            continue_on_error=continue_on_error,
        )
        return self._operate("Previewing update", flags, program=True, refresh=refresh, dry_run=True)

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
        """Make what the program declares.

        :param refresh: read every resource first.
        :param replace: URNs to replace whatever their difference. ``**`` is everything, the provider among it.
        :param target: URNs to leave everything else alone.
        :param exclude: URNs to leave alone.
        :param target_dependents: whether what depends on a target is one, too.
        :param continue_on_error: whether what does not depend on a failure is still done.
        """
        flags = options.of(
            replace=replace,
            target=target,
            exclude=exclude,
            target_dependents=target_dependents,
            continue_on_error=continue_on_error,
        )
        return self._operate("Updating", flags, program=True, refresh=refresh)

    def refresh(
        self, *, target: Collection[str] = (), exclude: Collection[str] = (), run_program: bool = False
    ) -> Result:
        """Read every resource, and take what is found for the state.

        :param run_program: whether the program says with which provider what it declares is read. Nothing is made.
        """
        flags = options.of(target=target, exclude=exclude, mode=Mode.REFRESH)
        return self._operate("Refreshing", flags, program=run_program)

    def destroy(
        self,
        *,
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        target_dependents: bool = False,
        run_program: bool = False,
        continue_on_error: bool = False,
    ) -> Result:
        """Delete everything.

        :param run_program: whether the program runs first, and says which provider and which options what it declares
            is deleted with. Nothing is made.
        """
        flags = options.of(
            target=target,
            exclude=exclude,
            target_dependents=target_dependents,
            continue_on_error=continue_on_error,
            mode=Mode.DESTROY,
        )
        return self._operate("Destroying", flags, program=run_program)

    def state_rename(self, urn: str, name: str) -> None:
        """Give a resource of the state another name, as ``pulumi state rename`` does.

        :raises EngineError: there is no such resource, or there is one of that name already.
        """
        self._edit(lambda entries: edits.renamed(entries, urn, name))

    def state_delete(self, urn: str) -> None:
        """Forget a resource of the state, as ``pulumi state delete`` does. Nothing is asked of its provider.

        :raises EngineError: there is no such resource, it is protected, or others depend on it.
        """
        self._edit(lambda entries: edits.without(entries, urn))

    def state_taint(self, urn: str) -> None:
        """Have a resource of the state replaced by the next update, as ``pulumi state taint`` does.

        :raises EngineError: there is no such resource.
        """
        self._edit(lambda entries: edits.tainted(entries, urn))

    def _edit(self, edit: Callable[[list[Resource]], list[Resource]]) -> None:
        with State(self._state, secrets.phrase_of(self._environ), writes=True) as state:
            state.rewrite(edit(state.all()))

    def _operate(
        self, heading: str, flags: Options, *, program: bool, refresh: bool = False, dry_run: bool = False
    ) -> Result:
        phrase = secrets.phrase_of(self._environ)
        config = self._project.config(self._stack, phrase, self._extra)
        report = Report(self._show, dry_run=dry_run)
        with State(self._state, phrase, writes=not dry_run) as state:
            target = Target(self._project, self._stack, config, self._environ)
            operation = Operation(target, state, report, flags, self._stubs)
            report.line(f"{heading} ({self._stack}):")
            for each in state.interrupted:
                report.say("warning", f"the last operation was interrupted while {each.op} {each.urn}", each.urn)
            always = self._project.refreshes and flags.mode is not Mode.REFRESH
            try:
                return operation.run(program=program, refresh=refresh or always)
            finally:
                operation.end()
