"""Values that an operation makes only once."""

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
    """Makes one value for each key. While one key's value is made, other keys are not blocked. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[object, _Slot[T]] = {}

    def get(self, key: object, make: Callable[[], T]) -> T:
        """The value of a key. If ``make`` raises an error, nothing is kept: the next call tries again."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.turn:
            if not slot.made:
                slot.made.append(make())
            return slot.made[0]

    def values(self) -> list[T]:
        """The values that were made so far."""
        with self._lock:
            return [value for slot in self._slots.values() for value in slot.made]
