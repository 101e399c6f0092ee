"""What is declared for one connection, with every value known. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vpcep_pulumi.errors import ApiError, InputError, RefusalKind, RequestError, VpcepError
from vpcep_pulumi.lifecycle.schema import DEFAULTS
from vpcep_pulumi.lifecycle.table import Goal


@dataclass(frozen=True)
class Approval:
    """What is declared for one connection: the inputs by their names, and what they ask for.

    :ivar status: the status that is desired now: as declared, or ``rejected`` where that has expired.
    :ivar goal: what that asks for.
    :ivar expected_domain_id: the only account whose endpoint may be decided on; None: any.
    :ivar description: None where the connection's is left alone.
    :ivar expires_at: until when what is declared accepted is to be so; RFC 3339.
    :ivar has_expired: whether that is over.
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
        """Where the connection is looked for, for messages."""
        return f"region {self.region}, project {self.project_id}"

    def absence(self, error: RequestError, *, seen: bool) -> VpcepError | None:
        """What a failed look comes to: None where it means that the connection is not there any more.

        :param seen: whether it was there before; then a service that is gone is no error.
        """
        if not (isinstance(error, ApiError) and error.kind is RefusalKind.ABSENT):
            return error
        if seen:
            return None
        return InputError(
            "",
            f"there is no service {self.service_id} in {self.location}: it may be in another region or project, or "
            f"service_id may be a name instead of an id, or be swapped with endpoint_id; {error}",
        )
