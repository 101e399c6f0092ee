"""A stack under test: programs in, results out, on one of the engines."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TypeAlias

from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import EngineError, LocalEngine
from vpcep_pulumi.testing.engine.project import Function, Program
from vpcep_pulumi.testing.results import OperationFailed, Result
from vpcep_pulumi.testing.simulator import Simulator

Declared: TypeAlias = str | Path | Function


class Stack:
    """A stack with a state of its own, which can only reach a simulator.

    Each operation takes a program: a project's folder, a program's file, or a function that declares resources;
    without one, the last program is taken again. A relative path begins at the folder of pytest's configuration.
    Programs find this process's environment as it is when the operation begins.

    :param engine: ``local``, ``cli`` or ``auto``: the CLI where it is on PATH.
    :param folder: for the state.
    :param root: where relative paths begin.
    :ivar name: the stack's name: its configuration is read from ``Pulumi.<name>.yaml``, where there is such a file.
    :ivar config: more configuration, in plain: ``{"vpcep:region": "eu-west-101"}``; a key without a namespace is the
        project's.
    :ivar last: what the last operation came to.
    """

    def __init__(self, engine: str, simulator: Simulator, *, folder: Path, root: Path) -> None:
        self.name = "test"
        self.config: dict[str, str] = {}
        self.last: Result | None = None
        self._is_cli = engine == "cli" or (engine == "auto" and is_on_path())
        self._simulator = simulator
        self._folder, self._root = folder, root
        self._program: Program | None = None

    def preview(
        self, program: Declared | None = None, *, refresh: bool = False, replace: Collection[str] = ()
    ) -> Result:
        """What :meth:`up` would do. Nothing is written, and nothing but reading is asked of the API.

        :param refresh: read every resource first.
        :param replace: URNs to replace whatever their difference.
        :raises OperationFailed: the program or the provider failed, or refuses what is declared.
        :raises EngineError: the engine cannot do what it was asked.
        """
        __tracebackhide__ = True
        return self._done("preview", self._engine(program).preview(refresh=refresh, replace=replace))

    def up(self, program: Declared | None = None, *, refresh: bool = False, replace: Collection[str] = ()) -> Result:
        """Make what the program declares. Parameters and errors are those of :meth:`preview`."""
        __tracebackhide__ = True
        return self._done("up", self._engine(program).up(refresh=refresh, replace=replace))

    def refresh(self) -> Result:
        """Read every resource, and take what is found for the state. The program is not run."""
        __tracebackhide__ = True
        return self._done("refresh", self._engine(None).refresh())

    def destroy(self) -> Result:
        """Delete everything. The program is not run."""
        __tracebackhide__ = True
        return self._done("destroy", self._engine(None).destroy())

    def _done(self, operation: str, result: Result) -> Result:
        __tracebackhide__ = True
        self.last = result
        if not result.ok:
            raise OperationFailed(operation, result)
        return result

    def _engine(self, program: Declared | None) -> LocalEngine | CliEngine:
        __tracebackhide__ = True
        if program is not None:
            self._program = self._root / program if isinstance(program, str | Path) else program
        if self._program is None:
            raise EngineError("there is no program yet: name one, as in stack.up('infra/')")
        # Whatever the program's own configuration says: nothing but the simulator is reached.
        reach = {"vpcep:endpoint": self._simulator.url, "vpcep:iamEndpoint": self._simulator.url}
        config = {**self.config, **reach}
        environ = {"PULUMI_CONFIG_PASSPHRASE": "test", **os.environ}
        if self._is_cli:
            return CliEngine(self._program, self._folder, stack=self.name, config=config, environ=environ)
        state = self._folder / f"{self.name}.json"
        return LocalEngine(self._program, state, stack=self.name, config=config, environ=environ)
