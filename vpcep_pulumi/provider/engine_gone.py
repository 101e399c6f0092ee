"""Notices that the engine of this operation is gone, so that its provider host does not outlive it.

Pulumi's CLI leaves its hosts running where it is killed, and after ``--replace '**'``: credentials in their
environment, ready to work off what is still queued, with nobody to record it. A host ends with its engine instead:
what it has sent by then is on its way, and nothing more is sent.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import grpc

from vpcep_pulumi.provider.engine_log import NO_PROXY

NEVER_IDLE = ("grpc.client_idle_timeout_ms", 2**31 - 1)
RECONNECT_SECONDS = 2.0
"""How long a connection that was lost may take to come back, before the engine counts as gone."""


def watch(address: str, is_gone: Callable[[], None]) -> None:
    """Call ``is_gone`` once, from a thread, when the connection to an engine is lost and does not come back.

    :param address: the engine's, ``host:port``.
    """

    def follow() -> None:
        seconds = None  # it is there: this process is its child
        while _until_lost(address, seconds):
            seconds = RECONNECT_SECONDS
        is_gone()

    threading.Thread(target=follow, name="engine watch", daemon=True).start()


def _until_lost(address: str, seconds: float | None) -> bool:
    """Connect, and wait until the connection is lost.

    :param seconds: how long to wait for the connection; None is without an end.
    :returns: False where there was none within that time.
    """
    states: queue.Queue[grpc.ChannelConnectivity] = queue.Queue()
    with grpc.insecure_channel(address, options=(*NO_PROXY, NEVER_IDLE)) as channel:
        channel.subscribe(states.put, try_to_connect=True)
        try:
            while (state := states.get(timeout=seconds)) is not grpc.ChannelConnectivity.READY:
                if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE and seconds is not None:
                    return False  # nobody listens there any more
        except queue.Empty:
            return False
        while states.get() is grpc.ChannelConnectivity.READY:
            pass
        return True
