"""What an operation makes once, whoever asks for it first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Slot(Generic[T]):
    turn: threading.Lock = field(default_factory=threading.Lock)
    made: list[T] = field(default_factory=list)


class Once(Generic[T]):
    """Makes a value for each key, once. Who asks for a key waits for nobody who makes another's. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[object, _Slot[T]] = {}

    def get(self, key: object, make: Callable[[], T]) -> T:
        """The value of a key. What ``make`` raises is not kept: the next one tries again."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.turn:
            if not slot.made:
                slot.made.append(make())
            return slot.made[0]

    def values(self) -> list[T]:
        """Those that were made."""
        with self._lock:
            return [value for slot in self._slots.values() for value in slot.made]
