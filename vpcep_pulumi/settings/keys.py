"""The name of each setting in each source. Data only.

The environment variables are those of the vendor's SDKs, of Terraform's provider (and Pulumi's
bridge of it) and of the samples in the vendor's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ARGUMENTS = MappingProxyType({"region": "region", "project_id": "project_id"})
"""The resource's own arguments."""

NAMESPACE = "vpcep"
"""The namespace of the stack configuration."""

CONFIG = MappingProxyType(
    {
        "region": "vpcep:region",
        "project_id": "vpcep:projectId",
        "endpoint": "vpcep:endpoint",
        "iam_endpoint": "vpcep:iamEndpoint",
        "access_key": "vpcep:accessKey",
        "secret_key": "vpcep:secretKey",
        "security_token": "vpcep:securityToken",
        "token": "vpcep:token",
    }
)
"""Stack configuration: the setting and its key."""

LONGEST_APPEAR = "VPCEP_MAX_APPEAR_TIMEOUT"
"""The variable with the upper limit of every ``appear_timeout``, in seconds: in tests, nobody connects meanwhile."""
PLANS = "vpcep:plans"
"""The stack configuration key that says when plans are inputs: ``previews`` (the default) or ``always``."""

PROFILES = "vpcep:profiles"
"""The stack configuration key with the profiles: a JSON object of objects, by their names."""
PROFILE_KEYS = MappingProxyType(
    {setting: key.partition(":")[2] for setting, key in CONFIG.items()} | {"cloud": "cloud"}
)
"""The keys of one profile there: the setting and its key, as in :data:`CONFIG` but without the namespace; its cloud."""
SHARED = ("region", "endpoint", "iam_endpoint")
"""The settings that a resource with a profile may have from other sources than the profile. The cloud is none of them:
it says where a credential may be sent.
"""

SETTINGS_CONFIG = (*CONFIG.values(), PROFILES)
"""Every key of the stack configuration from which settings come."""

SECRET_CONFIG = (*(CONFIG[name] for name in ("access_key", "secret_key", "security_token", "token")), PROFILES)
"""The keys that must be set with ``pulumi config set --secret``."""

ENVIRONMENT: tuple[tuple[str, Mapping[str, str]], ...] = (
    (
        "the environment as the SDKs spell it",
        {
            "project_id": "HUAWEICLOUD_SDK_PROJECT_ID",
            "iam_endpoint": "HUAWEICLOUD_SDK_IAM_ENDPOINT",
            "access_key": "HUAWEICLOUD_SDK_AK",
            "secret_key": "HUAWEICLOUD_SDK_SK",
            "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
            "endpoint": "VPCEP_ENDPOINT",
        },
    ),
    (
        "the environment as Terraform spells it",
        {
            "region": "HW_REGION_NAME",
            "cloud": "HW_CLOUD",
            "project_id": "HW_PROJECT_ID",
            "project_name": "HW_PROJECT_NAME",
            "iam_endpoint": "HW_AUTH_URL",
            "access_key": "HW_ACCESS_KEY",
            "secret_key": "HW_SECRET_KEY",
            "security_token": "HW_SECURITY_TOKEN",
            "token": "HW_AUTH_TOKEN",
        },
    ),
    (
        "the environment as the documentation spells it",
        {"access_key": "CLOUD_SDK_AK", "secret_key": "CLOUD_SDK_SK"},
    ),
)
"""The environment: a name for messages, then the setting and its variable."""

SDK_PROFILE = ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", ".huaweicloud/credentials")
"""The SDKs' profile: the variable that holds its path, and the default path in the home folder."""
CLI_PROFILE = ("HW_SHARED_CONFIG_FILE", ".hcloud/config.json")
"""KooCLI's profiles, likewise. ``HW_PROFILE`` selects one; the default is the one that the file calls ``current``."""

SDK_PROFILE_KEYS = MappingProxyType(
    {
        "access_key": "ak",
        "secret_key": "sk",
        "security_token": "security_token",
        "project_id": "project_id",
        "iam_endpoint": "iam_endpoint",
    }
)
CLI_PROFILE_KEYS = MappingProxyType(
    {
        "access_key": "accessKeyId",
        "secret_key": "secretAccessKey",
        "security_token": "securityToken",
        "region": "region",
        "project_id": "projectId",
    }
)
