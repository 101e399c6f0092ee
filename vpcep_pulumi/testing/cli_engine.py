"""The real engine: the ``pulumi`` CLI on PATH, through Pulumi's Automation API, with results of the same form."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation.events import EngineEvent

from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.project import Program, Project, load
from vpcep_pulumi.testing.engine.values import Secret, plain
from vpcep_pulumi.testing.results import Diagnostic, Result, summary

SEVERITIES = {"info": "info", "info#err": "info", "warning": "warning", "error": "error"}


def is_on_path() -> bool:
    """Whether there is a ``pulumi`` CLI."""
    return shutil.which("pulumi") is not None


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
        _lay_out(loaded, stack, project)
        given = dict(os.environ if environ is None else environ)
        variables = {
            "PULUMI_CONFIG_PASSPHRASE": "",
            **given,
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # The CLI starts "python3" where a project names no virtual environment.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), given.get("PATH", os.environ["PATH"]))),
        }
        function = None if isinstance(loaded.program, Path) else loaded.program
        workspace = automation.LocalWorkspace(work_dir=str(project), program=function, env_vars=variables)
        self._stack = automation.Stack.create_or_select(stack, workspace)
        settings = {
            key: automation.ConfigValue(plain(value), isinstance(value, Secret)) for key, value in config.items()
        }
        self._stack.set_all_config(settings)
        self._show = show
        self._state = state

    def preview(self, *, refresh: bool = False, replace: Collection[str] = ()) -> Result:
        """What :meth:`up` would do."""
        return self._run(lambda **given: self._stack.preview(refresh=refresh, replace=list(replace), **given))

    def up(self, *, refresh: bool = False, replace: Collection[str] = ()) -> Result:
        """Make what the program declares."""
        return self._run(lambda **given: self._stack.up(refresh=refresh, replace=list(replace), **given))

    def refresh(self) -> Result:
        """Read every resource, and take what is found for the state."""
        return self._run(self._stack.refresh)

    def destroy(self) -> Result:
        """Delete everything."""
        return self._run(self._stack.destroy)

    def _run(self, do: Callable[..., Any]) -> Result:
        events: list[EngineEvent] = []
        text: list[str] = []
        lock = threading.Lock()

        def heard(piece: str) -> None:
            with lock:
                text.append(f"{piece}\n")
            self._show(f"{piece}\n")

        failure = ""
        try:
            do(on_event=events.append, on_output=heard, on_error=heard, diff=True, color="never")
        except automation.ConcurrentUpdateError:
            raise EngineError(f"another engine is at work on {self._state}; try again when it is done") from None
        except automation.CommandError as error:
            failure = str(error).strip()
        diagnostics = _diagnostics(events)
        if failure and not any(each.severity == "error" for each in diagnostics):
            diagnostics.append(Diagnostic("error", failure))
        outputs = {
            name: Secret(each.value) if each.secret else each.value for name, each in self._stack.outputs().items()
        }
        return Result(
            ok=not failure,
            steps=summary(_steps(events)),
            outputs=MappingProxyType(outputs),
            diagnostics=tuple(diagnostics),
            diff="".join(text),
        )


def _lay_out(project: Project, stack: str, folder: Path) -> None:
    """Write the project's files where the CLI may write to them; the stack's are kept from the first time on."""
    runtime: dict[str, Any] = {"name": "python"}
    if sys.prefix != sys.base_prefix:
        runtime["options"] = {"virtualenv": sys.prefix}
    main = project.program if isinstance(project.program, Path) else project.folder
    document = {**project.document, "name": project.name, "runtime": runtime, "main": str(main)}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    settings = f"Pulumi.{stack}.yaml"
    if (project.root / settings).exists() and not (folder / settings).exists():
        shutil.copy(project.root / settings, folder)


def _steps(events: list[EngineEvent]) -> list[tuple[str, str]]:
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


def _diagnostics(events: list[EngineEvent]) -> list[Diagnostic]:
    found = []
    for event in events:
        said = event.diagnostic_event
        if said is not None and not said.ephemeral and said.severity in SEVERITIES:
            found.append(Diagnostic(SEVERITIES[said.severity], said.message.strip(), said.urn or ""))
    return found
