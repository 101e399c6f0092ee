"""Who may talk to the simulator: programs of this machine, and no page that a browser shows.

A page can make the browser call any port of this machine: under the page's own name, which it has let lead here (DNS
rebinding), or across sites. Programs name this machine in ``Host`` and send none of what browsers add.
"""

from __future__ import annotations

from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

NAMES = ("127.0.0.1", "localhost", "[::1]")
HTTP_PORT = 80
SITES = (None, "none", "same-origin")
"""What ``Sec-Fetch-Site`` may say: the browser's user asked for it, or a page of our own, of which there is none."""
WITH_BODY = ("POST", "PUT", "PATCH")


class Denial(NamedTuple):
    """Why a request is not looked at."""

    status: int
    reason: str


def denial(scope: Scope, *, json_only: bool) -> Denial | None:
    """What is wrong with a request, whatever it asks for; None where nothing is.

    :param json_only: whether a body must say that it is JSON: what a page can send without asking never does.
    """
    headers = Headers(scope=scope)
    own = _own(scope)
    if [each.lower() for each in headers.getlist("host")] not in [[each] for each in own]:
        return Denial(421, f"the Host of a request to this simulator is {own[0]}")
    if headers.get("origin", "").lower() not in ("", *(f"http://{each}" for each in own)):
        return Denial(403, "no other site's page may ask the simulator for anything: a request has another Origin")
    if headers.get("sec-fetch-site") not in SITES:
        return Denial(403, "no other site's page may ask the simulator for anything: Sec-Fetch-Site says that one does")
    if json_only and scope["method"] in WITH_BODY:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return Denial(415, "a body must be JSON, and say so: Content-Type: application/json")
    return None


def _own(scope: Scope) -> tuple[str, ...]:
    """What may stand in ``Host``."""
    port = scope["server"][1]
    return (*(f"{name}:{port}" for name in NAMES), *(NAMES if port == HTTP_PORT else ()))
