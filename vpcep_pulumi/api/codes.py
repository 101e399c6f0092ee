"""The API's error codes: what each says about the request, and what its reader can do.

Only codes that change what happens next are listed; any other is a plain refusal.

Source: "Error Codes" in the VPC Endpoint API reference. The reference spells the prefix
``EndPoint.`` and ``Endpoint.``, gateways spell theirs ``APIGW.`` and ``APIG.``: codes are compared
without case, and a gateway's without its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from vpcep_pulumi.errors import RefusalKind


class Code(NamedTuple):
    """One code: its kind and, where there is something to do, what."""

    kind: RefusalKind
    advice: str = ""


CREDENTIAL = "check the access key, or ask for a new token"

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "endpoint.0001": Code(RefusalKind.BROKEN),
        "endpoint.0003": Code(RefusalKind.UNAUTHENTICATED, CREDENTIAL),
        "endpoint.0005": Code(RefusalKind.ABSENT),
        # 504 by number, but a client's mistake: never sent again.
        "endpoint.0011": Code(RefusalKind.REFUSED, "the body was lost on the way: look at the proxy in between"),
        "endpoint.0012": Code(RefusalKind.REFUSED, "the headers were lost on the way: look at the proxy in between"),
        "endpoint.0013": Code(RefusalKind.BROKEN),
        "endpoint.0014": Code(RefusalKind.REFUSED, "the project does not belong to this region: check projectId"),
        # 400 by number, but throttling.
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
        # A gateway's, without its prefix: IAM's and an application's credentials.
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
"""What an HTTP status says where the body names no code of :data:`CODES`."""


def look_up(http_status: int, code: str) -> Code:
    """The kind of a refusal, by its code and else by its HTTP status; 401 means the same with any code."""
    name = code.lower()
    if name.startswith(("apigw.", "apig.")):
        name = name.partition(".")[2]
    if name not in CODES and http_status == 404 and name.startswith("endpoint."):
        # Of any other 404, nothing is known of connections: it is a gateway's, or a proxy's.
        return Code(RefusalKind.ABSENT)
    if http_status == 401:
        return HTTP_STATUSES[401]
    known = CODES.get(name) or HTTP_STATUSES.get(http_status)
    if known is not None:
        return known
    return Code(RefusalKind.BROKEN if http_status >= 500 else RefusalKind.REFUSED)
