"""The package as it is published, built once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Built:
    """The two files of a release."""

    wheel: Path
    sdist: Path


def build(source: Path, folder: Path) -> Built:
    """Build from a folder, with the backend that is installed, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), "-t", "wheel", "-t", "sdist"]
    made = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Built:
    return build(ROOT, tmp_path_factory.mktemp("built"))
