"""The record of what was asked of the API: no credentials, no control calls.

A description may be a secret of the program that writes it, and nothing in a request says so. So none is ever shown:
what is recorded compares as the text that it is, and shows its length.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, TypedDict
from urllib.parse import urlencode

SHOWN_LENGTH = 2000
"""Of a body: what is longer is cut."""


class Description(str):
    """A description. Its repr does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<description of {len(self)} characters>"


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


def decoded(body: bytes) -> Any:
    """A request's body; as text where it is no JSON, None where there is none."""
    try:
        return json.loads(body, object_hook=_marked) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def shown(call: Call, mask: Callable[[str], str] = str) -> str:
    """A call as a line: ``POST /v1/p/vpc-endpoint-services/svc/connections/action {…} -> 200``.

    :param mask: applied to every text in it.
    """
    query = urlencode({name: mask(value) for name, value in call["query"].items()})
    body = "" if call["body"] is None else f" {json.dumps(_masked(call['body'], mask))}"
    fault = f" ({call['fault']})" if "fault" in call else ""
    path = printable(mask(call["path"]))
    if len(body) > SHOWN_LENGTH:
        body = f"{body[:SHOWN_LENGTH]}… ({len(body)} characters)"
    return f"{call['method']} {path}{query and '?'}{query}{body} -> {call['status']}{fault}"


def printable(text: str) -> str:
    """A text without anything that moves a cursor or hides what follows."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _marked(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("description")
    return {**document, "description": Description(found)} if isinstance(found, str) else document


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, Description):
        return repr(value)
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _masked(each, mask) for name, each in value.items()}
    return [_masked(each, mask) for each in value] if isinstance(value, list) else value
