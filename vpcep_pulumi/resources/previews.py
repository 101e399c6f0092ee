"""What a preview shows of a program's approvals: refusals and plans.

Without ``--diff``, a preview shows no inputs, and therefore no plans. So each plan is logged on its resource's row. If
there are more than :data:`MOST_ROWS`, a summary is logged under the stack instead.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from vpcep_pulumi.lifecycle.table import Step
from vpcep_pulumi.provider.properties import PLAN, PREVIEW, REFUSED, VERB

TOLD = (PLAN, VERB, REFUSED)
"""The properties that the provider adds in a preview."""
CHECK = "Check endpoint_id: nothing of that id has asked to connect to the service"
MOST_ROWS = 5
"""Up to so many approvals, the plans are shown one by one."""
LOOK_SECONDS, LOOKS = 0.02, 50
"""A refusal waits until the other approvals are told: the seconds between two looks, and the number of looks. If one of
them is told within this second, the wait begins again."""


class Previews:
    """The plans of one program's approvals. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited = self._told = 0
        self._plans: list[tuple[pulumi.Resource, str | Mapping[str, str], str]] = []

    @staticmethod
    def inputs() -> dict[str, Any]:
        """The additional inputs that an approval registers in a preview."""
        return {PREVIEW: True, **dict.fromkeys(TOLD)}

    def watch(self, resource: pulumi.Resource, name: str) -> None:
        """Tell the result of a resource's preview when it is known.

        The additional properties are removed from the resource's attributes: they are not public.
        """
        found = [resource.__dict__.pop(each) for each in TOLD]
        with self._lock:
            self._awaited += 1

        async def tell(values: Sequence[Any]) -> None:
            plan, verb, refused = (value if isinstance(value, str | Mapping) else None for value in values)
            self._tell(resource, plan, verb if isinstance(verb, str) else None)
            if refused is not None:
                pulumi.log.error(f"{name}: {refused}", resource)
                await self._others()
                raise pulumi.RunError("the preview refuses what is declared; nothing is sent")

        told: Any = tell  # the type of `apply` does not allow a function that returns nothing
        pulumi.Output.all(*found).apply(told, run_with_unknowns=True)

    async def _others(self) -> None:
        """Wait until the other approvals are told as well: the first failure ends the program."""
        told = 0
        while self._told > told:
            told = self._told
            for _ in range(LOOKS):
                await asyncio.sleep(LOOK_SECONDS)
                if not self._awaited:
                    return

    def _tell(self, resource: pulumi.Resource, plan: str | Mapping[str, str] | None, verb: str | None) -> None:
        with self._lock:
            self._awaited -= 1
            self._told += 1
            if verb is not None:
                self._plans.append((resource, plan or verb, verb))
            if self._awaited or not self._plans:
                return
            plans, self._plans = self._plans, []
        _show(plans)


def _show(plans: Sequence[tuple[pulumi.Resource, str | Mapping[str, str], str]]) -> None:
    """Log what is going to happen: each plan, or, if there are many, a summary."""
    approvals = [(each, words, verb) for each, words, verb in plans if isinstance(words, str)]
    for resource, connections, verb in plans:
        if not isinstance(connections, str):
            _show_policy(resource, connections, verb)
    if approvals:
        _show_approvals(approvals)


def _show_policy(resource: pulumi.Resource, connections: Mapping[str, str], verb: str) -> None:
    if len(connections) > MOST_ROWS:
        pulumi.log.info(f"{verb}: each connection is in --diff", resource)
        return
    for endpoint, words in connections.items():
        pulumi.log.info(f"{endpoint}: {words}", resource)


def _show_approvals(plans: Sequence[tuple[pulumi.Resource, str, str]]) -> None:
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
