"""The pages of the documentation, and what their Markdown holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`{1,2})(?!`).+?(?<!`)\1(?!`)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
MARKED_UP = re.compile(r"\[([^]]*)\]\([^)]*\)|[`*]")


def name(page: Path) -> str:
    """A page's name, for messages and tests."""
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The targets within a page: its headings, as a forge and MyST spell them."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        words = MARKED_UP.sub(r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(page: Path) -> Iterator[str]:
    """The links and pictures of a page that stay within the repository."""
    text = CODE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    return (each for each in LINK.findall(text) if "://" not in each and not each.startswith("mailto:"))


def broken(page: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and (target.suffix != ".md" or anchor not in anchors(target))):
            yield link
