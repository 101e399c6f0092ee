"""One operation from its start to its end: its servers, its provider hosts, its program."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from vpcep_pulumi.testing.engine import display, services
from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.host import Host
from vpcep_pulumi.testing.engine.hosts import Hosts
from vpcep_pulumi.testing.engine.options import Options
from vpcep_pulumi.testing.engine.processes import Child
from vpcep_pulumi.testing.engine.program import NOT_FINISHED, Addresses, FunctionProgram, start
from vpcep_pulumi.testing.engine.project import Target
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.steps import Steps, Stopped
from vpcep_pulumi.testing.engine.stubs import Stubs
from vpcep_pulumi.testing.engine.urns import STACK
from vpcep_pulumi.testing.engine.values import UNKNOWN
from vpcep_pulumi.testing.results import Result, summary


class Operation:
    """One operation on a stack."""

    def __init__(self, target: Target, state: State, report: Report, options: Options, stubs: Stubs) -> None:
        self._target, self._state, self._report = target, state, report
        self._log_server, self._log_address = services.serve(
            engine_pb2_grpc.add_EngineServicer_to_server, services.Log(report)
        )
        self._hosts = Hosts(lambda: Host(target, engine=self._log_address, line=self._printed))
        self._steps = Steps(state, self._hosts, report, stubs=stubs)
        self._before = state.all()
        self._interrupted = False
        self._deployment = Deployment(target.project.name, target.stack, self._steps, options)

    def run(self, *, program: bool, refresh: bool) -> Result:
        """Carry it out.

        :param program: whether the program is run.
        :param refresh: whether every resource is read first, or, where that is all, without the program.
        """
        try:
            self._deployment.begin(refresh=refresh)
            if program:
                self._run_program()
            else:
                self._deployment.complete()
        except Stopped:
            pass
        except KeyboardInterrupt:
            self._steps.interrupt()
            self._interrupted = True
            self._report.say("error", "interrupted: what was not under way was not begun")
        self._deployment.finish()
        ok = not self._report.failed()
        if ok:
            self._state.settled()
        errored = self._report.errored
        done = (each.op for each in self._report.steps if each.shown and each.resource.urn not in errored)
        self._report.line(display.summarised(done, dry_run=self._report.dry_run, errored=len(errored)))
        return self._result(ok=ok)

    def end(self) -> None:
        """Leave nothing running."""
        self._hosts.end()
        self._log_server.stop(None).wait()

    def _run_program(self) -> None:
        """Run it, then do the rest. It has to say that it is finished; a process that exits with 0 counts as finished
        without, as the CLI takes it.
        """
        monitor = services.Monitor(self._deployment, self._steps)
        server, address = services.serve(resource_pb2_grpc.add_ResourceMonitorServicer_to_server, monitor)
        addresses = Addresses(monitor=address, log=self._log_address)
        dry_run = self._report.dry_run
        self._hosts.prepare()
        try:
            with start(self._target, addresses, dry_run=dry_run, line=self._printed) as program:
                try:
                    code = self._until_finished(program, monitor)
                    finished = code is None or (code == 0 and isinstance(program, Child))
                    if finished and not self._steps.stopping.is_set():
                        monitor.wait_for_the_rest()
                        with suppress(Stopped):
                            self._deployment.complete()
                    monitor.released.set()
                    code = program.wait()
                except KeyboardInterrupt:
                    self._steps.interrupt()
                    server.stop(None)  # a program that waits for an answer ends
                    raise
        finally:
            monitor.released.set()
            server.stop(None).wait()
        if self._report.failed():
            return
        if code and isinstance(program, Child):
            self._report.say("error", f"an unhandled error occurred: program exited with non-zero exit code: {code}")
        elif not finished:
            self._report.say("error", NOT_FINISHED)

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
        outputs = next((each.outputs for each in now if each.type == STACK and not each.delete), {})
        return Result(
            ok=ok,
            steps=summary((each.op, each.resource.urn) for each in self._report.steps),
            outputs=MappingProxyType({name: _spelled(value) for name, value in outputs.items()}),
            diagnostics=tuple(self._report.diagnostics),
            diff="".join(self._report.text),
            interrupted=self._interrupted,
        )


def _spelled(value: Any) -> Any:
    """An output that is not known, after an update that was confined, as the CLI shows it."""
    return rpc.UNKNOWN if value is UNKNOWN else value
