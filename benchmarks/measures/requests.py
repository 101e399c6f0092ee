"""A page of connections, and a decision, through this package's client, bare httpx and the vendor's SDK.

The processor time is this process's own; the simulator has a process of its own. The time by the clock holds the
simulator's as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from benchmarks import clients
from benchmarks.clients import ACTION, BARE, OURS, PAGE, SDK, SIGNED, TOKEN
from benchmarks.pairs import MILLISECONDS, in_turn
from benchmarks.results import Measure
from benchmarks.served import VARIABLE, served
from benchmarks.sizes import Sizes

QUANTITIES = (("processor time", "cpu"), ("by the clock", "clock"))


def repeated(ask: Callable[[], object], times: int) -> dict[str, float]:
    """Seconds of one request, from so many."""
    own, clock = time.process_time(), time.perf_counter()
    for _ in range(times):
        ask()
    return {"cpu": (time.process_time() - own) / times, "clock": (time.perf_counter() - clock) / times}


def measure(sizes: Sizes) -> Iterator[Measure]:
    """Signed requests by all three clients; with a token, the SDK's does without."""
    with served() as simulator, ExitStack() as open_clients:
        enter = open_clients.enter_context
        where, page = (simulator.url, simulator.service(sizes.page)[VARIABLE]), sizes.page
        signed = {
            OURS: enter(clients.ours(*where, SIGNED, page)),
            BARE: enter(clients.bare(*where, SIGNED, page)),
            SDK: enter(clients.sdk(*where, page)),
        }
        token = {OURS: enter(clients.ours(*where, TOKEN, page)), BARE: enter(clients.bare(*where, TOKEN, page))}
        for kind, works in (("signed", signed), ("token", token)):
            for what, count in ((PAGE, sizes.page), (ACTION, 1)):
                things = {name: partial(repeated, work[what], sizes.requests) for name, work in works.items()}
                rounds = in_turn(things, rounds=sizes.quick_rounds)
                for label, quantity in QUANTITIES:
                    for other in list(works)[1:]:
                        case = f"{what}, {kind}, {label}"
                        yield rounds.compared(
                            "requests", case, count, pair=(OURS, other), quantity=quantity, unit=MILLISECONDS
                        )
