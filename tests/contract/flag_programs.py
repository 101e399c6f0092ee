"""Programs as data, for the stories with flags: approvals over a few endpoints, with every option that reorders steps.

A program is a list of nodes in the order in which they are declared: providers, teams, sources, approvals, and often a
policy of the same service.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.contract.conftest import APPROVAL, ECHO, HEADER
from tests.contract.flag_policies import decisions, inputs_of
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE

ENDPOINTS = ("ep1", "ep2", "ep3", "ep4", "ep5", "ep6")
Node = dict[str, Any]
Program = list[Node]

TEAM = "acme:index:Team"
SOURCE = "pulumi-python:dynamic:Resource"
PROVIDER = "pulumi:providers:pulumi-python"
TYPES = {"provider": PROVIDER, "team": TEAM, "source": SOURCE, "approval": APPROVAL, "policy": POLICY_TYPE}
KINDS = ("provider", "team", "source", "approval", "policy")
REFERENCES = ("parent", "provider", "via", "depends_on", "replace_with")
FLAGS = ("protect", "retain_on_delete", "delete_before_replace", "ignore_changes")

RUNNER = (
    HEADER
    + ECHO
    + """
import json, pathlib
from vpcep_pulumi import EndpointConnectionPolicy as Policy

class Team(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("acme:index:Team", name, None, opts)
        self.register_outputs({})

made = {}
for node in json.loads((pathlib.Path(__file__).parent / "program.json").read_text()):
    name, options = node["name"], dict(node["options"])
    for key in ("depends_on", "replace_with"):
        if node.get(key):
            options[key] = [made[node[key]]]
    if node.get("parent"):
        options["parent"] = made[node["parent"]]
    if node.get("provider"):
        provider = made[node["provider"]]
        options |= {"providers": [provider]} if node["kind"] == "team" else {"provider": provider}
    if node.get("aliases"):
        options["aliases"] = node["aliases"]
    if node.get("trigger"):
        options["replacement_trigger"] = node["trigger"]
    opts = pulumi.ResourceOptions(**options)
    if node["kind"] == "provider":
        made[name] = pulumi.ProviderResource("pulumi-python", name, opts=opts)
    elif node["kind"] == "team":
        made[name] = Team(name, opts)
    elif node["kind"] == "source":
        made[name] = Echo(name, "svc", node["replaced"], opts=opts)
    else:
        service, endpoint = "svc", node.get("endpoint")
        via = made[node["via"]] if node.get("via") else None
        if node.get("how") == "endpoint":
            endpoint = via.id.apply(lambda _, endpoint=endpoint: endpoint)
        elif via is not None:
            service = via.value if isinstance(via, Echo) else via.service_id
        if node["kind"] == "policy":
            made[name] = Policy(name, service_id=service, **node["inputs"], opts=opts)
            pulumi.export(name, made[name].decided)
            continue
        made[name] = Approval(
            name, service_id=service, endpoint_id=endpoint, status=node["status"], description=node["description"],
            expected_domain_id=node["expected"], appear_timeout=1, opts=opts,
        )
        pulumi.export(name, made[name].status)
"""
)


def urn(node: Node, program: Program, stack: str = "dev") -> str:
    """What the engine calls a node."""
    above = f"{TEAM}$" if node.get("parent") else ""
    return f"urn:pulumi:{stack}::story::{above}{TYPES[node['kind']]}::{node['name']}"


def approvals(program: Program) -> list[Node]:
    """The nodes that declare a connection."""
    return [node for node in program if node["kind"] == "approval"]


def policies(program: Program) -> list[Node]:
    """The nodes that decide about the whole service: one at most."""
    return [node for node in program if node["kind"] == "policy"]


def deciding(program: Program) -> list[Node]:
    """The nodes that decide about connections."""
    return [*approvals(program), *policies(program)]


def repaired(program: Program, renamed: dict[str, str] | None = None) -> Program:
    """In an order in which everything that is referred to stands before; references to what is gone are dropped."""
    found: Program = []
    for node in sorted(program, key=lambda each: KINDS.index(each["kind"])):
        names = {each["name"]: each["kind"] for each in found}
        for key in REFERENCES:
            if node.get(key):
                node[key] = (renamed or {}).get(node[key], node[key])
                if node[key] not in names:
                    node[key] = None
        if node.get("how") == "endpoint" and names.get(node.get("via")) is None:
            node["how"] = None
        found.append(node)
    return found


def copied(program: Program) -> Program:
    """A program to change."""
    found: Program = json.loads(json.dumps(program))
    return found


# Hypothesis likes the first and the last of what there is: those are the usual case.
SOMETIMES = st.sampled_from([False, True, False, False])
SELDOM = st.sampled_from([*[False] * 6, True, *[False] * 5])


@st.composite
def options(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """The options that say what becomes of an approval, or of a policy."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["delete_before_replace"] = True
    if draw(SELDOM):
        found["retain_on_delete"] = True
    if draw(SELDOM) and draw(st.booleans()):
        found["protect"] = True
    if draw(SELDOM) and kind == "approval":
        found["ignore_changes"] = draw(st.sampled_from([["status"], ["endpoint_id"], ["description"]]))
    return found


def named(program: Program, *kinds: str) -> list[str]:
    """The names of the nodes of some kinds."""
    return [node["name"] for node in program if node["kind"] in kinds]


@st.composite
def _surroundings(draw: st.DrawFn, kind: str, before: Program) -> dict[str, Any]:
    """What one more approval or policy refers to, and its options."""

    def maybe(names: list[str], wanted: st.SearchStrategy[bool] = SOMETIMES) -> str | None:
        return draw(st.sampled_from(names)) if bool(names) and draw(wanted) else None

    others = named(before, "approval", "source")
    return {
        "parent": maybe(named(before, "team")),
        "provider": maybe(named(before, "provider")),
        "via": maybe(others),
        "depends_on": maybe(others),
        "replace_with": maybe(others, SELDOM),
        "trigger": "x" if draw(SELDOM) else None,
        "options": draw(options(kind)),
    }


@st.composite
def approval(draw: st.DrawFn, name: str, before: Program, endpoints: list[str]) -> Node:
    """One more approval of a program."""
    around = draw(_surroundings("approval", before))
    return {
        "kind": "approval",
        "name": name,
        "endpoint": draw(st.sampled_from(endpoints)),
        "status": draw(st.sampled_from(["accepted"] * 4 + ["rejected", "accepted"])),
        "description": draw(st.sampled_from([None, None, "x"])),
        "expected": draw(st.sampled_from([None, None, "d1"])),
        "how": "endpoint" if around["via"] in named(before, "source") and draw(st.booleans()) else None,
        **around,
    }


@st.composite
def policy(draw: st.DrawFn, name: str, before: Program, endpoints: list[str]) -> Node:
    """The policy of a program's service. What the program's approvals declare otherwise, it leaves, as a rule."""
    node: Node = {"kind": "policy", "name": name, **draw(decisions(endpoints)), **draw(_surroundings("policy", before))}
    if draw(st.sampled_from([True, True, False, True])):
        node["decides"] |= {each["endpoint"]: "leave" for each in approvals(before) if each["status"] == "rejected"}
    return node


@st.composite
def programs(draw: st.DrawFn, endpoints: list[str]) -> Program:
    """One to five approvals, each of another endpoint, and what they stand on."""
    found: Program = []
    if draw(SOMETIMES):
        found.append({"kind": "provider", "name": "p1", "options": {}})
    if draw(SOMETIMES):
        provider = "p1" if bool(found) and draw(st.booleans()) else None
        found.append({"kind": "team", "name": "t1", "provider": provider, "options": {}})
    if draw(SOMETIMES):
        first = {"delete_before_replace": True} if draw(SOMETIMES) else {}
        found.append({"kind": "source", "name": "s1", "replaced": 1, "options": first})
    free = list(endpoints)
    for number in range(min(draw(st.sampled_from([3, 1, 5, 2, 4])), len(endpoints))):
        node = draw(approval(f"a{number}", found, free))
        free.remove(node["endpoint"])
        found.append(node)
    if draw(st.booleans()):
        found.append(draw(policy("q0", found, endpoints)))
    return found


def runnable(program: Program) -> Program:
    """As the runner takes it."""
    return [{**node, "inputs": inputs_of(node)} if node["kind"] == "policy" else node for node in program]
