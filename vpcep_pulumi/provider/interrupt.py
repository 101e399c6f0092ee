"""Waits that end when their process is told to.

Pulumi does not tell a dynamic provider of Ctrl-C: the host's ``Cancel`` does nothing, and a first Ctrl-C is waited out.
A second one ends the host: its main thread is gone then, while the threads that work would go on waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from vpcep_pulumi.errors import CancelledError

LOOK_SECONDS = 0.25
"""How often a wait looks whether it is to end."""


def interruptible(is_over: Callable[[], bool], sleep: Callable[[float], None] = time.sleep) -> Callable[[float], None]:
    """A sleep that raises :class:`~vpcep_pulumi.errors.CancelledError` where the process is to end.

    :param is_over: whether it is.
    :param sleep: sleeps for so many seconds.
    """

    def wait(seconds: float) -> None:
        left = seconds
        while left > 0:
            if is_over():
                raise CancelledError("interrupted while it waited; the next update goes on from there")
            sleep(min(left, LOOK_SECONDS))
            left -= LOOK_SECONDS

    return wait
