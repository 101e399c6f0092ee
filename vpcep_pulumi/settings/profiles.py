"""The profiles that a resource may name: in the stack configuration, else in KooCLI's file.

A profile has a credential, and may have a project, a region, a cloud and addresses. All of it is a secret in the stack
configuration. Region and project stand in the state and in messages all the same, as those of every resource do. No
message of the settings shows another value of it. What is said about requests names the host that they go to.
"""

from __future__ import annotations

import difflib
import json
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import CLI_PROFILE_KEYS, PROFILE_KEYS, PROFILES
from vpcep_pulumi.settings.sources import Source, cli_path, cli_profiles

FORM = 'it takes a JSON object of objects, such as {"prod": {"accessKey": "…", "secretKey": "…"}}'


def profile_source(name: str, config: Mapping[str, str], environ: Mapping[str, str], home: Path) -> Source:
    """The profile of a name, as a source of settings.

    :raises SettingsError: there is no such profile, or a place that was looked in is malformed. The message shows which
        profiles there are, but does not name the one that was asked for.
    """
    entries = _configured(name, config)
    if name in entries:
        return Source(f"the entry of {PROFILES}", PROFILE_KEYS, lambda: entries[name], is_profile=True, is_secret=True)
    path = cli_path(environ, home)
    found = cli_profiles(path)
    if found is not None and name in found:
        return Source(f"the entry of {path}", CLI_PROFILE_KEYS, lambda: found[name], is_profile=True)
    there = f"has {_listed(found)}" if found is not None else "is not there"
    raise SettingsError(
        f"there is no such profile: {PROFILES} in the stack's configuration has {_listed(entries)}, and KooCLI's file "
        f"{path} {there}"
    )


def _configured(asked_for: str, config: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """The profiles of the stack configuration, by their names. Their values may be secrets.

    :raises SettingsError: the configuration is malformed. The message shows names and keys, but no value.
    """
    text = config.get(PROFILES, "").strip()
    if not text:
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # The parser's own message may be raised from one that holds the text.
        raise SettingsError(f"{PROFILES} is not JSON; {FORM}") from None
    if not isinstance(document, dict):
        raise SettingsError(f"{PROFILES} is not an object; {FORM}")
    for name, entry in document.items():
        if (problem := _problem(entry)) is not None:
            which = "its entry" if name == asked_for else f"the entry {reprlib.repr(name)}"
            raise SettingsError(f"{PROFILES}: {which} {problem}")
    return document


def _problem(entry: Any) -> str | None:
    """What is wrong with the entry of one profile; None if nothing is."""
    if not isinstance(entry, dict):
        return f"is not an object; {FORM}"
    known = {key.lower(): key for key in sorted(PROFILE_KEYS.values())}
    for key, value in entry.items():
        if key not in known.values():
            like = difflib.get_close_matches(key.lower(), known, n=1)
            advice = f"is {known[like[0]]} meant?" if like else f"there are {', '.join(known.values())}"
            return f"has the key {reprlib.repr(key)}, which is read by nobody; {advice}"
        if not isinstance(value, str):
            return f"has no string as its {key}"
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
