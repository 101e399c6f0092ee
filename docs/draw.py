"""Draws the lifecycle's tables and diagrams into docs/lifecycle.md, from the table itself.

python -m docs.draw          write them
python -m docs.draw --check  fail where they are out of date
"""

from __future__ import annotations

import sys
from pathlib import Path

from vpcep_pulumi.lifecycle.table import FULFILLED, TABLE, WAITS, Goal, Live, Step

PAGE = Path(__file__).parent / "lifecycle.md"
REACHED = {Goal.ACCEPTED: Live.ACCEPTED, Goal.REJECTED: Live.REJECTED, Goal.DELETED: Live.REJECTED}
HEADINGS = {
    Goal.ACCEPTED: 'declared `status="accepted"`',
    Goal.REJECTED: 'declared `status="rejected"`',
    Goal.DELETED: "no longer declared",
}


def table() -> str:
    """The step for every live status and goal."""
    lines = [
        "| the connection is | " + " | ".join(HEADINGS.values()) + " |",
        "|---|" + "---|" * len(HEADINGS),
    ]
    for live, row in TABLE.items():
        cells = [
            str(cell.seen) if cell.seen is cell.never_seen else f"new approval: {cell.never_seen}; else: {cell.seen}"
            for cell in row.values()
        ]
        lines.append(f"| `{live}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def waits() -> str:
    """What may be seen after a step."""
    lines = ["| after | goes on while the connection is | is over when it is | anything else |", "|---|---|---|---|"]
    for step, wait in WAITS.items():
        passes = ", ".join(f"`{live}`" for live in Live if live in wait.passes) or "-"
        ends = ", ".join(f"`{live}`" for live in Live if live in wait.ends)
        lines.append(f"| {step} | {passes} | {ends} | an error that names it, at once |")
    return "\n".join(lines)


def diagram(goal: Goal) -> str:
    """The way from each live status to a goal."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for live, row in TABLE.items():
        step = row[goal].seen
        if step is Step.IMPOSSIBLE:
            lines.append(f"    {live} --> impossible: named in the preview")
        elif step not in FULFILLED:
            lines.append(f"    {live} --> {REACHED[goal]}: {step}")
        else:
            lines.append(f"    {live} --> [*]: {step}")
    return "\n".join([*lines, "```"])


def drawn(page: str) -> str:
    """A page with everything between its markers drawn anew."""
    parts = {"table": table(), "waits": waits(), **{f"diagram {goal}": diagram(goal) for goal in Goal}}
    for name, text in parts.items():
        before, marker, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("\n<!-- end -->")
        page = f"{before}{marker}{text}{end}{after}"
    return page


def main() -> int:
    """Write the page, or check it."""
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return 0 if drawn(page) == page else 1
    PAGE.write_text(drawn(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
