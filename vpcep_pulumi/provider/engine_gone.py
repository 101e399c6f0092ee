"""Notices that the engine of this operation is gone, so that its provider host does not outlive it.

Pulumi's CLI leaves its hosts running if it is killed, and after ``--replace '**'``. Such a host has credentials in its
environment, and would go on with its queued work, which nobody records. So a host ends when its engine is gone. What it
has sent by then cannot be stopped, but nothing more is sent.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

import grpc

from vpcep_pulumi.provider.engine_log import NO_PROXY

NEVER_IDLE = ("grpc.client_idle_timeout_ms", 2**31 - 1)
FIRST_FAILURES = 5
"""How often the first gRPC connection may fail. This process is the engine's child, but the engine may end at once."""
AGAIN_SECONDS = 0.5
RECONNECT_SECONDS = 2.0
"""How long a lost gRPC connection may take to come back, before the engine counts as gone."""


def watch(address: str, is_gone: Callable[[], None]) -> None:
    """Call ``is_gone`` once, from a thread, when the connection to an engine is lost and does not come back.

    :param address: the engine's address, ``host:port``.
    """

    def follow() -> None:
        seconds, failures = None, FIRST_FAILURES
        while True:
            if _until_lost(address, seconds):
                seconds, failures = RECONNECT_SECONDS, 0
            elif failures > 0:
                failures -= 1
                time.sleep(AGAIN_SECONDS)
            else:
                break
        is_gone()

    threading.Thread(target=follow, name="engine watch", daemon=True).start()


def _until_lost(address: str, seconds: float | None) -> bool:
    """Connect, and wait until the connection is lost.

    :param seconds: how long to wait for a change of the connection's state; None: without a limit.
    :returns: False if there was no connection.
    """
    states: queue.Queue[grpc.ChannelConnectivity] = queue.Queue()
    with grpc.insecure_channel(address, options=(*NO_PROXY, NEVER_IDLE)) as channel:
        channel.subscribe(states.put, try_to_connect=True)
        try:
            while (state := states.get(timeout=seconds)) is not grpc.ChannelConnectivity.READY:
                if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                    return False  # nothing listens there any more
        except queue.Empty:
            return False
        while states.get() is grpc.ChannelConnectivity.READY:
            pass
        return True
