"""Whether the API has accepted or refused a credential. A refused credential is never sent again.

Five bad signatures in a row lock an access key for five minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vpcep_pulumi.errors import AuthenticationError


class CredentialState:
    """What the clients of one credential know about it. They share it. Thread-safe; does not hold the credential."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._is_proven = False
        self._refused: AuthenticationError | None = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Guard one attempt. Until the credential is accepted, only one runs at a time: a bad one is refused once."""
        if self._is_proven:
            yield
            return
        with self._alone:
            yield

    def check(self, operation: str) -> None:
        """Stop a request if the credential was refused before. Call it immediately before the request is sent.

        :param operation: the operation's name, for the message.
        :raises AuthenticationError: the credential was refused before, for any request.
        """
        first = self._refused
        if first is not None:
            raise AuthenticationError(
                operation,
                first.http_status,
                kind=first.kind,
                code=first.code,
                message=f"not sent, the same credentials were refused before: {first.message}",
                request_id=first.request_id,
                advice=first.advice,
            )

    def proved(self) -> None:
        """Note that a request with the credential was carried out."""
        self._is_proven = True

    def refused(self, error: AuthenticationError) -> None:
        """Note that a request was refused because of the credential. No other is sent, even if some were accepted."""
        self._refused = error
