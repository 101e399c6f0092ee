"""How an address is reached: directly or through a proxy, and which settings name the two. Sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from vpcep_pulumi.api import certificates
from vpcep_pulumi.api.proxies import Proxy, proxy_for


@dataclass(frozen=True)
class Route:
    """The way to one address.

    :ivar named_by: the setting or variable that names the address, for messages.
    :ivar is_secure: whether TLS is used, by the address or by the proxy.
    :ivar proxy: None if requests go to the address directly.
    :ivar bundle: the variable that names the certificates to trust; empty if none is set.
    """

    named_by: str = "the endpoint"
    is_secure: bool = True
    proxy: Proxy | None = None
    bundle: str = ""

    @property
    def via(self) -> str:
        """The proxy, for messages; empty if there is none."""
        return "" if self.proxy is None else f" through the proxy {self.proxy.address} ({self.proxy.variable})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The proxy's password, if it has one."""
        return () if self.proxy is None or not self.proxy.password else (self.proxy.password,)

    def check(self, *, at_proxy: bool) -> str:
        """What to check if the address itself may be wrong, for messages.

        :param at_proxy: whether it is the proxy's address.
        """
        if not at_proxy or self.proxy is None:
            return f"check {self.named_by}"
        doubt = f"; {self.proxy.doubt}" if self.proxy.doubt else ""
        return f"check {self.proxy.variable}, or except the host in no_proxy{doubt}"


def route_to(base_url: str, environ: Mapping[str, str], *, named_by: str, trust_env: bool) -> Route:
    """The way to an address.

    :param environ: names proxies and certificates.
    :param trust_env: whether to use a proxy that the environment names.
    :raises SettingsError: that proxy cannot be used.
    """
    parts = urlsplit(base_url)
    proxy = proxy_for(parts.scheme, parts.netloc, environ) if trust_env else None
    is_secure = "https" in (parts.scheme, proxy.scheme if proxy is not None else "")
    return Route(named_by, is_secure, proxy, certificates.named_by(environ))
