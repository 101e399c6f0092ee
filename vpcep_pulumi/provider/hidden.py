"""Keeps values that a program gave as secrets out of everything that is shown.

A provider gets every value in plain text. For a secret input, the engine marks only the output of the same name as
secret. The value would still be shown in the ``plan``, in messages, and in ``domain_id``, which repeats a secret
``expected_domain_id``. So the resource says which of its inputs are secret (:data:`SECRET`), and the text that this
process shows goes through :meth:`Hidden.masked`.

A secret service id or endpoint id is not hidden: it is a part of the resource's id and of every message.
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
    """The secret values that one operation has seen. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()

    def meet(self, values: Mapping[str, Any]) -> None:
        """Hide, from now on, the secret values among a resource's inputs or outputs."""
        names = values.get(SECRET)
        found = {values.get(name) for name in names} if isinstance(names, list) else set()
        with self._lock:
            self._values |= {value for value in found if isinstance(value, str) and value}

    def __contains__(self, value: object) -> bool:
        return value in self._values

    def masked(self, text: str) -> str:
        """The text with secret values masked, if they stand as whole words: a short value is a part of many words."""
        for value in sorted(self._values, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", MASK, text)
        return text

    def masked_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs or outputs with the secrets masked in ``plan``, ``refused`` and ``errors``, but nowhere else."""
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
