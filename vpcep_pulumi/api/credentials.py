"""The credentials of a request, in a form that no repr, log or traceback reveals."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True)
class AccessKey:
    """An access key (AK/SK); temporary if it has a security token.

    :ivar access_key: the AK: an identifier, not a secret, though nothing here prints it.
    :ivar secret_key: the SK.
    :ivar security_token: of a temporary key, else None.
    """

    access_key: str
    secret_key: SecretStr
    security_token: SecretStr | None = None

    def __repr__(self) -> str:
        return "AccessKey(…)"


@dataclass(frozen=True)
class Token:
    """A token of IAM (the header ``X-Subject-Token`` of IAM's response)."""

    value: SecretStr

    def __repr__(self) -> str:
        return "Token(…)"


Credential = AccessKey | Token


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """The parts of a credential that must be masked if a server echoes them."""
    held = (credential.value,) if isinstance(credential, Token) else (credential.secret_key, credential.security_token)
    return tuple(secret.get_secret_value() for secret in held if secret is not None)
