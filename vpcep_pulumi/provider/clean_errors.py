"""Errors that the dynamic provider host shows as one line.

The host hands ``traceback.format_exc()`` of whatever is raised to the engine, which prints it as it is: the host's
frames, which say nothing to a program's author, around the message. ``sys.tracebacklimit`` is what leaves them out. It
is the whole process's, and other dynamic providers may share the process. So it holds only while one of our errors is
about: until the host has shown it.

Source: pulumi/dynamic/__main__.py; https://docs.python.org/3/library/sys.html#sys.tracebacklimit
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import Any

import pulumi

_lock = threading.RLock()  # the collector may run the finalizer in the thread that holds it
_before: list[Any] = []
"""The limit before each error that is about; ``...`` where there was none."""


class _Error(pulumi.RunError):
    """The last line of a traceback is ``name: message``, with the module before it, unless that is ``builtins``."""


_Error.__module__, _Error.__qualname__ = "builtins", "vpcep"


def clean_error(message: str) -> Exception:
    """What to raise, ``from None``, from a call of the host.

    :param message: without a secret.
    """
    error = _Error(message)
    with _lock:
        _before.append(getattr(sys, "tracebacklimit", ...))
        sys.tracebacklimit = 0
    weakref.finalize(error, _gone).atexit = False
    return error


def _gone() -> None:
    """An error has been shown. The last one puts back the limit that the first one found."""
    with _lock:
        if len(_before) > 1:
            _before.pop()
            return
        limit = _before.pop()
        if limit is ...:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = limit
