"""Makes untrusted text fit for a terminal, a log and the state: printable, on one line, short. Pure.

Text from the API, a proxy or a consumer of a service is not trusted. It may hold terminal escape sequences, marks that
change the writing direction, invisible characters, or megabytes.
"""

from __future__ import annotations

import re

LONGEST_ID = 64
"""Characters of an id, as documented: "1 to 64"."""
CUT = "…"
"""Marks the place where text was cut off."""

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Invisible characters that :meth:`str.isprintable` accepts: joiners, fillers, variation selectors."""
_OUTSIDE_ID = re.compile("[^A-Za-z0-9_-]")
_SHOWN_ID = re.compile(r"(?:[A-Za-z0-9_-]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*")


def printable(text: str, longest: int = 300) -> str:
    """The text as one line for a message. Unprintable characters become spaces.

    :param longest: the most characters, not counting :data:`CUT`.
    """
    line = " ".join("".join(c if _is_visible(c) else " " for c in text[: 4 * longest]).split())
    return line if len(line) <= longest else line[:longest] + CUT


def visible(text: str, longest: int = 300) -> str:
    r"""The text with each unprintable character as ``\uXXXX``, so that texts that differ also look different.

    A text that is printable and short is not changed. So ``visible`` of its own result changes nothing.

    :param longest: the most characters, counting :data:`CUT`.
    """
    if len(text) <= longest and text.isprintable() and not _INVISIBLE.search(text):
        return text
    return _cut([c if _is_visible(c) else escaped(c) for c in text[: longest + 1]], longest)


def shown_id(value: str) -> str:
    r"""An id for display: at most 64 characters, anything outside ``[A-Za-z0-9_-]`` as ``\uXXXX``.

    A valid id is not changed, and no other text looks like it: letters of other alphabets and invisible characters are
    escaped. ``shown_id`` of its own result changes nothing.
    """
    body = value.removesuffix(CUT) if len(value) > LONGEST_ID - 10 else value
    if len(value) <= LONGEST_ID and _SHOWN_ID.fullmatch(body):
        return value
    return _cut([escaped(c) if _OUTSIDE_ID.match(c) else c for c in value[: LONGEST_ID + 1]], LONGEST_ID)


def _is_visible(character: str) -> bool:
    return character.isprintable() and not _INVISIBLE.match(character)


def escaped(character: str) -> str:
    r"""The character as ``\uXXXX``, or as ``\UXXXXXXXX`` above U+FFFF."""
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _cut(parts: list[str], longest: int) -> str:
    """The parts joined, and cut to the length; no part is cut in two."""
    text = "".join(parts)
    if len(text) <= longest:
        return text
    size = 0
    for at, part in enumerate(parts):
        size += len(part)
        if size > longest - len(CUT):
            return "".join(parts[:at]) + CUT
    raise AssertionError("a text that is too long has a part that is too much")
