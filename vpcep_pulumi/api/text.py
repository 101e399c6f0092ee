"""The API's ids, as they may be shown: nothing in them can pass for another id, or for our own words. Pure."""

from __future__ import annotations

import hashlib
import string

LONGEST_ID = 64
HASH_DIGITS = 16
_PLAIN = frozenset(string.ascii_letters + string.digits + "_-")


def shown_id(value: str) -> str:
    r"""An id for a message or a state: ASCII but for the mark of a cut, at most :data:`LONGEST_ID` characters.

    Every character outside of ``[A-Za-z0-9_-]``, a backslash too, becomes ``\uXXXX`` or ``\UXXXXXXXX``. What is too
    long is cut at a ``…``, with a part of its SHA-256 behind it. Two different values are never shown as the same.
    """
    text = "".join(c if c in _PLAIN else escaped(c) for c in value)
    if len(text) <= LONGEST_ID:
        return text
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]
    return f"{text[: LONGEST_ID - HASH_DIGITS - 1]}…{digest}"


def escaped(character: str) -> str:
    r"""``\uXXXX``, or ``\UXXXXXXXX`` beyond the first plane."""
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
