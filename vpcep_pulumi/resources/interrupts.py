"""Hides the interrupt with which the CLI ends a program whose resource has failed.

The engine says what failed. Python would print the ``KeyboardInterrupt`` as well, with the frames of Pulumi's executor:
thirty lines above the one that counts. Nothing else about an interrupt is changed.

Source: sdk/python/cmd/pulumi-language-python/main.go, which sends it
"""

from __future__ import annotations

import sys
from types import TracebackType


def hide_interrupts() -> None:
    """If the CLI runs this program, do not print an uncaught ``KeyboardInterrupt``."""
    if "--engine" in sys.orig_argv and not isinstance(sys.excepthook, _Hook):
        sys.excepthook = _Hook()


class _Hook:
    """An exception hook that shows every uncaught exception except interrupts."""

    def __init__(self) -> None:
        self._before = sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._before(kind, error, trace)
