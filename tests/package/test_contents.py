"""What is published: everything that belongs, nothing else, and the same bytes from whoever builds it."""

from __future__ import annotations

import os
import re
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.package.conftest import ROOT, build

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = f"vpcep_pulumi-{PROJECT['version']}"
INFO = f"{NAME}.dist-info"
WHEEL_EXTRA = {
    "vpcep_pulumi/py.typed",
    "vpcep_pulumi/cli/project/Pulumi.yaml",
    "vpcep_pulumi/cli/project/__main__.py",
    "vpcep_pulumi/cli/project/examples/approvals/__main__.py",
    f"{INFO}/METADATA",
    f"{INFO}/RECORD",
    f"{INFO}/WHEEL",
    f"{INFO}/entry_points.txt",
    f"{INFO}/licenses/LICENSE",
}
"""What the wheel holds besides the modules."""
DATA = ("vpcep_pulumi/audit/template",)
"""Folders with what modules read. Another one is added here."""
SDIST = re.compile(
    r"""(?x)
      vpcep_pulumi/.+\.py | vpcep_pulumi/py\.typed | vpcep_pulumi/audit/template/.+
    | (tests|benchmarks)/.+\.(py|json|md|ya?ml|tfstate)
    | docs/.+\.(md|py|svg|css|txt|html)
    | examples/.+\.(py|ya?ml|csv|md|txt|toml)
    | requirements/(dev|docs|tools)\.(txt|in) | \.ci/run | \.github/.+\.(yml|md)
    | (README|CHANGELOG|CONTRIBUTING|SECURITY|CODE_OF_CONDUCT)\.md | LICENSE | Makefile | Pulumi\.yaml | __main__\.py
    | requirements\.txt | pyproject\.toml | \.gitignore | PKG-INFO
    """
)


@pytest.fixture(scope="module")
def wheel(built) -> dict[str, bytes]:
    with zipfile.ZipFile(built.wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(built) -> dict[str, bytes]:
    with tarfile.open(built.sdist) as archive:
        found = {}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None, f"{member.name} is no file"
            found[member.name.removeprefix(f"{NAME}/")] = file.read()
        return found


def modules() -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / "vpcep_pulumi").rglob("*.py")}


def test_the_wheel_holds_the_modules_and_what_is_listed(wheel):
    data = {str(path.relative_to(ROOT)) for folder in DATA for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert set(wheel) == modules() | data | WHEEL_EXTRA


def test_what_the_wheel_holds_is_what_the_tree_holds(wheel):
    for name, content in wheel.items():
        if not name.startswith(INFO):
            assert content == (ROOT / name.removeprefix("vpcep_pulumi/cli/project/")).read_bytes()
    assert wheel[f"{INFO}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_metadata(wheel):
    found = HeaderParser().parsestr(wheel[f"{INFO}/METADATA"].decode())
    assert (found["Name"], found["Version"]) == ("vpcep-pulumi", PROJECT["version"])
    assert found["License-Expression"] == "Apache-2.0"
    assert found["License-File"] == "LICENSE"
    assert found["Requires-Python"] == PROJECT["requires-python"]
    assert found["Description-Content-Type"] == "text/markdown"
    assert found.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert found.get_all("Provides-Extra") == sorted(PROJECT["optional-dependencies"])
    assert all(each.startswith(("https://", "Homepage, https://")) for each in found.get_all("Project-URL", []))


def test_the_entry_points(wheel):
    text = wheel[f"{INFO}/entry_points.txt"].decode()
    assert "[console_scripts]\nvpcep-pulumi = vpcep_pulumi.cli:main\n" in text
    assert "[pytest11]\nvpcep_pulumi = vpcep_pulumi.testing.pytest_plugin\n" in text


def test_the_sdist_holds_what_belongs(sdist):
    assert [name for name in sdist if not SDIST.fullmatch(name)] == []
    assert modules() <= set(sdist)
    for needed in ("README.md", "LICENSE", "pyproject.toml", "tests/conftest.py", "docs/settings.md", "SECURITY.md"):
        assert needed in sdist


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_nothing_of_the_machine_is_in_it(kind, request):
    """Neither a cache nor a stack's own configuration, nor the folder that it was built in."""
    for name, content in request.getfixturevalue(kind).items():
        assert not re.search(r"__pycache__|\.pyc$|(^|/)\.venv|(^|/)\.env|\.hypothesis|\.journal$|\.lock$", name), name
        assert str(ROOT).encode() not in content, name


def test_the_same_bytes_from_another_folder_at_another_time(built, tmp_path):
    """Built from what the sdist holds, in another folder, by somebody whose files have other times and modes."""
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / NAME
    for path in source.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        executable = path.stat().st_mode & 0o100  # git keeps this one
        path.chmod(0o700 if executable else 0o640)
    again = tmp_path / "again"
    other = build(source, again)
    assert other.wheel.name == built.wheel.name
    assert other.wheel.read_bytes() == built.wheel.read_bytes()
    assert other.sdist.name == built.sdist.name
    assert other.sdist.read_bytes() == built.sdist.read_bytes()


def test_what_is_built_carries_the_commits_time(tmp_path, monkeypatch):
    """The release workflow sets it."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    found = build(ROOT, tmp_path)
    with zipfile.ZipFile(found.wheel) as archive:
        assert {each.date_time[:3] for each in archive.infolist()} == {(2023, 11, 14)}
    with tarfile.open(found.sdist) as archive:
        assert {each.mtime for each in archive.getmembers()} == {1_700_000_000}


def test_the_version_is_one_that_can_be_published():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", PROJECT["version"])
    assert "## [Unreleased]" in Path(ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
