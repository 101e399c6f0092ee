"""What is declared for one connection, with every value known. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vpcep_pulumi.errors import ApiError, InputError, RefusalKind, RequestError, VpcepError
from vpcep_pulumi.lifecycle.schema import DEFAULTS
from vpcep_pulumi.lifecycle.table import Goal


@dataclass(frozen=True)
class Approval:
    """What is declared for one connection: the inputs by their names, and what they ask for.

    :ivar status: the status that is desired now: as declared, or ``rejected`` if that has expired.
    :ivar goal: the goal for that status.
    :ivar expected_domain_id: the only account whose endpoint may be decided on; None: any.
    :ivar description: None: the connection's own is left alone.
    :ivar expires_at: when ``accepted`` expires, in RFC 3339; None: never.
    :ivar has_expired: whether it has expired.
    :ivar profile: the name of the profile with the credential; None: the settings without a profile.
    :ivar appear_timeout: seconds.
    :ivar settle_timeout: seconds.
    """

    service_id: str
    endpoint_id: str
    status: str
    goal: Goal
    region: str
    project_id: str
    expected_domain_id: str | None = None
    description: str | None = None
    expires_at: str | None = None
    has_expired: bool = False
    profile: str | None = None
    appear_timeout: float = DEFAULTS["appear_timeout"]
    settle_timeout: float = DEFAULTS["settle_timeout"]

    @property
    def id(self) -> str:
        """The resource's id."""
        return f"{self.service_id}/{self.endpoint_id}"

    @property
    def name(self) -> str:
        """The connection, for messages."""
        return f"connection {self.endpoint_id} of service {self.service_id}"

    @property
    def location(self) -> str:
        """The region and the project of the connection, for messages."""
        return f"region {self.region}, project {self.project_id}"

    def absence(self, error: RequestError, *, seen: bool) -> VpcepError | None:
        """The error of a failed read; None if it only means that the connection is gone.

        :param seen: whether the connection was there before; then it is no error that the service is gone.
        """
        if not is_absent(error):
            return error
        if seen:
            return None
        return no_such_service(self.service_id, self.location, error)


def is_absent(error: RequestError) -> bool:
    """Whether the API says that what was asked for is not there."""
    return isinstance(error, ApiError) and error.kind is RefusalKind.ABSENT


def no_such_service(service_id: str, location: str, error: RequestError) -> InputError:
    """The error for a service that is not there.

    :param location: the region and the project in which it was looked for.
    """
    return InputError(
        "",
        f"there is no service {service_id} in {location}: it may be in another region or project, or "
        f"service_id may be a name instead of an id, or be swapped with endpoint_id; {error}",
    )
