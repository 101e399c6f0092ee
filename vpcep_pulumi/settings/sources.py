"""The sources of settings, in the order of their precedence.

A source has a name for messages, and the settings found there, under the same names as in all other sources.
:mod:`vpcep_pulumi.settings.resolve` decides between sources.
"""

from __future__ import annotations

import configparser
import json
import os
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import (
    ARGUMENTS,
    CLI_PROFILE,
    CLI_PROFILE_KEYS,
    CONFIG,
    ENVIRONMENT,
    SDK_PROFILE,
    SDK_PROFILE_KEYS,
)

LONGEST_PROFILE = 1024 * 1024
"""Bytes. A profile has a few hundred."""


class Source:
    """One source of settings, such as the stack configuration or a profile file.

    :ivar name: for messages.
    :ivar keys: by setting: its name in this source.
    """

    def __init__(self, name: str, keys: Mapping[str, str], load: Callable[[], Mapping[str, str | None]]) -> None:
        self.name = name
        self.keys = keys
        self._load = load

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The settings found there, without empty values. Read on first access. They may be secrets.

        :raises SettingsError: a profile file is there but cannot be read.
        """
        found = self._load()
        values = {setting: found.get(key) for setting, key in self.keys.items()}
        return {setting: value.strip() for setting, value in values.items() if value is not None and value.strip()}


def sources(
    arguments: Mapping[str, str | None],
    config: Mapping[str, str],
    environ: Mapping[str, str],
    home: Path,
) -> tuple[Source, ...]:
    """Every source, the one that wins first. A file is read only when a setting of its source is needed.

    :param arguments: those of the resource: ``region`` and ``project_id``.
    :param config: the stack's configuration, ``namespace:name``.
    """
    sdk, cli = _path(SDK_PROFILE, environ, home), _path(CLI_PROFILE, environ, home)
    return (
        Source("the resource's arguments", ARGUMENTS, lambda: arguments),
        Source("the stack's configuration", CONFIG, lambda: config),
        *(Source(name, keys, lambda: environ) for name, keys in ENVIRONMENT),
        Source(f"the SDKs' profile {sdk}", SDK_PROFILE_KEYS, lambda: _sdk_profile(sdk)),
        Source(f"KooCLI's profile {cli}", CLI_PROFILE_KEYS, lambda: _cli_profile(cli, environ.get("HW_PROFILE", ""))),
    )


def _path(profile: tuple[str, str], environ: Mapping[str, str], home: Path) -> Path:
    variable, default = profile
    moved = environ.get(variable)
    if moved:
        return home / moved[2:] if moved.startswith("~/") else Path(moved)
    return home / default


def _read(path: Path) -> str | None:
    """A profile's text; None if there is no such file.

    Only a regular file is read, and it is opened without waiting: a pipe or a device may block for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SettingsError(f"cannot read the profile {path}: it is not a regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(LONGEST_PROFILE + 1)
        finally:
            os.close(descriptor)
        if len(content) > LONGEST_PROFILE:
            raise SettingsError(f"cannot read the profile {path}: it has more than {LONGEST_PROFILE} bytes")
        # Editors and shells of Windows begin a file with a byte order mark.
        return content.decode("utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the profile {path}: {type(error).__name__}") from None


def _sdk_profile(path: Path) -> Mapping[str, str | None]:
    text = _read(path)
    if text is None:
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        # The parser's own message repeats the line, which may hold a key.
        raise SettingsError(f"the profile {path} is not an INI file: {type(error).__name__}") from None
    return dict(parser["basic"]) if parser.has_section("basic") else {}


def _cli_profile(path: Path, chosen: str) -> Mapping[str, str | None]:
    text = _read(path)
    if text is None:
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError(f"the profile {path} is not JSON") from None
    profiles = document.get("profiles") if isinstance(document, dict) else None
    if not isinstance(profiles, list):
        raise SettingsError(f"the profile {path} has no list of profiles")
    name = chosen or document.get("current")
    for profile in profiles:
        if isinstance(profile, dict) and profile.get("name") == name:
            return {key: value for key, value in profile.items() if isinstance(value, str)}
    if chosen:
        raise SettingsError(f"the profile {path} has no profile {chosen!r}, which HW_PROFILE names")
    return {}
