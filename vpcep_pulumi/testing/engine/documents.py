"""Resources as JSON documents, in the shape of Pulumi's own deployments; no secret is ever in one in plain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.resource import KEYS, Resource
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.engine.values import SECRET, SIGNATURE, UNKNOWN, Secret, contains

Document = dict[str, Any]
ALWAYS = ("urn", "type", "custom")
"""What a document has even where it says nothing."""


class Documents:
    """Turns resources into documents, and back.

    :param phrase: the passphrase of secrets, None where there is none.
    :param where: the state, for errors.
    """

    def __init__(self, phrase: str | None, where: str) -> None:
        self._phrase, self._where = phrase, where
        self._crypter: Passphrase | None = None

    @property
    def salt(self) -> str | None:
        """The salt that secrets are encrypted under; None before the first one."""
        return None if self._crypter is None else self._crypter.salt

    def can_hold(self, values: Mapping[str, Any]) -> bool:
        """Whether values may be written: secrets need a passphrase."""
        return self._phrase is not None or not contains(dict(values), Secret)

    def unlock(self, salt: str) -> None:
        """Take the salt of a state that holds secrets.

        :raises EngineError: there is no passphrase, or another one.
        """
        if self._phrase is None:
            raise EngineError(f"{self._where} holds secrets: set PULUMI_CONFIG_PASSPHRASE")
        self._crypter = Passphrase(self._phrase, salt)

    def sealed(self, resource: Resource) -> Document:
        """The document of a resource.

        :raises EngineError: it holds a secret, and there is no passphrase.
        """
        found = {key: getattr(resource, name) for name, key in KEYS.items()}
        return {key: self._seal(value) for key, value in found.items() if value or key in ALWAYS}

    def opened(self, document: Document) -> Resource:
        """The resource of a document."""
        return Resource(**{name: self._open(document[key]) for name, key in KEYS.items() if key in document})

    def _seal(self, value: Any) -> Any:
        if isinstance(value, Secret):
            if self._crypter is None:
                if self._phrase is None:
                    raise EngineError("a secret would have to be written in plain: set PULUMI_CONFIG_PASSPHRASE")
                self._crypter = Passphrase(self._phrase)
            return {SIGNATURE: SECRET, "ciphertext": self._crypter.encrypt(json.dumps(_spelled(value.value)))}
        if isinstance(value, dict):
            return {name: self._seal(each) for name, each in value.items()}
        return [self._seal(each) for each in value] if isinstance(value, list) else _spelled(value)

    def _open(self, value: Any) -> Any:
        if isinstance(value, dict):
            if value.get(SIGNATURE) == SECRET:
                assert self._crypter is not None
                return Secret(_read(json.loads(self._crypter.decrypt(value["ciphertext"]))))
            return {name: self._open(each) for name, each in value.items()}
        return [self._open(each) for each in value] if isinstance(value, list) else _read(value)


def _spelled(value: Any) -> Any:
    """An unknown, which a targeted update can leave in outputs, is spelled as it travels."""
    if isinstance(value, dict):
        return {name: _spelled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return rpc.UNKNOWN if value is UNKNOWN else value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _read(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_read(each) for each in value]
    return UNKNOWN if value == rpc.UNKNOWN else value
