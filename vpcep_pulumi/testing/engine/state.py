"""The state of a stack: a file that is written whole, and a journal of the steps since.

The file has the shape of Pulumi's own deployments. After every step one line goes to the journal and to the disk; at
the end of an operation the file is written aside, synchronised and renamed, and the journal is dropped. Whenever
the engine is killed, the next one reads the file, replays the journal's whole lines, and knows what was under way.
No secret is ever written in plain, and the files are the user's alone.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from filelock import FileLock, Timeout

from vpcep_pulumi.testing.engine import files
from vpcep_pulumi.testing.engine.documents import Document, Documents
from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.providers import with_default_provider
from vpcep_pulumi.testing.engine.resource import Resource

VERSION = 3


@dataclass(frozen=True)
class Pending:
    """A step that was under way when an engine was killed."""

    op: str
    urn: str


class State:
    """A stack's resources, in an order in which each comes after those that it depends on.

    :param path: the file; nothing is written where it is None (in a preview).
    :param phrase: the passphrase of secrets, None where there is none.
    :ivar interrupted: what was under way when the last engine was killed.
    """

    def __init__(self, path: Path, phrase: str | None, *, writes: bool) -> None:
        self.path = path
        self.resources: list[Resource] = []
        self.interrupted: list[Pending] = []
        self._under_way: list[Pending] = []
        self._documents = Documents(phrase, str(path))
        self._writes = writes
        self._lock = FileLock(f"{path}.lock", mode=files.FILE_MODE)
        self._turn = threading.RLock()
        self._journal: IO[str] | None = None
        self._generation = 0
        self._next = 0
        self._done: list[Resource] = []

    def __enter__(self) -> Self:
        files.make_folder(self.path.parent)
        files.check_own(Path(self._lock.lock_file))
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise EngineError(f"another engine is at work on {self.path}; try again when it is done") from None
        try:
            self._load()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(save=True)

    def close(self, *, save: bool) -> None:
        """Let others at it. It may be closed more than once.

        :param save: whether the file is written anew; without, the next engine reads the journal, as after a kill.
        """
        journal, self._journal = self._journal, None
        try:
            if journal is not None:
                journal.close()
                if save:
                    self._save()
        finally:
            self._lock.release()

    def can_hold(self, values: Mapping[str, Any]) -> bool:
        """Whether values may be written: secrets need a passphrase."""
        return self._documents.can_hold(values)

    def begin(self, op: str, urn: str) -> None:
        """A step is under way."""
        with self._turn:
            self._under_way.append(Pending(op, urn))
            self._write(["begin", op, urn])

    def abandon(self, urn: str) -> None:
        """The step that was under way failed, and its provider said so."""
        with self._turn:
            self._ended(urn)
            self._write(["abandon", urn])

    def put(self, *entries: tuple[Resource, Resource | None], changed: bool = True) -> None:
        """A step is done: each entry, and the one that it takes the place of, at once or not at all.

        :param changed: whether there is anything to write.
        """
        with self._turn:
            lines = []
            for resource, former in entries:
                self._ended(resource.urn)
                place = self._done.index(former) if former in self._done else len(self._done)
                dropped = self._drop(former)
                self._done.insert(place, resource)
                if changed or dropped < 0:
                    resource.serial, self._next = self._next, self._next + 1
                    lines.append([resource.serial, dropped, self._sealed(resource)])
                else:
                    resource.serial = dropped
            if lines:
                self._write(["put", lines])

    def refreshed(self, new: Resource, old: Resource) -> None:
        """What was found instead of an entry; it keeps its place among those that are still to come."""
        with self._turn:
            new.serial, self._next = self._next, self._next + 1
            self.resources[self.resources.index(old)] = new
            self._write(["put", [[new.serial, old.serial, self._sealed(new)]]])

    def remove(self, resource: Resource) -> None:
        """A step is done: the resource is gone."""
        with self._turn:
            self._ended(resource.urn)
            self._write(["drop", self._drop(resource), resource.urn])

    def all(self) -> list[Resource]:
        """Every entry as things stand now: those that this operation has done, then the others."""
        with self._turn:
            return [*self._done, *self.resources]

    def rewrite(self, resources: list[Resource]) -> None:
        """Put other resources in the place of those that there are, in one go."""
        with self._turn:
            self.resources, self._done = resources, []
            self._save()
            self._next = len(resources)
            for serial, resource in enumerate(resources):
                resource.serial = serial

    def settled(self) -> None:
        """The operation came to a good end: nothing is under way any more."""
        if self.interrupted:
            self.interrupted.clear()
            self._write(["settled"])

    def _ended(self, urn: str) -> None:
        self._under_way = [each for each in self._under_way if each.urn != urn]

    def _drop(self, resource: Resource | None) -> int:
        if resource is None:
            return -1
        for entries in (self.resources, self._done):
            if resource in entries:
                entries.remove(resource)
        return resource.serial

    def _write(self, line: list[Any]) -> None:
        if not self._writes:
            return
        with self._turn:
            if self._journal is None:
                self._journal = files.create(Path(f"{self.path}.journal"))
                self._append({"generation": self._generation})
            self._append(line)

    def _append(self, line: Any) -> None:
        assert self._journal is not None
        self._journal.write(json.dumps(line) + "\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _save(self) -> None:
        """Write the whole file aside, then put it in place, then drop the journal."""
        self._generation += 1
        aside = Path(f"{self.path}.new")
        with files.create(aside) as file:
            json.dump(self._deployment(self.all()), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)
        Path(f"{self.path}.journal").unlink(missing_ok=True)

    def _deployment(self, resources: Iterable[Resource]) -> dict[str, Any]:
        documents = [self._sealed(each) for each in resources]
        pending = dict.fromkeys([*self.interrupted, *self._under_way])
        salt = self._documents.salt
        provider = None if salt is None else {"type": "passphrase", "state": {"salt": salt}}
        return {
            "version": VERSION,
            "deployment": {
                "metadata": {"engine": "vpcep_pulumi.testing", "generation": self._generation},
                "secrets_providers": provider,
                "resources": documents,
                "pending_operations": [{"type": each.op, "urn": each.urn} for each in pending],
            },
        }

    def _load(self) -> None:
        numbered: dict[int, dict[str, Any]] = {}
        if self.path.exists():
            try:
                document = json.loads(self.path.read_text(encoding="utf-8"))
                deployment = document["deployment"]
                self._generation = deployment["metadata"]["generation"]
                self.interrupted = [Pending(each["type"], each["urn"]) for each in deployment["pending_operations"]]
            except (ValueError, KeyError, TypeError) as error:
                raise EngineError(f"{self.path} is not a state of the local engine: {error!r}") from None
            if document["version"] != VERSION:
                raise EngineError(f"{self.path} is a state of version {document['version']}, not {VERSION}")
            provider = deployment["secrets_providers"]
            if provider is not None:
                self._documents.unlock(provider["state"]["salt"])
            numbered = dict(enumerate(deployment["resources"]))
        replayed = self._replay(numbered)
        for serial, document in numbered.items():
            resource = self._documents.opened(document)
            resource.serial = serial
            self.resources.append(resource)
        self._next = max(numbered, default=-1) + 1
        completed = with_default_provider(self.resources)
        if self._writes and (replayed or completed is not self.resources):
            self.rewrite(completed)
        self.resources = completed

    def _replay(self, numbered: dict[int, dict[str, Any]]) -> bool:
        """Do the journal's whole lines again; a torn last one never happened."""
        journal = Path(f"{self.path}.journal")
        files.check_own(journal)
        if not journal.exists():
            return False
        lines = journal.read_text(encoding="utf-8").split("\n")[:-1]
        if not lines or json.loads(lines[0]) != {"generation": self._generation}:
            return False  # of a file that has been written since
        for what, *rest in map(json.loads, lines[1:]):
            if what == "begin":
                self.interrupted.append(Pending(*rest))
            elif what == "salt":
                self._documents.unlock(*rest)
            elif what == "settled":
                self.interrupted.clear()
            else:
                ended = {rest[-1]} if what != "put" else {document["urn"] for _, _, document in rest[0]}
                self.interrupted = [each for each in self.interrupted if each.urn not in ended]
                for serial, dropped, document in rest[0] if what == "put" else ():
                    numbered.pop(dropped, None)
                    numbered[serial] = document
                if what == "drop":
                    numbered.pop(rest[0], None)
        return True

    def _sealed(self, resource: Resource) -> Document:
        salt = self._documents.salt
        found = self._documents.sealed(resource)
        if self._documents.salt != salt:
            self._write(["salt", self._documents.salt])
        return found
