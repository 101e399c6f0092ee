"""Identifiers: counted and hashed, so that nothing else that is drawn or set can move them."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from itertools import count


class Ids:
    """Makes identifiers, the same ones for the same seed.

    :param seed: None makes others in every run.
    """

    def __init__(self, seed: int | None) -> None:
        self._key = secrets.token_hex(16) if seed is None else str(seed)

    def make(self, kind: str, number: int, taken: Callable[[str], bool] = lambda _id: False) -> str:
        """The identifier of one thing, a UUID: the second endpoint has the same one whatever came before it.

        :param kind: such as ``endpoint``.
        :param number: which of its kind.
        :param taken: whether it must not be that one.
        """
        return next(found for found in (self._hashed(kind, number, each) for each in count()) if not taken(found))

    def _hashed(self, *parts: object) -> str:
        text = "/".join(map(str, (self._key, *parts)))
        return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))


def account_of(project_id: str) -> str:
    """The id of the account that a project belongs to: one of each project's own."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{project_id}.account").hex
