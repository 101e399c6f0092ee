"""The operations, as routes: "VPC Endpoint Services" in the VPC Endpoint API reference, and IAM's look-up."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from vpcep_pulumi.testing.simulator.model import AVAILABLE, SERVICE_STATUSES, STATUSES, Connection
from vpcep_pulumi.testing.simulator.paging import ThePage, check_status
from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import World

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


@router.get(SERVICES, operation_id="ListEndpointService")
async def list_services(  # noqa: PLR0917 -- each is a query parameter, passed by name
    world: TheWorld,
    page: ThePage,
    project_id: str,
    endpoint_service_name: str = "",
    id: str | None = None,
    status: str | None = None,
) -> Response:
    """A page of a project's services. A name is matched in part and whatever its case."""
    check_path(project_id)
    check_status(status, SERVICE_STATUSES)
    found = [
        each
        for each in world.services(project_id)
        if id in (None, each.id) and status in (None, AVAILABLE) and endpoint_service_name.lower() in each.name.lower()
    ]
    documents = [each.listed(project_id) for each in page.of(found, lambda each: each)]
    return JSONResponse({"endpoint_services": documents, "total_count": len(found)})


@router.get(f"{SERVICES}/{{service_id}}", operation_id="ListServiceDetails")
async def show_service(world: TheWorld, project_id: str, service_id: str) -> Response:
    """One service."""
    check_path(project_id, service_id)
    return JSONResponse(world.service(service_id, project_id).document(project_id))


@router.get(f"{SERVICES}/{{service_id}}/connections", operation_id="ListServiceConnections")
async def list_connections(  # noqa: PLR0917 -- each is a query parameter, passed by name
    world: TheWorld,
    page: ThePage,
    project_id: str,
    service_id: str,
    id: str | None = None,
    marker_id: str | None = None,
    status: str | None = None,
) -> Response:
    """A page of a service's connections. The total is not affected by ``limit`` and ``offset``."""
    check_path(project_id, service_id)
    check_status(status, STATUSES)
    world.service(service_id, project_id)
    found = [
        each
        for each in world.connections(service_id)
        if id in (None, each.id) and marker_id in (None, str(each.marker_id)) and status in (None, each.status)
    ]
    documents = [each.document() for each in page.of(found, lambda each: each)]
    return JSONResponse({"connections": documents, "total_count": len(found)})


@router.post(f"{SERVICES}/{{service_id}}/connections/action", operation_id="AcceptOrRejectEndpoint")
async def act(world: TheWorld, project_id: str, service_id: str, body: ActionBody) -> Response:
    """Accept or reject one endpoint."""
    check_path(project_id, service_id)
    world.service(service_id, project_id)
    return _answer(world.act(service_id, body.endpoints[0], body.action))


@router.put(f"{SERVICES}/{{service_id}}/connections/description", operation_id="UpdateEndpointConnectionsDesc")
async def describe(world: TheWorld, project_id: str, service_id: str, body: DescriptionBody) -> Response:
    """Write descriptions."""
    check_path(project_id, service_id)
    world.service(service_id, project_id)
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


def check_path(project_id: str, service_id: str = "") -> None:
    """Refuse identifiers that are too long to be any.

    :raises Refusal: 400.
    """
    if len(project_id) > ID_LENGTH:
        raise Refusal("EndPoint.0014")
    if len(service_id) > ID_LENGTH:
        raise Refusal("EndPoint.3062")
