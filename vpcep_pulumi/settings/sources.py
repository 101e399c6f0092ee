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
from collections.abc import Callable, Collection, Mapping
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
    :ivar is_profile: it is the profile that the resource names.
    :ivar is_secret: no message of the settings may show a value of it, save a valid region.
    """

    def __init__(
        self,
        name: str,
        keys: Mapping[str, str],
        load: Callable[[], Mapping[str, str | None]],
        *,
        is_profile: bool = False,
        is_secret: bool = False,
    ) -> None:
        self.name = name
        self.keys = keys
        self.is_profile = is_profile
        self.is_secret = is_secret
        self._load = load

    def only(self, settings: Collection[str]) -> Source:
        """The same source, of which only some settings are used."""
        keys = {setting: key for setting, key in self.keys.items() if setting in settings}
        return Source(self.name, keys, self._load, is_profile=self.is_profile, is_secret=self.is_secret)

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
    sdk, cli = _path(SDK_PROFILE, environ, home), cli_path(environ, home)
    return (
        Source("the resource's arguments", ARGUMENTS, lambda: arguments),
        Source("the stack's configuration", CONFIG, lambda: config),
        *(Source(name, keys, lambda: environ) for name, keys in ENVIRONMENT),
        Source(f"the SDKs' profile {sdk}", SDK_PROFILE_KEYS, lambda: _sdk_profile(sdk)),
        Source(f"KooCLI's profile {cli}", CLI_PROFILE_KEYS, lambda: _cli_profile(cli, environ.get("HW_PROFILE", ""))),
    )


def cli_path(environ: Mapping[str, str], home: Path) -> Path:
    """Where KooCLI's file is."""
    return _path(CLI_PROFILE, environ, home)


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
    document = _cli_document(path)
    if document is None:
        return {}
    current, found = document
    name = chosen or current
    if isinstance(name, str) and name in found:
        return found[name]
    if chosen:
        raise SettingsError(f"the profile {path} has no profile {chosen!r}, which HW_PROFILE names")
    return {}


def cli_profiles(path: Path) -> Mapping[str, Mapping[str, str]] | None:
    """The profiles in KooCLI's file, by their names; None if there is no such file. Their values may be secrets.

    :raises SettingsError: the file cannot be read.
    """
    document = _cli_document(path)
    return None if document is None else document[1]


def _cli_document(path: Path) -> tuple[object, Mapping[str, Mapping[str, str]]] | None:
    """The name of the current profile, and the profiles by their names; None if there is no such file."""
    text = _read(path)
    if text is None:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError(f"the profile {path} is not JSON") from None
    profiles = document.get("profiles") if isinstance(document, dict) else None
    if not isinstance(profiles, list):
        raise SettingsError(f"the profile {path} has no list of profiles")
    found: dict[str, Mapping[str, str]] = {}
    for each in profiles:
        if isinstance(each, dict) and isinstance(name := each.get("name"), str):
            found.setdefault(name, {key: value for key, value in each.items() if isinstance(value, str)})
    return document.get("current"), found
