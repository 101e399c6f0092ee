"""Names for the approvals: readable, unique, and the same each time. Pure.

A name is made from a text (a note, an account, a resource's name) and from the endpoint's id. It does not depend on
the order of the connections. Other connections matter only if their names would be equal: then all of these get longer
parts of their ids.

Each name begins with a letter, has a hyphen, and consists of ASCII letters, digits, ``-``, ``_`` and ``.``. So no name
is a number, a date or a boolean in any version of YAML, and none needs an escape in Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

LONGEST_WORD = 40
"""The most characters of a text that become a part of a name."""
SHORT_ID = 8
"""Characters of a short id: the first group of a UUID."""
OTHERWISE = "connection"
"""The word for a text without any ASCII letter."""

_SEPARATORS = re.compile("[^a-z0-9]+")


class Known(NamedTuple):
    """What a name is made from.

    :ivar text: any text, not trusted.
    :ivar region: empty: it is not known.
    """

    text: str
    service_id: str
    endpoint_id: str
    region: str = ""


def names_for(found: Sequence[Known]) -> list[str]:
    """A name for each. No two are equal if no two have the same region, service and endpoint.

    A name with the shortest parts that make it unique: some of the endpoint's id, the whole id, the service's id as
    well, the region as well.
    """
    levels = [0] * len(found)
    while True:
        names = [LEVELS[level](each) for level, each in zip(levels, found, strict=True)]
        counts = Counter(names)
        again = [at for at, name in enumerate(names) if counts[name] > 1 and levels[at] < len(LEVELS) - 1]
        if not again:
            return names
        for at in again:
            levels[at] += 1


def word(text: str) -> str:
    """A text as lower-case ASCII letters and digits with hyphens between them, cut where a word ends."""
    plain = unicodedata.normalize("NFKD", text[: 4 * LONGEST_WORD]).encode("ascii", "ignore").decode().lower()
    found = _SEPARATORS.sub("-", plain).strip("-")
    if len(found) > LONGEST_WORD:
        found = found[: LONGEST_WORD + 1]
        found = found.rpartition("-")[0] or found[:LONGEST_WORD]
    if not found or not found[0].isalpha():
        return f"{OTHERWISE}-{found}".rstrip("-")
    return found


def _short(each: Known) -> str:
    return f"{word(each.text)}-{each.endpoint_id[:SHORT_ID]}"


def _with_endpoint(each: Known) -> str:
    return f"{word(each.text)}-{each.endpoint_id}"


def _with_both(each: Known) -> str:
    """Unique in a region: no id has a dot, and no name of the levels before."""
    return f"{OTHERWISE}-{each.service_id}.{each.endpoint_id}"


def _with_region(each: Known) -> str:
    """Unique: no region has a dot, and no name of the other levels has two."""
    return f"{OTHERWISE}-{each.region}.{each.service_id}.{each.endpoint_id}"


LEVELS: tuple[Callable[[Known], str], ...] = (_short, _with_endpoint, _with_both, _with_region)
"""By level: what makes a name, from short to certainly unique."""
