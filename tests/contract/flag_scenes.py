"""Stories as data: programs, what others do meanwhile, faults, and operations with the CLI's own flags.

A story is a list of scenes, told in their order. A scene may hold ``program`` (what it is from now on), ``outside``
(what others do), ``faults`` (of the simulator, for this operation), and holds ``do``, an operation:

- ``preview``, ``up``, ``refresh``, ``destroy``, with ``flags`` as :class:`tests.contract.lean_cli.LeanCli` takes them,
  and with ``trouble``, where the CLI is killed or interrupted while its API call number ``skip`` is held;
- ``taint``, ``rename``, ``delete``: of the state, with ``arguments``;
- ``move``: the state is carried to another stack, which is ``up --refresh``\\ ed.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.contract.flag_changes import Team, rename
from tests.contract.flag_programs import (
    ENDPOINTS,
    PROVIDER,
    SELDOM,
    SOMETIMES,
    Program,
    copied,
    deciding,
    programs,
    urn,
)

Scene = dict[str, Any]
Story = list[Scene]

DEFAULT_PROVIDER = f"urn:pulumi:dev::story::{PROVIDER}::default"
PATTERNS = (
    "**",
    "**::a0",
    "**:EndpointConnectionApproval::*",
    "**:EndpointConnectionPolicy::*",
    DEFAULT_PROVIDER,
    "**",
)
FAULTS: list[dict[str, Any]] = [
    {"kind": "forbidden", "method": "PUT", "times": 1},
    {"kind": "forbidden", "method": "POST", "times": 1},
    {"kind": "forbidden", "method": "POST", "skip": 1, "times": 1},
    {"kind": "lost", "method": "POST", "times": 1},
    {"kind": "broken_off", "method": "POST", "skip": 1, "times": 1},
    {"kind": "failed", "method": "GET", "skip": 1, "times": 1},
    {"kind": "lost", "method": "PUT", "times": 1},
]
OPERATIONS = (
    *["up --replace"] * 5,
    *["up --target"] * 4,
    *["up --refresh", "up --refresh", "taint", "rename", "delete", "taint", "move", "move"],
    *["preview", "refresh", "refresh --run-program"],
    *["destroy", "destroy --target", "destroy --exclude", "destroy --run-program", "destroy --run-program"],
    *["up --exclude"] * 3,
    *["up"] * 5,
)
TROUBLES = ("kill", "kill", "power", "interrupt", "interrupt twice")


class Author:
    """Who draws a story."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.endpoints = list(ENDPOINTS[: draw(st.sampled_from([4, 3, 5]))])
        self.team = Team(draw, self.endpoints)
        self.program: Program = draw(programs(self.endpoints))
        self.former: Program = []

    def first(self) -> Scene:
        """The program comes up; now and then in trouble."""
        scene: Scene = {"endpoints": list(self.endpoints), "program": self.program, "do": "up", "flags": {}}
        return scene | self.trouble() if self.draw(SELDOM) else scene

    def scene(self) -> Scene:
        """One more."""
        outside = self.outside() if self.draw(SOMETIMES) else []
        name, _, flag = self.draw(st.sampled_from(OPERATIONS)).partition(" ")
        if name in ("taint", "rename", "delete"):
            return {"outside": outside, **self.of_the_state(name)}
        if self.draw(st.sampled_from([True, True, name == "up", name == "up", False, True])):
            self.former, self.program = self.program, self.team.changed(self.program)
        scene: Scene = {"outside": outside, "program": self.program, "do": name}
        if name == "move":
            self.team.stack = f"{self.team.stack}x"
            return scene | {"stack": self.team.stack}
        scene["flags"] = self.flags(name, flag)
        if self.draw(SOMETIMES):
            scene["faults"] = [self.draw(st.sampled_from(FAULTS))]
        if self.draw(SELDOM) and name != "preview":
            scene |= self.trouble()
        return scene

    def trouble(self) -> Scene:
        """The CLI dies while a call to the API is held, before or after it was carried out."""
        what = self.draw(st.sampled_from(TROUBLES))
        held = self.draw(st.sampled_from([{"method": "POST"}, {"method": "PUT"}, {"path": "/connections"}]))
        kind = self.draw(st.sampled_from(["late", "slow"]))
        return {"trouble": {"what": what, "kind": kind, "skip": self.draw(st.integers(0, 2)), **held}}

    def candidates(self) -> list[str]:
        """What a flag may name: what is declared, and what was; as a rule, what has changed."""
        now, former = ({urn(each, p, self.team.stack): each for each in p} for p in (self.program, self.former))
        changed = [each for each in {**now, **former} if now.get(each) != former.get(each)]
        if changed and former and self.draw(st.sampled_from([True, True, False, True])):
            return changed
        return list({**now, **former}) or [DEFAULT_PROVIDER]

    def flags(self, name: str, flag: str) -> dict[str, Any]:
        """The flags of an operation."""
        found: dict[str, Any] = {}
        some = st.lists(st.sampled_from(self.candidates()), min_size=1, max_size=2, unique=True)
        if flag in ("--refresh", "--run-program"):
            found[flag[2:].replace("-", "_")] = True
        if flag == "--replace":
            patterns = st.sampled_from(PATTERNS).map(lambda drawn: [drawn])
            found["replace"] = self.draw(st.one_of(some, patterns))
        if flag in ("--target", "--exclude"):
            found[flag[2:]] = self.draw(some)
        if flag == "--target" and self.draw(st.booleans()):
            found["target_dependents"] = True
        if name in ("refresh", "destroy") and "target" not in found and "exclude" not in found and self.draw(SOMETIMES):
            found[self.draw(st.sampled_from(["target", "exclude"]))] = self.draw(some)
        return found | self.more(name, found, some)

    def more(self, name: str, found: dict[str, Any], some: st.SearchStrategy[list[str]]) -> dict[str, Any]:
        """Flags that are seldom given besides others."""
        more: dict[str, Any] = {}
        if name in ("up", "preview") and self.draw(SELDOM):
            more["replace"] = [*found.get("replace", []), *self.draw(some)]
        if name in ("up", "destroy") and self.draw(SELDOM):
            more["continue_on_error"] = True
        if name != "preview" and self.draw(SELDOM):
            more["parallel"] = self.draw(st.sampled_from([1, 50]))
        return more

    def of_the_state(self, name: str) -> Scene:
        """A command that changes the state alone; a renamed resource has its new name in the program as well."""
        nodes = deciding(self.program)
        if not nodes:
            return {"do": "up", "flags": {}}
        node = self.draw(st.sampled_from(nodes))
        named = urn(node, self.program, self.team.stack)
        if name != "rename":
            return {"do": name, "arguments": [named]}
        new = self.team.name()
        program = copied(self.program)
        mine = next(each for each in program if each["name"] == node["name"])
        self.former, self.program = self.program, rename(self.team, program, mine, new)
        return {"program": self.program, "do": name, "arguments": [named, new]}

    def outside(self) -> list[list[str]]:
        """What others do: another administrator, or a consumer, who may come back with another endpoint."""
        found = []
        for _ in range(self.draw(st.sampled_from([1, 2]))):
            what = self.draw(st.sampled_from(["reject", "accept", "reject", "leave", "reject", "return", "accept"]))
            endpoint = self.draw(st.sampled_from(self.endpoints))
            found.append([what, endpoint])
            if what == "return" and len(self.endpoints) < len(ENDPOINTS):
                self.endpoints.append(new := ENDPOINTS[len(self.endpoints)])
                found[-1].append(new)
        return found


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A program comes up; then the world and the program change, and operations with flags are made of them."""
    author = Author(draw)
    return [author.first(), *(author.scene() for _ in range(draw(st.sampled_from([3, 4, 2, 4]))))]
