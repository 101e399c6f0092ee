"""The API's operations as values: what to send, and how to read the response. No I/O.

Each operation links to the page of the vendor's documentation that it comes from.
:meth:`vpcep_pulumi.api.client.Client.send` sends an operation.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from vpcep_pulumi.api.models import Connection, ConnectionPage, Project, ProjectPage, ServicePage
from vpcep_pulumi.errors import VpcepError

T = TypeVar("T")

Action = Literal["receive", "reject"]

PAGE_LIMIT = 1000
"""The most connections that one page may hold (``limit``: 1 to 1000; the API's default is 10)."""
MOST_ENTRIES = 20
"""The most entries in the response to a request that asks for one entry, and names no limit."""
ENTRY_BYTES = 16 * 1024
"""The most bytes of an entry: one with every field filled in, and each character as a JSON escape, has about 13 KiB."""
ENTRY_TOKENS = 200
"""The most tokens of an entry: JSON values, names and separators. The documented fields make about 40."""
REST_BYTES = 64 * 1024
REST_TOKENS = 1_000
"""The most bytes, and the most tokens, that a response may have besides its entries."""


@dataclass(frozen=True)
class Request:
    """An HTTP request without a host or credentials.

    :ivar path: percent-encoded.
    :ivar query: decoded pairs, in the order sent.
    :ivar headers: those of the request itself, such as ``X-Project-Id``; not those that authenticate it.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class ApiCall(Generic[T]):
    """A request and the way to read its response.

    :ivar name: what is requested, for messages, such as ``receive connection 7052… of service 4189…``.
    :ivar permission: the IAM action that the request needs.
    :ivar parse: reads the decoded JSON of a 2xx response; raises ValueError if it is not the API's.
    :ivar most: the most entries that the response may have.
    :ivar until: from then on it is not sent any more, however long it had to wait. A time of the client's clock.
    """

    name: str
    request: Request
    permission: str
    parse: Callable[[Any], T]
    most: int = MOST_ENTRIES
    until: float = math.inf

    @property
    def longest_answer(self) -> int:
        """The most bytes of the response."""
        return REST_BYTES + self.most * ENTRY_BYTES

    @property
    def most_tokens(self) -> int:
        """The most tokens of the response's JSON: values, names and separators."""
        return REST_TOKENS + self.most * ENTRY_TOKENS


class UnexpectedAnswer(VpcepError, ValueError):
    """A response that is JSON, but not as the API documents it, or not about what was requested."""


def list_connections(
    project_id: str,
    service_id: str,
    *,
    limit: int = PAGE_LIMIT,
    offset: int = 0,
    endpoint_id: str | None = None,
) -> ApiCall[ConnectionPage]:
    """One page of a service's connections, or the one of ``endpoint_id``.

    No ``sort_key`` is sent: its spelling differs between clouds (``create_at``, ``created_at``). No
    ``status`` either: the filter is documented without ``creating`` and ``deleting``.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/vpcep_06_0206.html
    """
    query = [("limit", str(limit)), ("offset", str(offset))]
    name = f"list the connections of service {service_id}"
    if endpoint_id is not None:
        query.insert(0, ("id", endpoint_id))
        name = f"look up connection {endpoint_id} of service {service_id}"
    return ApiCall(
        name,
        _request("GET", project_id, service_id, "connections", query=tuple(query)),
        "vpcep:endpointServices:listConnections",
        lambda answer: _at_most(limit, _validated(ConnectionPage, answer)),
        most=limit,
    )


def act_on_connection(project_id: str, service_id: str, endpoint_id: str, action: Action) -> ApiCall[Connection]:
    """Accept (``receive``) or reject one connection. The API takes exactly one id.

    In the vendor's own example, the response has another id than the request. So the response's id is verified.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/AcceptOrRejectEndpoint.html
    """
    return ApiCall(
        f"{action} connection {endpoint_id} of service {service_id}",
        _request(
            "POST",
            project_id,
            service_id,
            "connections/action",
            body={"action": action, "endpoints": [endpoint_id]},
        ),
        "vpcep:endpointServices:updateConnections",
        lambda answer: _only(endpoint_id, _validated(ConnectionPage, answer)),
    )


def describe_connection(project_id: str, service_id: str, endpoint_id: str, description: str) -> ApiCall[Connection]:
    """Write the owner's note onto a connection: at most 512 characters, no ``<`` or ``>``.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/UpdateEndpointConnectionsDesc.html
    """
    return ApiCall(
        f"describe connection {endpoint_id} of service {service_id}",
        _request(
            "PUT",
            project_id,
            service_id,
            "connections/description",
            body={"connections": [{"id": endpoint_id, "description": description}]},
        ),
        "vpcep:endpointServices:updateConnectionDescription",
        lambda answer: _only(endpoint_id, _validated(ConnectionPage, answer)),
    )


def list_services(project_id: str, *, limit: int = PAGE_LIMIT, offset: int = 0) -> ApiCall[ServicePage]:
    """One page of a project's services.

    https://support.huaweicloud.com/intl/en-us/api-vpcep/ListEndpointService.html
    """
    return ApiCall(
        "list the endpoint services",
        Request(
            "GET",
            f"/v1/{quote(project_id, safe='~')}/vpc-endpoint-services",
            (("limit", str(limit)), ("offset", str(offset))),
            (("X-Project-Id", project_id),),
        ),
        "vpcep:endpointServices:list",
        lambda answer: _validated(ServicePage, answer),
        most=limit,
    )


def list_projects(name: str) -> ApiCall[tuple[Project, ...]]:
    """The projects with a name, as IAM lists them. A region's own project has the region's name.

    https://support.huaweicloud.com/intl/en-us/api-iam/iam_06_0001.html
    """
    return ApiCall(
        f"look up the project {name}",
        Request("GET", "/v3/projects", (("name", name),)),
        "iam:projects:listProjects",
        lambda answer: _validated(ProjectPage, answer).projects,
    )


def _request(
    method: Literal["GET", "POST", "PUT"],
    project_id: str,
    service_id: str,
    rest: str,
    *,
    query: tuple[tuple[str, str], ...] = (),
    body: object = None,
) -> Request:
    path = f"/v1/{quote(project_id, safe='~')}/vpc-endpoint-services/{quote(service_id, safe='~')}/{rest}"
    headers = (("X-Project-Id", project_id),)
    if body is None:
        return Request(method, path, query, headers)
    content = json.dumps(body, separators=(",", ":")).encode()
    return Request(method, path, query, (*headers, ("Content-Type", "application/json")), content)


Page = TypeVar("Page", ConnectionPage, ProjectPage, ServicePage)


def _validated(model: type[Page], answer: Any) -> Page:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        fields = sorted({_problem(problem["loc"], problem["input"]) for problem in error.errors()})
        raise UnexpectedAnswer(f"these fields are not what the API documents: {', '.join(fields[:5])}") from None


def _problem(loc: tuple[int | str, ...], value: object) -> str:
    """The invalid field; for a status, with its value. Other values are left out: a response may echo its request."""
    if "status" in loc:
        # After "status", pydantic's path names one of the types that the field may have.
        path = loc[: loc.index("status") + 1]
        return f"{'.'.join(map(str, path))} ({reprlib.repr(value)})"
    return ".".join(map(str, loc)) or "body"


def _at_most(limit: int, page: ConnectionPage) -> ConnectionPage:
    if len(page.connections) > limit:
        raise UnexpectedAnswer(f"it holds {len(page.connections)} connections where {limit} were asked for")
    return page


def _only(endpoint_id: str, page: ConnectionPage) -> Connection:
    for connection in page.connections:
        if connection.id == endpoint_id:
            return connection
    raise UnexpectedAnswer(f"it does not speak of connection {endpoint_id}")
