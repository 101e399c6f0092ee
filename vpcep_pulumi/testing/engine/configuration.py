"""A stack's configuration: the project's defaults, the stack's file, and what is given besides.

Source: pkg/workspace/config.go and sdk/go/common/resource/config/object.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vpcep_pulumi.testing.engine.errors import EngineError, Unsupported
from vpcep_pulumi.testing.engine.project_files import mapping, text
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.engine.values import Secret, plain

INTEGER = re.compile(r"[-+]?[0-9]+")
STRUCTURES = ("array", "object")
OWN_PROVIDERS = ("", "default", "passphrase")
"""The names of secrets providers that stand for a passphrase."""


@dataclass(frozen=True)
class Config:
    """A stack's configuration.

    :ivar values: by ``namespace:name``; an object or a list as its JSON text, as Pulumi passes it.
    :ivar secrets: the names of those that are secret, or hold a secret.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()


class Decrypter:
    """Decrypts the secrets of a stack's file.

    :param document: the stack's file.
    :param phrase: the passphrase, None where there is none.
    """

    def __init__(self, document: Mapping[str, Any], phrase: str | None) -> None:
        self._document, self._phrase = document, phrase
        self._crypter: Passphrase | None = None

    def decrypt(self, name: str, sealed: str) -> str:
        """A secret's text.

        :param name: the key that it belongs to, for errors.
        :raises EngineError: there is no passphrase, or another one.
        :raises Unsupported: it takes something else than a passphrase.
        """
        provider = str(self._document.get("secretsprovider") or "")
        if provider not in OWN_PROVIDERS or self._document.get("encryptedkey"):
            raise Unsupported(f"secrets of {provider or 'another secrets provider than a passphrase'} ({name})")
        if not self._document.get("encryptionsalt"):
            raise Unsupported(f"secrets of another secrets provider than a passphrase ({name} has no encryptionsalt)")
        if self._phrase is None:
            raise EngineError(f"{name} is a secret: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE")
        self._crypter = self._crypter or Passphrase(self._phrase, str(self._document["encryptionsalt"]))
        return self._crypter.decrypt(sealed)


@dataclass(frozen=True)
class Declared:
    """A key of the project's file.

    :ivar type: what it must be, such as ``array<string>``; empty where it may be anything.
    :ivar default: its value where the stack says none.
    """

    type: str
    items: Mapping[str, Any]
    secret: bool
    default: Any

    @classmethod
    def of(cls, setting: Any) -> Declared:
        """As the file declares it: a value, or an object that tells more."""
        if not isinstance(setting, dict):
            return cls("", {}, secret=False, default=setting)
        items = mapping(setting.get("items"), "items")
        return cls(
            str(setting.get("type") or ""),
            items,
            bool(setting.get("secret")),
            setting.get("default", setting.get("value")),
        )

    def problem(self, content: Any, *, secret: bool) -> str:
        """What is wrong with a value; empty where nothing is."""
        if not self.type:
            return ""
        if self.secret and not secret:
            return "must be encrypted as it's secret"
        content = content if isinstance(content, dict | list) else text(content)
        return "" if _is(self.type, self.items, content) else f"must be of type '{_full(self.type, self.items)}'"


@dataclass(frozen=True)
class Sources:
    """Where a stack's configuration comes from.

    :ivar project: the project's name, the namespace of keys that have none.
    :ivar declared: what the project's file says of configuration.
    :ivar stack: the stack's name.
    :ivar document: the stack's file.
    """

    project: str
    declared: Any
    stack: str
    document: Mapping[str, Any] = field(repr=False)

    def config(self, given: Mapping[str, str | Secret], phrase: str | None) -> Config:
        """What programs are given.

        :param given: more values, which win over the stack's file.
        :param phrase: the passphrase of the stack's secrets, None where there is none.
        :raises EngineError: a value is missing, of another type, or a secret cannot be decrypted.
        """
        if self.document.get("environment"):
            raise Unsupported(f"environments of Pulumi ESC (the file of the stack {self.stack} names one)")
        contents, secrets = self._stored(Decrypter(self.document, phrase))
        structured = self.structured(given)
        for key, value in given.items():
            name = self._name(key)
            contents[name] = structured.get(key, str(plain(value)))
            secrets = secrets | {name} if isinstance(value, Secret) else secrets - {name}
        declared = self._declared()
        self._complete(contents, declared)
        for key, each in declared.items():
            name = self._name(key)
            problem = name in contents and each.problem(contents[name], secret=name in secrets)
            if problem:
                raise EngineError(f"Stack '{self.stack}' with configuration key '{key}' {problem}")
        return Config({name: text(value) for name, value in contents.items()}, frozenset(secrets))

    def structured(self, given: Mapping[str, str | Secret]) -> dict[str, Any]:
        """Those of the given values, as objects and lists, that the project declares to be such and JSON spells."""
        types = {self._name(key): each.type for key, each in self._declared().items()}
        found: dict[str, Any] = {}
        for key, value in given.items():
            if types.get(self._name(key)) in STRUCTURES:
                with suppress(ValueError):
                    found[key] = json.loads(str(plain(value)))
        return found

    def _declared(self) -> dict[str, Declared]:
        return {key: Declared.of(each) for key, each in mapping(self.declared, "config of the project").items()}

    def _name(self, key: str) -> str:
        return key if ":" in key else f"{self.project}:{key}"

    def _stored(self, decrypter: Decrypter) -> tuple[dict[str, Any], set[str]]:
        """What is in the stack's file, in plain, and the names of what is secret."""
        contents: dict[str, Any] = {}
        secrets: set[str] = set()
        for key, value in mapping(self.document.get("config"), f"config of the stack {self.stack}").items():
            name = self._name(key)
            contents[name], secret = _opened(value, partial(decrypter.decrypt, name))
            secrets |= {name} if secret else set()
        return contents, secrets

    def _complete(self, contents: dict[str, Any], declared: Mapping[str, Declared]) -> None:
        """Add the project's defaults."""
        missing = []
        for key, each in declared.items():
            name = self._name(key)
            if name in contents:
                continue
            if each.default is not None:
                contents[name] = each.default
            elif name.startswith(f"{self.project}:"):
                missing.append(f"'{key}'")
        if missing:
            raise EngineError(f"Stack '{self.stack}' is missing configuration value {', '.join(sorted(missing))}")


def _opened(value: Any, decrypt: Callable[[str], str]) -> tuple[Any, bool]:
    """A value with its secrets in plain, and whether there is any in it."""
    if isinstance(value, dict):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return decrypt(value["secure"]), True
        opened = {key: _opened(each, decrypt) for key, each in value.items()}
        return {key: each for key, (each, _) in opened.items()}, any(secret for _, secret in opened.values())
    if isinstance(value, list):
        items = [_opened(each, decrypt) for each in value]
        return [each for each, _ in items], any(secret for _, secret in items)
    return value, False


def _is(type_: str, items: Mapping[str, Any], content: Any) -> bool:
    """Whether a value is of a type. Texts that read as numbers or booleans are, as the CLI sees it."""
    if type_ == "array":
        inner, of = mapping(items.get("items"), "items"), str(items.get("type"))
        return isinstance(content, list) and bool(items) and all(_is(of, inner, each) for each in content)
    if type_ == "object":
        return isinstance(content, dict)
    if type_ == "boolean":
        return isinstance(content, bool) or content in ("true", "false")
    if type_ == "integer" and not isinstance(content, str):
        return isinstance(content, int | float) and not isinstance(content, bool) and content == int(content)
    return isinstance(content, str) and (type_ != "integer" or INTEGER.fullmatch(content) is not None)


def _full(type_: str, items: Mapping[str, Any]) -> str:
    if type_ != "array" or not items:
        return type_
    return f"array<{_full(str(items.get('type')), mapping(items.get('items'), 'items'))}>"
