"""The documentation is what the code does."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import draw
from tests.faults import attacks
from vpcep_pulumi.lifecycle.schema import INPUTS, OUTPUTS
from vpcep_pulumi.resources.endpoint_connection_approval import EndpointConnectionApproval
from vpcep_pulumi.settings.keys import CONFIG, ENVIRONMENT, PROFILE_KEYS, PROFILES
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.simulator.api import project_id

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"
ENDPOINT = "705290f3-0d00-41f2-aedc-71f09844e879"
OWNER = "6e9dfd51d1124e8d8498dce894923a0d"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", draw.PAGES)
def test_tables_and_diagrams_are_drawn_from_the_code(page):
    assert draw.drawn(page) == (draw.ROOT / page).read_text(), "make docs"


def test_every_attack_that_is_listed_has_its_tests():
    assert list(attacks.missing()) == []


def test_the_readmes_program_is_the_minimal_example():
    assert blocks(README, "python")[0] == (ROOT / "examples/minimal/__main__.py").read_text()


def test_the_readmes_preview_is_what_is_printed(simulator, tmp_path):
    simulator.connect(SERVICE, ENDPOINT, domain=OWNER)
    environ = {**os.environ, **simulator.environment}
    stack = LocalEngine(ROOT / "examples/minimal", tmp_path / "dev.json", environ=environ)
    for _ in range(2):
        assert stack.up().ok
    simulator.reject(SERVICE, ENDPOINT)
    printed = stack.preview().diff.replace(project_id("eu-west-101"), "e48ed9ac8e6b5d9f9b5c0e4b1f6a3d2c")
    printed = re.sub(r"updated_at [0-9T:Z-]+", "updated_at 2026-11-24T10:02:11Z", printed)
    (block,) = blocks(README, "diff")
    assert block in printed


def test_the_readme_names_every_argument_and_output():
    """The schema, the resource's arguments and its outputs are the same."""
    arguments = inspect.signature(EndpointConnectionApproval.__init__).parameters
    declared = {name: each.default for name, each in arguments.items() if each.kind is each.KEYWORD_ONLY}
    assert list(declared) == [each.name for each in INPUTS] + ["opts"]
    for each in INPUTS:
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


def test_links_lead_somewhere():
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_a_program_imports_little():
    """Every program and every host pays for what `import vpcep_pulumi` brings."""
    code = "import sys, vpcep_pulumi; print(sorted({'httpx', 'pydantic', 'tenacity', 'fastapi'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
