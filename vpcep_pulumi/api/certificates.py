"""The certificates to trust, and the variables that name them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from vpcep_pulumi.errors import SettingsError

BUNDLE = "SSL_CERT_FILE"
FOLDER = "SSL_CERT_DIR"
IGNORED = "REQUESTS_CA_BUNDLE"
"""The variable that other programs read instead. To set it is the usual mistake, so messages about untrusted
certificates mention it."""


def trusted(environ: Mapping[str, str], default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """The certificates to trust: those that the environment names, else the default ones. Each set is loaded once.

    :param default: loads the default ones; called if the environment names none.
    :raises SettingsError: what the environment names is not there, or holds no certificate.
    """
    if environ.get(BUNDLE):
        return _loaded(BUNDLE, environ[BUNDLE])
    if environ.get(FOLDER):
        return _loaded(FOLDER, environ[FOLDER])
    return _default(default)


def named_by(environ: Mapping[str, str]) -> str:
    """The variable that names the certificates to trust; empty if none is set."""
    return next((name for name in (BUNDLE, FOLDER) if environ.get(name)), "")


@cache
def _loaded(variable: str, path: str) -> ssl.SSLContext:
    if variable == FOLDER:
        if not any(Path(each).is_dir() for each in path.split(os.pathsep)):
            raise SettingsError(f"{FOLDER} names {path!r}, which is not a folder: name the trusted certificates there")
        return ssl.create_default_context(capath=path)
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        reason = "which holds no certificate"
    except OSError as error:
        reason = f"which cannot be read ({error.strerror or type(error).__name__})"
    raise SettingsError(f"{BUNDLE} names {path!r}, {reason}: name a file with the certificates to trust, or unset it")


@cache
def _default(default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    return default()
