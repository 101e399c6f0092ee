"""Serves the simulator on loopback, and the handle that a Python program drives it with."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from types import TracebackType
from typing import Self

import uvicorn

from vpcep_pulumi.testing.clock import monotonic, now
from vpcep_pulumi.testing.simulator.app import Gateway, Log, create_app
from vpcep_pulumi.testing.simulator.calls import Call, Calls
from vpcep_pulumi.testing.simulator.faults import CHAOS, Fault, Faults
from vpcep_pulumi.testing.simulator.listening import listen
from vpcep_pulumi.testing.simulator.model import Connection, Settings, known_method
from vpcep_pulumi.testing.simulator.world import NotThere, World

__tracebackhide__ = True  # what a test does wrong is in its own frames
START_SECONDS = 30.0


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes, whatever a test of this process has made of time."""

    def time(self) -> float:
        """Seconds."""
        return monotonic()


class _Server(uvicorn.Server):
    """Says when it is ready, and the real date in its answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._date()
        await super().startup(sockets)
        self.ready()

    async def on_tick(self, counter: int) -> bool:
        ends = await super().on_tick(counter)
        self._date()
        return ends

    def _date(self) -> None:
        self.server_state.default_headers = [(b"date", formatdate(now(), usegmt=True).encode())]


class Simulator:
    """A running simulator. Made by :meth:`start`; a context manager that stops it in the end.

    :ivar url: such as ``http://127.0.0.1:40123``: the endpoint, and IAM's as well.
    :ivar world: the services and connections themselves.
    :ivar faults: what goes wrong.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        port: int = 0,
        clock: Callable[[], float] = now,
        log: Log | None = None,
    ) -> None:
        self.world = World(clock, settings)
        self.faults = Faults()
        self._calls = Calls()
        self._socket = listen(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        config = uvicorn.Config(
            Gateway(create_app(self.world, self._calls, self.faults), clock, log),
            loop=f"{__name__}:{Loop.__name__}",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=60,
        )
        self._server = _Server(config, self._started.set)

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        latency_s: float = 0.0,
        creating_s: float = 0.0,
        seed: int | None = None,
        access_keys: Mapping[str, str] | None = None,
        tokens: Iterable[str] = (),
        chaos: bool = False,
        clock: Callable[[], float] = now,
        log: Log | None = None,
    ) -> Simulator:
        """Start a simulator in a thread of this process.

        :param port: on 127.0.0.1; 0 takes a free one.
        :param latency_s: seconds that each answer takes; with a seed, the most that it takes.
        :param creating_s: seconds that an accepted connection stays ``creating``; with a seed, the most.
        :param seed: draws latency and ``creating`` anew each time, the same way for the same seed; identifiers too.
        :param access_keys: access keys and their secrets; with neither these nor tokens, any credential will do.
        :param tokens: the tokens that are accepted.
        :param chaos: throttles, fails, loses answers and lags behind now and then, under the seed.
        :param clock: seconds since the epoch; by default the real ones, also where a test has stopped time.
        :param log: given a line for each request, without credentials and descriptions, from the server's thread.
        """
        settings = Settings(latency_s, creating_s, seed, dict(access_keys or {}), list(tokens))
        simulator = cls(settings, port=port, clock=clock, log=log)
        if chaos:
            simulator.chaos(seed or 0)
        threading.Thread(target=simulator.serve, name="simulator", daemon=True).start()
        if not simulator._started.wait(START_SECONDS):
            raise RuntimeError(f"the simulator did not start within {START_SECONDS:.0f} s")
        return simulator

    def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve in this thread until stopped. ``ready`` is called when the first request would be answered."""

        def started() -> None:
            self._started.set()
            ready()

        self._server.ready = started
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Stop serving; answers under way are finished."""
        self._server.should_exit = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead a program here, with credentials that are accepted."""
        settings = self.world.settings
        found = {
            "VPCEP_ENDPOINT": self.url,
            "HUAWEICLOUD_SDK_IAM_ENDPOINT": self.url,
            "HW_REGION_NAME": "cn-north-4",
        }
        if settings.tokens and not settings.access_keys:
            return {**found, "HW_AUTH_TOKEN": settings.tokens[0]}
        key, secret = next(iter(settings.access_keys.items()), ("SIMULATED", "simulated-secret-key"))
        return {**found, "HUAWEICLOUD_SDK_AK": key, "HUAWEICLOUD_SDK_SK": secret}

    def service(self, id: str | None = None, *, approval_enabled: bool = True, project: str | None = None) -> str:
        """Create a service; its id.

        :param project: its owner's; to any other the service is not there. By default it is whose ever asks.
        """
        return self.world.create_service(id, approval_enabled=approval_enabled, project_id=project).id

    def connect(
        self,
        service: str,
        endpoint: str | None = None,
        *,
        domain: str | None = None,
        status: str | None = None,
        project: str | None = None,
    ) -> Connection:
        """A consumer connects; the service comes to be where it was not.

        :param project: the consumer's, which alone can read the endpoint; by default one of its own.
        :raises ValueError: it is connected already, or there is no such status.
        """
        return self.world.connect(service, endpoint, domain_id=domain, status=status, project_id=project)

    def connect_many(
        self, service: str, count: int, *, domain: str | Sequence[str] | None = None, status: str | None = None
    ) -> list[str]:
        """So many consumers connect at once; the ids of their endpoints, in the order in which they connected.

        :param domain: the account of all of them, or accounts that take turns; by default each has one of its own.
        :raises ValueError: the count is negative, the sequence is empty, or there is no such status.
        """
        return self.world.connect_many(
            service, count, [domain] if domain is None or isinstance(domain, str) else domain, status
        )

    def accept(self, service: str, endpoint: str) -> None:
        """Another administrator accepts.

        :raises NotThere: there is no such connection.
        """
        self.world.put(service, endpoint, "accepted")

    def reject(self, service: str, endpoint: str) -> None:
        """Another administrator rejects.

        :raises NotThere: there is no such connection.
        """
        self.world.put(service, endpoint, "rejected")

    def leave(self, service: str, endpoint: str) -> None:
        """The consumer's endpoint is gone.

        :raises NotThere: there is no such connection.
        """
        self.world.leave(service, endpoint)

    def status(self, service: str, endpoint: str) -> str:
        """The truth, without lag; ``absent`` where there is no such connection."""
        try:
            connections = self.world.connections(service)
        except NotThere:
            return "absent"
        return next((each.status for each in connections if each.id == endpoint), "absent")

    def calls(self, method: str | None = None) -> list[Call]:
        """What was asked of the API so far, or only with one method.

        :raises ValueError: the API has no such method.
        """
        wanted = None if method is None else known_method(method)
        return [call for call in self._calls.list() if wanted in (None, call["method"])]

    def latency(self, seconds: float) -> None:
        """Take so long for each answer from now on."""
        self.world.configure(replace(self.world.settings, latency_s=seconds))

    def creating(self, seconds: float) -> None:
        """Keep each connection that is accepted from now on ``creating`` for so long."""
        self.world.configure(replace(self.world.settings, creating_s=seconds))

    def deleting(self, seconds: float) -> None:
        """Keep each endpoint that its consumer deletes from now on, through the API, ``deleting`` for so long."""
        self.world.configure(replace(self.world.settings, deleting_s=seconds))

    def quota(self, calls: int | None, seconds: float = 300.0) -> None:
        """Answer so many calls within any so many seconds, and throttle the others. None lifts it."""
        self.world.configure(replace(self.world.settings, quota=calls, quota_s=seconds))

    def fault(
        self,
        kind: str,
        method: str | None = None,
        path: str = "",
        *,
        rate: float = 1.0,
        skip: int = 0,
        times: int | None = None,
        seconds: float = 0.0,
    ) -> Fault:
        """Let something go wrong from now on. See :class:`~vpcep_pulumi.testing.simulator.faults.Fault`.

        :raises ValueError: there is no such kind.
        """
        fault = Fault(kind, method, path, rate, skip, times, seconds)
        self.faults.add(fault)
        return fault

    def chaos(self, seed: int = 0) -> None:
        """Throttle, fail, lose answers and lag behind now and then, the same way for the same seed."""
        self.faults.put([replace(each) for each in CHAOS], seed=seed)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more; what waits because of a fault goes on."""
        self.faults.put(())

    def advance(self, seconds: float) -> None:
        """Let time pass in the service, at once: what is ``creating`` may settle. Signatures keep the real date."""
        self.world.advance(seconds)

    def advance_each(self, seconds: float) -> None:
        """Let so much time pass in the service, at once, with each request from now on.

        An operation that is under way cannot be driven with :meth:`advance` by the test that waits for it. So
        ``creating(30)`` and ``advance_each(30)`` cost a poll, and no 30 seconds.
        """
        self.world.configure(replace(self.world.settings, request_s=seconds))

    def clear_calls(self) -> None:
        """Forget them."""
        self._calls.clear()
