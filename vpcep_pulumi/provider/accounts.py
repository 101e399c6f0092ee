"""The projects that an operation works in: a client and a live view for each, made once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vpcep_pulumi.api.client import Client, Tempo
from vpcep_pulumi.api.operations import list_projects
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.provider.context import Log
from vpcep_pulumi.provider.view import LiveView
from vpcep_pulumi.settings.resolve import Settings, is_loopback, resolve


@dataclass(frozen=True)
class Account:
    """One project in one region, under one credential.

    :ivar client: sends to the region's VPCEP endpoint.
    :ivar view: the live view of the project's services.
    """

    region: str
    project_id: str
    client: Client
    view: LiveView


class Accounts:
    """Finds the settings for a resource and keeps what is made from them. Thread-safe.

    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :param client: makes a client; an argument so that a test can have the connection.
    """

    def __init__(
        self,
        *,
        config: Mapping[str, str],
        environ: Mapping[str, str],
        home: Path,
        tempo: Tempo,
        log: Log,
        client: Callable[..., Client] = Client,
    ) -> None:
        self._config = config
        self._environ = environ
        self._home = home
        self._tempo = tempo
        self._log = log
        self._new_client = client
        self._lock = threading.Lock()
        self._settings: dict[tuple[str | None, str | None], Settings] = {}
        self._clients: dict[tuple[str, object], Client] = {}
        self._projects: dict[tuple[str, str], str | SettingsError] = {}
        self._accounts: dict[tuple[str, str, str], Account] = {}

    def get(self, region: str | None = None, project_id: str | None = None) -> Account:
        """The account of a resource's region and project; what it leaves out comes from the settings.

        :raises SettingsError: something is missing, or IAM knows no such project, or several.
        :raises RequestError: IAM could not be asked.
        """
        with self._lock:
            settings = self._settings.get((region, project_id))
            if settings is None:
                settings = resolve(
                    region=region,
                    project_id=project_id,
                    config=self._config,
                    environ=self._environ,
                    home=self._home,
                )
                self._settings[region, project_id] = settings
            project = settings.project_id or self._look_up(settings)
            key = (settings.endpoint, settings.region, project)
            if key not in self._accounts:
                client = self._client(settings.endpoint, settings)
                view = LiveView(client, project, self._tempo)
                self._accounts[key] = Account(settings.region, project, client, view)
            return self._accounts[key]

    def close(self) -> None:
        """Close every connection to the API."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def _client(self, address: str, settings: Settings) -> Client:
        key = (address, settings.credential)
        if key not in self._clients:
            self._clients[key] = self._new_client(
                address,
                settings.credential,
                tempo=self._tempo,
                warn=self._log.warning,
                # A proxy from the environment must not be asked for this machine itself.
                trust_env=not is_loopback(address),
            )
        return self._clients[key]

    def _look_up(self, settings: Settings) -> str:
        """The project's id, asked of IAM once an operation."""
        key = (settings.iam_endpoint, settings.project_name)
        if key not in self._projects:
            projects = self._client(settings.iam_endpoint, settings).send(list_projects(settings.project_name))
            named = [each for each in projects if each.name in ("", settings.project_name)]
            if len(named) == 1:
                self._projects[key] = named[0].id
            else:
                self._projects[key] = SettingsError(
                    f"no project id, and IAM knows {len(named) or 'no'} "
                    f"project{'s' if len(named) > 1 else ''} named {settings.project_name!r} for these credentials. "
                    "Set it with `pulumi config set vpcep:projectId <id>`"
                )
        found = self._projects[key]
        if isinstance(found, SettingsError):
            raise found.with_traceback(None)
        return found
