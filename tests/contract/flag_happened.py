"""What one operation of a story came to, and what may be read from that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.flag_policies import PATIENT, status_by, status_of
from tests.contract.flag_programs import ENDPOINTS, Node, Program, approvals, deciding, policies, urn
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE
from vpcep_pulumi.testing.results import Result
from vpcep_pulumi.testing.simulator.calls import Call
from vpcep_pulumi.testing.simulator.model import Decision

Entry = dict[str, Any]
LEFT = ("absent", "deleting")
HELD = ("accepted", "creating", "pendingAcceptance")
PARTIAL = ("target", "exclude")


def is_policy(entry: Entry) -> bool:
    """Whether an entry of the state is one of a policy."""
    return str(entry["urn"]).split("::")[2].endswith(POLICY_TYPE)


def endpoints_of(entry: Entry) -> set[str]:
    """The connections of an entry of the state; of a policy: what it accepts, or has recorded as accepted."""
    if not is_policy(entry):
        return {str(entry["id"]).partition("/")[2]}
    decided = entry.get("outputs", {}).get("decided") or {}
    recorded = {each for each, status in decided.items() if status in ("accepted", "creating")}
    return recorded | {each for each in ENDPOINTS if status_by(entry["inputs"], each) == "accepted"}


def is_held(entries: list[Entry], endpoint: str) -> bool:
    """Whether a later operation would know of a connection."""
    return any(endpoint in endpoints_of(each) and not each.get("pendingReplacement") for each in entries)


@dataclass
class Happened:
    """One operation.

    :ivar program: as the operation ran it, or as it was last.
    :ivar before: the approvals and policies in the state before it.
    :ivar after: those after it.
    :ivar was: the live status of each endpoint before it.
    :ivar live: after it.
    :ivar faults: how many were met.
    :ivar killed: whether the CLI died without an end of its own.
    :ivar interrupted: whether it was asked to stop.
    :ivar exceptions: endpoints that may be accepted and not recorded: retained, deleted from the state, in the gap.
    """

    do: str
    flags: Mapping[str, Any]
    program: Program
    stack: str
    before: list[Entry]
    after: list[Entry]
    was: Mapping[str, str]
    live: Mapping[str, str]
    decisions: list[Decision]
    calls: list[Call]
    result: Result
    faults: int
    killed: bool
    interrupted: bool
    exceptions: set[str]
    secrets: tuple[str, ...] = ()
    state_text: str = field(default="", repr=False)

    @property
    def ok(self) -> bool:
        """Whether it was green."""
        return self.result.ok

    @property
    def is_partial(self) -> bool:
        """Whether flags leave something out."""
        return any(self.flags.get(name) for name in PARTIAL)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Endpoint and action of every decision that was sent, carried out or not."""
        return [
            (each["body"]["endpoints"][0], each["body"]["action"]) for each in self.calls if each["method"] == "POST"
        ]

    @property
    def writes(self) -> list[tuple[str, Any]]:
        """Everything that was sent and is not a read."""
        return [(each["method"], each["body"]) for each in self.calls if each["method"] != "GET"]

    def nodes(self) -> Iterator[tuple[Node, str]]:
        """The approvals and the policy that the program declares, and their URNs."""
        for node in deciding(self.program):
            yield node, urn(node, self.program, self.stack)

    def is_within(self, name: str) -> bool:
        """Whether the flags leave a resource to the operation. With ``--target-dependents`` any may be."""
        if self.flags.get("target"):
            return bool(self.flags.get("target_dependents")) or name in self.flags["target"]
        return name not in self.flags.get("exclude", ())

    def is_meant(self, name: str) -> bool:
        """Whether the flags name a resource, or name none."""
        return self.is_within(name) and (not self.flags.get("target") or name in self.flags["target"])

    # What is declared.

    def wishes(self, node: Node, name: str) -> set[tuple[str, str]]:
        """Endpoint and status that a node may come to declare: ignored changes are the state's to say.

        A policy leaves to an approval what that declares.
        """
        if node["kind"] == "policy":
            found = {(endpoint, status_of(node, endpoint)) for endpoint in ENDPOINTS}
            return {(endpoint, status) for endpoint, status in found if status and endpoint not in self.taken()}
        ignored = node["options"].get("ignore_changes", [])
        endpoints, statuses = {node["endpoint"]}, {node["status"]}
        former = {name, *node.get("aliases", ())}
        for entry in [each for each in (*self.before, *self.after) if each["urn"] in former]:
            if "endpoint_id" in ignored:
                endpoints.add(entry["inputs"].get("endpoint_id", ""))
            if "status" in ignored:
                statuses.add(entry["inputs"].get("status", ""))
        return {(endpoint, status) for endpoint in endpoints for status in statuses}

    def approved(self) -> list[tuple[str, str]]:
        """Endpoint and status that approvals may come to declare, for each of them."""
        return [wish for node, name in self.nodes() if node["kind"] == "approval" for wish in self.wishes(node, name)]

    def allowed_interruptions(self) -> list[int]:
        """``max_interruptions`` of each policy that the program declares or the state holds."""
        held = [each["inputs"].get("max_interruptions", 0) for each in (*self.before, *self.after) if is_policy(each)]
        return [*held, *(node["max_interruptions"] for node in policies(self.program))]

    def is_sure(self, node: Node, name: str, endpoint: str) -> bool:
        """Whether a node declares an endpoint, however it is read."""
        endpoints = {each for each, _ in self.wishes(node, name)}
        return endpoint in endpoints and (node["kind"] == "policy" or len(endpoints) == 1)

    def taken(self) -> set[str]:
        """The endpoints that an approval declares, however it is read: no policy decides about them."""
        return {
            node["endpoint"]
            for node in approvals(self.program)
            if self.is_sure(node, urn(node, self.program, self.stack), node["endpoint"])
        }

    @property
    def possible(self) -> dict[str, set[str]]:
        """What may be declared of each endpoint."""
        found: dict[str, set[str]] = {}
        for node, name in self.nodes():
            for endpoint, status in self.wishes(node, name):
                found.setdefault(endpoint, set()).add(status)
        return found

    def is_surely_accepted(self, endpoint: str) -> bool:
        """Whether the program declares it accepted, however it is read."""
        is_declared = any(self.is_sure(node, name, endpoint) for node, name in self.nodes())
        return is_declared and self.possible[endpoint] == {"accepted"} and not self.is_unknowable(endpoint)

    def is_unknowable(self, endpoint: str) -> bool:
        """Whether its ids come, in the end, through a source that is made or replaced in this operation."""
        nodes = {node["name"]: node for node in self.program}
        made = {name for name, step in self.result.steps.items() if step in ("create", "replace")}

        def through(node: Node) -> bool:
            via = nodes.get(node.get("via") or "")
            if via is None:
                return False
            return urn(via, self.program, self.stack) in made if via["kind"] == "source" else through(via)

        return any(through(node) for node in deciding(self.program) if node.get("endpoint", endpoint) == endpoint)

    def may_receive(self, endpoint: str) -> bool:
        """Whether a resource within the flags may declare it accepted."""
        return self.do == "up" and any(
            (endpoint, "accepted") in self.wishes(node, name) for node, name in self.nodes() if self.is_within(name)
        )

    def may_reject(self, endpoint: str) -> bool:
        """Whether a resource within the flags declares that, or the state held it and may let it go."""
        declared = self.do == "up" and any(
            (endpoint, "rejected") in self.wishes(node, name) for node, name in self.nodes() if self.is_within(name)
        )
        return declared or any(not self.must_be_kept(each) for each in self.held(endpoint))

    # What the state holds.

    def held(self, endpoint: str) -> list[Entry]:
        """The entries of a connection that there were."""
        return [each for each in self.before if endpoint in endpoints_of(each)]

    def may_be_kept(self, entry: Entry) -> bool:
        """Whether an entry's connection may outlive it: by what the state says, or what the program does."""
        retained = {name for node, name in self.nodes() if node["options"].get("retain_on_delete")}
        return bool(entry.get("retainOnDelete")) or entry["urn"] in retained or not self.is_within(entry["urn"])

    def must_be_kept(self, entry: Entry) -> bool:
        """Whether it has to: nothing says otherwise."""
        let_go = {name for node, name in self.nodes() if not node["options"].get("retain_on_delete")}
        return not self.is_within(entry["urn"]) or (bool(entry.get("retainOnDelete")) and entry["urn"] not in let_go)

    def missing(self) -> set[str]:
        """What the state held or the operation received, and is accepted and not in the state."""
        ours = {each.id for each in self.decisions if each.action == "receive"}
        ours = ours.union(*(endpoints_of(each) for each in self.before if not each.get("pendingReplacement")))
        return {each for each in ours if self.live[each] in ("accepted", "creating") and not is_held(self.after, each)}

    def excepted(self) -> set[str]:
        """What may be missing: see :mod:`tests.contract.flag_promises`."""
        found = set(self.exceptions)
        for endpoint in self.missing():
            received = any(each.id == endpoint and each.action == "receive" for each in self.decisions)
            to_be_made = any(endpoint in endpoints_of(each) for each in self.after)
            gap = (self.killed and received) or (not self.ok and to_be_made)
            left = self.is_left_to_a_dependent(endpoint) or self.is_left_by_the_policy(endpoint)
            if gap or left or any(map(self.may_be_kept, self.held(endpoint))):
                found.add(endpoint)
        return found

    def is_left_by_the_policy(self, endpoint: str) -> bool:
        """Whether a policy had accepted it, and the policy of today does not decide about it: it stays as it is."""
        leaves = [node for node in policies(self.program) if status_of(node, endpoint) is None]
        return bool(leaves) and all(map(is_policy, self.held(endpoint)))

    def is_left_to_a_dependent(self, endpoint: str) -> bool:
        """Whether who declares it now depends on others, which may be deleted first, and was not reached.

        The flags leave it out, or the operation failed after the former holder was replaced.
        """
        steps = self.result.steps
        failed = not self.ok and any(steps.get(each["urn"]) == "replace" for each in self.held(endpoint))
        return any(
            node.get("endpoint", endpoint) == endpoint
            and bool(node.get("via") or node.get("depends_on"))
            and (failed or (self.is_partial and not self.is_meant(urn)))
            for node, urn in self.nodes()
        )

    # Why it may be red.

    def reasons(self) -> list[str]:
        """What explains a red operation."""
        found = [name for name in PARTIAL if self.flags.get(name)]
        words = self.words()
        if "protect" in words and any(each.get("protect") for each in (*self.before, *self.after)):
            found.append("protected")
        if "appear_timeout" in words and "absent" in self.was.values():
            found.append("a connection that never was")
        if self.do == "destroy" and self.flags.get("run_program"):
            found.append("a destroy that runs another program")
        declared = [
            endpoint
            for node, name in self.nodes()
            if node["kind"] == "approval"
            for endpoint in {each for each, _ in self.wishes(node, name)}
        ]
        if self.do in ("up", "preview") and len(declared) != len(set(declared)):
            found.append("declared twice")
        return found + [reason for reason, applies in self._policy_reasons() if applies]

    def _policy_reasons(self) -> Iterator[tuple[str, bool]]:
        """What explains the refusal of a policy, and whether it does."""
        words, declared = self.words(), policies(self.program)
        least = min(self.allowed_interruptions(), default=PATIENT)
        yield "an interruption too many", "max_interruptions is" in words and least < PATIENT
        contradicts = any(
            {status, status_of(policy, endpoint)} == {"accepted", "rejected"}
            for policy in declared
            for endpoint, status in self.approved()
        )
        yield "an approval contradicts the policy", "put leave(endpoint_ids" in words and contradicts
        first = any(
            node["options"].get("delete_before_replace") or node.get("replace_with") or node.get("trigger")
            for node in self.program
        )
        yield "a policy comes after a delete", "is checked only after this delete" in words and bool(declared) and first
        unknown = any(node.get("how") == "endpoint" for node in self.program)
        yield "an approval's endpoint is not known", "nobody knows yet which connection" in words and unknown

    def words(self) -> str:
        """What it said of its failure."""
        return re.sub(r"\s+", " ", " | ".join(each.message for each in self.result.errors()))[:600]
