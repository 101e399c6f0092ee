"""What a program checks in its stack configuration before it declares anything."""

from __future__ import annotations

import difflib

import pulumi
from pulumi.runtime.config import CONFIG as PULUMI_CONFIG
from pulumi.runtime.config import get_config_env

from vpcep_pulumi.settings.keys import NAMESPACE, PLANS, PROFILES, SECRET_CONFIG, SETTINGS_CONFIG

PREVIEWS, ALWAYS = "previews", "always"


def check_configuration() -> None:
    """Refuse unknown keys, invalid values of ``vpcep:plans``, and secrets in plain text.

    :raises pulumi.RunError: a key of the namespace ``vpcep`` is not known, ``vpcep:plans`` has an invalid value, or a
        secret stands in plain text. (Plain configuration is stored, readable, in the state of every dynamic provider.)
    """
    known = {key.partition(":")[2].lower(): key for key in sorted([*SETTINGS_CONFIG, PLANS])}
    for key in sorted({*PULUMI_CONFIG.get(), *get_config_env()}):
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE and key not in known.values():
            like = difflib.get_close_matches(name.lower(), known, n=1)
            advice = f"is {known[like[0]]} meant?" if like else f"there are {', '.join(known.values())}"
            raise pulumi.RunError(f"{key} in the stack's configuration is read by nobody; {advice}")
    keeps_plans()
    for key in SECRET_CONFIG:
        namespace, _, name = key.partition(":")
        if pulumi.Config(namespace).get(name) is not None and not pulumi.runtime.is_config_secret(key):
            instead = "KooCLI's file" if key == PROFILES else "the environment"
            raise pulumi.RunError(
                f"{key} stands in plain text in the stack's configuration, and would in the state. "
                f"Set it again with `pulumi config set --secret {key}`, or use {instead} instead"
            )


def keeps_plans() -> bool:
    """Whether an update keeps its plans as inputs, which Pulumi's own update plans need.

    :raises pulumi.RunError: the setting has an invalid value.
    """
    namespace, _, name = PLANS.partition(":")
    given = pulumi.Config(namespace).get(name) or PREVIEWS
    if given not in (PREVIEWS, ALWAYS):
        raise pulumi.RunError(
            f'{PLANS} in the stack\'s configuration is "{given}"; it takes "{PREVIEWS}" or "{ALWAYS}"'
        )
    return given == ALWAYS
