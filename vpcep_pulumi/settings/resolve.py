"""Resolves the settings. The first source that has a setting wins; all parts of a credential come from one source."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from vpcep_pulumi.api.credentials import AccessKey, Credential, Token
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import ENVIRONMENT, LONGEST_APPEAR
from vpcep_pulumi.settings.sources import Source, sources

REGION = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]")
CLOUD = re.compile(r"(?=.{1,200}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
CLOUDS = (("eu-west-1", "myhuaweicloud.eu"), ("", "myhuaweicloud.com"))
"""A prefix of regions, and the domain of their cloud. The first that matches wins, as in Terraform's provider."""
PATHS = re.compile(r"/?|/v[0-9.]+/?")
"""The paths that an address may have, because other tools need one, such as ``/v3``. The path is left out."""
EXAMPLE = "https://vpcep.cn-north-4.myhuaweicloud.com"


@dataclass(frozen=True)
class Settings:
    """Where to send requests, and as whom.

    :ivar region: such as ``cn-north-4``.
    :ivar project_id: None if it must be looked up in IAM by ``project_name``.
    :ivar project_name: the region's own project, unless the settings name another.
    :ivar endpoint: the service's address, without a path.
    :ivar iam_endpoint: IAM's address, without a path.
    :ivar credential: its repr shows no secret.
    :ivar endpoint_named_by: what names the service's address, for messages: a setting, or the region and its setting.
    :ivar iam_named_by: likewise IAM's.
    """

    region: str
    project_id: str | None
    project_name: str
    endpoint: str
    iam_endpoint: str
    credential: Credential
    endpoint_named_by: str = field(default="", compare=False)
    iam_named_by: str = field(default="", compare=False)

    @property
    def is_default_endpoint(self) -> bool:
        """Whether the endpoint is the region's own host, even if a setting names it."""
        return self.endpoint.removesuffix(":443") == default_host("vpcep", self.region)


def resolve(
    *,
    region: str | None = None,
    project_id: str | None = None,
    config: Mapping[str, str],
    environ: Mapping[str, str],
    home: Path,
) -> Settings:
    """Find every setting.

    :param region: the resource's own, or None.
    :param project_id: the resource's own, or None.
    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :raises SettingsError: a setting is missing, incomplete or malformed. If one is missing, the message names every
        source that was looked in.
    """
    found = sources({"region": region, "project_id": project_id}, config, environ, home)
    where = _region(found)
    variable = f"HUAWEICLOUD_SDK_REGION_VPCEP_{where.upper().replace('-', '_')}"
    endpoint = _first(found, "endpoint") or environ.get(variable, "").strip()
    iam_endpoint = _first(found, "iam_endpoint")
    by_region = f"the region {where} ({_spelling(found, 'region')})"
    named_by = _spelling(found, "endpoint") or (variable if endpoint else by_region)
    project = _first(found, "project_id")
    vpcep, iam = _hosts(
        where,
        _cloud(found),
        _address("endpoint", endpoint) if endpoint else None,
        _address("iamEndpoint", iam_endpoint) if iam_endpoint else None,
        asks_iam=project is None,
    )
    return Settings(
        region=where,
        project_id=project,
        project_name=_first(found, "project_name") or where,
        endpoint=vpcep,
        iam_endpoint=iam,
        credential=_credential(found),
        endpoint_named_by=named_by,
        iam_named_by=_spelling(found, "iam_endpoint") or (named_by if iam == vpcep else by_region),
    )


def default_host(service: str, region: str, cloud: str | None = None) -> str:
    """The address of a service in a region.

    Source: "Regions and Endpoints", https://developer.huaweicloud.com/intl/en-us/endpoint, and the rule of Terraform's
    provider.

    :param cloud: the domain of the cloud, such as ``myhuaweicloud.com``; None for the region's own.
    """
    domain = cloud or next(domain for prefix, domain in CLOUDS if region.startswith(prefix))
    return f"https://{service}.{region}.{domain}"


def longest_appear(environ: Mapping[str, str]) -> float:
    """The upper limit of every ``appear_timeout``, in seconds; infinite by default.

    :raises SettingsError: the variable holds no number of seconds.
    """
    given = environ.get(LONGEST_APPEAR, "")
    try:
        seconds = float(given or math.inf)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise SettingsError(f"{LONGEST_APPEAR} is {given!r}: it takes a number of seconds")
    return seconds


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _first(found: Iterable[Source], setting: str) -> str | None:
    """The setting of the first source that has it. Sources that can never have it are not read: they may be files."""
    having = (place.settings for place in found if setting in place.keys)
    return next((settings[setting] for settings in having if setting in settings), None)


def _spelling(found: Iterable[Source], setting: str) -> str:
    """The setting's name in the first source that has it, for messages; empty if none has it."""
    place = next((place for place in found if setting in place.keys and setting in place.settings), None)
    if place is None:
        return ""
    key = place.keys[setting]
    return key if ":" in key or key.isupper() else f"{key} in {place.name}"


def _region(found: Iterable[Source]) -> str:
    region = _first(found, "region")
    if region is None:
        raise SettingsError(
            f"no region; looked in {_names(found, 'region')}. Set it with `pulumi config set vpcep:region <region>`"
        )
    if not REGION.fullmatch(region):
        raise SettingsError(f"{region!r} is not a region; one looks like cn-north-4")
    return region


def _cloud(found: Iterable[Source]) -> str | None:
    """The cloud's domain; None if the settings name none."""
    cloud = _first(found, "cloud")
    if cloud is None:
        return None
    if not CLOUD.fullmatch(cloud.lower()):
        raise SettingsError(f"{_names(found, 'cloud')}: {cloud!r} is not a cloud's domain such as {CLOUDS[-1][1]}")
    return cloud.lower()


def _hosts(region: str, cloud: str | None, vpcep: str | None, iam: str | None, *, asks_iam: bool) -> tuple[str, str]:
    """The addresses of the service and of IAM.

    A credential belongs to one cloud. If the settings name only one of the two addresses, and the other one would by
    default be in another cloud, that is an error: nobody has said that the credential may be sent there.

    :param vpcep: the service's address in the settings; None if they name none. Likewise ``iam``.
    :param asks_iam: whether IAM will be asked for anything.
    :raises SettingsError: the one that is not named would be in another cloud.
    """
    if iam is None and vpcep is not None and is_loopback(vpcep):
        return vpcep, vpcep  # the simulator is both
    default_vpcep, default_iam = default_host("vpcep", region, cloud), default_host("iam", region, cloud)
    domain = default_vpcep.partition(f".{region}.")[2]
    if iam is not None and vpcep is None and not _is_in(domain, iam):
        raise SettingsError(
            f"IAM is at {_host(iam)}, but requests would go to {_host(default_vpcep)}, which is another cloud: "
            f"these credentials are not sent there. To go on, {_remedy('HW_CLOUD', 'VPCEP_ENDPOINT', 'vpcep:endpoint')}"
        )
    if vpcep is not None and iam is None and asks_iam and not _is_in(domain, vpcep):
        raise SettingsError(
            f"requests go to {_host(vpcep)}, but IAM would be asked for the project at {_host(default_iam)}, which is "
            "another cloud: these credentials are not sent there. Set the project's id with "
            "`pulumi config set vpcep:projectId <id>`, or "
            f"{_remedy('HW_CLOUD', 'HUAWEICLOUD_SDK_IAM_ENDPOINT', 'vpcep:iamEndpoint')}"
        )
    return vpcep or default_vpcep, iam or default_iam


def _remedy(cloud: str, variable: str, key: str) -> str:
    return f"set {cloud} to the cloud's domain, or name the address with {variable} or `pulumi config set {key} <url>`"


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _is_in(domain: str, address: str) -> bool:
    return f".{_host(address)}".endswith(f".{domain}")


def _credential(found: Iterable[Source]) -> Credential:
    """The credential of the first source that has any part of one. That source must have all parts.

    If a source has both a token and an access key, the token is used, as in Terraform's provider.
    """
    for place in found:
        settings = place.settings
        if "token" in settings:
            return Token(SecretStr(_header("token", settings["token"], place)))
        parts = [name for name in ("access_key", "secret_key", "security_token") if name in settings]
        if not parts:
            continue
        missing = [name for name in ("access_key", "secret_key") if name not in settings]
        if missing:
            has, lacks = place.keys[parts[0]], place.keys[missing[0]]
            raise SettingsError(
                f"half a credential: {place.name} has {has} but not {lacks}. "
                "Set both there, or neither: a credential is never put together from two places"
            )
        values = {name: _header(name, settings[name], place) for name in parts}
        token = values.get("security_token")
        return AccessKey(
            values["access_key"], SecretStr(values["secret_key"]), SecretStr(token) if token is not None else None
        )
    variables = " and ".join(ENVIRONMENT[0][1][name] for name in ("access_key", "secret_key"))
    raise SettingsError(f"no credentials; looked in {_names(found, 'access_key')}. Set {variables} in the environment")


def _header(setting: str, value: str, place: Source) -> str:
    """A part of a credential. It must be printable ASCII, because headers take nothing else.

    The message leaves its value out.
    """
    if not (value.isascii() and value.isprintable()):
        raise SettingsError(f"{place.keys[setting]} in {place.name} holds characters that no credential has")
    return value


def _address(setting: str, text: str) -> str:
    """The address, checked and without its path: Terraform's ``HW_AUTH_URL`` ends in ``/v3``."""
    if "@" in text:
        raise SettingsError(f"{setting}: an address must not hold a user name or a password")
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{setting}: {text!r} is not an address such as {EXAMPLE}") from None
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{setting}: {text!r} is not an address such as {EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(address):
        raise SettingsError(f"{setting}: {text!r} is plain http; credentials go over https, save to this machine")
    if parts.query or parts.fragment or not PATHS.fullmatch(parts.path):
        raise SettingsError(f"{setting}: {text!r} has a path, which nothing would be sent to")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


def _names(found: Iterable[Source], setting: str) -> str:
    """Every source that could have the setting, with its name there, for messages."""
    return ", ".join(f"{place.name} ({place.keys[setting]})" for place in found if setting in place.keys)
