"""The documentation is what the code does."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import draw
from tests.faults import attacks
from vpcep_pulumi.lifecycle.schema import APPROVAL, OUTPUTS
from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval
from vpcep_pulumi.settings.keys import CONFIG, ENVIRONMENT, PROFILE_KEYS, PROFILES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", draw.PAGES)
def test_tables_and_diagrams_are_drawn_from_the_code(page):
    assert draw.drawn(page) == (draw.ROOT / page).read_text(), "make draw"


def test_every_attack_that_is_listed_has_its_tests():
    assert list(attacks.missing()) == []


def test_the_readmes_program_is_the_minimal_example():
    assert blocks(README, "python")[0] == (ROOT / "examples/minimal/__main__.py").read_text()


def test_the_readme_fits_on_a_screen_or_two():
    assert len(README.splitlines()) <= 80


def test_the_docstrings_name_every_argument_and_output():
    """The schema, the resource's arguments and its outputs are the same."""
    arguments = inspect.signature(EndpointConnectionApproval.__init__).parameters
    declared = {name: each.default for name, each in arguments.items() if each.kind is each.KEYWORD_ONLY}
    assert list(declared) == [each.name for each in APPROVAL.inputs] + ["opts"]
    for each in APPROVAL.inputs:
        expected = inspect.Parameter.empty if each.required and each.default is None else each.default
        assert declared[each.name] == expected
        assert f":param {each.name}:" in (EndpointConnectionApproval.__init__.__doc__ or "")
    for output in OUTPUTS:
        assert f":ivar {output.name}:" in (EndpointConnectionApproval.__doc__ or "")


def test_the_settings_page_names_every_key():
    page = (ROOT / "docs/settings.md").read_text()
    assert f"`{PROFILES}`" in page
    for keys in (CONFIG, PROFILE_KEYS, *(keys for _, keys in ENVIRONMENT)):
        for key in keys.values():
            assert f"`{key}`" in page


def test_a_program_imports_little():
    """Every program and every host pays for what `import vpcep_pulumi` brings."""
    code = "import sys, vpcep_pulumi; print(sorted({'httpx', 'pydantic', 'tenacity', 'fastapi'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
