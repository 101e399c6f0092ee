"""Holds every thread back while one of them was told to slow down: a quota is the whole account's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """A request that may go now.

    :ivar closings: how often the throttle had been closed by then.
    """

    closings: int


class Throttle:
    """Open: any number of requests go at once. Closed: none, for a while; then one at a time, until one is answered.

    A herd after the wait would only use up the quota that there is. An answer opens it only where its request began
    after the last closing: one that was on its way before knows nothing of the quota. Thread-safe.

    :param monotonic: seconds, never going back.
    :param sleep: waits for so many seconds; may raise to end a wait.
    """

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._closings = 0
        self._is_closed = False
        self._opens_at = monotonic()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait until a request may go; where the throttle was closed, keep the others back while it is under way."""
        while True:
            turn = self._open_turn()
            if turn is not None:
                yield turn
                return
            with self._alone:
                turn = self._waited()
                if turn is not None:
                    yield turn
                    return

    def close_for(self, seconds: float) -> None:
        """Let no request begin for so long, counted from now; a longer closing stays as it is."""
        with self._lock:
            self._closings += 1
            self._is_closed = True
            self._opens_at = max(self._opens_at, self._monotonic() + seconds)

    def answered(self, turn: Turn) -> None:
        """The service has answered a request: open, unless the throttle was closed after the request began."""
        with self._lock:
            if turn.closings == self._closings:
                self._is_closed = False

    def _open_turn(self) -> Turn | None:
        with self._lock:
            return None if self._is_closed else Turn(self._closings)

    def _waited(self) -> Turn | None:
        """The turn of the one that goes alone, after the wait; None where the throttle was opened meanwhile."""
        while True:
            with self._lock:
                if not self._is_closed:
                    return None
                seconds = self._opens_at - self._monotonic()
                if seconds <= 0:
                    return Turn(self._closings)
            self._sleep(seconds)
