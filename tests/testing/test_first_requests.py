"""The first requests of several simulators at once: each is answered as a later one would be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx

from vpcep_pulumi.testing.simulator import Simulator

MANY, ROUNDS = 8, 3


def test_nothing_is_made_ready_by_the_first_request():
    """FastAPI makes a router ready when it is first asked, and changes the process's warnings for a moment meanwhile."""
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            running = [stack.enter_context(Simulator.start()) for _ in range(MANY)]
            together = threading.Barrier(MANY)

            def asked(simulator: Simulator, together: threading.Barrier = together) -> int:
                together.wait()
                return httpx.get(f"{simulator.url}/_simulator/calls").status_code

            with ThreadPoolExecutor(MANY) as pool:
                assert set(pool.map(asked, running)) == {200}
