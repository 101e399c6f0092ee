"""The operations, as routes: "VPC Endpoint Services" in the VPC Endpoint API reference, and IAM's look-up."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import STATUSES, Connection, World

SORT_KEYS = {
    "create_at": "created_at",
    "created_at": "created_at",
    "update_at": "updated_at",
    "updated_at": "updated_at",
}
"""The vendor's two clouds spell them differently; both are taken."""
ID_LENGTH = 64


class ActionBody(BaseModel):
    """What to do with which endpoint: exactly one."""

    action: Literal["receive", "reject"]
    endpoints: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=1)]


class DescriptionOf(BaseModel):
    """One connection's description."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    description: Annotated[str, Field(max_length=512, pattern=r"^[^<>]*$")]


class DescriptionBody(BaseModel):
    """Descriptions to write."""

    connections: Annotated[list[DescriptionOf], Field(min_length=1)]


FIELD_CODES = {"action": "EndPoint.0007", "endpoints": "EndPoint.2031"}
"""The refusal of a body's field; EndPoint.0002 for any other."""


def world(request: Request) -> World:
    """The application's world."""
    found: World = request.app.state.world
    return found


TheWorld = Annotated[World, Depends(world)]
router = APIRouter()
SERVICES = "/v1/{project_id}/vpc-endpoint-services"


@router.get(f"{SERVICES}/{{service_id}}/connections", operation_id="ListServiceConnections")
async def list_connections(  # noqa: PLR0917 -- each is a query parameter, passed by name
    world: TheWorld,
    project_id: str,
    service_id: str,
    id: str | None = None,
    marker_id: str | None = None,
    status: str | None = None,
    sort_key: str = "create_at",
    sort_dir: str = "desc",
    limit: str = "10",
    offset: str = "0",
) -> Response:
    """A page of a service's connections. The total is not affected by ``limit`` and ``offset``."""
    _check_path(project_id, service_id)
    first, most = _number(offset, "EndPoint.0010"), _number(limit, "EndPoint.0006")
    if most > 1000:
        raise Refusal("EndPoint.0006")
    if sort_key not in SORT_KEYS:
        raise Refusal("EndPoint.0017")
    if sort_dir not in ("asc", "desc"):
        raise Refusal("EndPoint.0018")
    if status is not None and status not in STATUSES:
        raise Refusal("EndPoint.0019")
    try:
        connections = world.connections(service_id)
    except KeyError:
        raise Refusal("EndPoint.0005") from None
    chosen = [
        each
        for each in connections
        if id in (None, each.id) and marker_id in (None, str(each.marker_id)) and status in (None, each.status)
    ]
    # Newest first is how they come; a stable sort keeps that among equals.
    if sort_dir == "asc":
        chosen.reverse()
    chosen.sort(key=lambda each: float(getattr(each, SORT_KEYS[sort_key])), reverse=sort_dir == "desc")
    page = chosen[first : first + most]
    return JSONResponse({"connections": [each.document() for each in page], "total_count": len(chosen)})


@router.post(f"{SERVICES}/{{service_id}}/connections/action", operation_id="AcceptOrRejectEndpoint")
async def act(world: TheWorld, project_id: str, service_id: str, body: ActionBody) -> Response:
    """Accept or reject one endpoint."""
    _check_path(project_id, service_id)
    return _answer(world.act(service_id, body.endpoints[0], body.action))


@router.put(f"{SERVICES}/{{service_id}}/connections/description", operation_id="UpdateEndpointConnectionsDesc")
async def describe(world: TheWorld, project_id: str, service_id: str, body: DescriptionBody) -> Response:
    """Write descriptions."""
    _check_path(project_id, service_id)
    return _answer(*(world.describe(service_id, each.id, each.description) for each in body.connections))


@router.get("/v3/projects", operation_id="KeystoneListProjects")
async def list_projects(name: Annotated[str | None, Query()] = None) -> Response:
    """IAM's projects of one name. Every name has one project here, whose id follows from the name."""
    named = [] if name is None else [{"id": project_id(name), "name": name, "enabled": True}]
    return JSONResponse({"projects": named, "links": {"self": "", "previous": None, "next": None}})


def project_id(name: str) -> str:
    """The id of the project of a name, such as a region's."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.project").hex


def _answer(*connections: Connection) -> Response:
    return JSONResponse({"connections": [each.document() for each in connections]})


def _check_path(project_id: str, service_id: str) -> None:
    if len(project_id) > ID_LENGTH:
        raise Refusal("EndPoint.0014")
    if len(service_id) > ID_LENGTH:
        raise Refusal("EndPoint.3062")


def _number(text: str, code: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(code)
    return int(text)
