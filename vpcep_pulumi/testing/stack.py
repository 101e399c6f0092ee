"""A stack under test: programs in, results out, on one of the engines."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import EngineError, LocalEngine
from vpcep_pulumi.testing.engine.project import Function, Program, load
from vpcep_pulumi.testing.engine.secrets import phrase_of
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.stubs import NOTHING, Answer, Stubs
from vpcep_pulumi.testing.engine.values import Secret, contains, plain
from vpcep_pulumi.testing.engines import Engine
from vpcep_pulumi.testing.results import OperationFailed, Result
from vpcep_pulumi.testing.simulator import Simulator

Declared: TypeAlias = str | Path | Function
LAST: Any = ...
"""The program of the last operation. None is not it: a function that was called by mistake returns None."""
TOKEN = re.compile(r"[^:\s]+:[^:\s]*:[^:\s]+")
"""The token of a resource's type or a function: https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/"""
PASSPHRASE = "test"  # noqa: S105 -- of a state that no test keeps


class Stack:
    """A stack with a state of its own, which can only reach a simulator.

    Each operation takes a program: a project's folder, a program's file, or a function that declares resources;
    without one, the last program is taken again. A relative path begins at the folder of pytest's configuration.
    Programs find this process's environment as it is when the operation begins.

    :param engine: ``local``, ``cli`` or ``auto``: the CLI where it is on PATH.
    :param folder: for the state.
    :param root: where relative paths begin.
    :ivar name: the stack's name: its configuration is read from ``Pulumi.<name>.yaml``, where there is such a file.
    :ivar config: more configuration, such as ``{"vpcep:region": "eu-west-101"}``; a key without a namespace is the
        project's. Texts, numbers, booleans, lists and dictionaries; :meth:`secret` of any of them, or within one.
    :ivar last: what the last operation came to.
    """

    def __init__(self, engine: str, simulator: Simulator, *, folder: Path, root: Path) -> None:
        self.name = "test"
        self.config: dict[str, Any] = {}
        self.last: Result | None = None
        self._is_cli = engine == "cli" or (engine == "auto" and is_on_path())
        self._simulator = simulator
        self._folder, self._root = folder, root
        self._program: Program | None = None
        self._answers: dict[str, Answer] = {}
        self._stacks: dict[str, Mapping[str, Any]] = {}

    @staticmethod
    def secret(value: Any) -> Secret:
        """A value of :attr:`config` that is secret, as after ``pulumi config set --secret``."""
        return Secret(value)

    def stub(self, token: str, outputs: Answer = NOTHING) -> None:
        """Say what a resource or a function of another package answers, which nobody runs here.

        ::

            stack.stub("huaweicloud:Vpcep/service:Service", {"id": "4189d3c2-8882-4871-a3c2-d380272eed88"})
            stack.stub("huaweicloud:Vpc/getVpc:getVpc", lambda arguments: {"id": f"vpc-{arguments['name']}"})

        A resource has its inputs as outputs as well, and an ``id`` of its own where none is given. In a preview its
        other outputs are not known, as with the real one.

        :param token: the resource's type or the function's name, as the refusal without a stub spells it.
        :param outputs: by their names in the provider's spelling, or a function that makes them of the inputs.
        :raises EngineError: it is no token, or no outputs.
        """
        if not TOKEN.fullmatch(token):
            raise EngineError(f"{token!r} is no token: one is `package:module:Name`, such as `aws:s3/bucket:Bucket`")
        if not (callable(outputs) or isinstance(outputs, Mapping)):
            raise EngineError(f"what {token} answers is a mapping, or a function that makes one, not {outputs!r}")
        self._answers[token] = outputs

    def stub_stack(self, name: str, outputs: Mapping[str, Any]) -> None:
        """Say what a ``pulumi.StackReference`` finds.

        :param name: as the program refers to it, such as ``acme/network/prod``.
        """
        self._stacks[name] = outputs

    def preview(
        self,
        program: Declared = LAST,
        *,
        refresh: bool = False,
        replace: Collection[str] = (),
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        target_dependents: bool = False,
    ) -> Result:
        """What :meth:`up` would do. Nothing is written, and nothing but reading is asked of the API.

        In URNs, ``*`` stands for any part without a colon, ``**`` for any part.

        :param refresh: read every resource first.
        :param replace: URNs to replace whatever their difference.
        :param target: URNs to leave everything else alone.
        :param exclude: URNs to leave alone.
        :param target_dependents: whether what depends on a target is one, too.
        :raises OperationFailed: the program or the provider failed, or refuses what is declared.
        :raises EngineError: the engine cannot do what it was asked.
        """
        flags: dict[str, Any] = {"replace": replace, "target": target, "exclude": exclude}
        return self._done(
            "preview",
            program,
            lambda engine: engine.preview(refresh=refresh, target_dependents=target_dependents, **flags),
        )

    def up(
        self,
        program: Declared = LAST,
        *,
        refresh: bool = False,
        replace: Collection[str] = (),
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        target_dependents: bool = False,
    ) -> Result:
        """Make what the program declares. Parameters and errors are those of :meth:`preview`."""
        flags: dict[str, Any] = {"replace": replace, "target": target, "exclude": exclude}
        return self._done(
            "up", program, lambda engine: engine.up(refresh=refresh, target_dependents=target_dependents, **flags)
        )

    def refresh(self, program: Declared = LAST) -> Result:
        """Read every resource, and take what is found for the state. The program is not run."""
        return self._done("refresh", program, lambda engine: engine.refresh())

    def destroy(self, program: Declared = LAST) -> Result:
        """Delete everything. The program is not run."""
        return self._done("destroy", program, lambda engine: engine.destroy())

    def secrets(self) -> list[Any]:
        """What is known to be secret: configuration, outputs of the last operation, and the local engine's state.

        A report of a failing test hides these.
        """
        found = [plain(each) for each in self.config.values() if contains(each, Secret)]
        if self.last is not None:
            found += [plain(each) for each in self.last.outputs.values() if contains(each, Secret)]
        for stored in (self._configured_secrets, self._state_secrets):
            with suppress(EngineError, OSError, ValueError):  # what cannot be read: the operation has said so
                found += stored()
        return found

    def _configured_secrets(self) -> Iterator[Any]:
        if self._program is not None:
            config = load(self._program).config(self.name, phrase_of(self._environ()), self._config())
            yield from (config.values[name] for name in config.secrets)

    def _state_secrets(self) -> Iterator[Any]:
        if self._state().exists():
            with State(self._state(), phrase_of(self._environ()), writes=False) as state:
                entries = state.all()
            for values in (values for each in entries for values in (each.inputs, each.outputs)):
                yield from (plain(value) for value in values.values() if contains(value, Secret))

    def _done(self, operation: str, program: Declared | None, do: Callable[[Engine], Result]) -> Result:
        self.last = result = do(self._engine(program))
        if result.interrupted:
            raise KeyboardInterrupt  # whoever pressed Ctrl-C wants the tests to end, not this one alone
        if not result.ok:
            raise OperationFailed(operation, result)
        return result

    def _engine(self, program: Declared | None) -> Engine:
        if program is None:
            raise EngineError("None is no program. Are there parentheses behind a function's name?")
        if program is not LAST:
            self._program = self._root / program if isinstance(program, str | Path) else program
        if self._program is None:
            raise EngineError("there is no program yet: name one, as in stack.up('infra/')")
        config = self._config()
        if self._is_cli and (self._answers or self._stacks):
            raise EngineError("stubs are for the local engine: run this test with --pulumi-engine=local")
        if self._is_cli:
            return CliEngine(self._program, self._folder, stack=self.name, config=config, environ=self._environ())
        return LocalEngine(
            self._program,
            self._state(),
            stack=self.name,
            config=config,
            environ=self._environ(),
            stubs=Stubs(self._answers, self._stacks),
        )

    def _config(self) -> dict[str, str | Secret]:
        """What is given besides the stack's file. Whatever that says, nothing but the simulator is reached."""
        reach = {"vpcep:endpoint": self._simulator.url, "vpcep:iamEndpoint": self._simulator.url}
        given = {key: _text(key, value) for key, value in self.config.items() if value is not None}
        return {**given, **reach}

    def _environ(self) -> dict[str, str]:
        """This process's, with a passphrase where it has none: the CLI takes one from a variable or from a file."""
        given = phrase_of(os.environ) is not None
        return {**os.environ} if given else {**os.environ, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}

    def _state(self) -> Path:
        return self._folder / f"{self.name}.json"


def _text(key: str, value: Any) -> str | Secret:
    """A value of the configuration as Pulumi passes it: a text, anything else as its JSON.

    :raises EngineError: there is no such value in JSON.
    """
    found = plain(value)
    if not isinstance(found, str):
        try:
            found = json.dumps(found, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise EngineError(f"stack.config[{key!r}] cannot be written as JSON: {error}") from None
    return Secret(found) if contains(value, Secret) else found
