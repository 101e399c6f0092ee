"""Small programs, written by hypothesis, that are changed while the world changes: a story for both engines.

A program is data: a list of resources, which ``RUNNER`` declares. So is a story: programs, outside changes, operations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.contract.conftest import ECHO, Deployment
from vpcep_pulumi.testing.engine.values import plain
from vpcep_pulumi.testing.results import Result

Node = dict[str, Any]
Program = list[Node]
Story = list[dict[str, Any]]

RUNNER = (
    ECHO
    + """
import json, os, pathlib

class Team(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("acme:index:Team", name, None, opts)
        self.register_outputs({})

made = {}
for node in json.loads((pathlib.Path(__file__).parent / "program.json").read_text()):
    options = dict(node["options"])
    for key in ("parent", "deleted_with"):
        if key in options:
            options[key] = made[options[key]]
    options["depends_on"] = [made[name] for name in options.pop("depends_on", [])]
    options["aliases"] = [
        pulumi.Alias(**{
            name: made.get(value, pulumi.ROOT_STACK_RESOURCE) if name == "parent" else value
            for name, value in alias.items()
        })
        for alias in options.pop("aliases", [])
    ]
    opts = pulumi.ResourceOptions(**options)
    source = made[node["source"]].value if "source" in node else None
    if node["kind"] == "team":
        made[node["name"]] = Team(node["name"], opts)
    elif node["kind"] == "echo":
        made[node["name"]] = Echo(node["name"], source or node["value"], node["replaced"], opts=opts)
        pulumi.export(node["name"], made[node["name"]].value)
    else:
        made[node["name"]] = Approval(
            node["name"], service_id="svc", endpoint_id=node["endpoint"], status=node["status"],
            description=source or node["value"], appear_timeout=1, opts=opts,
        )
        pulumi.export(node["name"], made[node["name"]].status)
"""
)

ENDPOINTS = ("ep1", "ep2", "ep3", "ep4")
MAYBE: st.SearchStrategy[Any] = st.booleans()
VALUES = st.sampled_from(["x", "y"])
NAMES = ("a", "b", "c", "d", "e", "f")


@st.composite
def _options(draw: st.DrawFn, kind: str, before: Program) -> dict[str, Any]:
    names = [each["name"] for each in before]
    found: dict[str, Any] = {}
    teams = [each["name"] for each in before if each["kind"] == "team"]
    if teams and draw(MAYBE):
        found["parent"] = draw(st.sampled_from(teams))
    if names and draw(st.integers(0, 2)) == 0:
        found["depends_on"] = [draw(st.sampled_from(names))]
    if kind == "team":
        return found
    custom = [each["name"] for each in before if each["kind"] != "team"]
    optional: dict[str, st.SearchStrategy[Any]] = {
        "protect": st.just(True),
        "retain_on_delete": st.just(True),
        "delete_before_replace": st.booleans(),
        "ignore_changes": st.sampled_from(
            [["value"], ["replaced"]] if kind == "echo" else [["status"], ["description"]]
        ),
        "replace_on_changes": st.sampled_from([["value"], ["*"]] if kind == "echo" else [["status"], ["description"]]),
        "deleted_with": st.sampled_from(custom) if custom else st.nothing(),
    }
    for name, strategy in optional.items():
        if (name != "deleted_with" or custom) and draw(st.integers(0, 9)) == 0:
            found[name] = draw(strategy)
    return found


@st.composite
def _node(draw: st.DrawFn, before: Program, names: list[str], endpoints: list[str]) -> Node:
    kinds = ["echo", "echo", "team"] + ["approval"] * 3 * bool(endpoints)
    kind = draw(st.sampled_from(kinds))
    node: Node = {"kind": kind, "name": names.pop(0), "options": draw(_options(kind, before))}
    if kind == "team":
        return node
    node["value"] = draw(VALUES)
    if kind == "echo":
        node["replaced"] = draw(st.sampled_from([1, 1, 2]))
    else:
        node["endpoint"] = endpoints.pop(draw(st.integers(0, len(endpoints) - 1)))
        node["status"] = draw(st.sampled_from(["accepted", "accepted", "rejected"]))
    sources = [each["name"] for each in before if each["kind"] == "echo"]
    if sources and draw(st.integers(0, 3)) == 0:
        node["source"] = draw(st.sampled_from(sources))
    return node


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program of up to six resources."""
    names, endpoints = list(NAMES), list(ENDPOINTS)
    found: Program = []
    for _ in range(draw(st.integers(1, 5))):
        found.append(draw(_node(found, names, endpoints)))
    return found


@st.composite
def changed(draw: st.DrawFn, program: Program) -> Program:
    """A program as its team changes it: removals, renames with and without an alias, moves, other inputs, options."""
    found: Program = []
    renamed: dict[str, str] = {}
    fresh = [f"{name}{name}" for name in NAMES]
    for old in program:
        node: Node = json.loads(json.dumps(old))
        node["options"].pop("aliases", None)
        what = draw(st.sampled_from(["keep"] * 5 + ["remove", "rename", "alias", "input", "input", "options", "move"]))
        if what == "remove":
            continue
        if what in ("rename", "alias"):
            node["name"] = renamed[old["name"]] = fresh.pop(0)
        if what == "alias":
            node["options"]["aliases"] = [{"name": old["name"]}]
        if what == "options":
            node["options"] = draw(_options(node["kind"], found))
        if what == "move":
            _move(draw, node, found)
        if what == "input" and node["kind"] != "team":
            name = draw(
                st.sampled_from(["value", "replaced"] if node["kind"] == "echo" else ["value", "status", "status"])
            )
            node[name] = {"x": "y", "y": "x", 1: 2, 2: 1, "accepted": "rejected", "rejected": "accepted"}[node[name]]
        _repair(node, found, renamed)
        found.append(node)
    if draw(MAYBE):
        used = {each.get("endpoint") for each in found}
        found.append(draw(_node(found, ["new"], [each for each in ENDPOINTS if each not in used])))
    return found


def _move(draw: st.DrawFn, node: Node, before: Program) -> None:
    """To another parent, with an alias for the former one."""
    former = node["options"].pop("parent", None)
    teams = [each["name"] for each in before if each["kind"] == "team" and each["name"] != former]
    if teams and draw(MAYBE):
        node["options"]["parent"] = draw(st.sampled_from(teams))
    if former != node["options"].get("parent") and draw(MAYBE):
        node["options"]["aliases"] = [{"parent": former or ""}]


def _repair(node: Node, before: Program, renamed: dict[str, str]) -> None:
    """What a node refers to may have a new name, or be gone."""
    names = {each["name"] for each in before}
    options = node["options"]
    for key in ("parent", "deleted_with"):
        if key in options:
            options[key] = renamed.get(options[key], options[key])
            if options[key] not in names:
                del options[key]
    if "depends_on" in options:
        options["depends_on"] = [each for each in (renamed.get(n, n) for n in options["depends_on"]) if each in names]
    if "source" in node:
        node["source"] = renamed.get(node["source"], node["source"])
        if node["source"] not in names:
            del node["source"]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A program comes up; then the world and the program change, in turn; each change is previewed and applied."""
    program = draw(programs())
    found: Story = [{"program": program, "do": "up"}]
    for _ in range(draw(st.integers(1, 2))):
        outside = draw(
            st.lists(
                st.tuples(st.sampled_from(["accepted", "rejected", "leave"]), st.sampled_from(ENDPOINTS)), max_size=2
            )
        )
        program = draw(changed(program))
        do = draw(st.sampled_from(["preview", "preview", "preview", "refresh", "up --refresh"]))
        found.append({"outside": [list(each) for each in outside], "program": program, "do": do})
        found.append({"do": "up"})
    if draw(MAYBE):
        found.append({"do": "destroy"})
    return found


def told(deployment: Deployment, story: Story) -> list[dict[str, Any]]:
    """What each operation of a story comes to; nothing after the first that fails."""
    simulator = deployment.simulator
    for endpoint in ENDPOINTS:
        simulator.connect("svc", endpoint, domain="d1")
    (deployment.folder / "__main__.py").write_text(
        "import pulumi\nfrom vpcep_pulumi import EndpointConnectionApproval as Approval\n" + RUNNER
    )
    found: list[dict[str, Any]] = []
    for scene in story:
        for what, endpoint in scene.get("outside", []):
            if simulator.status("svc", endpoint) != "absent":
                if what == "leave":
                    simulator.leave("svc", endpoint)
                else:
                    simulator.world.put("svc", endpoint, what)
        if "program" in scene:
            Path(deployment.folder, "program.json").write_text(json.dumps(scene["program"]))
        outcome = _outcome(deployment, _done(deployment, scene["do"]))
        found.append(outcome)
        if not outcome["ok"]:
            break
    return found


def _done(deployment: Deployment, what: str) -> Result:
    if what == "up --refresh":
        return deployment.up(refresh=True)
    result: Result = getattr(deployment, what)()
    return result


def _outcome(deployment: Deployment, result: Result) -> dict[str, Any]:
    outcome: dict[str, Any] = {
        "ok": result.ok,
        "statuses": {each: deployment.simulator.status("svc", each) for each in ENDPOINTS},
    }
    if not result.ok:
        # What else was done before depends on which of several threads was first.
        said = {_first_line(each) for each in result.messages("error")} - {"preview failed", "update failed"}
        return {"ok": False, "errors": sorted(said)[:1]}
    return {
        **outcome,
        "steps": dict(sorted(result.steps.items())),
        "posts": [list(each) for each in deployment.posts()],
        "outputs": {name: plain(value) for name, value in sorted(result.outputs.items())},
    }


def _first_line(message: str) -> str:
    return message.removeprefix("Preview failed: ").splitlines()[0]
