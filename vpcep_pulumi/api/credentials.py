"""What a request is authenticated with, in a form that no repr, log or traceback gives away."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True)
class AccessKey:
    """An access key (AK/SK); temporary where it comes with a security token.

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
    """A token of IAM (the ``X-Subject-Token`` of its answer)."""

    value: SecretStr

    def __repr__(self) -> str:
        return "Token(…)"


Credential = AccessKey | Token


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """Everything of a credential that must not be repeated, should a server echo it."""
    held = (credential.value,) if isinstance(credential, Token) else (credential.secret_key, credential.security_token)
    return tuple(secret.get_secret_value() for secret in held if secret is not None)
