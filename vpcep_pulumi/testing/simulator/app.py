"""The application: authentication, latency and the record of calls around the routes."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    app.state.world, app.state.calls = world, calls
    app.include_router(api.router)
    app.include_router(control.router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_such_api)
    app.add_middleware(_Around, world=world, calls=calls, clock=clock)
    return app


class _Around:
    """Around the API's routes: latency, authentication, the record of calls. The control API is passed by."""

    def __init__(self, app: ASGIApp, world: World, calls: Calls, clock: Callable[[], float]) -> None:
        self._app, self._world, self._calls, self._clock = app, world, calls, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL) or scope["path"] == "/openapi.json":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body, request_id = await request.body(), uuid.uuid4().hex

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Recorded before the client can know the answer, or it would ask what was recorded too early.
                self._record(request, body, message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await asyncio.sleep(self._world.latency())
        try:
            self._verify(request, body, request_id)
        except Refusal as refusal:
            await JSONResponse(refusal.body, refusal.status)(scope, replay, answer)
        else:
            await self._app(scope, replay, answer)

    def _record(self, request: Request, body: bytes, status: int) -> None:
        call = Call(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            body=_decoded(body),
            status=status,
        )
        self._calls.add(call)

    def _verify(self, request: Request, body: bytes, request_id: str) -> None:
        verify(
            self._world.settings,
            method=request.method,
            path=request.url.path,
            query=request.query_params.multi_items(),
            headers=request.headers,
            body=body,
            now=self._clock(),
            request_id=request_id,
        )


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
