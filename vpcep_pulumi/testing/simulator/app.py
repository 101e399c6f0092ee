"""The application, and the gateway in front of it: who may ask, credentials, latency, faults, the record of calls."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from vpcep_pulumi.testing.clock import monotonic
from vpcep_pulumi.testing.simulator import api, chaos, control, endpoints
from vpcep_pulumi.testing.simulator.access import Failures, verify
from vpcep_pulumi.testing.simulator.calls import Call, Calls, decoded, printable, shown
from vpcep_pulumi.testing.simulator.faults import Fault, Faults
from vpcep_pulumi.testing.simulator.guard import Denial, denial
from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import World

CONTROL = control.router.prefix
TITLE = "VPC Endpoint (VPCEP), simulated"
OWN = ("/", "/openapi.json")
"""What it says of itself: nothing that the API has."""
Log = Callable[[str], None]


def create_app(world: World, calls: Calls, faults: Faults) -> FastAPI:
    """The operations and the control API as an ASGI application, with its OpenAPI document."""
    app = FastAPI(title=TITLE, version="1", docs_url=None, redoc_url=None)
    app.state.world, app.state.calls, app.state.faults = world, calls, faults
    for router in (api.router, endpoints.router, control.router):
        app.include_router(router)
    app.add_api_route("/", _what_it_is, operation_id="WhatItIs")
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_such_api)
    _make_ready(app)
    return app


_making_ready = threading.Lock()


def _make_ready(app: FastAPI) -> None:
    """Have FastAPI make its routes ready now, and not in the first request.

    It changes the process's warnings for a moment meanwhile (``warnings.catch_warnings``), which two threads must not
    do at once: another simulator's first request would fail where warnings are errors.
    """
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
    with _making_ready:
        for route in app.routes:
            route.matches(dict(scope))


@dataclass
class _Asked:
    """One request of the API.

    :ivar at: when it came, by the real clock.
    """

    request: Request
    body: bytes
    request_id: str
    at: float
    fault: Fault | None


class Gateway:
    """In front of the operations: who may ask, latency, authentication, quota, faults, the record of calls.

    The control API is passed by.

    :param clock: seconds since the epoch, for the dates of signatures.
    :param log: given a line for each request, without credentials and descriptions; None logs nothing.
    """

    def __init__(self, app: FastAPI, clock: Callable[[], float], log: Log | None = None) -> None:
        self._app, self._clock, self._log = app, clock, log
        self._world: World = app.state.world
        self._calls: Calls = app.state.calls
        self._faults: Faults = app.state.faults
        self._failures = Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_control = scope["path"].startswith(CONTROL)
        denied = denial(scope, json_only=is_control)
        if denied is not None or is_control or scope["path"] in OWN:
            await self._pass_by(scope, receive, send, denied)
            return
        request = Request(scope, receive)
        at, body = monotonic(), await request.body()
        fault = self._faults.draw(request.method, request.url.path)
        await self._ask(_Asked(request, body, uuid.uuid4().hex, at, fault), send)

    async def _pass_by(self, scope: Scope, receive: Receive, send: Send, denied: Denial | None) -> None:
        """What is not of the API: neither recorded nor spoilt."""
        at = monotonic()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                reason = f" ({denied.reason})" if denied else ""
                self._say(f"{scope['method']} {printable(scope['path'])} -> {message['status']}{reason}", at)
            await send(message)

        app = JSONResponse({"detail": denied.reason}, denied.status) if denied else self._app
        await app(scope, receive, answer)

    async def _ask(self, asked: _Asked, send: Send) -> None:
        scope = asked.request.scope

        async def replay() -> Message:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Recorded before the client can know the answer, or it would ask what was recorded too early.
                self._record(asked, message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", asked.request_id.encode())]
            await send(message)

        await asyncio.sleep(self._world.latency())
        self._world.pass_with_request()
        try:
            self._verify(asked)
            self._world.take_from_quota(asked.request_id)
        except Refusal as refusal:
            await JSONResponse(refusal.body, refusal.status)(scope, replay, answer)
            return
        if asked.fault is None:
            await self._app(scope, replay, answer)
            return

        def answered(status: int) -> None:
            self._record(asked, status)

        exchange = chaos.Exchange(self._app, scope, replay, send, answered, asked.request_id)
        await chaos.carry_out(asked.fault, self._world, exchange)

    def _record(self, asked: _Asked, status: int) -> None:
        request = asked.request
        call = Call(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            body=decoded(asked.body),
            status=status,
        )
        if asked.fault is not None:
            call["fault"] = asked.fault.kind
        self._calls.add(call)
        if self._log is not None:
            self._say(f"{shown(call)} {asked.request_id}", asked.at)

    def _say(self, line: str, at: float) -> None:
        if self._log is not None:
            self._log(f"{line} {(monotonic() - at) * 1000:.0f} ms")

    def _verify(self, asked: _Asked) -> None:
        request = asked.request
        verify(
            self._world.settings,
            method=request.method,
            path=request.url.path,
            query=request.query_params.multi_items(),
            headers=request.headers,
            body=asked.body,
            now=self._clock(),
            request_id=asked.request_id,
            failures=self._failures,
        )


async def _what_it_is() -> dict[str, str]:
    """What answers here, for whoever finds it."""
    return {
        "name": TITLE,
        "what": "the simulator of vpcep-pulumi: no cloud, no account, nothing that lasts",
        "operations": "/openapi.json",
        "control": CONTROL,
    }


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
