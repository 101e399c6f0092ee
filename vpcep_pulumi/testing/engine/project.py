"""A Pulumi project as its files describe it: ``Pulumi.yaml`` and ``Pulumi.<stack>.yaml``.

Source: "Pulumi.yaml" and "Pulumi.<stack>.yaml" in Pulumi's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from vpcep_pulumi.testing.engine.errors import EngineError, Unsupported
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.engine.values import Secret, plain
from vpcep_pulumi.testing.loopback import without_proxy

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
ORGANIZATION = "organization"
UNNAMED = "program"
"""The project of a program without a ``Pulumi.yaml``."""
Function: TypeAlias = Callable[[], Awaitable[None] | None]
Program: TypeAlias = Path | Function
"""A project's folder, a program's file, or a function that declares resources."""


@dataclass(frozen=True)
class Config:
    """A stack's configuration.

    :ivar values: by ``namespace:name``; an object or a list as its JSON text, as Pulumi passes it.
    :ivar secrets: the names of those that are secret.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Project:
    """A project.

    :ivar root: the folder of ``Pulumi.yaml``; the current one for a function.
    :ivar program: the folder, file or function to run.
    """

    name: str
    root: Path
    program: Program
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

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
        :raises EngineError: a secret cannot be decrypted.
        """
        values: dict[str, str] = {}
        secrets: set[str] = set()
        for key, setting in _mapping(self.document.get("config"), "config of Pulumi.yaml").items():
            default = setting.get("value", setting.get("default")) if isinstance(setting, dict) else setting
            if default is not None:
                values[self._key(key)] = _text(default)
        path = self.root / f"Pulumi.{stack}.yaml"
        document = _load(path) if path.exists() else {}
        crypter: Passphrase | None = None
        for key, value in _mapping(document.get("config"), f"config of {path.name}").items():
            name = self._key(key)
            if isinstance(value, dict) and set(value) == {"secure"}:
                if phrase is None:
                    raise EngineError(f"{name} is a secret: set PULUMI_CONFIG_PASSPHRASE")
                crypter = crypter or Passphrase(phrase, str(document.get("encryptionsalt", "")))
                values[name] = crypter.decrypt(str(value["secure"]))
                secrets.add(name)
            else:
                values[name] = _text(value)
        for key, value in (extra or {}).items():
            name = self._key(key)
            values[name] = str(plain(value))
            secrets = secrets | {name} if isinstance(value, Secret) else secrets - {name}
        return Config(values, frozenset(secrets))

    def _key(self, key: str) -> str:
        return key if ":" in key else f"{self.name}:{key}"


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

    :raises EngineError: there is none, or its files cannot be read.
    """
    if not isinstance(program, Path):
        return Project(UNNAMED, Path.cwd(), program)
    path = program.resolve()
    if path.is_file():
        return Project(UNNAMED, path.parent, path)
    file = path / "Pulumi.yaml"
    if not file.exists():
        if (path / "__main__.py").exists():
            return Project(UNNAMED, path, path)
        raise EngineError(f"there is no Pulumi.yaml and no __main__.py in {path}")
    document = _load(file)
    runtime = document.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise Unsupported(f"programs in {language}")
    name = document.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise EngineError(f"{file}: the project needs a name")
    main = (path / str(document.get("main", ""))).resolve()
    if not main.exists():
        raise EngineError(f"{file}: there is nothing at main: {document['main']}")
    return Project(name, path, main, document)


def _load(path: Path) -> Mapping[str, Any]:
    try:
        return _mapping(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except yaml.YAMLError as error:
        raise EngineError(f"{path} is not YAML: {error}") from None


def _mapping(document: Any, where: str) -> Mapping[str, Any]:
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise EngineError(f"{where}: a mapping is needed")
    return {str(key): value for key, value in document.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
