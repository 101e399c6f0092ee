"""The connections that the running operation has declared, so that none of them is rejected by a delete.

Renaming an approval without an alias, or replacing it, runs ``create`` of the new resource and then
``delete`` of the old one for one and the same connection, in one provider process. Taken at its
word, the delete would reject what was declared a moment before. ``check`` runs for every approval
that the program declares and for nothing else (``pulumi destroy`` calls ``delete`` alone), so what
was checked is what is declared.
"""

from __future__ import annotations

import threading


class Declared:
    """A set of connections. Thread-safe. One process of the provider serves one operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: set[tuple[str, str]] = set()

    def add(self, service_id: str, endpoint_id: str) -> None:
        """The program declares this connection."""
        with self._lock:
            self._connections.add((service_id, endpoint_id))

    def __contains__(self, connection: tuple[str, str]) -> bool:
        with self._lock:
            return connection in self._connections
