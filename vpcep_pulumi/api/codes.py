"""The API's error codes: what each says about the request, and what its reader can do.

Only codes that change what happens next are listed; any other is a plain refusal.

Source: "Error Codes" in the VPC Endpoint API reference. The reference spells the prefix
``EndPoint.`` and ``Endpoint.``, gateways spell theirs ``APIGW.`` and ``APIG.``: codes are compared
without case, and a gateway's without its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple


class Meaning(Enum):
    """What a refusal says about the request that was refused."""

    THROTTLED = "too many requests; it was not carried out"
    BUSY = "the service is not ready for it now; it was not carried out"
    BROKEN = "the server failed; it may have been carried out"
    ABSENT = "there is no such connection, endpoint or service (any more)"
    STATUS = "the connection is in another status than was thought: read it again"
    UNAUTHENTICATED = "the credential is refused; never sent again, five bad signatures lock an access key"
    REFUSED = "sending it again would be refused again"


class Code(NamedTuple):
    """One code: its meaning and, where there is something to do, what."""

    meaning: Meaning
    advice: str = ""


CREDENTIAL = "check the access key, or ask for a new token"

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "endpoint.0001": Code(Meaning.BROKEN),
        "endpoint.0003": Code(Meaning.UNAUTHENTICATED, CREDENTIAL),
        "endpoint.0005": Code(Meaning.ABSENT),
        # 504 by number, but a client's mistake: never sent again.
        "endpoint.0011": Code(Meaning.REFUSED, "the body was lost on the way: look at the proxy in between"),
        "endpoint.0012": Code(Meaning.REFUSED, "the headers were lost on the way: look at the proxy in between"),
        "endpoint.0013": Code(Meaning.BROKEN),
        "endpoint.0014": Code(Meaning.REFUSED, "the project does not belong to this region: check projectId"),
        # 400 by number, but throttling.
        "endpoint.0022": Code(Meaning.THROTTLED),
        "endpoint.2003": Code(Meaning.ABSENT),
        "endpoint.2004": Code(Meaning.BUSY),
        "endpoint.2006": Code(Meaning.ABSENT),
        "endpoint.2007": Code(Meaning.ABSENT),
        "endpoint.2008": Code(Meaning.ABSENT),
        "endpoint.2013": Code(Meaning.ABSENT),
        "endpoint.2014": Code(Meaning.STATUS),
        "endpoint.2015": Code(
            Meaning.REFUSED, "the endpoint is frozen: its owner's account is in arrears or restricted"
        ),
        "endpoint.2018": Code(Meaning.STATUS),
        "endpoint.2019": Code(Meaning.STATUS),
        "endpoint.2047": Code(Meaning.STATUS),
        "endpoint.2051": Code(Meaning.BUSY),
        "endpoint.3062": Code(Meaning.ABSENT),
        # A gateway's, without its prefix: IAM's and an application's credentials.
        "0301": Code(Meaning.UNAUTHENTICATED, CREDENTIAL),
        "0303": Code(Meaning.UNAUTHENTICATED, CREDENTIAL),
        # "policy user over ratelimit,limit:200,time:5 minute" was seen.
        "0308": Code(Meaning.THROTTLED),
    }
)

HTTP_STATUSES: Mapping[int, Code] = MappingProxyType(
    {
        401: Code(Meaning.UNAUTHENTICATED, CREDENTIAL),
        404: Code(Meaning.REFUSED, "what answers there is not the VPC Endpoint API: check the region and the endpoint"),
        429: Code(Meaning.THROTTLED),
        500: Code(Meaning.BROKEN),
        502: Code(Meaning.BROKEN),
        503: Code(Meaning.BROKEN),
        504: Code(Meaning.BROKEN),
    }
)
"""What an HTTP status says where the body names no code of :data:`CODES`."""


def look_up(http_status: int, code: str) -> Code:
    """The meaning of a refusal, by its code and else by its HTTP status; 401 means the same with any code."""
    name = code.lower()
    if name.startswith(("apigw.", "apig.")):
        name = name.partition(".")[2]
    if name not in CODES and http_status == 404 and name.startswith("endpoint."):
        return Code(
            Meaning.ABSENT
        )  # of any other 404, nothing is known of connections: it is a gateway's, or a proxy's
    if http_status == 401:
        return HTTP_STATUSES[401]
    known = CODES.get(name) or HTTP_STATUSES.get(http_status)
    if known is not None:
        return known
    return Code(Meaning.BROKEN if http_status >= 500 else Meaning.REFUSED)
