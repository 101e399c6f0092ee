"""The real engine: the ``pulumi`` CLI on PATH, through Pulumi's Automation API, with results of the same form."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent

from vpcep_pulumi.testing import grpc_clock
from vpcep_pulumi.testing.cli_project import lay_out
from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.program import NOT_FINISHED, Watched
from vpcep_pulumi.testing.engine.project import Program, load
from vpcep_pulumi.testing.engine.secrets import phrase_of
from vpcep_pulumi.testing.engine.values import Secret, plain
from vpcep_pulumi.testing.loopback import reached_directly, without_proxy
from vpcep_pulumi.testing.results import Diagnostic, Result, summary

SEVERITIES = {"info": "info", "info#err": "info", "warning": "warning", "error": "error"}


def is_on_path() -> bool:
    """Whether there is a ``pulumi`` CLI."""
    return shutil.which("pulumi") is not None


class _Command(automation.PulumiCommand):
    """The CLI, with flags that the Automation API does not know.

    :ivar more: flags for the next operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.more: Sequence[str] = ()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        if args[0] == "destroy":
            args = [*args, *self.more]
        return super().run(args, cwd, additional_env, on_output, on_error)


class CliEngine:
    """A stack of a program, on a state folder. See :class:`vpcep_pulumi.testing.engine.LocalEngine`.

    The CLI writes to its project's folder. So it gets one of its own, beside the state, whose ``main`` is the program;
    it runs with this process's Python, whatever the program's ``Pulumi.yaml`` says.

    :param state: the folder of the state.
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
    ) -> None:
        project, backend = state / "project", state / "backend"
        for folder in (project, backend):
            folder.mkdir(parents=True, exist_ok=True)
        loaded = load(program)
        lay_out(loaded, stack, project)
        given = dict(os.environ if environ is None else environ)
        variables = {
            **without_proxy(given),
            "PULUMI_CONFIG_PASSPHRASE": phrase_of(given) or "",
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # The CLI starts "python3" where a project names no virtual environment.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), given.get("PATH", os.environ["PATH"]))),
        }
        self._function = None if isinstance(loaded.program, Path) else Watched(loaded.program)
        self._command = _Command()
        workspace = automation.LocalWorkspace(
            work_dir=str(project), program=self._function, env_vars=variables, pulumi_command=self._command
        )
        self._stack = automation.Stack.create_or_select(stack, workspace)
        structured = {
            key: {"value": json.dumps(value), "objectValue": value, "secret": False}
            for key, value in loaded.structured(stack, config).items()
            if not isinstance(config[key], Secret)
        }
        settings = {
            key: automation.ConfigValue(plain(value), isinstance(value, Secret))
            for key, value in config.items()
            if key not in structured
        }
        self._stack.set_all_config(settings)
        if structured:
            self._stack.set_all_config_json(json.dumps(structured))
        self._project, self._variables = project, variables
        self._show = show
        self._state = state

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
        """What :meth:`up` would do. Its flags, but ``continue_on_error``, which the CLI's preview does without."""
        del continue_on_error
        return self._run(
            self._stack.preview,
            refresh=refresh,
            replace=list(replace),
            target=list(target),
            exclude=list(exclude),
            target_dependents=target_dependents,
        )

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
        :param replace: URNs to replace whatever their difference; in these, as in the next two, ``*`` stands for any
            part without a colon, ``**`` for any part.
        :param target: URNs to update, and no others.
        :param exclude: URNs to leave out.
        :param target_dependents: with ``target``, what depends on the targets as well.
        :param continue_on_error: go on with what does not depend on what failed.
        """
        return self._run(
            self._stack.up,
            refresh=refresh,
            replace=list(replace),
            target=list(target),
            exclude=list(exclude),
            target_dependents=target_dependents,
            continue_on_error=continue_on_error,
        )

    def refresh(
        self, *, target: Collection[str] = (), exclude: Collection[str] = (), run_program: bool = False
    ) -> Result:
        """Read every resource, and take what is found for the state.

        :param run_program: run the program, for providers that depend on it.
        """
        return self._run(self._stack.refresh, target=list(target), exclude=list(exclude), run_program=run_program)

    def destroy(
        self,
        *,
        target: Collection[str] = (),
        exclude: Collection[str] = (),
        run_program: bool = False,
        continue_on_error: bool = False,
    ) -> Result:
        """Delete everything, or the targets with what depends on them, or all but what is left out."""
        # The Automation API's destroy knows no `--exclude`.
        self._command.more = [f"--exclude={urn}" for urn in exclude]
        try:
            return self._run(
                self._stack.destroy,
                target=list(target),
                run_program=run_program,
                continue_on_error=continue_on_error,
            )
        finally:
            self._command.more = []

    def state_rename(self, urn: str, name: str) -> None:
        """Give a resource of the state another name. What is deployed stays as it is.

        :raises EngineError: the CLI refuses, in its words; also of the methods below.
        """
        self._change("state", "rename", urn, name, "--yes")

    def state_delete(self, urn: str) -> None:
        """Forget a resource. What is deployed stays as it is."""
        self._change("state", "delete", urn, "--yes")

    def state_taint(self, urn: str) -> None:
        """Have the next :meth:`up` replace a resource."""
        self._change("state", "taint", urn, "--yes")

    def export_state(self) -> dict[str, Any]:
        """The state as ``pulumi stack export`` writes it: secrets are encrypted."""
        found: dict[str, Any] = json.loads(self._change("stack", "export"))
        return found

    def import_state(self, document: Mapping[str, Any]) -> None:
        """Take an exported state, also another stack's, for this stack's own: ``pulumi stack import --force``."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "state.json")
            path.write_text(json.dumps(document), encoding="utf-8")
            self._change("stack", "import", "--force", "--file", str(path))

    def cancel(self) -> None:
        """Take the lock away that a killed engine has left behind."""
        self._change("cancel", "--yes")

    def _change(self, *arguments: str) -> str:
        """Run a command on the stack; what it printed."""
        command = [*arguments, "--stack", self._stack.name]
        try:
            done = self._command.run(command, str(self._project), self._variables)
        except automation.CommandError as error:
            raise EngineError(f"`pulumi {' '.join(arguments)}` failed: {str(error).strip()}") from None
        return done.stdout

    def _run(self, do: Callable[..., Any], **flags: Any) -> Result:
        events: list[EngineEvent] = []
        text: list[str] = []
        lock = threading.Lock()

        def heard(piece: str) -> None:
            with lock:
                text.append(f"{piece}\n")
            self._show(f"{piece}\n")

        failure = ""
        grpc_clock.keep_real()
        try:
            with reached_directly():
                do(on_event=events.append, on_output=heard, on_error=heard, diff=True, color="never", **flags)
            if self._function is not None and flags.get("run_program", True) and not self._function.returned:
                failure = NOT_FINISHED
        except automation.ConcurrentUpdateError:
            raise EngineError(f"another engine is at work on {self._state}; try again when it is done") from None
        except automation.CommandError as error:
            failure = str(error).strip()
        diagnostics = diagnostics_of(events)
        if failure and not any(each.severity == "error" for each in diagnostics):
            diagnostics.append(Diagnostic("error", failure))
        outputs = {
            name: Secret(each.value) if each.secret else each.value for name, each in self._stack.outputs().items()
        }
        return Result(
            ok=not failure,
            steps=summary(steps_of(events)),
            outputs=MappingProxyType(outputs),
            diagnostics=tuple(diagnostics),
            diff="".join(text),
        )


def steps_of(events: list[EngineEvent]) -> list[tuple[str, str]]:
    """Operation and URN of each step; a refresh says with its outputs what it came to."""
    found: list[tuple[str, str]] = []
    for event in events:
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            if metadata.op.value != "refresh":
                found.append((metadata.op.value, metadata.urn))
        elif event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            refreshed = metadata.op.value in ("update", "delete") and (metadata.op.value, metadata.urn) not in found
            if refreshed:
                found.append((metadata.op.value, metadata.urn))
    return found


def diagnostics_of(events: list[EngineEvent]) -> list[Diagnostic]:
    """What the engine said, in order, but for what it showed for a moment only."""
    found = []
    for event in events:
        said = event.diagnostic_event
        if said is not None and not said.ephemeral and said.severity in SEVERITIES:
            found.append(Diagnostic(SEVERITIES[said.severity], said.message.strip(), said.urn or ""))
    return found
