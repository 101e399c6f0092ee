"""Says where the time of a measure goes: the 25 functions that take the most, with what they call.

    python -m benchmarks.profile page|decision|decisions [--times N]

``page`` and ``decision`` are requests of this package's client, ``decisions`` are a policy's about a large service. A
profiler slows calls down, and small functions most: it shows where to look, and the measures show what it comes to.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import MappingProxyType

from benchmarks import clients
from benchmarks.measures import decisions
from benchmarks.served import VARIABLE, served
from benchmarks.sizes import FULL

MOST = 25
Work = Callable[[], object]


@contextmanager
def _request(what: str) -> Iterator[Work]:
    """A request, by a client that is connected."""
    with served() as simulator:
        service = simulator.service(FULL.page)[VARIABLE]
        with clients.ours(simulator.url, service, clients.SIGNED, FULL.page) as work:
            work[what]()
            yield work[what]


@contextmanager
def _decisions() -> Iterator[Work]:
    yield decisions.work(FULL.large)[0]


PROFILED: Mapping[str, tuple[int, Callable[[], AbstractContextManager[Work]]]] = MappingProxyType(
    {
        "page": (30, partial(_request, clients.PAGE)),
        "decision": (300, partial(_request, clients.ACTION)),
        "decisions": (5, _decisions),
    }
)
"""How often each is done, and what it is."""


def main(arguments: list[str] | None = None) -> None:
    """Profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(PROFILED))
    parser.add_argument("--times", type=int, help="how often it is done")
    given = parser.parse_args(arguments)
    times, prepared = PROFILED[given.name]
    profile = cProfile.Profile()
    with prepared() as work:
        profile.enable()
        for _ in range(given.times or times):
            work()
        profile.disable()
    pstats.Stats(profile, stream=sys.stdout).strip_dirs().sort_stats("cumulative").print_stats(MOST)


if __name__ == "__main__":
    main()
