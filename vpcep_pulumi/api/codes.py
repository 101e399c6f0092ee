"""The API's error codes: what each says about the request, and what the user can do.

Only codes that need a treatment of their own are listed. For any other, :func:`look_up` goes by the HTTP status.

Source: "Error Codes" in the VPC Endpoint API reference. The reference spells the prefix
``EndPoint.`` and ``Endpoint.``, gateways spell theirs ``APIGW.`` and ``APIG.``. So codes are compared
without case, and a gateway's without its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from vpcep_pulumi.errors import RefusalKind


class Code(NamedTuple):
    """One code: its kind, and what to do; ``advice`` is empty if there is nothing to do."""

    kind: RefusalKind
    advice: str = ""


CREDENTIAL = "check the access key, or ask for a new token"

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "endpoint.0001": Code(RefusalKind.BROKEN),
        "endpoint.0003": Code(RefusalKind.UNAUTHENTICATED, CREDENTIAL),
        "endpoint.0005": Code(RefusalKind.ABSENT),
        # The HTTP status is 504, but it is a mistake of the client: never retried.
        "endpoint.0011": Code(RefusalKind.REFUSED, "the body was lost on the way: look at the proxy in between"),
        "endpoint.0012": Code(RefusalKind.REFUSED, "the headers were lost on the way: look at the proxy in between"),
        "endpoint.0013": Code(RefusalKind.BROKEN),
        "endpoint.0014": Code(RefusalKind.REFUSED, "the project does not belong to this region: check projectId"),
        # The HTTP status is 400, but it is throttling.
        "endpoint.0022": Code(RefusalKind.THROTTLED),
        "endpoint.2003": Code(RefusalKind.ABSENT),
        "endpoint.2004": Code(RefusalKind.BUSY),
        "endpoint.2006": Code(RefusalKind.ABSENT),
        "endpoint.2007": Code(RefusalKind.ABSENT),
        "endpoint.2008": Code(RefusalKind.ABSENT),
        "endpoint.2013": Code(RefusalKind.ABSENT),
        "endpoint.2014": Code(RefusalKind.STATUS),
        "endpoint.2015": Code(
            RefusalKind.REFUSED, "the endpoint is frozen: its owner's account is in arrears or restricted"
        ),
        "endpoint.2018": Code(RefusalKind.STATUS),
        "endpoint.2019": Code(RefusalKind.STATUS),
        "endpoint.2047": Code(RefusalKind.STATUS),
        "endpoint.2051": Code(RefusalKind.BUSY),
        "endpoint.3062": Code(RefusalKind.ABSENT),
        # A gateway's codes without the prefix: bad credentials, of IAM or of an application.
        "0301": Code(RefusalKind.UNAUTHENTICATED, CREDENTIAL),
        "0303": Code(RefusalKind.UNAUTHENTICATED, CREDENTIAL),
        # "policy user over ratelimit,limit:200,time:5 minute" was seen.
        "0308": Code(RefusalKind.THROTTLED),
    }
)

HTTP_STATUSES: Mapping[int, Code] = MappingProxyType(
    {
        401: Code(RefusalKind.UNAUTHENTICATED, CREDENTIAL),
        404: Code(
            RefusalKind.REFUSED, "what answers there is not the VPC Endpoint API: check the region and the endpoint"
        ),
        429: Code(RefusalKind.THROTTLED),
        500: Code(RefusalKind.BROKEN),
        502: Code(RefusalKind.BROKEN),
        503: Code(RefusalKind.BROKEN),
        504: Code(RefusalKind.BROKEN),
    }
)
"""What an HTTP status says if the body names no code of :data:`CODES`."""


def look_up(http_status: int, code: str) -> Code:
    """The kind of a refusal: by its code, else by its HTTP status. 401 means the same with every code."""
    name = code.lower()
    if name.startswith(("apigw.", "apig.")):
        name = name.partition(".")[2]
    if name not in CODES and http_status == 404 and name.startswith("endpoint."):
        # The service's own 404. Any other is a gateway's or a proxy's, and says nothing about connections.
        return Code(RefusalKind.ABSENT)
    if http_status == 401:
        return HTTP_STATUSES[401]
    known = CODES.get(name) or HTTP_STATUSES.get(http_status)
    if known is not None:
        return known
    return Code(RefusalKind.BROKEN if http_status >= 500 else RefusalKind.REFUSED)
