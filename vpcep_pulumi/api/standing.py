"""Whether a credential is good, as far as the API has said: a refused one is never sent again.

Five bad signatures in a row lock an access key for five minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vpcep_pulumi.errors import AuthenticationError


class Standing:
    """What all clients of one credential know of it together. Thread-safe; holds nothing of the credential itself."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._is_proven = False
        self._refused: AuthenticationError | None = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One attempt to send; alone until the credential has proved good, so that a bad one is refused once."""
        if self._is_proven:
            yield
            return
        with self._alone:
            yield

    def check(self, operation: str) -> None:
        """Let a request go, unless the credential was refused. The last thing to ask before it is sent.

        :param operation: its name, for the message.
        :raises AuthenticationError: the credential was refused before, by whatever request.
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
        """A request was carried out with it."""
        self._is_proven = True

    def refused(self, error: AuthenticationError) -> None:
        """A request was refused because of it: no other is sent, however good it was before."""
        self._refused = error
