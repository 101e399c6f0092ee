"""A server that sends the bytes that a test gives it, over a real socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

Answer = Callable[[bytes], Iterable[bytes]]
"""From a request, with its body, to the pieces that are sent. Between two of them a test may let time pass."""


class RawServer:
    """Answers every request of every connection, and closes a connection after an answer unless told to keep it.

    :param certificate: a file with a key and a certificate, to speak TLS with.
    :ivar url: its address.
    :ivar requests: what was asked, in the order in which it came.
    :ivar connections: how many were made.
    """

    def __init__(self, answer: Answer, *, keep: bool = False, certificate: Path | None = None) -> None:
        self.answer, self.keep = answer, keep
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate is not None else None
        if self._tls is not None and certificate is not None:
            self._tls.load_cert_chain(certificate)
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client has had enough
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while request := _request(connection):
                    self.requests.append(request)
                    for piece in self.answer(request):
                        connection.sendall(piece)
                    if not self.keep:
                        return


def _request(connection: socket.socket) -> bytes:
    """One request, whole; empty where the client has hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
