"""Notices that the engine of this operation is gone, so that its provider host does not outlive it.

Pulumi's CLI leaves its hosts running where it is killed, and after ``--replace '**'``: credentials in their
environment, ready to work off what is still queued, with nobody to record it. A host ends with its engine instead:
what it has sent by then is on its way, and nothing more is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import grpc

from vpcep_pulumi.provider.engine_log import NO_PROXY

RECONNECT_SECONDS = 2.0
"""How long a connection that was lost may take to come back, before the engine counts as gone."""


def watch(address: str, is_gone: Callable[[], None]) -> None:
    """Call ``is_gone`` once, from a thread, when the connection to an engine is lost and does not come back.

    :param address: the engine's, ``host:port``.
    """
    states: list[grpc.ChannelConnectivity] = []
    changed = threading.Condition()

    def heard(state: grpc.ChannelConnectivity) -> None:
        with changed:
            states.append(state)
            changed.notify()

    def is_connected() -> bool:
        return bool(states) and states[-1] is grpc.ChannelConnectivity.READY

    def wait() -> None:
        with changed:
            changed.wait_for(is_connected)
            while True:
                changed.wait_for(lambda: not is_connected())
                if not changed.wait_for(is_connected, RECONNECT_SECONDS):
                    break
        is_gone()

    channel = grpc.insecure_channel(address, options=(*NO_PROXY, ("grpc.client_idle_timeout_ms", 2**31 - 1)))
    channel.subscribe(heard, try_to_connect=True)
    threading.Thread(target=wait, name="engine watch", daemon=True).start()
