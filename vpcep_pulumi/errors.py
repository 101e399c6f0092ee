"""Everything this package raises on purpose.

::

    VpcepError
    ├── InputError               an input that a program declared is not valid
    ├── SharedEventsError        what a program declares cannot be passed to its provider
    ├── SettingsError            region, project, endpoint or credentials: missing, halved, contradictory
    ├── RequestError             a call to the API brought no answer that can be used
    │   ├── TransportError       no answer: cut off, timed out
    │   │   ├── UnreachableError     no connection: no such host, no route, refused; tried again for seconds
    │   │   └── HandshakeError       no connection: a certificate, its protocol or a proxy rules it out
    │   ├── AnswerError          an answer that is not the API's: HTML, truncated, about another connection
    │   └── ApiError             the API refused
    │       ├── AuthenticationError      401, or a code that means it: never sent again, five lock the access key
    │       └── PermissionDeniedError    403: an IAM action is missing
    └── ApprovalError            a declared decision cannot be carried out, or was not
        ├── ImpossibleError      the connection's status rules it out
        ├── OwnerError           the connection belongs to another account than expected
        ├── DeclaredElsewhereError   a delete would undo what another resource declares
        ├── NotSettledError      the connection did not reach the declared status in time
        ├── CancelledError       the operation was interrupted while it waited
        └── PartlyDone           something was changed all the same, and must be recorded

A message says what happened, to which connection, the API's code and request id, and what to do.
No message, repr or argument of these holds a secret.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class VpcepError(Exception):
    """The root of the hierarchy. Catch it to catch everything this package raises on purpose."""


class InputError(VpcepError):
    """An input that a program declared is not valid. Nothing was sent.

    :ivar property_name: the input's name, such as ``endpoint_id``; empty where it is not about one input.
    :ivar reason: what is wrong with it and what would be right.
    """

    def __init__(self, property_name: str, reason: str) -> None:
        super().__init__(f"{property_name}: {reason}" if property_name else reason)
        self.property_name = property_name
        self.reason = reason


class SharedEventsError(VpcepError):
    """What a program declares cannot be passed to the provider of its operation. Nothing was sent."""


class SettingsError(VpcepError):
    """Region, project, endpoint or credentials are missing, halved or contradictory. Nothing was sent."""


class RequestError(VpcepError):
    """A call to the API brought no answer that can be used.

    :ivar operation: what was asked, such as ``receive connection 7052… of service 4189…``.
    :ivar maybe_done: whether the server may have carried the request out all the same.
    :ivar advice: what to do; empty where there is nothing to say.
    """

    def __init__(self, operation: str, problem: str, *, maybe_done: bool, advice: str = "") -> None:
        super().__init__(f"{operation}: {problem}" + (f"; {advice}" if advice else ""))
        self.operation = operation
        self.maybe_done = maybe_done
        self.advice = advice


class TransportError(RequestError):
    """No answer came: the connection was cut off, or time ran out; or there was none to begin with, as below."""


class UnreachableError(TransportError):
    """There is no such host, no route to it, or nothing listens there. Nothing was sent."""


class HandshakeError(TransportError):
    """What was reached does not speak TLS, or is not trusted, or is a proxy that refuses. Nothing was sent, and trying
    again is no use.
    """


class AnswerError(RequestError):
    """An answer came that is not the API's: HTML, truncated JSON, a redirect, another connection's id."""


class RefusalKind(Enum):
    """What a refusal of the API says about the request that was refused."""

    THROTTLED = "too many requests; it was not carried out"
    BUSY = "the service is not ready for it now; it was not carried out"
    BROKEN = "the server failed; it may have been carried out"
    ABSENT = "there is no such connection, endpoint or service (any more)"
    STATUS = "the connection is in another status than was thought: read it again"
    UNAUTHENTICATED = "the credential is refused; never sent again, five bad signatures lock an access key"
    REFUSED = "sending it again would be refused again"


class ApiError(RequestError):
    """The API refused.

    :ivar kind: what that says about the request; by the code, where the API named a known one.
    :ivar http_status: the HTTP status code.
    :ivar code: the API's code as it was sent, such as ``EndPoint.2019``; empty where the answer named none.
    :ivar message: the API's own words; empty where it had none.
    :ivar request_id: the ``X-Request-Id`` to give to the vendor's support; empty where none was sent.
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
    """401, or a code that means it. Never sent again: five bad signatures lock an access key for five minutes."""


class PermissionDeniedError(ApiError):
    """403. The credentials are good, but an IAM action is missing."""


class ApprovalError(VpcepError):
    """A declared decision cannot be carried out, or was not."""


class ImpossibleError(ApprovalError):
    """The connection's status rules the declared decision out."""


class OwnerError(ApprovalError):
    """The connection belongs to another account than ``expected_domain_id``."""


class DeclaredElsewhereError(ApprovalError):
    """A delete would reject a connection that another resource of the program declares. Nothing was sent."""


class NotSettledError(ApprovalError):
    """The connection did not reach the declared status in time."""


class CancelledError(ApprovalError):
    """The operation was interrupted while it waited."""


class PartlyDone(ApprovalError):
    """Something was changed remotely, but the declared status was not reached. It must be recorded.

    :ivar id: the resource's id.
    :ivar outputs: what to record; ``errors`` among them says what went wrong.
    """

    def __init__(self, id_: str, values: dict[str, Any], cause: VpcepError) -> None:
        super().__init__(str(cause))
        self.id = id_
        self.outputs = values
