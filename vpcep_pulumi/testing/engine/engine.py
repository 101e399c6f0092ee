"""The local engine: runs a program against a state file, with the SDK's own dynamic provider host.

Program and host are processes of their own; the engine speaks the SDK's protocols with them. It is for tests and for
a first try: what deploys is the ``pulumi`` CLI.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from vpcep_pulumi.testing.child import SHOWN
from vpcep_pulumi.testing.engine import display, secrets, services
from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.host import Host
from vpcep_pulumi.testing.engine.processes import Child
from vpcep_pulumi.testing.engine.program import Addresses, FunctionProgram, start
from vpcep_pulumi.testing.engine.project import Program, Target, load
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.steps import Steps, Stopped
from vpcep_pulumi.testing.engine.urns import STACK
from vpcep_pulumi.testing.engine.values import Secret
from vpcep_pulumi.testing.results import Result, summary


class LocalEngine:
    """A stack of a program, on a state file.

    :param program: the project's folder, a program's file, or a function that declares resources.
    :param state: the state file; its folder is made.
    :param stack: the stack's name; its configuration is in ``Pulumi.<stack>.yaml``.
    :param config: more configuration, secrets among it; a key without a namespace is the project's.
    :param environ: the environment of the program and of the provider; by default this process's.
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
    ) -> None:
        self._project = load(program)
        self._state = state
        self._stack = stack
        self._extra = config
        self._environ = dict(os.environ if environ is None else environ)
        self._show = show

    def preview(self, *, refresh: bool = False, replace: Collection[str] = ()) -> Result:
        """What :meth:`up` would do. Nothing is written, nothing but reading is asked of the provider."""
        with self._operation("Previewing update", dry_run=True, replace=replace) as operation:
            return operation.run(program=True, refresh=refresh)

    def up(self, *, refresh: bool = False, replace: Collection[str] = ()) -> Result:
        """Make what the program declares.

        :param refresh: read every resource first.
        :param replace: URNs to replace whatever their difference.
        """
        with self._operation("Updating", dry_run=False, replace=replace) as operation:
            return operation.run(program=True, refresh=refresh)

    def refresh(self) -> Result:
        """Read every resource, and take what is found for the state. The program is not run."""
        with self._operation("Refreshing", dry_run=False) as operation:
            return operation.run(program=False, refresh=True)

    def destroy(self) -> Result:
        """Delete everything. The program is not run."""
        with self._operation("Destroying", dry_run=False) as operation:
            return operation.run(program=False, refresh=False)

    @contextmanager
    def _operation(self, heading: str, *, dry_run: bool, replace: Collection[str] = ()) -> Iterator[_Operation]:
        phrase = secrets.phrase_of(self._environ)
        config = self._project.config(self._stack, phrase, self._extra)
        report = Report(self._show, dry_run=dry_run)
        with State(self._state, phrase, writes=not dry_run) as state:
            target = Target(self._project, self._stack, config, self._environ)
            operation = _Operation(target, state, report, frozenset(replace))
            report.line(f"{heading} ({self._stack}):")
            for each in state.interrupted:
                report.say("warning", f"the last operation was interrupted while {each.op} {each.urn}", each.urn)
            try:
                yield operation
            finally:
                operation.end()


class _Operation:
    """One operation: its servers, its host, its program."""

    def __init__(self, target: Target, state: State, report: Report, replace: frozenset[str]) -> None:
        self._target, self._state, self._report = target, state, report
        self._log_server, self._log_address = services.serve(
            engine_pb2_grpc.add_EngineServicer_to_server, services.Log(report)
        )
        self._steps = Steps(state, Host(target, engine=self._log_address, line=self._printed), report)
        self._before = state.all()
        self._deployment = Deployment(target.project.name, target.stack, self._steps, replace)

    def run(self, *, program: bool, refresh: bool) -> Result:
        """Carry it out."""
        deployment = self._deployment
        try:
            if refresh:
                deployment.refresh(counted=not program)
            if program:
                self._run_program()
            elif not refresh:
                deployment.delete_the_rest()
        except Stopped:
            pass
        except KeyboardInterrupt:
            self._steps.interrupt()
            self._report.say("error", "interrupted: what was not under way was not begun")
        ok = not self._report.failed()
        if ok:
            self._state.settled()
        self._report.line(display.summarised((each.op for each in self._report.steps), dry_run=self._report.dry_run))
        return self._result(ok=ok)

    def end(self) -> None:
        """Leave nothing running."""
        self._steps.host.end()
        self._log_server.stop(None).wait()

    def _run_program(self) -> None:
        monitor = services.Monitor(self._deployment, self._steps)
        server, address = services.serve(resource_pb2_grpc.add_ResourceMonitorServicer_to_server, monitor)
        addresses = Addresses(monitor=address, log=self._log_address)
        dry_run = self._report.dry_run
        self._steps.host.prepare()
        try:
            with start(self._target, addresses, dry_run=dry_run, line=self._printed) as program:
                try:
                    code = self._until_finished(program, monitor)
                    if code is None and not self._steps.stopping.is_set():
                        self._deployment.delete_the_rest()
                    monitor.released.set()
                    code = program.wait()
                except KeyboardInterrupt:
                    self._steps.interrupt()
                    server.stop(None)  # a program that waits for an answer ends
                    raise
        finally:
            monitor.released.set()
            server.stop(None).wait()
        if code not in (0, SHOWN) and not self._report.failed():
            self._report.say("error", f"an unhandled error occurred: program exited with non-zero exit code: {code}")

    def _until_finished(self, program: Child | FunctionProgram, monitor: services.Monitor) -> int | None:
        """Wait until the program has said everything, or has ended: then its exit code."""
        ended = threading.Event()
        codes: list[int | None] = []

        def watch() -> None:
            codes.append(program.wait())
            ended.set()
            monitor.finished.set()

        threading.Thread(target=watch, daemon=True).start()
        monitor.finished.wait()
        return codes[0] if ended.is_set() else None

    def _printed(self, line: str) -> None:
        if line:
            self._report.say("info", line)

    def _result(self, *, ok: bool) -> Result:
        now = self._before if self._report.dry_run else self._state.all()
        outputs = next((each.outputs for each in now if each.type == STACK), {})
        return Result(
            ok=ok,
            steps=summary((each.op, each.resource.urn) for each in self._report.steps),
            outputs=MappingProxyType(dict(outputs)),
            diagnostics=tuple(self._report.diagnostics),
            diff="".join(self._report.text),
        )
