"""Shares events between the processes of one operation: in a file on this machine, while the program runs.

The processes of an operation (the program, one or more provider hosts) have one thing in common: the address of the
engine. The program makes a file with a name that is derived from this address. Every process appends its events to that
file, one JSON line each, and reads those of the others.

The program holds a lock (flock) on its file while it runs, and removes the file at the end. A file without a lock was
left over by a program that was killed. It is not read, and the next process that finds it removes it. So no event is
out of date.

The folder belongs to the user alone (mode 0700). Its path does not depend on the environment, because an inline program
and its engine may have different ones. The events hold ids, names and statuses, and no credential. The name of a
profile stands in plain text among them, even if the program gives it as a secret: the file is this user's alone, and is
removed as said above.

If there is no flock (Windows), each process knows only its own events.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vpcep_pulumi.errors import SharedEventsError
from vpcep_pulumi.operation.claims import Events, ProcessEvents
from vpcep_pulumi.operation.known import Event

try:
    import fcntl
    import pwd
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MODE = 0o700
FOLDER = "vpcep-pulumi"
READ_BYTES = 1 << 20


def candidates() -> tuple[Path, ...]:
    """The folders in which this user's own folder may be, the best first."""
    uid = os.getuid()
    try:
        home: tuple[Path, ...] = (Path(pwd.getpwuid(uid).pw_dir),)
    except KeyError:  # in a container, the user may have no entry in /etc/passwd
        home = ()
    return (Path(f"/run/user/{uid}"), Path("/tmp"), *home)  # noqa: S108 -- `is_own` looks at what is found


def own_folders(parents: Iterable[Path]) -> list[Path]:
    """The folders for this user's operations that exist."""
    return [folder for parent in parents if _is_own(folder := parent / f"{FOLDER}-{os.getuid()}")]


def new_folder(parents: Iterable[Path]) -> Path:
    """The folder for this user's operations. It is made if there is none.

    :raises SharedEventsError: it can be made nowhere.
    """
    found = own_folders(parents)
    if found:
        return found[0]
    for parent in parents:
        folder = parent / f"{FOLDER}-{os.getuid()}"
        try:
            folder.mkdir(mode=MODE)
        except OSError:
            continue  # the folder belongs to another user, or the parent cannot be written to
        return folder
    raise SharedEventsError(
        "what the program declares cannot be passed to its provider, so nothing is sent: none of "
        f"{', '.join(map(str, parents))} can hold a folder {FOLDER}-{os.getuid()} of this user alone (mode 0700)"
    )


def _is_own(folder: Path) -> bool:
    """Whether a folder exists, and belongs to this user alone. A symbolic link does not count."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and found.st_mode & 0o777 == MODE


def events_of(engine: str | None, *, makes: bool) -> Events:
    """The events of an engine's operation.

    :param engine: the engine's address, ``host:port``; None if there is none, as in a test of the provider alone.
    :param makes: whether this process is the program, which makes the file.
    """
    if engine is None or fcntl is None:
        return ProcessEvents()
    return SharedEvents(engine, candidates(), makes=makes)


class SharedEvents:
    """The events of one operation. Thread-safe.

    :param engine: the address of the operation's engine, ``host:port``.
    :param parents: where the folder may be; the same for all processes of the operation.
    :param makes: whether this process makes a file, as a program does.
    """

    is_shared = True

    def __init__(self, engine: str, parents: Iterable[Path], *, makes: bool) -> None:
        self._prefix = hashlib.sha256(engine.encode()).hexdigest()[:24]
        self._parents = tuple(parents)
        self._makes = makes
        self._lock = threading.Lock()
        self._files: dict[Path, BinaryIO] = {}
        """The files of all programs of this operation, including this process's own, open to read and append."""
        self._offsets: dict[Path, int] = {}
        """By file: how many bytes were read."""
        self._held: BinaryIO | None = None
        self._own: Path | None = None
        self._maker = os.getpid()
        self._alone: list[Event] = []
        """This process's events, in an operation that runs no program and so has no file."""

    def add(self, event: Event) -> None:
        """Append an event. From now on, every process finds it.

        :raises SharedEventsError: it cannot be written.
        """
        line = json.dumps(event).encode() + b"\n"
        with self._shared():
            file = self._files.get(self._own) if self._own is not None else next(iter(self._files.values()), None)
            if file is None:
                self._alone.append(event)
            elif os.write(file.fileno(), line) != len(line):  # O_APPEND: the system appends the line as a whole
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def new(self) -> Iterable[Event]:
        """The events since the last call, of all processes.

        :raises SharedEventsError: they cannot be read.
        """
        with self._shared():
            found, self._alone = self._alone, []
            for path in self._files:
                found += self._read(path)
            return found

    def close(self) -> None:
        """Remove the file that this process has made."""
        with self._lock:
            if self._own is not None and self._maker == os.getpid():  # a forked child leaves its parent's alone
                self._own.unlink(missing_ok=True)
            for file in self._files.values():
                file.close()
            if self._held is not None:
                self._held.close()
            self._files, self._held, self._own, self._makes = {}, None, None, False

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Run a block with the files of this operation open. An error of theirs becomes a SharedEventsError."""
        with self._lock:
            try:
                self._meet()
                yield
            except (OSError, ValueError) as error:
                raise SharedEventsError(
                    f"what the program declares cannot be passed to its provider: {type(error).__name__}: {error}"
                ) from None

    def _read(self, path: Path) -> list[Event]:
        """The events that were added since the last call. An incomplete line is left for the next call."""
        start, text = self._offsets.get(path, 0), b""
        while piece := os.pread(self._files[path].fileno(), READ_BYTES, start + len(text)):
            text += piece
        whole = text[: text.rfind(b"\n") + 1]
        events = [json.loads(line) for line in whole.splitlines()]
        self._offsets[path] = start + len(whole)
        return events

    def _meet(self) -> None:
        """Open all files of this operation that exist now. If this process has to make its own, do that first."""
        if self._makes and self._held is None:
            self._sweep()
            self._held = self._new_file(new_folder(self._parents))
        for path in (each for folder in own_folders(self._parents) for each in folder.glob(f"{self._prefix}.*.events")):
            if path not in self._files and (file := _opened(path)) is not None:
                if _is_held(file):
                    self._files[path] = file
                else:
                    path.unlink(missing_ok=True)
                    file.close()

    def _new_file(self, folder: Path) -> BinaryIO:
        """Make a file that is locked before other processes can see it under its final name."""
        while True:
            name = f"{self._prefix}.{os.getpid()}-{secrets.token_hex(4)}"
            aside = folder / f"{name}.new"
            file = os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._own = aside.rename(aside.with_suffix(".events"))
            except (BlockingIOError, FileNotFoundError):
                file.close()  # another process took it for a file that was left over
                continue
            return file

    def _sweep(self) -> None:
        """Remove the files that programs left over when they were killed, in any operation."""
        for folder in own_folders(self._parents):
            for path in (*folder.glob("*.events"), *folder.glob("*.new")):
                if (file := _opened(path)) is not None:
                    if not _is_held(file):
                        path.unlink(missing_ok=True)
                    file.close()


def _opened(path: Path) -> BinaryIO | None:
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.fdopen(os.open(path, flags), "r+b", buffering=0)
    except FileNotFoundError:
        return None


def _is_held(file: BinaryIO) -> bool:
    """Whether a process holds the lock of a file.

    The test uses a shared lock: two processes that test at once must not take each other for the holder.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False
