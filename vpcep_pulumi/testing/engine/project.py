"""A Pulumi project as its files describe it: ``Pulumi.yaml`` and ``Pulumi.<stack>.yaml``, or others of their kind.

Source: "Pulumi.yaml" and "Pulumi.<stack>.yaml" in Pulumi's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from vpcep_pulumi.testing.engine.configuration import Config, Sources
from vpcep_pulumi.testing.engine.errors import EngineError, Unsupported
from vpcep_pulumi.testing.engine.project_files import find, mapping, read
from vpcep_pulumi.testing.engine.values import Secret
from vpcep_pulumi.testing.loopback import without_proxy

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
ORGANIZATION = "organization"
UNNAMED = "program"
"""The project of a program without a ``Pulumi.yaml``."""
Function: TypeAlias = Callable[[], Awaitable[None] | None]
Program: TypeAlias = Path | Function
"""A project's folder, a program's file, or a function that declares resources."""


@dataclass(frozen=True)
class Project:
    """A project.

    :ivar root: the folder of the project's file; the current one for a function.
    :ivar program: the folder, file or function to run.
    :ivar document: what is in the project's file.
    :ivar ending: the ending of its name, which is that of the stacks' files, too.
    """

    name: str
    root: Path
    program: Program
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ending: str = ".yaml"

    @property
    def folder(self) -> Path:
        """Where the program runs."""
        if not isinstance(self.program, Path):
            return self.root
        return self.program if self.program.is_dir() else self.program.parent

    def config(self, stack: str, phrase: str | None, extra: Mapping[str, str | Secret] | None = None) -> Config:
        """The stack's configuration: the project's defaults, the stack's file, and what is given here.

        :param phrase: the passphrase of the stack's secrets, None where there is none.
        :param extra: more values; a key without a namespace is the project's.
        :raises EngineError: it cannot be read, a value is missing or of another type, a secret cannot be decrypted.
        """
        path = self.stack_file(stack)
        document = read(path) if path.exists() else {}
        return self._sources(stack, document).config(extra or {}, phrase)

    def structured(self, stack: str, extra: Mapping[str, str | Secret]) -> dict[str, Any]:
        """Those of more values that the project declares to be lists or objects, as such."""
        return self._sources(stack, {}).structured(extra)

    def _sources(self, stack: str, document: Mapping[str, Any]) -> Sources:
        declared = self.document.get("config")
        # Formerly it was the folder of the stacks' files.
        return Sources(self.name, None if isinstance(declared, str) else declared, stack, document)

    def stack_file(self, stack: str) -> Path:
        """Where a stack's configuration is, whether or not it is there."""
        config = self.document.get("config")
        folder = self.document.get("stackConfigDir") or (config if isinstance(config, str) else "")
        return self.root / str(folder) / f"Pulumi.{stack.replace('/', '-')}{self.ending}"

    @property
    def refreshes(self) -> bool:
        """Whether the project asks for a refresh before each operation."""
        return mapping(self.document.get("options"), "options of the project").get("refresh") == "always"


@dataclass(frozen=True)
class Target:
    """What an operation is carried out on.

    :ivar environ: the environment of the program and of the provider.
    """

    project: Project
    stack: str
    config: Config
    environ: Mapping[str, str] = field(repr=False)

    def variables(self) -> dict[str, str]:
        """The environment, with what Pulumi's own hosts add to it."""
        return {
            **without_proxy(self.environ),
            "PULUMI_PROJECT": self.project.name,
            "PULUMI_STACK": self.stack,
            "PULUMI_ORGANIZATION": ORGANIZATION,
            "PULUMI_ROOT": str(self.project.root),
            "PULUMI_CONFIG": json.dumps(dict(self.config.values)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.config.secrets)),
        }


def load(program: Program) -> Project:
    """The project of a folder, of a single program file, or of a function.

    A folder or file without a project's file of its own may be the ``main`` of a project above it.

    :raises EngineError: there is none, or its files cannot be read.
    """
    if not isinstance(program, Path):
        return Project(UNNAMED, Path.cwd(), program)
    path = program.resolve()
    file = find(path) if path.is_dir() else None
    if file is not None:
        return _project(file)
    above = next(filter(None, map(find, path.parents)), None)
    if above is not None and _main(above.parent, read(above)) == path:
        return _project(above)
    if path.is_file():
        return Project(UNNAMED, path.parent, path)
    if not path.exists():
        raise EngineError(f"there is nothing at {path}")
    if not (path / "__main__.py").exists():
        raise EngineError(f"there is no Pulumi.yaml and no __main__.py in {path}")
    return Project(UNNAMED, path, path)


def _project(file: Path) -> Project:
    document = read(file)
    runtime = document.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise Unsupported(f"programs in {language}")
    name = document.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise EngineError(f"{file}: the project needs a name")
    main = _main(file.parent, document)
    if not main.exists():
        raise EngineError(f"{file}: there is nothing at main: {document['main']}")
    return Project(name, file.parent, main, document, file.suffix)


def _main(folder: Path, document: Mapping[str, Any]) -> Path:
    return (folder / str(document.get("main") or "")).resolve()
