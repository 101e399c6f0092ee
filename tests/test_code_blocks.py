"""Every piece of Python in the documentation is run, whatever page it stands on.

A block with ``def test_`` is a test of a program: of the last program before it on the page, or, where there is none,
of the one that the page on testing begins with. One that declares approvals is a program. Any other is a script, run
in the project's folder, with ``folder`` as a place of its own.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT
from vpcep_pulumi.testing.engine import LocalEngine

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
IDS = re.compile(r'service_id="([^"]+)",\s*endpoint_id="([^"]+)"')
SERVICES = re.compile(r'Policy\(\s*"[^"]+",\s*service_id="([^"]+)"|^service_id = "([^"]+)"', re.MULTILINE)
PROFILE = re.compile(r'profile="([^"]+)"')


def kind(block: str) -> str:
    """What a block is."""
    if "def test_" in block:
        return "test"
    return "script" if "import LocalEngine" in block or "import Simulator" in block else "program"


def blocks(page: Path) -> list[str]:
    """The blocks of a page, in their order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


BLOCKS = [(page, number, block) for page in PAGES for number, block in enumerate(blocks(page))]


def program_before(page: Path, number: int) -> str:
    """The program that a test is about."""
    before = [block for block in blocks(page)[:number] if kind(block) == "program"]
    return before[-1] if before else blocks(ROOT / "docs/testing.md")[0]


def test_there_are_some():
    assert {kind(block) for _, _, block in BLOCKS} == {"program", "test", "script"}


@pytest.mark.parametrize(
    ("page", "number", "block"),
    BLOCKS,
    ids=[f"{page.relative_to(ROOT)}-{number}-{kind(block)}" for page, number, block in BLOCKS],
)
def test_it_runs(page, number, block, pytester, tmp_path, monkeypatch, simulator):
    infra = pytester.mkdir("infra")
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "__main__.py").write_text(program_before(page, number) if kind(block) == "test" else block)
    if kind(block) == "test":
        pytester.makepyfile(block)
        pytester.runpytest_subprocess("-pno:schemathesis").assert_outcomes(passed=1)
    elif kind(block) == "program":
        keys = {"accessKeyId": "SIMULATED", "secretAccessKey": "simulated-secret-key"}
        profiles = tmp_path / "profiles.json"
        profiles.write_text(json.dumps({"profiles": [{"name": name, **keys} for name in PROFILE.findall(block)]}))
        monkeypatch.setenv("HW_SHARED_CONFIG_FILE", str(profiles))
        for service in ("".join(names) for names in SERVICES.findall(block)):
            simulator.connect(service, domain="6e9dfd51d1124e8d8498dce894923a0d")
        for service, endpoint in IDS.findall(block):
            simulator.connect(service, endpoint, domain="6e9dfd51d1124e8d8498dce894923a0d")
        environ = {**os.environ, **simulator.environment, "HW_REGION_NAME": "eu-west-101"}
        assert LocalEngine(infra, tmp_path / "dev.json", environ=environ).up().ok
    else:
        monkeypatch.chdir(ROOT)
        exec(compile(block, f"{page.name}#{number}", "exec"), {"folder": tmp_path})
