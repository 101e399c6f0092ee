"""Explains why a network connection failed: the problem, what to check, and whether it may pass by itself.

The input is the operating system's or OpenSSL's error. :mod:`vpcep_pulumi.api.wire` catches it below HTTP.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from vpcep_pulumi.api.certificates import BUNDLE, IGNORED
from vpcep_pulumi.api.route import Route


class Passing(Enum):
    """Whether an obstacle passes by itself."""

    LIKELY = "as a reset or a time-out does"
    SOON_OR_NEVER = "within seconds, as where a server starts; else something is set up wrong"
    NEVER = "not by itself"


@dataclass(frozen=True)
class Obstacle:
    """Why there is no network connection.

    :ivar problem: what happened.
    :ivar advice: what to check; empty if there is no advice.
    """

    problem: str
    advice: str
    passing: Passing


PLAIN = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_MESSAGE",
        "BAD_RECORD_TYPE",
    }
)
"""OpenSSL's error reasons if the peer does not speak TLS."""
NO_ROUTE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EACCES, errno.EPERM}
)
PLACE = re.compile(r"^\[[^]]*\] | ?\(?_ssl\.c:\d+\)?:? ?")
"""The parts of OpenSSL's messages that are about OpenSSL itself, such as ``[SSL: …]`` and ``(_ssl.c:1006)``."""
UNTRUSTED = frozenset({2, 18, 19, 20, 21, 24, 26, 27})
"""OpenSSL's verification codes if no trusted authority has signed the certificate."""
ANOTHERS = frozenset({62, 63, 64})
"""OpenSSL's verification codes if the certificate is another host's."""
OUT_OF_DATE: Mapping[int, str] = MappingProxyType({9: "is not valid yet", 10: "has expired"})


def reaching(error: Exception, route: Route, *, at_proxy: bool) -> Obstacle:
    """The obstacle that an error means, if it came before the peer was reached.

    :param at_proxy: whether the peer is the proxy.
    """
    check = route.check(at_proxy=at_proxy)
    if isinstance(error, socket.gaierror | UnicodeError):
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            return Obstacle("no name server answers for it", f"check the network, and {check}", Passing.SOON_OR_NEVER)
        return Obstacle("there is no such host", check, Passing.SOON_OR_NEVER)
    if isinstance(error, ConnectionRefusedError):
        return Obstacle("the connection is refused, nothing listens there", check, Passing.SOON_OR_NEVER)
    if isinstance(error, OSError) and error.errno in NO_ROUTE:
        return Obstacle("there is no route to it", _or_proxy(check, route), Passing.SOON_OR_NEVER)
    if isinstance(error, TimeoutError):
        return Obstacle("the connection timed out", _or_proxy(check, route), Passing.LIKELY)
    return Obstacle(_words(error), "", Passing.LIKELY)


def securing(error: Exception, route: Route, *, at_proxy: bool) -> Obstacle:
    """The obstacle that an error means, if it came in the TLS handshake.

    :param at_proxy: whether the peer is the proxy.
    """
    check = route.check(at_proxy=at_proxy)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, route, check)
    if isinstance(error, TimeoutError):
        return Obstacle("no answer to the TLS handshake, as where a port does not speak TLS", check, Passing.LIKELY)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or not isinstance(error, ssl.SSLError):
        return Obstacle(f"it hung up in the TLS handshake: {_words(error)}", "", Passing.LIKELY)
    if getattr(error, "reason", None) in PLAIN:
        advice = f"write http:// in {route.proxy.variable}" if at_proxy and route.proxy is not None else check
        return Obstacle("what answers there does not speak TLS", advice, Passing.NEVER)
    return Obstacle(f"TLS could not be agreed on: {_words(error)}", check, Passing.NEVER)


def refused_by_proxy(words: str, route: Route) -> Obstacle:
    """The obstacle of a proxy that refuses to make a tunnel.

    :param words: the proxy's HTTP status and reason phrase, such as ``407 Proxy Authentication Required``.
    """
    variable = route.proxy.variable if route.proxy is not None else "https_proxy"
    status = words[:3]
    if status == "407":
        return Obstacle(words, f"check the user and the password in {variable}", Passing.NEVER)
    if status.isdigit() and not status.startswith("5"):
        return Obstacle(
            words, f"the proxy does not let it through: check {variable}, or except the host in no_proxy", Passing.NEVER
        )
    return Obstacle(words, f"check {route.named_by}, and {variable}", Passing.SOON_OR_NEVER)


def _untrusted(error: ssl.SSLCertVerificationError, route: Route, check: str) -> Obstacle:
    code, words = error.verify_code, error.verify_message
    if code in ANOTHERS:
        return Obstacle(f"the certificate there is another host's: {words}", check, Passing.NEVER)
    if code in OUT_OF_DATE:
        advice = "check the clock of this machine; where it is right, tell who runs the host"
        return Obstacle(f"its certificate {OUT_OF_DATE[code]}", advice, Passing.NEVER)
    if route.bundle:
        advice = f"add its authority to what {route.bundle} names"
    else:
        advice = f"where a proxy intercepts TLS, name a file with its authority in {BUNDLE}"
    problem = "its certificate is not trusted" if code in UNTRUSTED else "its certificate is refused"
    return Obstacle(f"{problem}: {words}", f"{advice} ({IGNORED} is ignored)", Passing.NEVER)


def _or_proxy(check: str, route: Route) -> str:
    if route.proxy is not None:
        return check
    return f"check the network, {check.removeprefix('check ')}, or name a proxy in https_proxy"


def _words(error: Exception) -> str:
    """The system's message, without error numbers and places in its source code."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
        return error.strerror
    return PLACE.sub("", str(error)) or type(error).__name__
