"""The operation of a program itself, in which its queries ask the API."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from vpcep_pulumi.settings.keys import SETTINGS_CONFIG

if TYPE_CHECKING:
    from vpcep_pulumi.operation.operation import Operation


QUERIES = 4
"""How many queries of a program are under way at once."""


class ProgramOperation:
    """Makes the operation when a query first asks for it. Thread-safe.

    :param engine: the address of the program's engine; None under Pulumi's mocks.
    """

    def __init__(self, engine: str | None) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._config: dict[str, str] = {}
        self._made: Operation | None = None
        self._ends = threading.Event()
        self.executor: ThreadPoolExecutor | None = None
        """Queries wait in it, and not in the threads that the SDK needs."""

    def read_configuration(self) -> None:
        """Read the stack configuration, which only the program's own thread can.

        :raises pulumi.RunError: this program runs under Pulumi's mocks.
        """
        if pulumi.runtime.get_root_resource() is None:
            raise pulumi.RunError(
                "get_connections is called outside of a program's own thread: call it there, or use "
                "get_connections_output, which does not hold the program up"
            )
        if self._engine is None:
            raise pulumi.RunError(
                "get_connections asks the API, which a program under Pulumi's mocks must not. Test the program with "
                "the fixtures of vpcep_pulumi.testing: they run it against a simulator"
            )
        if self.executor is None:
            self.executor = ThreadPoolExecutor(QUERIES, thread_name_prefix="get_connections")
            # The interpreter waits for the threads of executors before anything public is told that it ends.
            threading._register_atexit(self._ends.set)  # type: ignore[attr-defined] # noqa: SLF001
        for key in SETTINGS_CONFIG:
            namespace, _, name = key.partition(":")
            if (value := pulumi.Config(namespace).get(name)) is not None:
                self._config[key] = value

    def get(self) -> Operation:
        """The operation, from any thread; its configuration is read already."""
        # Only programs that ask for something pay for these imports.
        from vpcep_pulumi.clock import Clock  # noqa: PLC0415
        from vpcep_pulumi.operation.operation import Operation  # noqa: PLC0415
        from vpcep_pulumi.provider.engine_log import EngineLog, wants_debug  # noqa: PLC0415
        from vpcep_pulumi.provider.interrupt import interruptible  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                clock = Clock(sleep=interruptible(self._ends.is_set))
                log = EngineLog(self._engine, prints_debug=wants_debug(os.environ))
                self._made = Operation(config=self._config, environ=os.environ, home=Path.home(), clock=clock, log=log)
            return self._made

    def close(self) -> None:
        """Close the connections to the API."""
        self._ends.set()
        if self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)
        if self._made is not None:
            self._made.close()
