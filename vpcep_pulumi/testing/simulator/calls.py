"""The record of what was asked of the API: no credentials, no control calls."""

from __future__ import annotations

import json
import threading
from typing import Any, TypedDict
from urllib.parse import urlencode


class _Answered(TypedDict):
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int


class Call(_Answered, total=False):
    """One call.

    ``body`` is the decoded JSON, None where there was none; ``status`` is the answer's HTTP status, 0 where the
    connection was cut; ``fault`` is the kind of fault that it met, and only there where it met one.
    """

    fault: str


class Calls:
    """Calls in the order in which they were answered. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Record one."""
        with self._lock:
            self._calls.append(call)

    def list(self) -> list[Call]:
        """All so far."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._calls.clear()


def shown(call: Call) -> str:
    """A call as a line: ``POST /v1/p/vpc-endpoint-services/svc/connections/action {…} -> 200``."""
    query = f"?{urlencode(call['query'])}" if call["query"] else ""
    body = f" {json.dumps(call['body'])}" if call["body"] is not None else ""
    fault = f" ({call['fault']})" if "fault" in call else ""
    return f"{call['method']} {call['path']}{query}{body} -> {call['status']}{fault}"
