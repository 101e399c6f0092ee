"""What a team does to its program between two operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.contract.flag_policies import ACTIONS, decisions
from tests.contract.flag_programs import (
    FLAGS,
    Node,
    Program,
    approval,
    approvals,
    copied,
    deciding,
    named,
    options,
    policies,
    policy,
    repaired,
    urn,
)


class Team:
    """Who changes a program: draws, and gives every newcomer a name of its own.

    :ivar endpoints: those that there are, or were.
    :ivar stack: where aliases point.
    """

    def __init__(self, draw: st.DrawFn, endpoints: list[str]) -> None:
        self.draw = draw
        self.endpoints = endpoints
        self.stack = "dev"
        self._names = iter(f"n{number}" for number in range(1000))

    def name(self) -> str:
        """One that nothing has had."""
        return next(self._names)

    def one(self, program: Program) -> Node:
        """An approval of a program that has some."""
        node: Node = self.draw(st.sampled_from(approvals(program)))
        return node

    def any(self, program: Program) -> Node:
        """An approval or the policy of a program that has some."""
        node: Node = self.draw(st.sampled_from(deciding(program)))
        return node

    def free(self, program: Program) -> list[str]:
        """Endpoints that nobody declares."""
        used = {node["endpoint"] for node in approvals(program)}
        return [each for each in self.endpoints if each not in used]

    def changed(self, program: Program) -> Program:
        """A program after one to three changes; aliases of former changes are gone."""
        found = copied(program)
        for node in found:
            node["aliases"] = []
        for _ in range(self.draw(st.sampled_from([2, 1, 3]))):
            change = self.draw(st.sampled_from(CHANGES))
            if change in NEEDS_NONE or approvals(found) or (change in NEEDS_ANY and policies(found)):
                found = repaired(change(self, found) or found)
        return found


def rename(team: Team, program: Program, node: Node, name: str) -> Program:
    """Give a node another name; whoever refers to it follows."""
    renamed = {node["name"]: name}
    node["name"] = name
    return repaired(program, renamed)


def _rename(team: Team, program: Program) -> Program:
    node = team.any(program)
    former = urn(node, program, team.stack)
    if team.draw(st.sampled_from([False, True, False])):
        node["aliases"] = [*node.get("aliases", []), former]
    return rename(team, program, node, team.name())


def _rotate(team: Team, program: Program) -> None:
    """A swap, where there are two."""
    nodes = approvals(program)
    shift = team.draw(st.integers(1, max(1, len(nodes) - 1)))
    endpoints = [node["endpoint"] for node in nodes]
    for node, endpoint in zip(nodes, endpoints[shift:] + endpoints[:shift], strict=True):
        node["endpoint"] = endpoint


def _other_endpoint(team: Team, program: Program) -> None:
    free = team.free(program)
    if free:
        team.one(program)["endpoint"] = team.draw(st.sampled_from(free))


def _hand_over(team: Team, program: Program) -> Program | None:
    """A newcomer takes the endpoint, its former holder goes on with another, or goes."""
    node = team.one(program)
    taken = node["endpoint"]
    free = team.free(program)
    if bool(free) and team.draw(st.booleans()):
        node["endpoint"] = team.draw(st.sampled_from(free))
    else:
        program.remove(node)
    return [*program, team.draw(approval(team.name(), program, [taken]))]


def _flip(team: Team, program: Program) -> None:
    node = team.one(program)
    node["status"] = {"accepted": "rejected", "rejected": "accepted"}[node["status"]]


def _remove(team: Team, program: Program) -> None:
    program.remove(team.any(program))


def _add(team: Team, program: Program) -> Program | None:
    free = team.free(program)
    return [*program, team.draw(approval(team.name(), program, free))] if free else None


def _move(team: Team, program: Program) -> Program | None:
    """Into a team, or out of it."""
    node = team.any(program)
    former = urn(node, program, team.stack)
    teams = named(program, "team")
    added: list[Node] = []
    if node["parent"] is not None:
        node["parent"] = None
    else:
        if not teams:
            providers = [*named(program, "provider"), None]
            added = [
                {"kind": "team", "name": team.name(), "provider": team.draw(st.sampled_from(providers)), "options": {}}
            ]
        node["parent"] = team.draw(st.sampled_from(teams or [added[0]["name"]]))
    if team.draw(st.sampled_from([False, True, False])):
        node["aliases"] = [*node.get("aliases", []), former]
    return [*added, *program]


def _provider(team: Team, program: Program) -> Program | None:
    """One is added, dropped, or taken by another approval."""
    providers = named(program, "provider")
    what = team.draw(st.sampled_from(["add", "drop", "take", "leave"]))
    if what == "drop" and providers:
        gone = team.draw(st.sampled_from(providers))
        return [node for node in program if node["name"] != gone]
    nodes = [node for node in program if node["kind"] in ("approval", "policy", "team")]
    if not nodes:
        return None
    node = team.draw(st.sampled_from(nodes))
    if what == "leave":
        node["provider"] = None
        return None
    if what == "add" or not providers:
        added: Node = {"kind": "provider", "name": team.name(), "options": {}}
        node["provider"] = added["name"]
        return [added, *program]
    node["provider"] = team.draw(st.sampled_from(providers))
    return None


def _options(team: Team, program: Program) -> None:
    node = team.any(program)
    kept: dict[str, Any] = {name: value for name, value in node["options"].items() if name not in FLAGS}
    node["options"] = kept | team.draw(options(node["kind"]))


def _describe(team: Team, program: Program) -> None:
    node = team.one(program)
    node["description"] = {None: "x", "x": "y", "y": None}[node["description"]]


def _trigger(team: Team, program: Program) -> None:
    node = team.any(program)
    node["trigger"] = {None: "x", "x": "y", "y": "x"}[node["trigger"]]


def _source(team: Team, program: Program) -> None:
    for node in program:
        if node["kind"] == "source":
            node["replaced"] += 1


def _policy(team: Team, program: Program) -> Program:
    """One is added, or another takes the place of the one that there is."""
    rest = [node for node in program if node["kind"] != "policy"]
    return [*rest, team.draw(policy(team.name(), rest, team.endpoints))]


def _rules(team: Team, program: Program) -> Program | None:
    """The policy decides otherwise: about everything, or about one endpoint."""
    for node in policies(program):
        if team.draw(st.booleans()):
            node.update(team.draw(decisions(team.endpoints)))
        else:
            node["decides"][team.draw(st.sampled_from(team.endpoints))] = team.draw(st.sampled_from(ACTIONS))
    return None if policies(program) else _policy(team, program)


def _leave_to_the_policy(team: Team, program: Program) -> Program:
    """An approval goes, and the policy goes on with its connection."""
    node = team.one(program)
    found = [each for each in program if each is not node]
    if not policies(program):
        found = _policy(team, found)
    for each in policies(found):
        each["decides"][node["endpoint"]] = {"accepted": "accept", "rejected": "reject"}[node["status"]]
    return found


def _take_from_the_policy(team: Team, program: Program) -> Program | None:
    """An approval takes over one of the policy's connections; the policy may go."""
    free = team.free(program)
    if not free:
        return None
    kept = [node for node in program if node["kind"] != "policy" or team.draw(st.booleans())]
    return [*kept, team.draw(approval(team.name(), kept, free))]


CHANGES: list[Callable[[Team, Program], Program | None]] = [
    _rename,
    _rename,
    _rename,
    _rotate,
    _rotate,
    _hand_over,
    _hand_over,
    _other_endpoint,
    _flip,
    _remove,
    _add,
    _move,
    _move,
    _provider,
    _provider,
    _options,
    _describe,
    _trigger,
    _source,
    _policy,
    _rules,
    _rules,
    _rules,
    _leave_to_the_policy,
    _leave_to_the_policy,
    _take_from_the_policy,
    _take_from_the_policy,
]
NEEDS_NONE = (_add, _provider, _policy, _rules, _take_from_the_policy)
"""The changes of a program that decides about nothing."""
NEEDS_ANY = (_rename, _remove, _move, _options, _trigger)
"""The changes of a program that has a policy, or an approval."""
