"""Where region, project, endpoint and credentials come from."""

from vpcep_pulumi.settings.places import SECRET_CONFIG
from vpcep_pulumi.settings.resolve import Settings, is_loopback, resolve

__all__ = ["SECRET_CONFIG", "Settings", "is_loopback", "resolve"]
