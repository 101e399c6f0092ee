"""A server that sends the bytes that a test gives it, over a real socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[bytes], Iterable[bytes]]
"""From a request, with its body, to the pieces that are sent. Between two of them a test may let time pass."""


class RawServer:
    """Answers every request of every connection, and closes a connection after an answer unless told to keep it.

    :param patient: whether it reads a whole request first; else it answers the first bytes.
    :param port: 0 takes a free one.
    :param certificate: a file with a key and a certificate, to speak TLS with.
    :ivar url: its address.
    :ivar requests: what was asked, in the order in which it came.
    :ivar connections: how many were made.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        keep: bool = False,
        patient: bool = True,
        port: int = 0,
        certificate: Path | None = None,
    ) -> None:
        self.answer, self.keep, self.patient = answer, keep, patient
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate is not None else None
        if self._tls is not None and certificate is not None:
            self._tls.load_cert_chain(certificate)
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a thread that accepts holds it open
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
                while request := _request(connection) if self.patient else connection.recv(65536):
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


def self_signed(path: Path, *, host: str = "localhost", begins: int = -1, ends: int = 1) -> Path:
    """A key and a certificate, in one file.

    :param begins: days from now at which it becomes valid; likewise `ends`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def unused_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
