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

from pulumi import automation
from pulumi.automation.events import EngineEvent

from vpcep_pulumi.testing.engine.values import Secret
from vpcep_pulumi.testing.results import Diagnostic, Result, summary

SEVERITIES = {"info": "info", "info#err": "info", "warning": "warning", "error": "error"}


def is_on_path() -> bool:
    """Whether there is a ``pulumi`` CLI."""
    return shutil.which("pulumi") is not None


class CliEngine:
    """A stack of a program, on a state folder. See :class:`vpcep_pulumi.testing.engine.LocalEngine`.

    :param program: the project's folder; the stack's settings file in it is written to, as the CLI does.
    :param state: the folder of the state.
    """

    def __init__(
        self,
        program: Path,
        state: Path,
        *,
        stack: str = "dev",
        config: Mapping[str, str] = MappingProxyType({}),
        environ: Mapping[str, str] | None = None,
        show: Callable[[str], None] = lambda _text: None,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        given = dict(os.environ if environ is None else environ)
        variables = {
            "PULUMI_CONFIG_PASSPHRASE": "",
            **given,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # The CLI starts "python3" where a project names no virtual environment.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), given.get("PATH", os.environ["PATH"]))),
        }
        options = automation.LocalWorkspaceOptions(work_dir=str(program), env_vars=variables)
        self._stack = automation.create_or_select_stack(stack, work_dir=str(program), opts=options)
        self._stack.set_all_config({key: automation.ConfigValue(value) for key, value in config.items()})
        self._show = show

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

        ok = True
        try:
            do(on_event=events.append, on_output=heard, on_error=heard, diff=True, color="never")
        except automation.CommandError:
            ok = False
        outputs = {
            name: Secret(each.value) if each.secret else each.value for name, each in self._stack.outputs().items()
        }
        return Result(
            ok=ok,
            steps=summary(_steps(events)),
            outputs=MappingProxyType(outputs),
            diagnostics=tuple(_diagnostics(events)),
            diff="".join(text),
        )


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
