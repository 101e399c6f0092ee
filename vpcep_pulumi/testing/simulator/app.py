"""The application, and the gateway in front of it: authentication, latency, faults, the record of calls."""

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
from starlette.types import Message, Receive, Scope, Send

from vpcep_pulumi.testing.simulator import api, control, unkind
from vpcep_pulumi.testing.simulator.access import Failures, verify
from vpcep_pulumi.testing.simulator.calls import Call, Calls
from vpcep_pulumi.testing.simulator.faults import Fault, Faults
from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import World

CONTROL = control.router.prefix


def create_app(world: World, calls: Calls, faults: Faults) -> FastAPI:
    """The operations and the control API as an ASGI application, with its OpenAPI document."""
    app = FastAPI(title="VPC Endpoint (VPCEP), simulated", version="1", docs_url=None, redoc_url=None)
    app.state.world, app.state.calls, app.state.faults = world, calls, faults
    app.include_router(api.router)
    app.include_router(control.router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_such_api)
    return app


class Gateway:
    """In front of the operations: latency, authentication, quota, faults, the record of calls.

    The control API is passed by.

    :param clock: seconds since the epoch, for the dates of signatures.
    """

    def __init__(self, app: FastAPI, clock: Callable[[], float]) -> None:
        self._app, self._clock = app, clock
        self._world: World = app.state.world
        self._calls: Calls = app.state.calls
        self._faults: Faults = app.state.faults
        self._failures = Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL) or scope["path"] == "/openapi.json":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body, request_id = await request.body(), uuid.uuid4().hex
        fault = self._faults.draw(request.method, request.url.path)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Recorded before the client can know the answer, or it would ask what was recorded too early.
                self._record(request, body, message["status"], fault)
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await asyncio.sleep(self._world.latency())
        try:
            self._verify(request, body, request_id)
            self._world.take_from_quota(request_id)
        except Refusal as refusal:
            await JSONResponse(refusal.body, refusal.status)(scope, replay, answer)
            return
        if fault is None:
            await self._app(scope, replay, answer)
            return

        def answered(status: int) -> None:
            self._record(request, body, status, fault)

        await unkind.carry_out(fault, self._world, unkind.Exchange(self._app, scope, replay, send, answered))

    def _record(self, request: Request, body: bytes, status: int, fault: Fault | None) -> None:
        call = Call(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            body=_decoded(body),
            status=status,
        )
        if fault is not None:
            call["fault"] = fault.kind
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
            failures=self._failures,
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
