"""Keeps the secrets of a credential out of what a server says, however it spells them. Pure.

A server (or a proxy that reports an error) may repeat what was sent to it: in its message, in a header, in the
reason of its status line, in a note on a connection. What it repeats goes to errors, logs and the state.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

MASK = "[secret]"
"""Stands for a secret that was repeated as it is."""
WITHHELD = "[withheld: it repeats a credential]"
"""Stands for a text that holds a secret in another spelling, or a short one."""
OVERLONG = "[withheld: too long]"
"""Stands for a text that is longer than anything that the API says: searching it would take its time."""
LONGEST = 8 * 1024
"""Characters that are searched. A description has 512 at the most, a reason 1024."""
SHORT = 6
"""A secret of fewer characters is looked for as a word of its own: within words it would be found everywhere."""
ROUNDS = 3
"""How many escapes within one another are undone."""

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))')
_NOT_GRAPHIC = re.compile(r"[^!-~]+")


class Mask:
    """Masks secrets in texts.

    :param secrets: printable ASCII, as headers take it; empty ones are left out.
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
        """The text without secrets: one is masked where it stands; spelled otherwise, the whole text is withheld."""
        if len(text) < self._shortest:
            return text  # no spelling is shorter than what it spells
        if len(text) > LONGEST:
            return OVERLONG
        for secret in self._long:
            text = text.replace(secret, MASK)
        return WITHHELD if self._finds(text) else text

    def document(self, value: Any) -> Any:
        """A JSON document, parsed, with every string in it masked."""
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
    """The text as it stands, and as it reads without escapes, and without what cannot be seen in between.

    What a secret itself looks like may be an escape, which an undoing too many would spoil. So besides all of them one
    after the other, each is tried alone, and each after each.
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
    r"""Without the escapes of JSON (``\u0041``, ``\/``) and of Python's reprs (``\x41``)."""
    return _ESCAPE.sub(lambda found: found[3] or chr(int(found[1] or found[2], 16)), text) if "\\" in text else text


UNDO: tuple[Callable[[str], str], ...] = (
    _unescaped,
    lambda text: unquote(text, errors="replace") if "%" in text else text,
    lambda text: html.unescape(text) if "&" in text else text,
    lambda text: _NOT_GRAPHIC.sub("", text),
)
"""Undoes one kind of spelling each."""


def _base64(secret: bytes) -> Iterator[str]:
    """What all base64 texts have in common that hold a secret: three, by where in its groups of three it begins."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + secret).decode()
        yield code[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
