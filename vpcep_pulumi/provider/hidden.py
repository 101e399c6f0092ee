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
SHOWN = (PLAN, REFUSED, "errors", "failed")
"""The properties that hold messages: texts, lists of texts, or texts by endpoint."""
SHOWN_OF_RULES = ("action", "endpoint_ids")


class Hidden:
    """The secret values that one operation has seen. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def meet(self, values: Mapping[str, Any]) -> None:
        """Hide, from now on, the secret values among a resource's inputs or outputs."""
        names = values.get(SECRET)
        found = {each for name in names for each in _texts(values.get(name))} if isinstance(names, list) else set()
        with self._lock:
            if not found <= self._values:
                self._values |= found
                longest_first = sorted(self._values, key=len, reverse=True)
                self._pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")

    def __contains__(self, value: object) -> bool:
        return not self._values.isdisjoint(_texts(value))

    def masked(self, text: str) -> str:
        """The text with secret values masked, if they stand as whole words: a short value is a part of many words."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def masked_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs or outputs with the secrets masked in those of :data:`SHOWN`, but nowhere else."""
        shown = dict(values)
        if not self._values:
            return shown
        for name in SHOWN:
            if isinstance(shown.get(name), str):
                shown[name] = self.masked(shown[name])
            elif isinstance(shown.get(name), Mapping):
                shown[name] = {key: self.masked(text) for key, text in shown[name].items()}
            elif isinstance(shown.get(name), list):
                shown[name] = [self.masked(str(each)) for each in shown[name]]
        return shown


def _texts(value: object) -> set[str]:
    """The texts that a secret value consists of. What a rule of a policy does, and to which endpoints, is shown."""
    if isinstance(value, Mapping):
        return {each for name, part in value.items() if name not in SHOWN_OF_RULES for each in _texts(part)}
    if isinstance(value, list | tuple):
        return {each for part in value for each in _texts(part)}
    return {value} if isinstance(value, str) and value else set()


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
