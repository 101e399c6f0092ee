"""Times as the API writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?", re.ASCII)
"""A time as the API writes it: UTC, older ones without a zone. Anything else in its place is not shown."""


@lru_cache(maxsize=1 << 16)
def moment_of(text: str | None) -> datetime | None:
    """A time as the API writes it; None if it is no time."""
    if text is None or not TIME.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
