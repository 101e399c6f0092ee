"""Every message of the package, as its code has it: the texts that a user may read in an error or a warning.

A text is taken for a message unless something shows that it is none: it is a docstring, the documentation of an input,
a value of an enumeration, or has fewer than three words. ``…`` stands for what is put in when the message is made.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "vpcep_pulumi"
OUTSIDE = ("testing",)
"""The packages whose errors are for developers of programs, and name what to do there and then."""
REPORTS = ("cli", "audit", "convert")
"""The packages that write much else: there, only what is raised, or goes to stderr, is taken for a message."""
NO_MESSAGES = {
    "Output",
    "Input",
    "Property",
    "compile",
    "debug",
    "progress",
    "info",
    "AssertionError",
    "AttributeError",
}
"""The calls whose texts are no messages of errors or warnings: documentation, patterns, other levels of the log."""
ENOUGH = re.compile(r"[A-Za-z'_]{2,}")


def template(node: ast.expr) -> str | None:
    """The text that an expression makes; None if it makes none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(template(each) or "…" for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = template(node.left), template(node.right)
        return None if parts == (None, None) else "".join("…" if each is None else each for each in parts)
    return None


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts below a node, each as long as it gets."""
    if isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id == "Enum" for base in node.bases):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in NO_MESSAGES:
            return
    if isinstance(node, ast.expr) and (text := template(node)) is not None:
        yield text
        # What is put in may be a text of its own.
        for each in ast.walk(node):
            if isinstance(each, ast.IfExp):
                yield from _texts(each)
        return
    for each in ast.iter_child_nodes(node):
        yield from _texts(each)


def _raised(tree: ast.Module) -> Iterator[ast.AST]:
    """What a module raises, or prints to stderr."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield node.exc
        elif isinstance(node, ast.Call):
            exits = isinstance(node.func, ast.Attribute) and node.func.attr == "exit"
            if exits or any(each.arg == "err" for each in node.keywords):
                yield node


def messages() -> dict[str, str]:
    """By message: the module that has it."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE)
        if module.parts[0] not in OUTSIDE:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            nodes = _raised(tree) if module.parts[0] in REPORTS else iter([tree])
            for text in (text for node in nodes for text in _texts(node)):
                line = re.sub(r"\{\w+\}", "…", re.sub(r"\s+", " ", text).strip())
                if len(ENOUGH.findall(line.replace("…", " "))) >= 3 and " " in line:
                    found.setdefault(line, str(module))
    return found
