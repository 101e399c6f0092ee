"""Errors that the dynamic provider host shows as one line.

If an exception is raised, the host sends ``traceback.format_exc()`` to the engine, which prints it as it is: the
message, with frames of the host that do not help the program's author. ``sys.tracebacklimit = 0`` leaves the frames
out. But it applies to the whole process, which other dynamic providers may share. So it is set only while one of our
errors exists: until the host has shown it.

Source: pulumi/dynamic/__main__.py; https://docs.python.org/3/library/sys.html#sys.tracebacklimit
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import Any

import pulumi

_lock = threading.RLock()  # the garbage collector may run `_gone` in the thread that holds the lock
_before: list[Any] = []
"""The limit before each error that exists now; ``...`` if there was none."""


class _Error(pulumi.RunError):
    """An error that is shown as ``vpcep: message``.

    The last line of a traceback is ``name: message``. The module stands before the name, unless it is ``builtins``.
    """


_Error.__module__, _Error.__qualname__ = "builtins", "vpcep"


def clean_error(message: str) -> Exception:
    """The error to raise, ``from None``, in a call of the host.

    :param message: must not hold a secret.
    """
    error = _Error(message)
    with _lock:
        _before.append(getattr(sys, "tracebacklimit", ...))
        sys.tracebacklimit = 0
    weakref.finalize(error, _gone).atexit = False
    return error


def _gone() -> None:
    """Called when an error was shown and is gone. The last one restores the limit that the first one found."""
    with _lock:
        if len(_before) > 1:
            _before.pop()
            return
        limit = _before.pop()
        if limit is ...:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = limit
