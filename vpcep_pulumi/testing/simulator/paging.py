"""Lists, a page at a time: what all of the API's lists have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends

from vpcep_pulumi.testing.simulator.refusals import Refusal

SORT_KEYS = {
    "create_at": "created_at",
    "created_at": "created_at",
    "update_at": "updated_at",
    "updated_at": "updated_at",
}
"""The vendor's two clouds spell them differently; both are taken."""
MOST = 1000
Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for, and in which order."""

    sort_key: str
    descending: bool
    limit: int
    offset: int

    def of(self, newest_first: Iterable[Listed], timed: Callable[[Listed], object]) -> list[Listed]:
        """That part.

        :param timed: what of each has the times to sort by.
        """
        chosen = list(newest_first)
        # A stable sort keeps the order of those of one second.
        if not self.descending:
            chosen.reverse()
        chosen.sort(key=lambda each: float(getattr(timed(each), self.sort_key)), reverse=self.descending)
        return chosen[self.offset : self.offset + self.limit]


async def _page(sort_key: str = "create_at", sort_dir: str = "desc", limit: str = "10", offset: str = "0") -> Page:
    first, most = _number(offset, "EndPoint.0010"), _number(limit, "EndPoint.0006")
    if most > MOST:
        raise Refusal("EndPoint.0006")
    if sort_key not in SORT_KEYS:
        raise Refusal("EndPoint.0017")
    if sort_dir not in ("asc", "desc"):
        raise Refusal("EndPoint.0018")
    return Page(SORT_KEYS[sort_key], sort_dir == "desc", most, first)


ThePage = Annotated[Page, Depends(_page)]
"""A route's query parameters ``sort_key``, ``sort_dir``, ``limit`` and ``offset``."""


def check_status(status: str | None, statuses: Collection[str]) -> None:
    """Refuse to filter by a status that there is not.

    :raises Refusal: 400.
    """
    if status is not None and status not in statuses:
        raise Refusal("EndPoint.0019")


def _number(text: str, code: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(code)
    return int(text)
