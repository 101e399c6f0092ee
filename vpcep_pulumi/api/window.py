"""How many requests of one client are under way at once: more while the API answers, fewer when it throttles."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST = 16
MOST = 32
"""The most requests at once; more do not make the API any faster."""


class Window:
    """Lets so many requests run at once. Thread-safe.

    As TCP does it (RFC 5681): each answer makes it a little wider, and throttling halves it.

    :param first: how many at first.
    :param most: how many at most.
    """

    def __init__(self, first: int = FIRST, most: int = MOST) -> None:
        self._most = most
        self._size = float(first)
        self._running = 0
        self._halved_at = -1
        self._changed = threading.Condition()

    @property
    def size(self) -> int:
        """How many requests may run at once."""
        return int(self._size)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait until one more request may run, and take its place."""
        with self._changed:
            self._changed.wait_for(lambda: self._running < self.size)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()

    def answered(self) -> None:
        """A request was answered: after as many answers as there are places, there is one more place."""
        with self._changed:
            self._size = min(self._size + 1 / self._size, self._most)
            self._changed.notify()

    def throttled(self, closings: int) -> None:
        """A request was throttled: half as many, but only once for all that began under the same quota.

        :param closings: how often the throttle had been closed when the request began.
        """
        with self._changed:
            if closings > self._halved_at:
                self._halved_at = closings
                self._size = max(self._size / 2, 1)
