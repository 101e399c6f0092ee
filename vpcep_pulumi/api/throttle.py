"""Holds all threads back when one request was throttled: the quota is for the whole account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """The permission to send one request.

    :ivar closings: how often the throttle had been closed when the permission was given.
    """

    closings: int


class Throttle:
    """Decides how many requests run at once. Thread-safe.

    - Open: any number of requests.
    - Closed: none for a while, then one at a time until one is answered. If all went at once after the wait, they would
      only use up the quota again.

    A response opens the throttle only if its request began after the last closing: an earlier request says nothing
    about the quota.

    :param monotonic: seconds that never go back.
    :param sleep: waits for the given seconds; may raise an exception to end the wait.
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
        """Wait until a request may be sent. If the throttle was closed, hold the others back until this one is done."""
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
        """Let no request begin for these seconds, counted from now. A closing that ends later stays as it is."""
        with self._lock:
            self._closings += 1
            self._is_closed = True
            self._opens_at = max(self._opens_at, self._monotonic() + seconds)

    def answered(self, turn: Turn) -> None:
        """Open, because a request was answered; but not if the throttle was closed after the request began."""
        with self._lock:
            if turn.closings == self._closings:
                self._is_closed = False

    def _open_turn(self) -> Turn | None:
        with self._lock:
            return None if self._is_closed else Turn(self._closings)

    def _waited(self) -> Turn | None:
        """Wait, and return the turn of the request that goes alone; None if the throttle was opened meanwhile."""
        while True:
            with self._lock:
                if not self._is_closed:
                    return None
                seconds = self._opens_at - self._monotonic()
                if seconds <= 0:
                    return Turn(self._closings)
            self._sleep(seconds)
