"""How Sphinx makes the site of the pages in this folder: `make docs`.

Sphinx with MyST and furo, because the pages stay plain Markdown, docstrings become the reference, and all three are
maintained; mkdocs and mkdocs-material had no more releases planned when this was chosen (November 2026).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "vpcep-pulumi"
author = "the contributors of vpcep-pulumi"
copyright = author  # noqa: A001 -- Sphinx's name for it
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid"]
exclude_patterns = ["*.py", "demo.svg"]
root_doc = "index"

html_theme = "furo"
html_title = "vpcep-pulumi"

# Headings are link targets, spelled as a forge spells them. A ```mermaid block is a diagram, as on a forge.
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

# A command over several lines is more than the lexer of consoles can do. It is shown all the same.
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autoclass_content = "both"  # a constructor's parameters are in the docstring of __init__
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
python_use_unqualified_type_names = True
nitpick_ignore_regex = [
    # Without a network, no other project's objects can be linked to. Our own that are not public have no page.
    (r"py:.*", r"(?!vpcep_pulumi).*"),
    (r"py:.*", r"vpcep_pulumi\.(?!testing\.\w+$)\w+\..*"),
]
linkcheck_timeout = 20
# Addresses on the reader's machine, and those of files that are not in the site.
linkcheck_ignore = [r"http://127\.0\.0\.1.*", r"http://localhost.*"]

LINK = re.compile(r"^- \[[^]]+\]\(([\w/-]+)\.md\)", re.MULTILINE)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def sections(index: str) -> Iterator[tuple[str, list[str]]]:
    """The sections of the first page, each with the pages that its list names."""
    parts = HEADING.split(index)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        yield heading, LINK.findall(text)


def tables_of_contents(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the tables of contents to the first page: its lists, so that it need not say everything twice.

    A page that no list names comes last.
    """
    del app
    if docname != root_doc:
        return
    listed = dict(sections(source[0]))
    pages = sorted(path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.md"))
    named = {root_doc, *(page for found in listed.values() for page in found)}
    listed["More"] = [page for page in pages if page not in named]
    for heading, found in listed.items():
        if found:
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {heading}", "", *found, "```", ""])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", tables_of_contents)
