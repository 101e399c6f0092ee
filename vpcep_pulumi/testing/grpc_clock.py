"""The real time for gRPC, in a process whose tests have stopped or moved theirs.

gRPC compares deadlines with the machine's clock, in C, and computes them with Python's: a server that starts in 2031
waits until then, and in the past each call is too late at once.
"""

from __future__ import annotations

import importlib
import time
from typing import Any

from vpcep_pulumi.testing import clock

MODULES = ("grpc._channel", "grpc._server", "grpc._cython.cygrpc")
"""Those that compute deadlines."""


class _RealTime:
    """The module ``time``, whose ``time()`` nobody moves."""

    time = staticmethod(clock.now)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


_REAL_TIME = _RealTime()


def keep_real() -> None:
    """Have gRPC compute with the real time from now on, which is what it does where nobody moves it."""
    for name in MODULES:
        module = importlib.import_module(name)
        if hasattr(module, "time"):
            vars(module)["time"] = _REAL_TIME
