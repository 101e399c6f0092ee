"""The operation of a program itself, in which its queries ask the API."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from vpcep_pulumi.settings.keys import CONFIG

if TYPE_CHECKING:
    from vpcep_pulumi.operation.operation import Operation


class ProgramOperation:
    """Makes the operation when a query first asks for it. Thread-safe.

    :param engine: the address of the program's engine; None under Pulumi's mocks.
    """

    def __init__(self, engine: str | None) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._config: dict[str, str] = {}
        self._made: Operation | None = None

    def read_configuration(self) -> None:
        """Read the stack configuration, which only the program's own thread can.

        :raises pulumi.RunError: this program runs under Pulumi's mocks.
        """
        if self._engine is None:
            raise pulumi.RunError(
                "get_connections asks the API, which a program under Pulumi's mocks must not. Test the program with "
                "the fixtures of vpcep_pulumi.testing: they run it against a simulator"
            )
        for key in CONFIG.values():
            namespace, _, name = key.partition(":")
            if (value := pulumi.Config(namespace).get(name)) is not None:
                self._config[key] = value

    def get(self) -> Operation:
        """The operation, from any thread; its configuration is read already."""
        # Only programs that ask for something pay for these imports.
        from vpcep_pulumi.clock import Clock  # noqa: PLC0415
        from vpcep_pulumi.operation.operation import Operation  # noqa: PLC0415
        from vpcep_pulumi.provider.engine_log import EngineLog, wants_debug  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                log = EngineLog(self._engine, prints_debug=wants_debug(os.environ))
                self._made = Operation(
                    config=self._config, environ=os.environ, home=Path.home(), clock=Clock(), log=log
                )
            return self._made

    def close(self) -> None:
        """Close the connections to the API."""
        if self._made is not None:
            self._made.close()
