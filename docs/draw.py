"""Draws tables and diagrams from the code itself, and those of the benchmarks from what was measured.

python -m docs.draw          write them
python -m docs.draw --check  fail where they are out of date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from benchmarks.draw import PARTS, PICTURES
from tests.faults import attacks
from vpcep_pulumi.audit.rules import RULES
from vpcep_pulumi.cli.commands import app
from vpcep_pulumi.lifecycle.policy_schema import POLICY
from vpcep_pulumi.lifecycle.schema import APPROVAL, Schema
from vpcep_pulumi.lifecycle.table import FULFILLED, TABLE, WAITS, Cell, Goal, Live, Step
from vpcep_pulumi.testing.simulator.faults import KINDS

DOCS = Path(__file__).parent
ROOT = DOCS.parent
REACHED = {Goal.ACCEPTED: Live.ACCEPTED, Goal.REJECTED: Live.REJECTED, Goal.DELETED: Live.REJECTED}
HELP_WIDTH = 100
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
            str(cell.seen) if cell.seen is cell.never_seen else f"{cell.seen} (a new approval: {cell.never_seen})"
            for cell in row.values()
        ]
        lines.append(f"| `{live}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def inputs(schema: Schema, resource: str) -> str:
    """What a program may declare."""
    lines = ["| input | | default |", "|---|---|---|"]
    for each in schema.inputs:
        default = "" if each.default is None else f"`{json.dumps(each.default)}`"
        if each.required and not default:
            default = "required"
        more = f". Changing it replaces the {resource}" if each.identity else ""
        lines.append(f"| `{each.name}` | {each.documentation}{more} | {default} |")
    return "\n".join(lines)


def outputs(schema: Schema) -> str:
    """What a resource gives back."""
    lines = ["| output | |", "|---|---|"]
    lines += [f"| `{each.name}` | {each.documentation} |" for each in schema.outputs]
    resolved = ", ".join(f"`{each.name}`" for each in schema.inputs if each.identity)
    return "\n".join([*lines, f"| {resolved} | as declared, or as the settings have them |"])


def waits() -> str:
    """What may be seen after a step."""
    lines = ["| after | goes on while the connection is | is over when it is | anything else |", "|---|---|---|---|"]
    for step, wait in WAITS.items():
        pending = ", ".join(f"`{live}`" for live in Live if live in wait.pending) or "-"
        target = ", ".join(f"`{live}`" for live in Live if live in wait.target)
        lines.append(f"| {step} | {pending} | {target} | an error that names it, at once |")
    return "\n".join(lines)


def diagram(goal: Goal) -> str:
    """The way from each live status to a goal."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for live, row in TABLE.items():
        for step, whose in _steps(row[goal]):
            if step is Step.IMPOSSIBLE:
                lines.append(f"    {live} --> impossible: {whose}named in the preview")
            elif step not in FULFILLED:
                lines.append(f"    {live} --> {REACHED[goal]}: {whose}{step}")
            else:
                lines.append(f"    {live} --> [*]: {whose}{step}")
    return "\n".join([*lines, "```"])


def _steps(cell: Cell) -> list[tuple[Step, str]]:
    """The steps of a cell; those that differ with whose they are."""
    if cell.never_seen is cell.seen or cell.never_seen is Step.ADOPT:  # to adopt is to do nothing as well
        return [(cell.seen, "")]
    return [(cell.never_seen, "a new approval: "), (cell.seen, "one that exists: ")]


def faults() -> str:
    """What the simulator can do wrong."""
    lines = ["| fault | what comes | the request is | seen |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {kind.what} | {kind.when.value} | {kind.seen} |" for name, kind in KINDS.items()]
    return "\n".join(lines)


def findings() -> str:
    """What an audit finds."""
    lines = ["| rule | severity | what | |", "|---|---|---|---|"]
    lines += [f"| `{each.id}` | {each.severity} | {each.title} | {each.help} |" for each in RULES.values()]
    return "\n".join(lines)


def commands() -> str:
    """The help of the command, and of each of its subcommands."""
    return "\n\n".join(_helps(typer.main.get_command(app), "vpcep-pulumi"))


def _helps(command: Any, name: str) -> Iterator[str]:
    assert isinstance(command, TyperCommand | TyperGroup)
    command.rich_markup_mode = None  # plain text, whatever the terminal
    context = command.context_class(command, info_name=name, terminal_width=HELP_WIDTH, max_content_width=HELP_WIDTH)
    words = command.get_help(context)
    lines = "\n".join(line.rstrip() for line in words.splitlines())
    yield f"## {name}\n\n```text\n{lines}\n```"
    if isinstance(command, TyperGroup):
        for each, subcommand in command.commands.items():
            yield from _helps(subcommand, f"{name} {each}")


def _in_docs(draw: Callable[..., str], *arguments: object) -> Callable[[], str]:
    """A table on a page of this folder. The schema's links begin at the root of the repository."""
    return lambda: draw(*arguments).replace("(docs/", "(")


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "docs/approvals.md": {
            "inputs": _in_docs(inputs, APPROVAL, "approval"),
            "outputs": _in_docs(outputs, APPROVAL),
        },
        "docs/policies.md": {"inputs": _in_docs(inputs, POLICY, "policy"), "outputs": _in_docs(outputs, POLICY)},
        "docs/command-line.md": {"commands": commands},
        "docs/lifecycle.md": {
            "table": table,
            "waits": waits,
            **{f"diagram {goal}": partial(diagram, goal) for goal in REACHED},
        },
        "docs/audit.md": {"audit": findings},
        "docs/faults.md": {"faults": faults, "attacks": attacks.table},
        "docs/benchmarks.md": PARTS,
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
    page = (ROOT / name).read_text(encoding="utf-8")
    for part, draw in PAGES[name].items():
        page = put(page, part, draw())
    return page


def main() -> int:
    """Write the pages and the pictures, or check them."""
    files: dict[str, Callable[[], str]] = {**{name: partial(drawn, name) for name in PAGES}, **PICTURES}
    for name, draw in files.items():
        text, path = draw(), ROOT / name
        if "--check" in sys.argv and (not path.exists() or text != path.read_text(encoding="utf-8")):
            return 1
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
