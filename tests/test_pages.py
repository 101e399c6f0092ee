"""The pages: their links lead somewhere, their data can be read, their commands do what they show."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from docs.conf import sections, tables_of_contents
from tests import consoles
from tests.pages import FENCE, PAGES, ROOT, anchors, broken, name
from vpcep_pulumi.testing.simulator import Simulator

BY_NAME = {name(page): page for page in PAGES}
TEXTS = {each: page.read_text(encoding="utf-8") for each, page in BY_NAME.items()}
BLOCKS = [
    (each, number, part)
    for each, text in TEXTS.items()
    for number, part in enumerate(part for part in consoles.parts(text) if part.what == "console")
]
IN_PARALLEL: set[str] = set()
"""Pages that are being written: the site has them all the same, below "More"."""
SHELLS = {"sh", "bash", "shell", "shell-session"}
LONGEST_LINE = 120
TYPED = re.compile(r"^    (?:\$ )?(?:pulumi|vpcep-pulumi|curl|pytest|export) \S", re.MULTILINE)


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page):
    assert list(broken(BY_NAME[page])) == []


def test_a_broken_link_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `heading`: twice\n# A heading twice\n[a](#a-heading-twice-1) [b](#b) [c](c.md) `[d](d.md)`\n")
    assert anchors(page) == {"a-heading-twice", "a-heading-twice-1"}
    assert list(broken(page)) == ["#b", "c.md"]


def test_every_page_is_in_the_table_of_contents():
    listed = {f"docs/{each}.md" for _, found in sections(TEXTS["docs/index.md"]) for each in found}
    pages = {each for each in TEXTS if each.startswith("docs/")} - {"docs/index.md"}
    assert pages - listed <= IN_PARALLEL
    assert listed <= pages


def test_the_site_has_the_pages_of_the_lists_and_every_other():
    source = ["# Title\n\n## Start\n\n- [Install](install.md): how\n"]
    tables_of_contents(None, "index", source)
    first, more = (each.split("\n```")[0].split() for each in source[0].split("```{toctree}")[1:])
    assert first == [":hidden:", ":caption:", "Start", "install"]
    assert more[:3] == [":hidden:", ":caption:", "More"]
    assert {"howto/partners", "errors"} <= set(more)
    assert not {"install", "index"} & set(more)


@pytest.mark.parametrize("page", TEXTS)
def test_lines_are_short(page):
    """Those of tables and of commands' output are as long as they are."""
    lines = FENCE.sub("", TEXTS[page]).splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE and not line.startswith(("|", "<!--"))] == []


@pytest.mark.parametrize("page", TEXTS)
def test_data_can_be_read(page):
    for part in consoles.parts(TEXTS[page]):
        if part.what == "yaml":
            assert yaml.safe_load(part.text)
        elif part.what == "json":
            assert json.loads(part.text)


@pytest.mark.parametrize("page", TEXTS)
def test_commands_stand_in_blocks_that_are_run(page):
    assert [part for part in consoles.parts(TEXTS[page]) if part.what in SHELLS] == []
    assert TYPED.findall(FENCE.sub("", TEXTS[page])) == []


@pytest.mark.parametrize(("page", "number", "block"), BLOCKS, ids=[f"{each}-{number}" for each, number, _ in BLOCKS])
def test_a_block_is_run_or_says_why_it_is_not(page, number, block):
    reason = consoles.reasons(TEXTS[page]).get(number)
    if reason is not None:
        assert len(reason.split()) >= 3
        return
    steps = consoles.steps(block.text)
    assert steps
    assert [each.command for each in steps if each.command.split()[0] not in consoles.COMMANDS] == []


@pytest.mark.parametrize("page", [each for each in TEXTS if any(page == each for page, _, _ in BLOCKS)])
def test_commands_print_what_the_page_shows(page, tmp_path, simulator: Simulator):
    for _, step, printed in consoles.played(TEXTS[page], consoles.Session(tmp_path, simulator)):
        assert consoles.matches(step.printed, printed), f"$ {step.command}\n{printed}"


def test_a_block_that_shows_something_else_would_be_found():
    assert consoles.matches("a\n…\nd 12 ms\n", "a\nb\nc\nd 7 ms\n")
    assert consoles.matches("owned by …, is …\n", "owned by 6e9d, is rejected\n")
    assert consoles.matches("…\n", "")
    assert not consoles.matches("a\nd\n", "a\nb\nd\n")
    assert not consoles.matches("a\n", "a\nb\n")
    assert not consoles.matches("owned by …, is accepted\n", "owned by 6e9d, is rejected\n")
    assert not consoles.matches("", "error: something\n")


def test_a_folder_of_pages_is_what_is_looked_at():
    assert {"README.md", "docs/index.md", "docs/howto/partners.md"} <= set(TEXTS)
    assert (ROOT / "docs/howto").is_dir()
