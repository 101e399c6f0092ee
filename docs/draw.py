"""Draws the lifecycle's tables and diagrams, and the simulator's faults, from the code itself.

python -m docs.draw          write them
python -m docs.draw --check  fail where they are out of date
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from tests.faults import attacks
from vpcep_pulumi.lifecycle.table import FULFILLED, TABLE, WAITS, Goal, Live, Step
from vpcep_pulumi.testing.simulator.faults import KINDS

DOCS = Path(__file__).parent
REACHED = {Goal.ACCEPTED: Live.ACCEPTED, Goal.REJECTED: Live.REJECTED, Goal.DELETED: Live.REJECTED}
HEADINGS = {
    Goal.ACCEPTED: 'declared `status="accepted"`',
    Goal.REJECTED: 'declared `status="rejected"`',
    Goal.DELETED: "no longer declared",
    Goal.AS_IT_STANDS: 'kept by `ignore_changes=["status"]`: none of the two',
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


def faults() -> str:
    """What the simulator can do wrong."""
    lines = ["| fault | what comes | the request is | seen |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {kind.what} | {kind.when.value} | {kind.seen} |" for name, kind in KINDS.items()]
    return "\n".join(lines)


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "lifecycle.md": {
            "table": table,
            "waits": waits,
            **{f"diagram {goal}": partial(diagram, goal) for goal in REACHED},
        },
        "faults.md": {"faults": faults, "attacks": attacks.table},
    }
)
"""The parts of each page, by the name in their marker."""


def put(page: str, name: str, text: str) -> str:
    """A page with another text between a marker and its end."""
    before, marker, rest = page.partition(f"<!-- {name} -->\n")
    if not marker:
        raise ValueError(f"there is no <!-- {name} -->")
    _, end, after = rest.partition("<!-- end -->")
    return f"{before}{marker}{text}\n{end}{after}"


def drawn(name: str) -> str:
    """A page with everything between its markers drawn anew."""
    page = (DOCS / name).read_text(encoding="utf-8")
    for part, draw in PAGES[name].items():
        page = put(page, part, draw())
    return page


def main() -> int:
    """Write the pages, or check them."""
    for name in PAGES:
        page, path = drawn(name), DOCS / name
        if "--check" in sys.argv and page != path.read_text(encoding="utf-8"):
            return 1
        path.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
