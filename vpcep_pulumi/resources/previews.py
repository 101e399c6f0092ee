"""What a preview says of a program's approvals: refusals, and plans where everybody sees them.

Without ``--diff`` a preview shows no input, and so no plan. So each plan stands on its resource's row; of many, a
summary stands under the stack.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pulumi

from vpcep_pulumi.lifecycle.table import Step
from vpcep_pulumi.provider.properties import PLAN, PREVIEW, REFUSED, VERB

TOLD = (PLAN, VERB, REFUSED)
"""What the provider adds in a preview."""
CHECK = "Check endpoint_id: nothing of that id has asked to connect to the service"
MOST_ROWS = 5
"""Of how many approvals the plans are shown one by one."""


class Previews:
    """The plans of one program's approvals. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited = 0
        self._plans: list[tuple[pulumi.Resource, str, str]] = []

    @staticmethod
    def inputs() -> dict[str, Any]:
        """What an approval registers besides, in a preview."""
        return {PREVIEW: True, **dict.fromkeys(TOLD)}

    def watch(self, resource: pulumi.Resource, name: str) -> None:
        """Tell what its preview comes to. The attributes that it took are none of the resource's public ones."""
        found = [resource.__dict__.pop(each) for each in TOLD]
        with self._lock:
            self._awaited += 1

        def tell(values: Sequence[Any]) -> None:
            plan, verb, refused = (value if isinstance(value, str) else None for value in values)
            self._tell(resource, plan, verb)
            if refused is not None:
                raise pulumi.RunError(f"{name}: {refused}")

        pulumi.Output.all(*found).apply(tell, run_with_unknowns=True)

    def _tell(self, resource: pulumi.Resource, plan: str | None, verb: str | None) -> None:
        with self._lock:
            self._awaited -= 1
            if verb is not None:
                self._plans.append((resource, plan or verb, verb))
            if self._awaited or not self._plans:
                return
            plans, self._plans = self._plans, []
        absent = [(each, words) for each, words, step in plans if step == Step.APPEAR]
        for each, words in absent[:MOST_ROWS]:
            pulumi.log.warn(f"{words}. {CHECK}", each)
        if len(absent) > MOST_ROWS:
            pulumi.log.warn(f"vpcep: {len(absent)} connections are not there yet, these among them. {CHECK}")
        if len(plans) <= MOST_ROWS:
            for each, words, step in plans:
                if step != Step.APPEAR:
                    pulumi.log.info(words, each)
            return
        counts = Counter(verb for _, _, verb in plans).most_common()
        steps = ", ".join(f"{count} {verb}" for verb, count in counts)
        pulumi.log.info(f"vpcep: {len(plans)} approvals have something to do: {steps}. Each plan is in --diff")
