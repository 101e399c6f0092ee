"""A bar chart as SVG, which can be read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.results import Series
from benchmarks.words import figure, value

SVG = "http://www.w3.org/2000/svg"
WIDTH, MARGIN, LABELS, BARS = 760, 16, 230, 370
"""Of the whole, around it, and of the columns with the labels and the bars."""
ROW, HEADING, TITLE, THICK = 22, 30, 44, 12
STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .group { font-weight: 600; }
  .value, .note { fill: #59636e; }
  .ours { fill: #0b66c3; }
  .theirs { fill: #8c959f; }
  .spread { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; }
    text { fill: #f0f6fc; }
    .value, .note { fill: #9198a1; }
    .ours { fill: #4493f8; }
    .theirs { fill: #656c76; }
    .spread { stroke: #f0f6fc; }
  }
"""


@dataclass(frozen=True)
class Group:
    """Bars with a heading. The first is this package's."""

    heading: str
    bars: Sequence[Series]


def chart(title: str, groups: Sequence[Group]) -> str:
    """A bar for the median of each series, on one scale, with a line from its least to its most."""
    height = TITLE + sum(HEADING + ROW * len(group.bars) for group in groups) + ROW + MARGIN
    longest = max((bar.most for group in groups for bar in group.bars), default=0) or 1
    told = "; ".join(f"{group.heading}: " + ", ".join(map(_told, group.bars)) for group in groups)
    lines = [
        f'<svg xmlns="{SVG}" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(told)}</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        _text(MARGIN, 28, "title", title),
        *_rows(groups, BARS / longest),
        _text(MARGIN, height - MARGIN, "note", "Bars: medians; shorter is better. Lines: from the least to the most."),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(groups: Sequence[Group], scale: float) -> Iterator[str]:
    """The groups, one below the other."""
    top = TITLE
    for group in groups:
        yield _text(MARGIN, top + 20, "group", group.heading)
        top += HEADING
        for number, bar in enumerate(group.bars):
            yield from _bar(bar, top, scale, "theirs" if number else "ours")
            top += ROW


def _bar(bar: Series, top: float, scale: float, kind: str) -> Iterator[str]:
    """A row: label, bar, spread and value."""
    left, middle = MARGIN + LABELS, top + ROW / 2
    yield _text(MARGIN, middle + 4, "label", bar.what)
    yield (
        f'<rect class="{kind}" x="{left}" y="{middle - THICK / 2:.1f}" width="{bar.median * scale:.1f}" '
        f'height="{THICK}" rx="2"/>'
    )
    if bar.most > bar.least:
        first, last = left + bar.least * scale, left + bar.most * scale
        yield f'<line class="spread" x1="{first:.1f}" x2="{last:.1f}" y1="{middle}" y2="{middle}"/>'
    yield _text(left + bar.most * scale + 8, middle + 4, "value", f"{figure(bar.median)} {bar.unit}")


def _text(left: float, base: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{left:.1f}" y="{base:.1f}">{escape(text)}</text>'


def _told(bar: Series) -> str:
    return f"{bar.what} {value(bar)}"
