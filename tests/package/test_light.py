"""What is not used costs nothing, and what is not installed is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "pulumi",
    "grpc",
    "httpx",
    "httpcore",
    "pydantic",
    "tenacity",
    "yaml",
    "fastapi",
    "uvicorn",
    "cryptography",
    "rich",
    "typer",
)
"""Whatever the package depends on."""
WITHOUT_TESTING = ("fastapi", "starlette", "uvicorn", "cryptography", "filelock")
BLOCK = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


def python(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, in a folder that holds nothing."""
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environ
    )


def without_testing(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as if the extra ``testing`` were not installed."""
    code = BLOCK.format(names=WITHOUT_TESTING) + "from vpcep_pulumi.cli import main\nmain()"
    return python(code, folder, *arguments)


@pytest.mark.parametrize("module", ["vpcep_pulumi", "vpcep_pulumi.testing", "vpcep_pulumi.testing.pytest_plugin"])
def test_an_import_brings_nothing_heavy(module, tmp_path):
    """pytest loads the plugin in every run of whoever has the package installed."""
    found = python(f"import sys, {module}\nprint(*sys.modules)", tmp_path)
    assert found.returncode == 0, found.stderr
    modules = set(found.stdout.split())
    assert module in modules
    assert {name.partition(".")[0] for name in modules} & set(HEAVY) == set()


def test_a_run_that_uses_no_fixture_brings_nothing_heavy(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\n\ndef test_it():\n"
        f"    assert not set({HEAVY!r}) - {{'rich'}} & set(sys.modules)\n"
        "    assert 'vpcep_pulumi.testing.pytest_plugin' in sys.modules\n"
    )
    code = "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'vpcep_pulumi.testing.pytest_plugin']))"
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=environ
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "1 passed" in found.stdout


def test_the_version_needs_nothing_heavy(tmp_path):
    found = python("import sys, vpcep_pulumi\nprint(vpcep_pulumi.__version__, *sys.modules)", tmp_path)
    version, *modules = found.stdout.split()
    assert version
    assert {name.partition(".")[0] for name in modules} & set(HEAVY) == set()


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("simulator", "--help"), ("demo", "--help")])
def test_the_command_shows_its_help_without_the_extra_testing(arguments, tmp_path):
    found = without_testing(tmp_path, *arguments)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout


@pytest.mark.parametrize("command", ["simulator", "demo"])
def test_a_command_that_needs_the_extra_testing_says_so(command, tmp_path):
    found = without_testing(tmp_path, command)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr in {
        f"this command needs {name}: install it with `pip install 'vpcep-pulumi[testing]'`\n"
        for name in WITHOUT_TESTING
    }
