"""The addresses of the service and of IAM, and which credential may be sent to them. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import PROFILES

CLOUDS = (("eu-west-1", "myhuaweicloud.eu"), ("", "myhuaweicloud.com"))
"""A prefix of regions, and the domain of their cloud. The first that matches wins, as in Terraform's provider."""
PATHS = re.compile(r"/?|/v[0-9.]+/?")
"""The paths that an address may have, because other tools need one, such as ``/v3``. The path is left out."""
EXAMPLE = "https://vpcep.cn-north-4.myhuaweicloud.com"


@dataclass(frozen=True)
class Remedies:
    """What to set where a setting is missing, for messages: what follows "with".

    :ivar cloud: for the cloud's domain.
    :ivar project: for the project's id.
    :ivar endpoint: for the service's address.
    :ivar iam_endpoint: for IAM's.
    """

    cloud: str
    project: str
    endpoint: str
    iam_endpoint: str


REMEDIES = Remedies(
    "HW_CLOUD",
    "`pulumi config set vpcep:projectId <id>`",
    "VPCEP_ENDPOINT or `pulumi config set vpcep:endpoint <url>`",
    "HUAWEICLOUD_SDK_IAM_ENDPOINT or `pulumi config set vpcep:iamEndpoint <url>`",
)
PROFILE_REMEDIES = Remedies(
    f"cloud in the profile's entry of {PROFILES}",
    "projectId in the profile, or project_id of the resource",
    f"endpoint in the profile's entry of {PROFILES}",
    f"iamEndpoint in the profile's entry of {PROFILES}",
)
"""Those of a resource with a profile."""
OWN = "the profile's own"
IN_OWN = "the region's host in the profile's cloud"
"""What a message shows instead of a profile's cloud, and of a host in it."""


def default_host(service: str, region: str, cloud: str | None = None) -> str:
    """The address of a service in a region.

    Source: "Regions and Endpoints", https://developer.huaweicloud.com/intl/en-us/endpoint, and the rule of Terraform's
    provider.

    :param cloud: the domain of the cloud, such as ``myhuaweicloud.com``; None for the region's own.
    """
    domain = cloud or next(domain for prefix, domain in CLOUDS if region.startswith(prefix))
    return f"https://{service}.{region}.{domain}"


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Address(NamedTuple):
    """An address that the settings name.

    :ivar url: without a path.
    :ivar named_by: the setting that names it, for messages.
    :ivar is_own: False if the resource has a profile, and the address comes from another source.
    :ivar is_secret: it comes from the stack configuration's profiles: no message of the settings shows it.
    """

    url: str
    named_by: str
    is_own: bool = True
    is_secret: bool = False

    @property
    def shown(self) -> str:
        """The host, for messages."""
        return self.named_by if self.is_secret else _host(self.url)


def hosts(
    region: str, cloud: str | None, vpcep: Address | None, iam: Address | None, *, asks_iam: bool, remedies: Remedies
) -> tuple[str, str]:
    """The addresses of the service and of IAM.

    A credential belongs to one cloud. If the settings name only one of the two addresses, and the other one would by
    default be in another cloud, that is an error: nobody has said that the credential may be sent there.

    :param vpcep: the service's address in the settings; None if they name none. Likewise ``iam``.
    :param asks_iam: whether IAM will be asked for anything.
    :raises SettingsError: the one that is not named would be in another cloud.
    """
    if iam is None and vpcep is not None and is_loopback(vpcep.url):
        return vpcep.url, vpcep.url  # the simulator is both
    default_vpcep, default_iam = default_host("vpcep", region, cloud), default_host("iam", region, cloud)
    domain = _domain(region, cloud)
    if iam is not None and vpcep is None and not _is_in(domain, iam.url):
        raise SettingsError(
            f"IAM is at {iam.shown}, but requests would go to {_default(default_vpcep, cloud, remedies)}, which is "
            "another cloud: these credentials are not sent there. To go on, "
            f"{_to_go_on(remedies, remedies.endpoint)}"
        )
    if vpcep is not None and iam is None and asks_iam and not _is_in(domain, vpcep.url):
        raise SettingsError(
            f"requests go to {vpcep.shown}, but IAM would be asked for the project at "
            f"{_default(default_iam, cloud, remedies)}, which is another cloud: these credentials are not sent there. "
            f"Set the project's id with {remedies.project}, or {_to_go_on(remedies, remedies.iam_endpoint)}"
        )
    return (vpcep.url if vpcep is not None else default_vpcep), (iam.url if iam is not None else default_iam)


def preferred(own: Address | None, other: Address | None) -> Address | None:
    """The address of a profile, else that of another source.

    One on this machine comes before one that is not: it is a test's, which must not reach the real service.

    :param own: the profile's; None if it names none. Likewise ``other``.
    """
    if own is None or (other is not None and is_loopback(other.url) and not is_loopback(own.url)):
        return other
    return own


def for_profile(
    region: str, cloud: str | None, vpcep: Address | None, iam: Address | None
) -> tuple[Address | None, Address | None]:
    """Those of the addresses that a profile's credential may be sent to.

    An address of another source was not written for this credential, and neither was another source's cloud:

    - If the profile names the service's address, no other source names IAM's.
    - If another source's address of the service is on this machine, IAM is on this machine as well.
    - If the profile names only IAM's, no other source names the service's.
    - If it names none, others' are used if they are in the profile's cloud.

    :param cloud: the profile's own; None for the region's. It is a secret.
    :raises SettingsError: an address is in another cloud.
    """
    if vpcep is not None and vpcep.is_own:
        return vpcep, iam if iam is not None and iam.is_own else None
    if vpcep is not None and is_loopback(vpcep.url):
        return vpcep, iam if iam is not None and is_loopback(iam.url) else None
    if iam is not None and iam.is_own:
        return None, iam
    domain = _domain(region, cloud)
    for address, remedy in ((vpcep, PROFILE_REMEDIES.endpoint), (iam, PROFILE_REMEDIES.iam_endpoint)):
        if address is not None and not is_loopback(address.url) and not _is_in(domain, address.url):
            raise SettingsError(
                f"{address.named_by} names {address.shown}, which is in another cloud than the region {region} "
                f"({domain if cloud is None else OWN}): this profile's credentials are not sent there. To go on, "
                f"{_to_go_on(PROFILE_REMEDIES, remedy)}"
            )
    return vpcep, iam


def _domain(region: str, cloud: str | None) -> str:
    """The domain of the cloud."""
    return default_host("vpcep", region, cloud).partition(f".{region}.")[2]


def _default(address: str, cloud: str | None, remedies: Remedies) -> str:
    """The host that follows from region and cloud, for messages. The cloud of a profile is a secret."""
    return _host(address) if cloud is None or remedies is REMEDIES else IN_OWN


def _to_go_on(remedies: Remedies, remedy: str) -> str:
    return f"set {remedies.cloud} to the cloud's domain, or name the address with {remedy}"


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _is_in(domain: str, address: str) -> bool:
    return f".{_host(address)}".endswith(f".{domain}")


def checked_address(setting: str, text: str, *, is_secret: bool = False) -> str:
    """The address, checked and without its path: Terraform's ``HW_AUTH_URL`` ends in ``/v3``.

    :param is_secret: the message must not show the text.
    """
    shown = "its value" if is_secret else repr(text)
    if "@" in text:
        raise SettingsError(f"{setting}: an address must not hold a user name or a password")
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{setting}: {shown} is not an address such as {EXAMPLE}") from None
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{setting}: {shown} is not an address such as {EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(address):
        raise SettingsError(f"{setting}: {shown} is plain http; credentials go over https, save to this machine")
    if parts.query or parts.fragment or not PATHS.fullmatch(parts.path):
        raise SettingsError(f"{setting}: {shown} has a path, which nothing would be sent to")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
