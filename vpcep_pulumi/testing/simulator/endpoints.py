"""What consumers call: "VPC Endpoints" in the VPC Endpoint API reference."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from vpcep_pulumi.testing.simulator.api import ID_LENGTH, TheWorld, check_path
from vpcep_pulumi.testing.simulator.paging import ThePage
from vpcep_pulumi.testing.simulator.refusals import Refusal

router = APIRouter()
ENDPOINTS = "/v1/{project_id}/vpc-endpoints"
Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]


class Tag(BaseModel):
    """A key and a value."""

    key: Annotated[str, Field(min_length=1, max_length=128)]
    value: Annotated[str, Field(max_length=255)] = ""


class EndpointBody(BaseModel):
    """An endpoint to create. What else the reference knows is taken, and not kept."""

    endpoint_service_id: Id
    vpc_id: Id
    subnet_id: Id | None = None
    port_ip: Annotated[str, Field(max_length=64)] | None = None
    enable_dns: bool | None = None
    enable_whitelist: bool | None = None
    whitelist: list[str] | None = None
    routetables: list[str] | None = None
    tags: list[Tag] | None = None
    description: Annotated[str, Field(max_length=512, pattern=r"^[^<>]*$")] | None = None


@router.post(ENDPOINTS, operation_id="CreateEndpoint")
async def create_endpoint(world: TheWorld, project_id: str, body: EndpointBody) -> Response:
    """Connect an endpoint to a service, which has to accept it unless its ``approval_enabled`` is false."""
    check_path(project_id)
    asked: dict[str, Any] = body.model_dump(exclude={"endpoint_service_id"}, exclude_none=True)
    return JSONResponse(world.create_endpoint(project_id, body.endpoint_service_id, asked).document())


@router.get(ENDPOINTS, operation_id="ListEndpoints")
async def list_endpoints(  # noqa: PLR0917 -- each is a query parameter, passed by name
    world: TheWorld,
    page: ThePage,
    project_id: str,
    endpoint_service_name: str = "",
    vpc_id: str | None = None,
    id: str | None = None,
) -> Response:
    """A page of a project's endpoints. A service's name is matched in part and whatever its case."""
    check_path(project_id)
    found = [
        each
        for each in world.endpoints(project_id)
        if id in (None, each.connection.id)
        and vpc_id in (None, each.connection.asked.get("vpc_id"))
        and endpoint_service_name.lower() in each.service.name.lower()
    ]
    documents = [each.document() for each in page.of(found, lambda each: each.connection)]
    return JSONResponse({"endpoints": documents, "total_count": len(found)})


@router.get(f"{ENDPOINTS}/{{endpoint_id}}", operation_id="ListEndpointInfoDetails")
async def show_endpoint(world: TheWorld, project_id: str, endpoint_id: str) -> Response:
    """One endpoint. To any project but its own it is not there."""
    _check_path(project_id, endpoint_id)
    return JSONResponse(world.endpoint(project_id, endpoint_id).document())


@router.delete(f"{ENDPOINTS}/{{endpoint_id}}", operation_id="DeleteEndpoint", status_code=204)
async def delete_endpoint(world: TheWorld, project_id: str, endpoint_id: str) -> Response:
    """Delete an endpoint: it is ``deleting``, then gone."""
    _check_path(project_id, endpoint_id)
    world.delete_endpoint(project_id, endpoint_id)
    return Response(status_code=204)


def _check_path(project_id: str, endpoint_id: str) -> None:
    check_path(project_id)
    if len(endpoint_id) > ID_LENGTH:
        raise Refusal("EndPoint.2017")
