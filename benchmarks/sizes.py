"""How much is measured, and how often."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL, CLI = "local engine", "pulumi CLI"


@dataclass(frozen=True)
class Sizes:
    """The counts of a run.

    :ivar engines: what stacks run on, where it is there.
    :ivar counts: resources of a stack.
    :ivar rounds: how often each pair of operations is measured.
    :ivar warm_up: whether a round goes first that does not count.
    :ivar large: connections of a large service.
    :ivar page: connections on a page.
    :ivar requests: requests in one measurement of a client.
    :ivar quick_rounds: how often what takes less than a second is measured.
    :ivar growth: resources of the stacks on which the engine's own share is compared.
    :ivar answers: connections that are accepted while each answer takes ``latency`` seconds.
    """

    engines: tuple[str, ...] = (LOCAL, CLI)
    counts: tuple[int, ...] = (10, 100, 1_000)
    rounds: int = 5
    warm_up: bool = True
    large: int = 10_000
    page: int = 1_000
    requests: int = 20
    quick_rounds: int = 15
    growth: tuple[int, ...] = (100, 1_000, 3_000)
    answers: int = 1_000
    latency: float = 0.1


FULL = Sizes()
TRIAL = Sizes(
    engines=(LOCAL,),
    counts=(3,),
    rounds=1,
    warm_up=False,
    large=30,
    page=10,
    requests=2,
    quick_rounds=2,
    growth=(2, 4),
    answers=4,
    latency=0.01,
)
"""Shows that everything runs."""
