"""The wheel, installed into an environment of its own: the first page of the guides works as printed there."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.package.conftest import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FIRST_PAGE = ROOT / "docs/tutorial.md"


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel."""

    folder: Path
    home: Path

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its commands, with nothing of the sources on the path."""
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))
        }
        environ |= {"HOME": str(self.home), "VPCEP_ENGINE": "local", "COLUMNS": "200", "NO_COLOR": "1"}
        program, *arguments = command
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Installed:
    """Without a network: what the package depends on is taken from the environment that runs the tests."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("there is no pip in this environment to install the wheel with")
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", "--no-compile"]
    made = subprocess.run(
        [*pip, "--quiet", "--disable-pip-version-check", str(built.wheel)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    (packages,) = folder.glob("lib/python*/site-packages")
    # A path file in a folder that a path file names is not read: an install in place does not come along.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(folder, tmp_path_factory.mktemp("home"))


def test_it_is_the_wheel_that_is_imported(installed, tmp_path):
    found = installed.run("python", "-c", "import vpcep_pulumi; print(vpcep_pulumi.__file__)", cwd=tmp_path)
    assert found.stdout.startswith(str(installed.folder)), found.stderr


def test_the_command_is_there(installed, tmp_path):
    found = installed.run("vpcep-pulumi", "--version", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert re.match(r"vpcep-pulumi \d+\.\d+\.\d+", found.stdout)


def test_the_first_page_works_as_printed(installed, tmp_path):
    """Its program, and the test of it."""
    program, test = BLOCK.findall(FIRST_PAGE.read_text(encoding="utf-8"))[:2]
    assert "EndpointConnectionApproval(" in program
    infra = tmp_path / "infra"
    infra.mkdir()
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "__main__.py").write_text(program)
    (tmp_path / "test_infra.py").write_text(test)
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    found = installed.run("python", "-m", "pytest", *options, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "1 passed" in found.stdout


def test_the_demo_needs_no_clone(installed, tmp_path):
    found = installed.run("vpcep-pulumi", "demo", cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "What was asked of the API" in found.stdout


def test_a_type_checker_sees_its_types(installed, tmp_path):
    """``py.typed`` is found where the package is installed. The module is one that imports little: mypy is slow."""
    (tmp_path / "program.py").write_text("from vpcep_pulumi.clock import Clock\n\nClock(monotonic=1)\n")
    python = str(installed.folder / "bin" / "python")
    command = ("python", "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "--python-executable", python)
    found = installed.run(*command, "program.py", cwd=tmp_path)
    assert "[import-untyped]" not in found.stdout
    assert "[arg-type]" in found.stdout, found.stdout + found.stderr
