"""The application: authentication, latency and the record of calls around the routes."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vpcep_pulumi.testing.simulator import api, control
from vpcep_pulumi.testing.simulator.access import verify
from vpcep_pulumi.testing.simulator.calls import Call, Calls
from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import World

CONTROL = control.router.prefix


def create_app(world: World, calls: Calls, clock: Callable[[], float]) -> FastAPI:
    """The simulator as an ASGI application.

    :param clock: seconds since the epoch, for the dates of signatures.
    """
    app = FastAPI(title="VPC Endpoint (VPCEP), simulated", version="1", docs_url=None, redoc_url=None)
    app.state.world, app.state.calls, app.state.clock = world, calls, clock
    app.include_router(api.router)
    app.include_router(control.router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_such_api)
    app.middleware("http")(_around)
    return app


async def _around(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path.startswith(CONTROL) or request.url.path == "/openapi.json":
        return await go_on(request)
    world: World = request.app.state.world
    request_id = uuid.uuid4().hex
    body = await request.body()
    await asyncio.sleep(world.latency())
    try:
        verify(
            world.settings,
            method=request.method,
            path=request.url.path,
            query=request.query_params.multi_items(),
            headers=request.headers,
            body=body,
            now=request.app.state.clock(),
            request_id=request_id,
        )
        response = await go_on(request)
    except Refusal as refusal:
        response = JSONResponse(refusal.body, refusal.status)
    response.headers["X-Request-Id"] = request_id
    call = Call(
        method=request.method,
        path=request.url.path,
        query=dict(request.query_params),
        body=_decoded(body),
        status=response.status_code,
    )
    request.app.state.calls.add(call)
    return response


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.body, error.status)


async def _invalid(request: Request, error: Exception) -> Response:
    """A body that is not as documented, in the API's words; in FastAPI's own for the control API."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if request.url.path.startswith(CONTROL):
        return JSONResponse({"detail": [f"{problem['loc']}: {problem['msg']}" for problem in problems]}, 422)
    if not await request.body():
        refusal = Refusal("EndPoint.0011")
    else:
        field = next((str(part) for part in problems[0]["loc"][1:2]), "")
        refusal = Refusal(api.FIELD_CODES.get(field, "EndPoint.0002"))
    return JSONResponse(refusal.body, refusal.status)


async def _no_such_api(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(CONTROL):
        return JSONResponse({"detail": error.detail}, error.status_code)
    # FastAPI says 400 of a body that it cannot decode, and 404 or 405 of a path or method that it does not have.
    unreadable = error.status_code == 400
    refusal = Refusal("EndPoint.0002") if unreadable else Refusal("APIGW.0101", request_id=uuid.uuid4().hex)
    return JSONResponse(refusal.body, refusal.status)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
