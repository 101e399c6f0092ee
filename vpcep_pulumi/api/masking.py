"""Keeps the secrets of a credential out of a server's text, also if they are encoded there. Pure.

A server (or a proxy that reports an error) may repeat what was sent to it: in its message, in a header, in the
reason phrase of its status line, in a description. Such text would go to errors, logs and the state.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

MASK = "[secret]"
"""Replaces a secret that was repeated literally."""
WITHHELD = "[withheld: it repeats a credential]"
"""Replaces a whole text that holds a secret in another spelling (escaped, encoded, in other case), or a short one."""
OVERLONG = "[withheld: too long]"
"""Replaces a text that is longer than any of the API's: a search through it would take too long."""
LONGEST = 8 * 1024
"""The most characters that are searched. A description has at most 512, a reason at most 1024."""
SHORT = 6
"""A secret with fewer characters is searched for only as a whole word: as a part of words, it would be everywhere."""
ROUNDS = 3
"""How many levels of nested escapes are undone."""

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))')
_NOT_GRAPHIC = re.compile(r"[^!-~]+")


class Mask:
    """Masks secrets in texts.

    :param secrets: printable ASCII, as in headers; empty ones are ignored.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        held = [secret for secret in secrets if secret]
        self._shortest = min(map(len, held), default=LONGEST + 1)
        self._long = sorted((secret for secret in held if len(secret) >= SHORT), key=len, reverse=True)
        self._lower = [secret.lower() for secret in self._long]
        self._codes = [code for secret in self._long for code in _base64(secret.encode())]
        self._hex = [secret.encode().hex() for secret in self._long]
        self._words = [
            re.compile(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", re.IGNORECASE)
            for secret in held
            if len(secret) < SHORT
        ]

    def __repr__(self) -> str:
        return "Mask(…)"

    def __call__(self, text: str) -> str:
        """The text without secrets. A literal secret is masked; in another spelling, the whole text is withheld."""
        if len(text) < self._shortest:
            return text  # an encoded secret is never shorter than the secret
        if len(text) > LONGEST:
            return OVERLONG
        for secret in self._long:
            text = text.replace(secret, MASK)
        return WITHHELD if self._finds(text) else text

    def document(self, value: Any) -> Any:
        """A parsed JSON document with every string value in it masked."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.document(each) for each in value]
        if isinstance(value, dict):
            return {key: self.document(each) for key, each in value.items()}
        return value

    def _finds(self, text: str) -> bool:
        return any(self._stands_in(each) for each in _readings(text))

    def _stands_in(self, text: str) -> bool:
        lower = text.lower()
        if any(secret in lower for secret in (*self._lower, *self._hex)):
            return True
        plain = text.replace("-", "+").replace("_", "/")
        return any(code in plain for code in self._codes) or any(word.search(text) for word in self._words)


def _readings(text: str) -> Iterator[str]:
    """The text itself, and its variants without escapes and without invisible characters (see :data:`UNDO`).

    A secret may itself look like an escape. To undo one step too many would destroy it. So the steps of UNDO are tried
    in several ways: each alone, each after each, and all in a row for :data:`ROUNDS` rounds.
    """
    yield text
    once = [changed for undo in UNDO if (changed := undo(text)) != text]
    yield from once
    yield from {changed for each in once for undo in UNDO if (changed := undo(each)) != each}
    for _ in range(ROUNDS):
        before = text
        for undo in UNDO:
            changed = undo(text)
            if changed != text:
                text = changed
                yield text
        if text == before:
            return


def _unescaped(text: str) -> str:
    r"""The text without the escapes of JSON (``\u0041``, ``\/``) and of Python's reprs (``\x41``)."""
    return _ESCAPE.sub(lambda found: found[3] or chr(int(found[1] or found[2], 16)), text) if "\\" in text else text


UNDO: tuple[Callable[[str], str], ...] = (
    _unescaped,
    lambda text: unquote(text, errors="replace") if "%" in text else text,
    lambda text: html.unescape(text) if "&" in text else text,
    lambda text: _NOT_GRAPHIC.sub("", text),
)
"""Functions that undo one kind of escape each. The last one drops everything but visible ASCII characters."""


def _base64(secret: bytes) -> Iterator[str]:
    """The parts of base64 text that a secret determines alone: three, one for each position in a group of 3 bytes."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + secret).decode()
        yield code[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
