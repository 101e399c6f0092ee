"""Values that a program gave as secrets, kept out of everything that is shown.

A provider gets every value in plain. The engine marks an output of the same name as a secret input, and nothing else:
the ``plan``, messages, and ``domain_id``, which repeats a secret ``expected_domain_id``, would show it. So the resource
says which of its inputs are secret (:data:`SECRET`), and what this process says goes through :meth:`Hidden.masked`.

The ids of a secret service or endpoint stand in the resource's id and in every message, and are not hidden.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from vpcep_pulumi.log import Log
from vpcep_pulumi.provider.properties import PLAN, REFUSED

SECRET = "__secret"  # noqa: S105 -- a name
"""The hidden input, and output, that lists the names of secret inputs."""
MASK = "[secret]"


class Hidden:
    """The secret values that one operation has met. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()

    def meet(self, values: Mapping[str, Any]) -> None:
        """Hide, from now on, what is secret among a resource's inputs or outputs."""
        names = values.get(SECRET)
        found = {values.get(name) for name in names} if isinstance(names, list) else set()
        with self._lock:
            self._values |= {value for value in found if isinstance(value, str) and value}

    def __contains__(self, value: object) -> bool:
        return value in self._values

    def masked(self, text: str) -> str:
        """A text without secret values, where they stand as a word: a short one is a part of many."""
        for value in sorted(self._values, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", MASK, text)
        return text

    def masked_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs or outputs in which no other value than the secret ones themselves shows one."""
        shown = dict(values)
        for name in (PLAN, REFUSED):
            if isinstance(shown.get(name), str):
                shown[name] = self.masked(shown[name])
        if isinstance(shown.get("errors"), list):
            shown["errors"] = [self.masked(str(each)) for each in shown["errors"]]
        return shown


class MaskedLog:
    """A :class:`~vpcep_pulumi.log.Log` that shows no secret value."""

    def __init__(self, log: Log, hidden: Hidden) -> None:
        self._log, self._hidden = log, hidden

    def info(self, message: str) -> None:
        """As the log's own."""
        self._log.info(self._hidden.masked(message))

    def warning(self, message: str) -> None:
        """As the log's own."""
        self._log.warning(self._hidden.masked(message))

    def debug(self, message: str) -> None:
        """As the log's own."""
        self._log.debug(self._hidden.masked(message))

    def progress(self, message: str) -> None:
        """As the log's own."""
        self._log.progress(self._hidden.masked(message))

    def on(self, urn: str | None) -> Log:
        """As the log's own."""
        return MaskedLog(self._log.on(urn), self._hidden)
