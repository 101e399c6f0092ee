"""What stands between the client and the simulator, and changes what is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from tests.provider.conftest import Stack
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.operation.operation import Operation
from vpcep_pulumi.provider.core import ApprovalProvider

LEFT_OUT = None


def answer(document: Any, status: int = 200) -> httpx.Response:
    """An answer that is still to be read, as from a socket."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx.Response(status, stream=httpx.ByteStream(body))


def ticking(time: Any) -> Clock:
    """Driven time in which no two moments are the same, as in life."""

    def tick() -> float:
        time.now += 1e-6
        return float(time.now)

    clock: Clock = time.clock()
    return replace(clock, monotonic=tick)


class Proxy(httpx.BaseTransport):
    """Stands between the client and the simulator.

    :ivar spoilt: from the number of an answer (from 0), the method, and its connections, to what is passed on.
    """

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.spoilt: Callable[[int, str, list[dict[str, Any]]], Any] = lambda _number, _method, page: page
        self._inner = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        document = json.loads(response.read())
        if response.status_code != 200 or not document["connections"]:
            return answer(document, response.status_code)
        number = len(self.answers)
        self.answers.append(request.method)
        page = self.spoilt(number, request.method, document["connections"])
        return page if isinstance(page, httpx.Response) else answer({**document, "connections": page})

    def close(self) -> None:
        self._inner.close()

    def names(self, owner: str | None, *numbers: int) -> None:
        """These answers name another owner than there is, or none."""

        def spoilt(number: int, _method: str, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if number not in numbers:
                return page
            rest = [{name: value for name, value in each.items() if name != "domain_id"} for each in page]
            return rest if owner is LEFT_OUT else [{**each, "domain_id": owner} for each in rest]

        self.answers, self.spoilt = [], spoilt


def provider_behind(stack: Stack, proxy: Proxy) -> ApprovalProvider:
    """A provider process of a stack, behind a proxy."""
    stack.log = type(stack.log)()
    clock = ticking(stack.time)
    operation = Operation(
        config=stack.config,
        environ=stack.environ,
        home=stack.home,
        clock=clock,
        log=stack.log,
        client=partial(Client, transport=proxy),
    )
    stack.closing.append(operation.close)
    return ApprovalProvider(operation)
