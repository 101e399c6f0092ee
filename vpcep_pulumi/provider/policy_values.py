"""What the state records of a policy, as Pulumi's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.policy_plan import Record
from vpcep_pulumi.lifecycle.policy_schema import POLICY
from vpcep_pulumi.provider.properties import RETAINED
from vpcep_pulumi.provider.values import Values


def is_held(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether the state already holds a policy of this service, by its old inputs."""
    return bool(olds) and all(olds.get(name) == inputs.get(name) for name in POLICY.names("identity"))


def policy_outputs(
    inputs: Mapping[str, Any], record: Record, failed: Mapping[str, VpcepError], problem: VpcepError | None
) -> Values:
    """What the state records.

    :param inputs: checked inputs. What the schema calls repeated is taken over from them.
    :param failed: by endpoint whose decision was not carried out: why.
    :param problem: the error of all those together; None if there is none.
    """
    kept = (*POLICY.names("repeated"), RETAINED)
    values: Values = {name: inputs[name] for name in kept if inputs.get(name) is not None}
    reasons = {**dict(record.failed), **{id_: str(error) for id_, error in failed.items()}}
    return {
        **values,
        **record.outputs(),
        "failed": dict(sorted(reasons.items())),
        "errors": [str(problem)] if problem is not None else [],
    }
