"""Which proxy the environment names for an address, and by which variable. Speaks no HTTP."""

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
"""An entry of ``no_proxy``: everything, a host, all hosts of a domain, an address, a network."""


@dataclass(frozen=True)
class Proxy:
    """A proxy to send requests through.

    :ivar variable: what names it, for messages: ``https_proxy``.
    :ivar doubt: what is wrong with ``no_proxy``, which might have excepted the address; empty where nothing is.
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
    """The proxies that the system itself names; only some systems name any."""
    return getproxies() if sys.platform in ("darwin", "win32") else {}


def proxy_for(
    scheme: str, netloc: str, environ: Mapping[str, str], *, system: Callable[[], Mapping[str, str]] = of_the_system
) -> Proxy | None:
    """The proxy for an address; None where it is asked directly.

    Variables in lower case come before those in upper case, and ``no_proxy`` excepts hosts and domains. Without
    any, some systems have settings of their own.

    :param netloc: host and port.
    :param system: the proxies that the system names, by scheme; asked where the environment says nothing.
    :raises SettingsError: it is not one that can be used. The address stays out of the message: it may hold a password.
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
    """A variable that is set, as it is spelled; an empty one in lower case takes the other spellings away."""
    if name in environ:
        return name if environ[name].strip() else None
    if name == "http_proxy" and "REQUEST_METHOD" in environ:
        return None  # a header named "Proxy" of a request to a CGI script
    return next((each for each in environ if each.lower() == name and environ[each].strip()), None)


def _parsed(address: str, variable: str, doubt: str) -> Proxy:
    try:
        parts = urlsplit(address.strip() if "://" in address else f"http://{address.strip()}")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            # A password with "/", "?" or "#" in it ends the address before the host.
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
    """Whether ``no_proxy`` names a host, with its port or without, or a domain that it is in."""
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
    """The addresses that an entry excepts: a network, or one."""
    try:
        return ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _entries(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _doubt(variable: str, text: str) -> str:
    """What is wrong with ``no_proxy``: an entry that no host matches."""
    odd = [str(number) for number, entry in enumerate(_entries(text), start=1) if not EXCEPTION.fullmatch(entry)]
    return f"entry {', '.join(odd)} of {variable} names no host" if odd else ""
