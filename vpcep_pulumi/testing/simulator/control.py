"""The control API, under ``/_simulator``: acts as the consumer, as another administrator, and as the cloud.

Other programs drive it: its paths, bodies and answers stay as they are.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vpcep_pulumi.testing.simulator.api import TheWorld
from vpcep_pulumi.testing.simulator.calls import Calls
from vpcep_pulumi.testing.simulator.faults import KINDS, Fault, Faults
from vpcep_pulumi.testing.simulator.model import LONGEST_S, METHODS, STATUSES, Settings
from vpcep_pulumi.testing.simulator.world import NotThere

router = APIRouter(prefix="/_simulator")
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewService(_Body):
    """A service to create."""

    id: str | None = None
    approval_enabled: bool = True
    project_id: str | None = None


class NewConnection(_Body):
    """A consumer connects."""

    service_id: str
    id: str | None = None
    domain_id: str | None = None
    status: Literal[STATUSES] | None = None  # type: ignore[valid-type]
    project_id: str | None = None


class NewStatus(_Body):
    """Somebody else acts, or the cloud does."""

    status: str
    error: list[dict[str, str]] | None = None


class NewSettings(_Body):
    """What to change; what is left out stays as it is."""

    latency_s: Seconds | None = None
    creating_s: Seconds | None = None
    seed: int | None = None
    access_keys: dict[str, str] | None = None
    tokens: list[str] | None = None
    quota: Annotated[int, Field(ge=0)] | None = None
    quota_s: Seconds | None = None
    deleting_s: Seconds | None = None
    request_s: Seconds | None = None


class NewFault(_Body):
    """One fault. See the class of that name in :mod:`vpcep_pulumi.testing.simulator.faults`."""

    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    method: Literal[METHODS] | None = None  # type: ignore[valid-type]
    path: str = ""
    rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    skip: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=0)] | None = None
    seconds: Seconds = 0.0


class NewFaults(_Body):
    """Every fault that there is to be from now on."""

    seed: int = 0
    faults: list[NewFault]


class Advance(_Body):
    """Seconds to let pass."""

    advance_s: Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]


def calls(request: Request) -> Calls:
    """The application's record of calls."""
    found: Calls = request.app.state.calls
    return found


def faults(request: Request) -> Faults:
    """The application's faults."""
    found: Faults = request.app.state.faults
    return found


TheFaults = Annotated[Faults, Depends(faults)]
TheCalls = Annotated[Calls, Depends(calls)]


@router.post("/services", status_code=201)
async def create_service(world: TheWorld, body: NewService) -> dict[str, Any]:
    """Create a service."""
    service = world.create_service(body.id, approval_enabled=body.approval_enabled, project_id=body.project_id)
    return {"id": service.id, "approval_enabled": service.approval_enabled}


@router.post("/connections", status_code=201)
async def connect(world: TheWorld, body: NewConnection) -> dict[str, Any]:
    """Connect an endpoint to a service."""
    try:
        connection = world.connect(
            body.service_id, body.id, domain_id=body.domain_id, status=body.status, project_id=body.project_id
        )
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    return connection.document()


@router.get("/connections/{service_id}")
async def connections(world: TheWorld, service_id: str) -> dict[str, Any]:
    """The truth, without lag."""
    try:
        return {"connections": [each.document() for each in world.connections(service_id)]}
    except NotThere as error:
        raise HTTPException(404, str(error)) from None


@router.patch("/connections/{service_id}/{id}")
async def put(world: TheWorld, service_id: str, id: str, body: NewStatus) -> dict[str, Any]:
    """Give a connection a status."""
    try:
        return world.put(service_id, id, body.status, body.error).document()
    except NotThere as error:
        raise HTTPException(404, str(error)) from None


@router.delete("/connections/{service_id}/{id}", status_code=204)
async def leave(world: TheWorld, service_id: str, id: str) -> Response:
    """The consumer leaves."""
    try:
        world.leave(service_id, id)
    except NotThere as error:
        raise HTTPException(404, str(error)) from None
    return Response(status_code=204)


@router.get("/calls")
async def list_calls(calls: TheCalls) -> dict[str, Any]:
    """The API's calls so far."""
    return {"calls": calls.list()}


@router.delete("/calls", status_code=204)
async def clear_calls(calls: TheCalls) -> Response:
    """Forget them."""
    calls.clear()
    return Response(status_code=204)


@router.put("/settings")
async def configure(world: TheWorld, body: NewSettings) -> dict[str, Any]:
    """Change the settings. The answer holds neither keys nor tokens."""
    told = body.model_dump(exclude_none=True)
    now = Settings(**{**vars(world.settings), **told})
    world.configure(now)
    return {"latency_s": now.latency_s, "creating_s": now.creating_s, "seed": now.seed}


@router.put("/faults")
async def put_faults(faults: TheFaults, body: NewFaults) -> dict[str, Any]:
    """Let these go wrong from now on, and nothing else."""
    faults.put([Fault(**each.model_dump()) for each in body.faults], seed=body.seed)
    return _documents(faults)


@router.get("/faults")
async def list_faults(faults: TheFaults) -> dict[str, Any]:
    """What goes wrong, and how often it has."""
    return _documents(faults)


@router.delete("/faults", status_code=204)
async def clear_faults(faults: TheFaults) -> Response:
    """Let nothing go wrong any more."""
    faults.put(())
    return Response(status_code=204)


@router.post("/clock", status_code=204)
async def advance(world: TheWorld, body: Advance) -> Response:
    """Let time pass in the service, at once."""
    try:
        world.advance(body.advance_s)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return Response(status_code=204)


def _documents(faults: Faults) -> dict[str, Any]:
    names = [*NewFault.model_fields, "applied"]
    return {"faults": [{name: getattr(each, name) for name in names} for each in faults.all()]}
