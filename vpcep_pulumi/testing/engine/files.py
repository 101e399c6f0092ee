"""Files that are the user's alone, in folders that others may write to.

A name that somebody else has planted (a symbolic link, another name of a file) is never written through.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from vpcep_pulumi.testing.engine.errors import EngineError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
"""Made here and now, or not opened at all."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, for the user alone."""
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def create(path: Path) -> IO[str]:
    """Open a new file for writing; whatever had its name is unlinked, and stays what it is.

    :raises EngineError: somebody else keeps that name.
    """
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, NEW, FILE_MODE)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror}") from None
    return os.fdopen(handle, "w", encoding="utf-8")


def check_own(path: Path) -> None:
    """Refuse a file that is another one under a second name: opening it would touch that.

    :raises EngineError: it is a link, or no file.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise EngineError(f"{path} is not a file of the engine's own, but a link or something else: remove it")
