"""Where the simulator listens: on this machine only."""

from __future__ import annotations

import socket


def listen(port: int) -> socket.socket:
    """A listening socket. asyncio sends small packets at once only where the protocol is named.

    :param port: 0 takes a free one.
    :raises OSError: the port is in use.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
