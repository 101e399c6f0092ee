"""The interrupt with which the CLI ends a program whose resource has failed.

What failed is said by the engine. Python would print the ``KeyboardInterrupt`` as well, with the frames of Pulumi's
executor: thirty lines above the one that counts. Everything else that an interrupt does stays as it is.

Source: sdk/python/cmd/pulumi-language-python/main.go, which sends it
"""

from __future__ import annotations

import sys
from types import TracebackType


def hide_interrupts() -> None:
    """Have an uncaught ``KeyboardInterrupt`` of a program that the CLI runs end it in silence."""
    if "--engine" in sys.orig_argv and not isinstance(sys.excepthook, _Hook):
        sys.excepthook = _Hook()


class _Hook:
    """Shows what is uncaught, but for interrupts."""

    def __init__(self) -> None:
        self._before = sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._before(kind, error, trace)
