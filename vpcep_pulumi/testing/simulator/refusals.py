"""The service's and the gateway's error bodies, as they are sent.

Source: "Error Codes" in the VPC Endpoint API reference; the gateway's from debug logs in public issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SERVICE: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "EndPoint.0001": (500, "System error. Please retry."),
        "EndPoint.0002": (400, "Parameter error."),
        "EndPoint.0004": (403, "Authentication information is incorrect or you have no permissions."),
        "EndPoint.0005": (404, "The requested resource does not exist."),
        "EndPoint.0006": (400, "Invalid limit."),
        "EndPoint.0007": (400, "Invalid action."),
        "EndPoint.0010": (400, "Invalid offset."),
        "EndPoint.0011": (504, "The request body is null."),
        "EndPoint.0013": (504, "The request timed out."),
        "EndPoint.0014": (400, "Invalid project ID."),
        "EndPoint.0017": (400, "Invalid sort_key."),
        "EndPoint.0018": (400, "Invalid sort_dir."),
        "EndPoint.0019": (400, "Invalid status."),
        "EndPoint.0022": (400, "Too many requests."),
        "EndPoint.2003": (400, "The requested endpoint service does not exist."),
        "EndPoint.2006": (404, "The requested endpoint does not exist."),
        "EndPoint.2013": (400, "The endpoint does not belong to the endpoint service."),
        "EndPoint.2017": (400, "Invalid endpoint ID."),
        "EndPoint.2018": (400, "The endpoint is being deleted."),
        "EndPoint.2019": (400, "The endpoint is being created."),
        "EndPoint.2031": (400, "Only one endpoint is allowed."),
        "EndPoint.2047": (400, "The VPC endpoint in the Failed status cannot be modified."),
        "EndPoint.3062": (400, "Invalid endpoint service ID."),
    }
)
"""Codes of the service, their HTTP status and words."""

GATEWAY: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "APIGW.0101": (404, "The API does not exist or has not been published in the environment"),
        "APIGW.0308": (
            429,
            "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
        ),
        "APIGW.0301": (401, "Incorrect IAM authentication information: {reason}"),
    }
)
"""Codes of the gateway in front of it, likewise."""


class Refusal(Exception):
    """A request that is refused.

    :ivar status: the HTTP status.
    :ivar body: the JSON body.
    """

    def __init__(self, code: str, reason: str = "", request_id: str = "") -> None:
        self.body: dict[str, Any]
        if code in SERVICE:
            self.status, words = SERVICE[code]
            self.body = {"error_code": code, "error_msg": words}
        else:
            self.status, words = GATEWAY[code]
            self.body = {"error_msg": words.format(reason=reason), "error_code": code, "request_id": request_id}
        super().__init__(f"{code}: {words}")
