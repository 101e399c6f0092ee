"""Everything this package raises on purpose.

::

    VpcepError
    ├── InputError               an input that a program declared is not valid
    ├── SharedEventsError        what a program declares cannot be passed to its provider
    ├── SettingsError            region, project, endpoint or credentials: missing, incomplete, contradictory
    ├── RequestError             a request to the API got no usable response
    │   ├── TransportError       no response: cut off, timed out
    │   │   ├── UnreachableError     not connected: no such host, no route, refused; retried for a few seconds
    │   │   └── HandshakeError       not connected: because of a certificate, the TLS protocol or a proxy
    │   ├── AnswerError          a response that is not the API's: HTML, truncated, about another connection
    │   └── ApiError             the API refused the request
    │       ├── AuthenticationError      401, or an equivalent code: never retried, five lock the access key
    │       └── PermissionDeniedError    403: an IAM action is missing
    └── ApprovalError            a declared decision cannot be carried out, or was not
        ├── ImpossibleError      the connection's status does not allow it
        ├── OwnerError           the connection belongs to another account than expected
        ├── DeclaredElsewhereError   a delete would undo what another resource declares
        ├── NotSettledError      the connection did not reach the declared status in time
        ├── CancelledError       the operation was interrupted while it waited
        └── PartlyDone           the decision was not reached, but the state must record what was done

A message says what happened, to which connection, the API's code and request id, and what to do.
No message, repr or argument of these errors holds a secret.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class VpcepError(Exception):
    """The root of the hierarchy. Catch it to catch everything this package raises on purpose."""


class InputError(VpcepError):
    """An input that a program declared is not valid. Nothing was sent.

    :ivar property_name: the input's name, such as ``endpoint_id``; empty if the error is not about a single input.
    :ivar reason: what is wrong with it and what would be right.
    """

    def __init__(self, property_name: str, reason: str) -> None:
        super().__init__(f"{property_name}: {reason}" if property_name else reason)
        self.property_name = property_name
        self.reason = reason


class SharedEventsError(VpcepError):
    """What a program declares cannot be passed to its provider (see :mod:`vpcep_pulumi.operation.shared`).

    Nothing was sent.
    """


class SettingsError(VpcepError):
    """Region, project, endpoint or credentials are missing, incomplete or contradictory. Nothing was sent."""


class RequestError(VpcepError):
    """A request to the API got no usable response.

    :ivar operation: what was requested, such as ``receive connection 7052… of service 4189…``.
    :ivar maybe_done: whether the server may have carried out the request in spite of the error.
    :ivar advice: what to do; empty if there is no advice.
    """

    def __init__(self, operation: str, problem: str, *, maybe_done: bool, advice: str = "") -> None:
        super().__init__(f"{operation}: {problem}" + (f"; {advice}" if advice else ""))
        self.operation = operation
        self.maybe_done = maybe_done
        self.advice = advice


class TransportError(RequestError):
    """No response came: the network connection was cut off, timed out, or could not be made."""


class UnreachableError(TransportError):
    """There is no such host, no route to it, or nothing listens on its port. Nothing was sent."""


class HandshakeError(TransportError):
    """The peer does not speak TLS, is not trusted, or is a proxy that refuses. Nothing was sent. A retry is useless."""


class AnswerError(RequestError):
    """A response came that is not the API's: HTML, truncated JSON, a redirect, another connection's id."""


class RefusalKind(Enum):
    """What an error response of the API says about its request."""

    THROTTLED = "too many requests; it was not carried out"
    BUSY = "the service is not ready for it now; it was not carried out"
    BROKEN = "the server failed; it may have been carried out"
    ABSENT = "there is no such connection, endpoint or service (any more)"
    STATUS = "the connection is in another status than was thought: read it again"
    UNAUTHENTICATED = "the credential is refused; never sent again, five bad signatures lock an access key"
    REFUSED = "sending it again would be refused again"


class ApiError(RequestError):
    """The API refused the request.

    :ivar kind: what the refusal says about the request: by ``code`` if that is a known one, else by ``http_status``.
    :ivar http_status: the HTTP status code.
    :ivar code: the API's code as it was sent, such as ``EndPoint.2019``; empty if the response has none.
    :ivar message: the API's own message; empty if the response has none.
    :ivar request_id: the ``X-Request-Id`` to give to the vendor's support; empty if the response has none.
    :ivar retry_after: seconds that the server asked to wait, or None.
    """

    def __init__(
        self,
        operation: str,
        http_status: int,
        *,
        kind: RefusalKind = RefusalKind.REFUSED,
        code: str = "",
        message: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        maybe_done: bool = False,
        advice: str = "",
    ) -> None:
        where = f"HTTP {http_status}"
        if code:
            where = f"{code}, {where}"
        if request_id:
            where = f"{where}, request id {request_id}"
        super().__init__(
            operation,
            f"{message or 'the API refused without a reason'} ({where})",
            maybe_done=maybe_done,
            advice=advice,
        )
        self.http_status = http_status
        self.kind = kind
        self.code = code
        self.message = message
        self.request_id = request_id
        self.retry_after = retry_after


class AuthenticationError(ApiError):
    """401, or an equivalent code. Never retried: five bad signatures lock an access key for five minutes."""


class PermissionDeniedError(ApiError):
    """403. The credentials are valid, but do not allow the IAM action that the request needs."""


class ApprovalError(VpcepError):
    """A declared decision cannot be carried out, or was not."""


class ImpossibleError(ApprovalError):
    """The connection's status does not allow the declared decision."""


class OwnerError(ApprovalError):
    """The connection belongs to another account than ``expected_domain_id``."""


class DeclaredElsewhereError(ApprovalError):
    """A delete would reject a connection that another resource of the program declares. Nothing was sent."""


class NotSettledError(ApprovalError):
    """The connection did not reach the declared status in time."""


class CancelledError(ApprovalError):
    """The operation was interrupted while it waited."""


class PartlyDone(ApprovalError):
    """The declared status was not reached, but the state must record the outcome.

    Something was sent, or the state has lost a former entry of the connection, which a delete has removed.

    :ivar id: the resource's id.
    :ivar outputs: what to record; ``errors`` among them says what went wrong.
    """

    def __init__(self, id_: str, values: dict[str, Any], cause: VpcepError) -> None:
        super().__init__(str(cause))
        self.id = id_
        self.outputs = values
