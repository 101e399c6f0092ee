"""The projects that an operation works in: a client and a live view for each, made once.

The keys under which they are kept include the credential. So the profiles of two accounts never share a client, a
project from IAM, or a view. Two profiles with one credential share the client, and so the quota; each has a view of its
own, because errors name the profile. Credentials are compared by value, and their reprs show none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credential_state import CredentialState
from vpcep_pulumi.api.credentials import Credential
from vpcep_pulumi.api.operations import list_projects
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.lifecycle.plan import endpoint_note
from vpcep_pulumi.log import Log
from vpcep_pulumi.operation.once import Once
from vpcep_pulumi.operation.senders import Sender, sender
from vpcep_pulumi.operation.view import LiveView
from vpcep_pulumi.settings.hosts import is_loopback
from vpcep_pulumi.settings.resolve import Settings, longest_appear, remedies_for, resolve, under


@dataclass(frozen=True)
class ProjectSession:
    """One project in one region, under one credential.

    :ivar client: sends to the region's VPCEP endpoint. Its errors name the profile, if the resource has one.
    :ivar view: the live view of the project's services.
    :ivar longest_appear: the upper limit of every ``appear_timeout``, in seconds.
    """

    region: str
    project_id: str
    client: Sender
    view: LiveView
    longest_appear: float = math.inf


class Projects:
    """Resolves the settings for a resource, and keeps what is made from them. Thread-safe.

    :param config: the stack's configuration, ``namespace:name``, secrets in plain.
    :param environ: the process's environment.
    :param home: the home folder, where profiles are.
    :param client: makes a client; an argument so that a test can replace the transport.
    """

    def __init__(
        self,
        *,
        config: Mapping[str, str],
        environ: Mapping[str, str],
        home: Path,
        clock: Clock,
        log: Log,
        client: Callable[..., Client] = Client,
    ) -> None:
        self._config = config
        self._environ = environ
        self._home = home
        self._clock = clock
        self._log = log
        self._new_client = client
        self._settings: Once[Settings] = Once()
        self._credential_states: Once[CredentialState] = Once()
        self._clients: Once[Client] = Once()
        self._projects: Once[str | SettingsError] = Once()
        self._sessions: Once[ProjectSession] = Once()
        self._noted: Once[None] = Once()

    def get(
        self, region: str | None = None, project_id: str | None = None, profile: str | None = None
    ) -> ProjectSession:
        """The session for a resource's region, project and profile. What it leaves out comes from the settings.

        :raises SettingsError: a setting is missing or wrong, there is no such profile, or IAM knows no such project, or
            several.
        :raises RequestError: the request to IAM failed.
        """
        settings = self._resolved(region, project_id, profile)
        project = settings.project_id or self._look_up(settings, profile)

        def make() -> ProjectSession:
            self._noted.get((settings.region, settings.endpoint), lambda: self._note(settings))
            client = sender(self._client(settings.endpoint, settings.credential, settings.endpoint_named_by), profile)
            view = LiveView(client, project, self._clock)
            return ProjectSession(settings.region, project, client, view, longest_appear(self._environ))

        return self._sessions.get((settings.endpoint, settings.region, project, settings.credential, profile), make)

    def address(self, region: str, project_id: str, profile: str | None = None) -> str | None:
        """The address to which requests for a resource go; None if the settings are not complete."""
        try:
            return self._resolved(region, project_id, profile).endpoint
        except SettingsError:
            return None

    def close(self) -> None:
        """Close every network connection to the API."""
        for client in self._clients.values():
            client.close()

    def _resolved(self, region: str | None, project_id: str | None, profile: str | None) -> Settings:
        def make() -> Settings:
            return resolve(
                region=region,
                project_id=project_id,
                profile=profile,
                config=self._config,
                environ=self._environ,
                home=self._home,
            )

        return self._settings.get((region, project_id, profile), make)

    def _note(self, settings: Settings) -> None:
        """Warn that requests go to another host than the region's own, unless it is this machine."""
        if not settings.is_default_endpoint and not is_loopback(settings.endpoint):
            self._log.warning(endpoint_note(settings.region, settings.endpoint))

    def _client(self, address: str, credential: Credential, named_by: str) -> Client:
        def make() -> Client:
            return self._new_client(
                address,
                credential,
                clock=self._clock,
                warn=self._log.warning,
                debug=self._log.debug,
                environ=self._environ,
                named_by=named_by,
                # Requests to this machine must not go through a proxy from the environment.
                trust_env=not is_loopback(address),
                # The client for IAM shares it with that for the service: if one is refused, both must know.
                credential_state=self._credential_states.get(credential, CredentialState),
            )

        return self._clients.get((address, credential), make)

    def _look_up(self, settings: Settings, profile: str | None) -> str:
        """The project's id. IAM is asked for it once in an operation."""
        name = settings.project_name

        def ask() -> str | SettingsError:
            client = self._client(settings.iam_endpoint, settings.credential, settings.iam_named_by)
            projects = sender(client, profile).send(list_projects(name))
            named = [each for each in projects if each.name in ("", name)]
            if len(named) == 1:
                return named[0].id
            return SettingsError(
                f"no project id, and IAM knows {len(named) or 'no'} "
                f"project{'s' if len(named) > 1 else ''} named {name!r} for these credentials"
            )

        found = self._projects.get((settings.iam_endpoint, name, settings.credential), ask)
        if isinstance(found, SettingsError):
            raise SettingsError(under(profile, f"{found}. Set it with {remedies_for(profile).project}"))
        return found
