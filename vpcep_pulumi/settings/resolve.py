"""Resolves the settings. The first source that has a setting wins; all parts of a credential come from one source."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from vpcep_pulumi.api.credentials import AccessKey, Credential, Token
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.hosts import (
    CLOUDS,
    PROFILE_REMEDIES,
    REMEDIES,
    Address,
    Remedies,
    checked_address,
    default_host,
    for_profile,
    hosts,
    preferred,
)
from vpcep_pulumi.settings.keys import ENVIRONMENT, LONGEST_APPEAR, PROFILE_KEYS, SHARED
from vpcep_pulumi.settings.profiles import profile_source
from vpcep_pulumi.settings.sources import Source, sources

REGION = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]")
CLOUD = re.compile(r"(?=.{1,200}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


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
    profile: str | None = None,
    config: Mapping[str, str],
    environ: Mapping[str, str],
    home: Path,
) -> Settings:
    """Find every setting.

    With a profile, the credential and the project come from the profile alone; the project may be the resource's own
    as well. The cloud is the profile's, else the region's own. Region and addresses may come from other sources, after
    the resource and the profile.

    :param region: the resource's own, or None.
    :param project_id: the resource's own, or None.
    :param profile: the name of the resource's profile, or None.
    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :raises SettingsError: a setting is missing, incomplete or malformed. If one is missing, the message names every
        source that was looked in. If the resource has a profile, the message names it.
    """
    arguments, *others = sources({"region": region, "project_id": project_id}, config, environ, home)
    if profile is None:
        return _resolved((arguments, *others), environ, profile)
    try:
        own = profile_source(profile, config, environ, home)
        return _resolved((arguments, own, *(each.only(SHARED) for each in others)), environ, profile)
    except SettingsError as error:
        raise SettingsError(under(profile, str(error))) from None


def under(profile: str | None, text: str) -> str:
    """The text of an error, with the name of the resource's profile, if it has one."""
    return text if profile is None else f"profile {profile!r}: {text}"


def _resolved(found: tuple[Source, ...], environ: Mapping[str, str], profile: str | None) -> Settings:
    where, cloud, project = _region(found), _cloud(found), _first(found, "project_id")
    variable = f"HUAWEICLOUD_SDK_REGION_VPCEP_{where.upper().replace('-', '_')}"
    by_region = f"the region {where} ({_spelling(found, 'region')})"
    endpoints = (*found, Source("the environment", {"endpoint": variable}, lambda: environ))
    vpcep, iam = _address(endpoints, "endpoint", profile), _address(found, "iam_endpoint", profile)
    if profile is not None:
        vpcep, iam = for_profile(where, cloud, vpcep, iam)
    remedies = remedies_for(profile)
    endpoint, iam_endpoint = hosts(where, cloud, vpcep, iam, asks_iam=project is None, remedies=remedies)
    named_by = vpcep.named_by if vpcep is not None else by_region
    return Settings(
        region=where,
        project_id=project,
        project_name=_first(found, "project_name") or where,
        endpoint=endpoint,
        iam_endpoint=iam_endpoint,
        credential=_credential(found, profile),
        endpoint_named_by=named_by,
        iam_named_by=iam.named_by if iam is not None else named_by if iam_endpoint == endpoint else by_region,
    )


def remedies_for(profile: str | None) -> Remedies:
    """What to set where a setting is missing."""
    return REMEDIES if profile is None else PROFILE_REMEDIES


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


def _place(found: Iterable[Source], setting: str) -> Source | None:
    """The first source that has the setting. Sources that can never have it are not read: they may be files."""
    return next((place for place in found if setting in place.keys and setting in place.settings), None)


def _first(found: Iterable[Source], setting: str) -> str | None:
    """The setting of the first source that has it."""
    place = _place(found, setting)
    return place.settings[setting] if place is not None else None


def _spelling(found: Iterable[Source], setting: str) -> str:
    """The setting's name in the first source that has it, for messages; empty if none has it."""
    place = _place(found, setting)
    if place is None:
        return ""
    key = place.keys[setting]
    return key if ":" in key or key.isupper() else f"{key} in {place.name}"


def _address(found: Iterable[Source], setting: str, profile: str | None) -> Address | None:
    """The address of the first source that names one. Which source is the first, :func:`preferred` says."""

    def of(places: Iterable[Source], *, is_own: bool) -> Address | None:
        place = _place(places, setting)
        if place is None:
            return None
        url = checked_address(PROFILE_KEYS[setting], place.settings[setting], is_secret=place.is_secret)
        return Address(url, _spelling((place,), setting), is_own, place.is_secret)

    if profile is None:
        return of(found, is_own=True)
    own, others = ([each for each in found if each.is_profile is wanted] for wanted in (True, False))
    return preferred(of(own, is_own=True), of(others, is_own=False))


def _region(found: Iterable[Source]) -> str:
    place = _place(found, "region")
    if place is None:
        raise SettingsError(
            f"no region; looked in {_names(found, 'region')}. Set it with `pulumi config set vpcep:region <region>`"
        )
    region = place.settings["region"]
    if not REGION.fullmatch(region):
        shown = _spelling((place,), "region") if place.is_secret else repr(region)
        raise SettingsError(f"{shown} is not a region; one looks like cn-north-4")
    return region


def _cloud(found: Iterable[Source]) -> str | None:
    """The cloud's domain; None if the settings name none."""
    place = _place(found, "cloud")
    if place is None:
        return None
    cloud = place.settings["cloud"]
    if not CLOUD.fullmatch(cloud.lower()):
        shown = "its value" if place.is_secret else repr(cloud)
        raise SettingsError(f"{_names(found, 'cloud')}: {shown} is not a cloud's domain such as {CLOUDS[-1][1]}")
    return cloud.lower()


def _credential(found: Iterable[Source], profile: str | None) -> Credential:
    """The credential of the first source that has any part of one. That source must have all parts.

    If a source has both a token and an access key, the token is used, as in Terraform's provider.
    """
    for place in (each for each in found if "access_key" in each.keys):
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
    remedy = f"Set {variables} in the environment" if profile is None else "Only the profile's own are used: add them"
    raise SettingsError(f"no credentials; looked in {_names(found, 'access_key')}. {remedy}")


def _header(setting: str, value: str, place: Source) -> str:
    """A part of a credential. It must be printable ASCII, because headers take nothing else.

    The message leaves its value out.
    """
    if not (value.isascii() and value.isprintable()):
        raise SettingsError(f"{place.keys[setting]} in {place.name} holds characters that no credential has")
    return value


def _names(found: Iterable[Source], setting: str) -> str:
    """Every source that could have the setting, with its name there, for messages."""
    return ", ".join(f"{place.name} ({place.keys[setting]})" for place in found if setting in place.keys)
