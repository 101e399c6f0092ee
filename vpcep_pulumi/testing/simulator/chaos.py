"""Carries faults out: around the application, where connections can be cut and answers spoilt."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vpcep_pulumi.testing.simulator.faults import KINDS, Fault, When
from vpcep_pulumi.testing.simulator.refusals import Refusal
from vpcep_pulumi.testing.simulator.world import World

JSON, HTML = b"application/json", b"text/html"
PIECES = 8
LOOK_SECONDS = 0.02
"""How often a request that waits looks whether it still has to."""
PAGE = b"<html><body><h1>Welcome</h1></body></html>"


@dataclass
class Answer:
    """An answer, whole."""

    status: int
    body: bytes
    content_type: bytes = JSON

    async def send(self, send: Send, request_id: str, *, seconds: float = 0.0, missing: int = 0) -> None:
        """Send it, in pieces where it takes its time.

        :param missing: bytes that are announced and do not come: the server then closes the connection.
        """
        headers = [
            (b"content-type", self.content_type),
            (b"content-length", str(len(self.body) + missing).encode()),
            (b"x-request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if seconds:
            size = len(self.body) // PIECES + 1
            for at in range(0, len(self.body), size):
                await asyncio.sleep(seconds / PIECES)
                await send({"type": "http.response.body", "body": self.body[at : at + size], "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await send({"type": "http.response.body", "body": self.body, "more_body": bool(missing)})


REFUSALS: Mapping[str, Callable[[], Answer]] = MappingProxyType(
    {
        "throttled": lambda: _refused("APIGW.0308"),
        "busy": lambda: _refused("EndPoint.0022"),
        "failed": lambda: _refused("EndPoint.0001"),
        "failed_after": lambda: _refused("EndPoint.0001"),
        "timed_out": lambda: _refused("EndPoint.0013"),
        "null_body": lambda: _refused("EndPoint.0011"),
        "forbidden": lambda: _refused("EndPoint.0004"),
        "expired": lambda: _refused("APIGW.0301", "token expires, expires_at=2022-04-14T09:35:47.000000Z"),
        "skewed": lambda: _refused("APIGW.0301", "request expired"),
        "bad_gateway": lambda: Answer(502, b"<html><body>502 Bad Gateway</body></html>", HTML),
        "unavailable": lambda: Answer(503, b"", HTML),
        "html": lambda: Answer(200, PAGE, HTML),
        "empty": lambda: Answer(200, b""),
    }
)
"""Answers that have nothing to do with the request."""


def _other_id(connection: dict[str, Any]) -> dict[str, Any]:
    return {**connection, "id": f"{connection['id']}-not"[-64:]}


def _error_object(connection: dict[str, Any]) -> dict[str, Any]:
    return {**connection, "error": {"error_code": "EndPoint.2016", "error_message": "The endpoint pool is empty."}}


SPOILT: Mapping[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = MappingProxyType(
    {
        "other_id": lambda page: [_other_id(each) for each in page],
        "duplicated": lambda page: [each for each in page for _ in range(2)],
        "shifted": lambda page: page[1:],
        "unknown_status": lambda page: [{**each, "status": "hibernating"} for each in page],
        "missing_fields": lambda page: [{"id": each["id"], "status": each["status"]} for each in page],
        "error_object": lambda page: [_error_object(each) for each in page],
        "huge_number": lambda page: [{**each, "marker_id": 10**400} for each in page],
    }
)
"""What becomes of the connections in an answer."""


@dataclass(frozen=True)
class Exchange:
    """A request under way.

    :ivar send: the server's own, without anything around it.
    :ivar answered: told the status, before the client can know it; 0 where the connection is cut.
    :ivar request_id: the answer's.
    """

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    answered: Callable[[int], None]
    request_id: str


async def carry_out(fault: Fault, world: World, exchange: Exchange) -> None:
    """Answer a request, with a fault."""
    if fault.kind == "slow":
        await _wait(fault)
    answer = Answer(0, b"") if KINDS[fault.kind].when is When.REFUSED else await _asked(exchange)
    if fault.kind == "late":
        await _wait(fault)
    if fault.kind in ("cut", "lost"):
        exchange.answered(0)
        await _hang_up(exchange.send)
        return
    if fault.kind == "broken_off":
        exchange.answered(0)
        await Answer(answer.status, answer.body[: len(answer.body) // 2]).send(
            exchange.send, exchange.request_id, missing=100
        )
        await _hang_up(exchange.send)
        return
    if fault.kind in REFUSALS:
        answer = REFUSALS[fault.kind]()
    elif answer.status == 200:
        answer.body = _spoilt(fault, world, answer.body)
    exchange.answered(answer.status)
    seconds = fault.seconds if fault.kind == "trickled" else 0.0
    await answer.send(exchange.send, exchange.request_id, seconds=seconds)


def _spoilt(fault: Fault, world: World, body: bytes) -> bytes:
    if fault.kind == "truncated":
        return body[: len(body) // 2]
    document = json.loads(body)
    page = document.get("connections")
    if not isinstance(page, list):
        return body
    if fault.kind == "stale":
        page = [{**each, "status": world.former_status(each["id"], fault.seconds) or each["status"]} for each in page]
    elif fault.kind in SPOILT:
        page = SPOILT[fault.kind](page)
    return json.dumps({**document, "connections": page}).encode()


async def _wait(fault: Fault) -> None:
    """For its seconds, or until it is taken away."""
    loop = asyncio.get_running_loop()
    end = loop.time() + fault.seconds
    while not fault.lifted and (left := end - loop.time()) > 0:  # noqa: ASYNC110 -- another thread lifts it
        await asyncio.sleep(min(left, LOOK_SECONDS))


async def _asked(exchange: Exchange) -> Answer:
    """The application's own answer, kept back."""
    found = Answer(0, b"")

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.status = message["status"]
        else:
            found.body += message.get("body", b"")

    await exchange.app(exchange.scope, exchange.receive, keep)
    return found


async def _hang_up(send: Send) -> None:
    """ASGI cannot close a connection: this is uvicorn's own."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("a connection can be cut on uvicorn only")
    transport.abort()
    await asyncio.sleep(0)  # until the server knows it


def _refused(code: str, reason: str = "") -> Answer:
    refusal = Refusal(code, reason, uuid.uuid4().hex)
    return Answer(refusal.status, json.dumps(refusal.body).encode())
