"""An engine in one process: the local engine's own steps and state over the provider's own core and client.

The processes of program and host are left out, and with them their time: a step takes milliseconds. So whole worlds
can be tried, and a kill at every call. Time passes only in sleeps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from tests.conftest import DrivenTime
from tests.faults.declared import POLICY_TYPE, SERVICE, TYPE, WAIT, Approval, Declared, Policy
from tests.inprocess import PHRASE, session
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import PartlyDone, VpcepError
from vpcep_pulumi.lifecycle.table import is_reached
from vpcep_pulumi.operation import many
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.known import Event
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.core import ApprovalProvider
from vpcep_pulumi.provider.policy import PolicyProvider
from vpcep_pulumi.provider.properties import PLAN, PREVIEW, REFUSED
from vpcep_pulumi.testing.engine.deployment import Deployment
from vpcep_pulumi.testing.engine.edits import tainted
from vpcep_pulumi.testing.engine.errors import HostEnded, ProviderError
from vpcep_pulumi.testing.engine.host import Difference
from vpcep_pulumi.testing.engine.options import Options
from vpcep_pulumi.testing.engine.options import of as options_of
from vpcep_pulumi.testing.engine.report import Report
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State
from vpcep_pulumi.testing.engine.steps import Stopped
from vpcep_pulumi.testing.engine.values import Values, plain
from vpcep_pulumi.testing.simulator import Simulator

TOKEN = "CANARY-token-of-the-owner"
__all__ = ("SERVICE", "TOKEN", "TYPE", "WAIT", "Approval", "Engine", "Kill", "Outcome", "Policy", "TickingTime")


class TickingTime(DrivenTime):
    """Driven time in which no two moments are the same, as in life."""

    def clock(self) -> Clock:
        return Clock(self._tick, self.sleep, lambda low, high: high, self.date)

    def _tick(self) -> float:
        self.now += 1e-6
        return self.now


class Killed(BaseException):
    """A process is gone."""


class KilledAtWork(Exception):
    """The same, in one of the threads that carry a policy out: they are gone with their process."""


@dataclass(frozen=True)
class Kill:
    """Who is killed, at which call to the API, and whether the server has carried it out by then.

    :ivar victim: ``engine``, ``host`` or ``program``.
    """

    victim: str
    at: int
    carried_out: bool


class Connection(httpx.BaseTransport):
    """The way to the API, on which somebody may be killed."""

    def __init__(self, kill: Kill | None) -> None:
        self.kill = kill
        self.calls = 0
        self.dead = False
        self._inner = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        kill = self.kill
        due = kill is not None and self.calls == kill.at
        self.dead = self.dead or due
        if kill is None or not self.dead or kill.victim == "program":  # without its program, a host goes on
            return self._inner.handle_request(request)
        if due and kill.carried_out:
            self._inner.handle_request(request).read()
        raise Killed if threading.current_thread() is threading.main_thread() else KilledAtWork

    @property
    def is_gone(self) -> bool:
        """Whether the process that sends requests is."""
        return self.dead and self.kill is not None and self.kill.victim != "program"

    def close(self) -> None:
        self._inner.close()


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str) -> None:
        self.lines.append(message)

    warning = progress = info

    def on(self, urn: str | None) -> Log:
        return self

    def debug(self, message: str) -> None:
        pass


class Host:
    """The host, without its process."""

    def __init__(self, operation: Operation, connection: Connection, *, dry_run: bool) -> None:
        self._approvals, self._policies, self._connection = (
            ApprovalProvider(operation),
            PolicyProvider(operation),
            connection,
        )
        self._told = {PREVIEW: True} if dry_run else {}

    def check(self, olds: Values, news: Values) -> tuple[Values, list[tuple[str, str]]]:
        """In a preview the program says so, and raises what is refused."""
        found = self._asked(lambda: self._of(news).check(plain(olds), {**plain(news), **self._told}))
        if REFUSED in found.inputs:
            return found.inputs, [("", found.inputs[REFUSED])]
        return found.inputs, [(each.property_name, each.reason) for each in found.failures]

    def diff(self, _id: str, olds: Values, news: Values) -> Difference:
        found = self._asked(lambda: self._of(news).diff(plain(olds), plain(news)))
        return Difference(found.changes, found.replaces, False)

    def create(self, inputs: Values) -> tuple[str, Values]:
        try:
            found: tuple[str, Values] = self._asked(lambda: self._of(inputs).create(plain(inputs)))
        except PartlyDone as part:
            return part.id, part.outputs
        return found

    def read(self, id_: str, outputs: Values, _inputs: Values) -> tuple[str, Values, Values | None]:
        found = self._asked(lambda: self._of(outputs).read(id_, plain(outputs)))
        return found.id, found.outputs, found.inputs

    def update(self, _id: str, olds: Values, news: Values) -> Values:
        try:
            found: Values = self._asked(lambda: self._of(news).update(plain(olds), plain(news)))
        except PartlyDone as part:
            return part.outputs
        return found

    def delete(self, resource: Resource) -> None:
        self._asked(lambda: self._of(resource.outputs).delete(plain(resource.outputs)))

    def _of(self, values: Values) -> Any:
        """The provider of a resource with these inputs or outputs."""
        return self._policies if "rules" in values else self._approvals

    def _asked(self, ask: Callable[[], Any]) -> Any:
        kill = self._connection.kill
        if self._connection.dead and kill is not None and kill.victim == "host":
            raise HostEnded
        try:
            try:
                return ask()
            finally:
                if self._connection.is_gone:  # whatever its threads came to
                    raise Killed
        except Killed:
            if kill is not None and kill.victim == "host":
                raise HostEnded from None
            raise
        except VpcepError as error:
            raise ProviderError(str(error)) from None


class Told:
    """The events of an operation, for one of its providers: each of them finds all."""

    is_shared = False

    def __init__(self, events: list[Event]) -> None:
        self._events, self._read = events, 0

    def add(self, event: Event) -> None:
        self._events.append(event)

    def new(self) -> list[Event]:
        found = self._events[self._read :]
        self._read += len(found)
        return found

    def close(self) -> None: ...


class Hosts:
    """A host for each provider, as the engine has them: what one of them was asked, the other does not see."""

    def __init__(self, make: Callable[[], Host]) -> None:
        self._make = make
        self._hosts: dict[str, Host] = {}

    def of(self, reference: str) -> Any:
        if reference not in self._hosts:
            self._hosts[reference] = self._make()
        return self._hosts[reference]

    def declare(self, _provider: Resource, _former: Resource | None = None) -> None: ...

    def drop(self, _reference: str) -> None: ...

    def finish(self, _seconds: float) -> None: ...


@dataclass
class Outcome:
    """What an operation came to.

    :ivar steps: by resource name.
    :ivar plans: what a preview promised, by endpoint.
    :ivar ends_policy: whether a policy is deleted.
    """

    ok: bool
    killed: bool = False
    steps: dict[str, str] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    ends_policy: bool = False
    errors: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    calls: int = 0


class Engine:
    """A stack on a simulator, in driven time."""

    def __init__(self, simulator: Simulator, time: DrivenTime, folder: Path) -> None:
        self.simulator, self.time, self.folder = simulator, time, folder
        self.path = folder / "dev.json"

    def preview(self, program: Sequence[Declared]) -> Outcome:
        return self._run(program, dry_run=True)

    def up(self, program: Sequence[Declared], kill: Kill | None = None, **flags: Any) -> Outcome:
        """
        :param flags: as :class:`~vpcep_pulumi.testing.engine.options.Options` has them.
        """
        return self._run(program, kill=kill, options=options_of(**flags))

    def refresh(self, kill: Kill | None = None) -> Outcome:
        return self._run(None, kill=kill, refresh=True)

    def destroy(self, kill: Kill | None = None) -> Outcome:
        return self._run(None, kill=kill)

    def taint(self, urn: str) -> None:
        with State(self.path, PHRASE, writes=True) as state:
            state.rewrite(tainted(state.all(), urn))

    def recorded(self) -> dict[str, Resource]:
        """What the state holds, by name. Reading it is a test of its own."""
        with State(self.path, PHRASE, writes=False) as state:
            return {each.urn.rpartition("::")[2]: each for each in state.all() if each.hosted}

    def approvals(self) -> dict[str, Resource]:
        """The approvals among it."""
        return {name: each for name, each in self.recorded().items() if each.type == TYPE}

    def text(self) -> str:
        """Everything that lies beside the state, whatever it is."""
        return "\n".join(path.read_text() for path in self.folder.iterdir() if path.is_file())

    def _run(
        self,
        program: Sequence[Declared] | None,
        *,
        dry_run: bool = False,
        refresh: bool = False,
        kill: Kill | None = None,
        options: Options | None = None,
    ) -> Outcome:
        connection, log = Connection(kill), Log()
        events = [each.claimed() for each in program or []]  # as the constructors do, before anything is registered

        operations = ExitStack()

        def host() -> Host:
            operation = Operation(
                config={"vpcep:region": "cn-north-4", "vpcep:projectId": "p"},
                environ={**self.simulator.environment, "HW_AUTH_TOKEN": TOKEN},
                home=self.folder,
                clock=self.time.clock(),
                log=log,
                claims=Claims(Told(events)),
                client=partial(Client, transport=connection),
            )
            operations.callback(operation.close)
            return Host(operation, connection, dry_run=dry_run)

        outcome = Outcome(ok=False, log=log.lines)
        # One thread at a time: the same things in the same order, so that a story can be told again.
        with (
            patch.object(many, "MOST", 1),
            operations,
            session(self.path, Hosts(host), dry_run=dry_run, options=options, project="story") as found,
        ):
            report = found.report
            try:
                self._operate(found.deployment, program, report, connection, events, refresh=refresh)
            except Stopped:
                pass
            except Killed:
                found.state.close(save=False)
                return Outcome(ok=False, killed=True, log=log.lines, calls=connection.calls)
            if not report.failed():
                found.state.settled()
        outcome.ok = not report.failed()
        outcome.killed = connection.dead
        outcome.errors = [each.message for each in report.diagnostics if each.severity == "error"]
        outcome.calls = connection.calls
        for step in (each for each in report.steps if each.resource.hosted):
            name = step.resource.urn.rpartition("::")[2]
            if step.op != "same":
                outcome.steps[name] = step.op
            if step.resource.type == POLICY_TYPE:
                planned = plain(step.new.inputs.get(PLAN)) if step.new is not None and step.op != "same" else None
                outcome.plans = (planned if isinstance(planned, dict) else {}) | outcome.plans
                outcome.ends_policy = outcome.ends_policy or step.op in ("delete", "delete-replaced")
            elif step.op in ("delete", "delete-replaced") and not step.resource.retain_on_delete:
                outcome.deleted.add(plain(step.resource.inputs["endpoint_id"]))
            elif step.new is not None and PLAN in step.new.inputs and step.op != "same":
                outcome.plans[plain(step.new.inputs["endpoint_id"])] = plain(step.new.inputs[PLAN])
        return outcome

    def _operate(
        self,
        deployment: Deployment,
        program: Sequence[Declared] | None,
        report: Report,
        connection: Connection,
        events: list[Event],
        *,
        refresh: bool,
    ) -> None:
        if refresh:
            deployment.refresh(counted=True)
            return
        for each in program or []:
            found = deployment.register(each.goal()).resource
            events.append({"event": "answered", "claim": each.name})
            errors, live = found.outputs.get("errors"), str(found.outputs.get("status"))
            # As the resource itself does it in a program: what was not reached is recorded, and fails the update.
            if errors and not (isinstance(each, Approval) and live == "failed" and is_reached(each.status, live)):
                report.say("error", f"{each.name} was not reached: {'; '.join(map(str, plain(errors)))}")
            if connection.dead and connection.kill is not None and connection.kill.victim == "program":
                report.say("error", "the program was killed")
                break
        if not report.failed():
            deployment.delete_the_rest()
