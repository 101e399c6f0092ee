"""Which proxy the environment names for an address, and by which variable. Sends nothing itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from vpcep_pulumi.errors import SettingsError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
SCHEMES = ("http", "https", "socks5", "socks5h")
OF_THE_SYSTEM = "the system's proxy settings"
EXCEPTION = re.compile(
    r"\*|(\*?\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?|[0-9A-Fa-f:.]+|[0-9A-Fa-f:.]+/\d+"
)
"""An entry of ``no_proxy``: everything (``*``), a host, a domain (``.example.com``), an IP address, or a network."""


@dataclass(frozen=True)
class Proxy:
    """A proxy to send requests through.

    :ivar variable: what names the proxy, for messages, such as ``https_proxy``.
    :ivar doubt: what is wrong with ``no_proxy``, which may have been meant to except the address; empty if nothing is.
    """

    scheme: str
    host: str
    port: int | None
    variable: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    doubt: str = ""

    @property
    def address(self) -> str:
        """Host and port, for messages: no user and no password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def of_the_system() -> Mapping[str, str]:
    """The proxies in the operating system's own settings, by scheme; only macOS and Windows have any."""
    return getproxies() if sys.platform in ("darwin", "win32") else {}


def proxy_for(
    scheme: str, netloc: str, environ: Mapping[str, str], *, system: Callable[[], Mapping[str, str]] = of_the_system
) -> Proxy | None:
    """The proxy for an address; None if requests go there directly.

    A variable in lower case wins over one in upper case. ``no_proxy`` excepts hosts and domains. If no such variable
    is set, the operating system's own settings count.

    :param netloc: host and port.
    :param system: returns the proxies of the operating system, by scheme; called only if no variable is set.
    :raises SettingsError: the proxy cannot be used. The message leaves its address out: it may hold a password.
    """
    variable = _variable(environ, f"{scheme}_proxy") or _variable(environ, "all_proxy")
    if variable is not None:
        exceptions = _variable(environ, "no_proxy")
        doubt = ""
        if exceptions is not None:
            if _is_excepted(netloc, environ[exceptions]):
                return None
            doubt = _doubt(exceptions, environ[exceptions])
        return _parsed(environ[variable], variable, doubt)
    if any(name.lower().endswith("_proxy") for name in environ):
        return None
    found = system()
    address = found.get(scheme) or found.get("all")
    if not address or proxy_bypass(netloc):
        return None
    return _parsed(address, OF_THE_SYSTEM, "")


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    """The variable's name as it is spelled in the environment; None if it is not set, or empty.

    If the lower-case spelling is set but empty, the other spellings do not count.
    """
    if name in environ:
        return name if environ[name].strip() else None
    if name == "http_proxy" and "REQUEST_METHOD" in environ:
        return None  # in a CGI script, HTTP_PROXY is the request's header "Proxy", which anybody can send
    return next((each for each in environ if each.lower() == name and environ[each].strip()), None)


def _parsed(address: str, variable: str, doubt: str) -> Proxy:
    try:
        parts = urlsplit(address.strip() if "://" in address else f"http://{address.strip()}")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            # With an unescaped "/", "?" or "#" in the password, the parsed address ends before the host.
            raise ValueError("it does not end with the port")
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError):
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in SCHEMES or not host.isprintable() or " " in host:
        raise SettingsError(
            f"{variable} does not name a proxy's address such as http://proxy:3128 (in a user or a password, "
            "/ is written %2F, ? %3F, # %23 and @ %40)"
        )
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise SettingsError(
            f"{variable} names a SOCKS proxy, which needs the package socksio: `pip install socksio`, "
            "or name an HTTP proxy such as http://proxy:3128"
        )
    user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    return Proxy(parts.scheme, host, port, variable, user, password, doubt)


def _is_excepted(netloc: str, text: str) -> bool:
    """Whether ``no_proxy`` names the host (with its port or without), its domain, or its network."""
    both = netloc.lower()
    host = re.sub(r":\d+$", "", both)
    address = _address(host)
    for entry in _entries(text):
        network = _network(entry)
        if address is not None and network is not None and address in network:
            return True
        name = entry.lower().removeprefix("*").lstrip(".")
        if entry == "*" or name in (host, both) or (name and host.endswith(f".{name}")):
            return True
    return False


def _address(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _network(entry: str) -> Network | None:
    """The IP addresses that an entry excepts: a network, or a single address; None if the entry is a name."""
    try:
        return ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _entries(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _doubt(variable: str, text: str) -> str:
    """What is wrong with ``no_proxy``: entries that no host can match; empty if there are none."""
    odd = [str(number) for number, entry in enumerate(_entries(text), start=1) if not EXCEPTION.fullmatch(entry)]
    return f"entry {', '.join(odd)} of {variable} names no host" if odd else ""
