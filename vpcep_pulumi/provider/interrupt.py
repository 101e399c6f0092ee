"""Waits that end when the process is told to end.

Pulumi does not tell a dynamic provider about Ctrl-C: the host's ``Cancel`` does nothing. After a first Ctrl-C, Pulumi
waits until the work is done. A second one ends the host's main thread, but its worker threads would go on waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from vpcep_pulumi.errors import CancelledError

LOOK_SECONDS = 0.25
"""The seconds after which a wait checks again whether it is to end."""


def interruptible(is_over: Callable[[], bool], sleep: Callable[[float], None] = time.sleep) -> Callable[[float], None]:
    """A sleep, of no time as well, that raises :class:`~vpcep_pulumi.errors.CancelledError` if the process is to end.

    :param is_over: returns whether the process is to end.
    :param sleep: sleeps for the given seconds.
    """

    def look() -> None:
        if is_over():
            raise CancelledError("interrupted while it waited; the next update goes on from there")

    def wait(seconds: float) -> None:
        look()
        left = seconds
        while left > 0:
            sleep(min(left, LOOK_SECONDS))
            left -= LOOK_SECONDS
            if left > 0:
                look()

    return wait
