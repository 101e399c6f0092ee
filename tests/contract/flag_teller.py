"""Tells one story on the real CLI, and asks each of its operations for every promise."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.conftest import APPROVAL
from tests.contract.flag_happened import Happened, endpoints_of, is_held, is_policy
from tests.contract.flag_policies import PATIENT
from tests.contract.flag_programs import (
    ENDPOINTS,
    RUNNER,
    Program,
    approvals,
    copied,
    policies,
    repaired,
    runnable,
    urn,
)
from tests.contract.flag_promises import broken_by
from tests.contract.flag_scenes import Scene, Story
from tests.contract.lean_cli import Hangs, LeanCli, Trouble
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE
from vpcep_pulumi.testing.engine import EngineError
from vpcep_pulumi.testing.simulator import Simulator

SIGNALS = {
    "kill": (signal.SIGKILL,),
    "power": (signal.SIGKILL,),
    "interrupt": (signal.SIGINT,),
    "interrupt twice": (signal.SIGINT, signal.SIGINT),
}
SPOILT = ("snapshot integrity", "failed to load checkpoint", "unknown provider")
"""What the CLI says of a state that it wrote and cannot read.

Seen of CLI 3.260 after ``destroy --run-program`` (the state refers to a provider that it no longer holds), after an
``up --target`` that failed (likewise), and after a SIGKILL while it wrote: it does not write whole files.
"""
HANGS = ("--continue-on-error", "deleting original", "deleting failed")
"""What the CLI says where it hangs after a delete before a replacement that failed, whatever the provider.

Seen of CLI 3.260, with a provider of ten lines: https://github.com/pulumi/pulumi/issues/16373.
"""
QUIET_SECONDS, LOOKS = 0.05, 6


@dataclass
class Told:
    """A story's end.

    :ivar broken: every promise that was, with the scene's number; the story ends with the first that is.
    :ivar spoilt: whether the CLI itself broke the state, which ends the story.
    :ivar lines: what each operation came to.
    """

    operations: int = 0
    spoilt: bool = False
    broken: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Teller:
    """Tells one story."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.simulator = simulator
        self.cli = LeanCli(folder, {**os.environ, **simulator.environment})
        (self.cli.program / "__main__.py").write_text(RUNNER)
        self.program: Program = []
        self.exceptions: set[str] = set()
        self.told = Told()

    def tell(self, story: Story) -> Told:
        """All of it, and its end; nothing after a broken promise."""
        for endpoint in story[0]["endpoints"]:
            self.simulator.connect("svc", endpoint, domain="d1")
        try:
            for scene in story:
                self._scene(scene)
                if self.told.broken:
                    return self.told
            self._close()
        except (EngineError, Hangs) as error:
            self._end(str(error))
        finally:
            self.simulator.clear_faults()
            self.cli.reap()
        return self.told

    def _end(self, error: str) -> None:
        """A command that should work did not: where the CLI cannot read what it wrote, nobody else could have."""
        if any(each in error for each in SPOILT):
            self.told.spoilt = True
            self.told.lines.append("the CLI wrote a state that it cannot read")
        elif all(each in error for each in HANGS):
            self.told.spoilt = True
            self.told.lines.append("the CLI hangs, as it does with any provider")
        else:
            self.told.broken.append(f"{len(self.told.lines)}: healed: {error}")

    def _scene(self, scene: Scene) -> None:
        for what, endpoint, *new in scene.get("outside", []):
            self._outside(what, endpoint, *new)
        if "program" in scene:
            self._write(scene["program"])
        do = scene["do"]
        if do in ("taint", "rename", "delete"):
            self._of_the_state(do, scene["arguments"])
        elif do == "move":
            self.cli.move(scene["stack"])
            self._operation({"do": "up", "flags": {"refresh": True}})
        else:
            self._operation(scene)

    def _write(self, program: Program) -> None:
        self.program = program
        (self.cli.program / "program.json").write_text(json.dumps(runnable(program)))

    def _outside(self, what: str, endpoint: str, new: str = "") -> None:
        if self.simulator.status("svc", endpoint) == "absent":
            return
        if what in ("leave", "return"):
            self.simulator.leave("svc", endpoint)
        else:
            self.simulator.world.put("svc", endpoint, f"{what}ed")
        if new:
            self.simulator.connect("svc", new, domain="d1")

    def _of_the_state(self, do: str, arguments: Sequence[str]) -> None:
        self.told.operations += 1
        before = self._entries()
        try:
            self.cli.change("state", do, *arguments, "--yes")
        except EngineError as error:
            self.told.lines.append(f"state {do} {arguments}: {error}")
            return
        self.told.lines.append(f"state {do} {arguments}")
        if do == "delete":
            held, live = self._entries(), self._live()
            lost = {each for entry in before for each in endpoints_of(entry) if not is_held(held, each)}
            self.exceptions |= {each for each in lost if live[each] == "accepted"}

    def _operation(self, scene: Scene) -> Happened:
        faults = [self.simulator.fault(**each) for each in scene.get("faults", [])]
        trouble = self._trouble(scene.get("trouble"))
        before, was, decided = self._entries(), self._live(), len(self.simulator.world.decisions)
        self.simulator.clear_calls()
        flags = self._flags(scene["flags"])
        result = self.cli.run(scene["do"], flags, trouble)
        came = trouble is not None and trouble.came
        interrupted = came and scene["trouble"]["what"] == "interrupt"  # CLI 3.260 may call it green all the same
        killed = came and not interrupted and not result.ok
        if killed:
            self._quiet()
            self.cli.cancel()
        self.cli.reap()
        self.simulator.clear_faults()
        for each in SPOILT:
            if each in result.diff:
                raise EngineError(each)
        op = Happened(
            do=scene["do"],
            flags=flags,
            program=self.program,
            stack=self.cli.stack,
            before=before,
            after=self._entries(),
            was=was,
            live=self._live(),
            decisions=self.simulator.world.decisions[decided:],
            calls=self.simulator.calls(),
            result=result,
            faults=sum(each.applied for each in faults),
            killed=killed,
            interrupted=interrupted,
            exceptions=self.exceptions,
            secrets=(self.cli.environ["PULUMI_CONFIG_PASSPHRASE"], self.cli.environ["HUAWEICLOUD_SDK_SK"]),
            state_text=self.cli.state_path.read_text(),
        )
        self._judge(op)
        return op

    def _flags(self, given: dict[str, Any]) -> dict[str, Any]:
        """The CLI refuses to replace what the state does not hold: then it is something that it holds."""
        found = dict(given)
        if "replace" in found:
            held = [each["urn"] for each in self.cli.state() if each["type"] != "pulumi:pulumi:Stack"]
            named = [each for each in found["replace"] if "*" in each or each in held]
            found["replace"] = named or held[-1:]
        return found

    def _judge(self, op: Happened) -> None:
        self.told.operations += 1
        number = len(self.told.lines)
        sent = [f"{each.action} {each.id}" for each in op.decisions]
        end = "killed" if op.killed else "green" if op.ok else f"red: {op.words()}"
        steps = {urn.rpartition("::")[2]: step for urn, step in op.result.steps.items()}
        self.told.lines.append(f"{op.do} {dict(op.flags)}: {end}; steps {steps}; sent {sent}; live {dict(op.live)}")
        self.told.broken += [f"{number}: {each}" for each in broken_by(op)]
        self.exceptions = {
            each for each in op.excepted() if op.live[each] == "accepted" and not is_held(op.after, each)
        }

    def _close(self) -> None:
        """The trouble is over, and the program follows what messages advise.

        What is gone is no longer declared, nothing is protected or deleted first, and policies are patient.
        """
        live = self._live()
        program = copied(self.program)
        for node in program:
            for option in ("protect", "ignore_changes", "delete_before_replace"):
                node["options"].pop(option, None)
            node["replace_with"] = None
        program = repaired([each for each in program if live.get(each.get("endpoint", ""), "") != "absent"])
        for node in policies(program):
            node["max_interruptions"] = PATIENT
            node["decides"] |= {each["endpoint"]: "leave" for each in approvals(program)}
        self._write(program)
        if any(each.get("protect") for each in self._entries()):
            self.cli.change("state", "unprotect", "--all", "--yes")
        self._forget_what_must_not_be_deleted()
        for scene in ({"do": "up", "flags": {}}, {"do": "preview", "flags": {}}, {"do": "destroy", "flags": {}}):
            op = self._operation(scene)
            if not op.ok:
                self.told.broken.append(f"{len(self.told.lines) - 1}: healed: the last `{op.do}` is red: {op.words()}")
            if op.do == "preview" and op.result.steps:
                self.told.broken.append(f"{len(self.told.lines) - 1}: healed: a step is left: {dict(op.result.steps)}")
            if self.told.broken:
                return

    def _forget_what_must_not_be_deleted(self) -> None:
        """A policy that is gone from the program, and may not interrupt as many as it has accepted, is forgotten."""
        declared = {urn(each, self.program, self.cli.stack) for each in policies(self.program)}
        for entry in self._entries():
            impatient = is_policy(entry) and entry["inputs"].get("max_interruptions", 0) < PATIENT
            if impatient and entry["urn"] not in declared:
                self._of_the_state("delete", [entry["urn"], "--target-dependents", "--force"])

    def _trouble(self, given: dict[str, Any] | None) -> Trouble | None:
        if given is None:
            return None
        where = {name: given[name] for name in ("method", "path") if name in given}
        held = self.simulator.fault(given["kind"], skip=given["skip"], times=1, seconds=600, **where)
        return Trouble(
            lambda: held.applied > 0,
            SIGNALS[given["what"]],
            hosts=given["what"] == "power",
            then=self.simulator.clear_faults,
        )

    def _quiet(self) -> None:
        """Until what the dead CLI has left running has ended, or asks for nothing more."""
        seen, looks = -1, 0
        while self.cli.processes() and looks < LOOKS:
            now = len(self.simulator.calls())
            looks = looks + 1 if now == seen else 0
            seen = now
            time.sleep(QUIET_SECONDS)

    def _entries(self) -> list[dict[str, Any]]:
        return [each for each in self.cli.state() if each["type"] in (APPROVAL, POLICY_TYPE) and each.get("id")]

    def _live(self) -> dict[str, str]:
        return {each: self.simulator.status("svc", each) for each in ENDPOINTS}
