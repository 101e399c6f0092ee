"""Pulumi's passphrase secrets: the same form, so that what ``pulumi config set --secret`` wrote can be read.

Source: sdk/go/common/resource/config/crypt.go: AES-256-GCM under a key that PBKDF2 (SHA-256, a million
rounds) makes of the passphrase and a salt of 8 bytes.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from vpcep_pulumi.testing.engine.errors import EngineError

ROUNDS = 1_000_000
VERSION = "v1"
CHECK = "pulumi"
"""What the salt is stored with, encrypted: it tells a wrong passphrase at once."""


class Passphrase:
    """Encrypts and decrypts under a passphrase and a salt.

    :ivar salt: as Pulumi stores it, beside an encrypted word: ``v1:<salt>:v1:<nonce>:<ciphertext>``.
    """

    def __init__(self, phrase: str, salt: str | None = None) -> None:
        if salt is None:
            raw = os.urandom(8)
            self._cipher = AESGCM(_key(phrase, raw))
            self.salt = f"{VERSION}:{b64encode(raw).decode()}:{self.encrypt(CHECK)}"
            return
        parts = salt.split(":", 2)
        if len(parts) != 3 or parts[0] != VERSION:
            raise EngineError(f"a salt that begins with {parts[0]!r} is not known here")
        self._cipher = AESGCM(_key(phrase, b64decode(parts[1])))
        self.salt = salt
        if self.decrypt(parts[2]) != CHECK:
            raise EngineError("incorrect passphrase")

    def encrypt(self, text: str) -> str:
        """Encrypt a text: ``v1:<nonce>:<ciphertext>``."""
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return f"{VERSION}:{b64encode(nonce).decode()}:{b64encode(sealed).decode()}"

    def decrypt(self, text: str) -> str:
        """Decrypt what :meth:`encrypt` or Pulumi made.

        :raises EngineError: the passphrase is another one, or the text is none of theirs.
        """
        try:
            version, nonce, sealed = text.split(":")
            if version != VERSION:
                raise EngineError(f"a secret that begins with {version!r} is not known here")
            return self._cipher.decrypt(b64decode(nonce), b64decode(sealed), None).decode()
        except InvalidTag:
            raise EngineError(
                "incorrect passphrase, set PULUMI_CONFIG_PASSPHRASE to the one it was made with"
            ) from None
        except ValueError:
            raise EngineError("this is not an encrypted secret") from None


def phrase_of(environ: Mapping[str, str]) -> str | None:
    """The passphrase that the environment names, as for Pulumi itself; an empty one counts."""
    if "PULUMI_CONFIG_PASSPHRASE" in environ:
        return environ["PULUMI_CONFIG_PASSPHRASE"]
    path = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EngineError(f"cannot read PULUMI_CONFIG_PASSPHRASE_FILE: {error.strerror}") from None


@lru_cache(maxsize=16)
def _key(phrase: str, salt: bytes) -> bytes:
    """Kept for the life of the process: a million rounds take half a second."""
    return PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(phrase.encode())
