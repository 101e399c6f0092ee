"""The judge of the random stories can say no: an operation that breaks a promise, for each of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import APPROVAL
from tests.contract.flag_happened import Happened
from tests.contract.flag_policies import inputs_of
from tests.contract.flag_promises import broken_by
from vpcep_pulumi.lifecycle.policy_schema import POLICY_TYPE
from vpcep_pulumi.testing.results import Diagnostic, Result, Steps
from vpcep_pulumi.testing.simulator.model import Decision


def urn(name: str) -> str:
    return f"urn:pulumi:dev::story::{APPROVAL}::{name}"


def node(name: str, endpoint: str, status: str = "accepted", **options: Any) -> dict[str, Any]:
    return {"kind": "approval", "name": name, "endpoint": endpoint, "status": status, "options": options}


def entry(name: str, endpoint: str, status: str = "accepted", **more: Any) -> dict[str, Any]:
    inputs = {"endpoint_id": endpoint, "status": status}
    return {"urn": urn(name), "id": f"svc/{endpoint}", "inputs": inputs, "outputs": {"status": status}, **more}


def post(action: str, endpoint: str) -> dict[str, Any]:
    return {"method": "POST", "body": {"action": action, "endpoints": [endpoint]}, "status": 200}


def happened(**more: Any) -> Happened:
    """A green `up` of one approval that changes nothing, but for what is given."""
    held = [entry("one", "ep1")]
    known: dict[str, Any] = {
        "do": "up",
        "flags": {},
        "program": [node("one", "ep1")],
        "stack": "dev",
        "before": held,
        "after": held,
        "was": {"ep1": "accepted", "ep2": "pendingAcceptance"},
        "live": {"ep1": "accepted", "ep2": "pendingAcceptance"},
        "decisions": [],
        "calls": [],
        "faults": 0,
        "killed": False,
        "interrupted": False,
        "exceptions": set(),
    }
    ok, errors = more.pop("ok", True), more.pop("errors", ())
    result = Result(
        ok=ok, steps=more.pop("steps", Steps({})), diagnostics=tuple(Diagnostic("error", each) for each in errors)
    )
    return Happened(**{"result": result, **known, **more})


def names(op: Happened) -> set[str]:
    return {each.partition(":")[0] for each in broken_by(op)}


def policy(name: str = "all", max_interruptions: int = 0, **decides: str) -> dict[str, Any]:
    """A node of a policy that leaves what it does not name."""
    node = {"kind": "policy", "name": name, "decides": decides, "rest": "leave", "options": {}}
    return {**node, "max_interruptions": max_interruptions, "via": None, "depends_on": None}


def held(node: dict[str, Any], **decided: str) -> dict[str, Any]:
    """Its entry in the state."""
    urn = f"urn:pulumi:dev::story::{POLICY_TYPE}::{node['name']}"
    return {"urn": urn, "id": "svc", "inputs": inputs_of(node), "outputs": {"decided": decided}}


ACCEPTS = policy(ep1="accept")
HELD = held(ACCEPTS, ep1="accepted")
CUT_OFF = [Decision("svc", "ep1", "reject", "accepted")]
UPDATED = Steps({HELD["urn"]: "update"})


def of_a_policy(**more: Any) -> dict[str, Any]:
    """A green `up` of one policy that accepts ep1, and changes nothing, but for what is given."""
    return {"program": [ACCEPTS], "before": [HELD], "after": [HELD], **more}


REJECTED = {"ep1": "rejected", "ep2": "pendingAcceptance"}
TARGETED = {"target": [urn("two")]}


@pytest.mark.parametrize(
    ("promises", "given"),
    [
        (set(), {}),
        (
            {"unbroken", "justified"},
            {
                "calls": [post("reject", "ep1"), {"method": "GET"}, post("receive", "ep1")],
                "decisions": [
                    Decision("svc", "ep1", "reject", "accepted"),
                    Decision("svc", "ep1", "receive", "accepted"),
                ],
            },
        ),
        ({"unbroken"}, {"calls": [post("reject", "ep1")], "ok": False, "errors": ["refused"], "faults": 1}),
        ({"justified"}, {"do": "preview", "calls": [{"method": "PUT", "body": {}}]}),
        ({"justified", "recorded"}, {
            "decisions": [Decision("svc", "ep2", "receive", "pendingAcceptance")],
            "live": {"ep1": "accepted", "ep2": "accepted"},
        }),
        ({"justified"}, {"decisions": [Decision("svc", "ep2", "reject", "pendingAcceptance")]}),
        ({"justified"}, {"calls": [post("receive", "ep1"), post("receive", "ep1")]}),
        (
            {"justified"},
            {"do": "destroy", "flags": TARGETED, "decisions": [Decision("svc", "ep1", "reject", "accepted")]},
        ),
        ({"truth"}, {"live": REJECTED}),
        ({"truth", "recorded"}, {"after": []}),
        ({"truth"}, {"after": [entry("one", "ep1", pendingReplacement=True)], "before": []}),
        ({"cleaned", "recorded"}, {"do": "destroy", "after": []}),
        ({"cleaned"}, {"do": "destroy", "after": [], "was": {"ep1": "creating"}, "live": {"ep1": "pendingAcceptance"}}),
        ({"cleaned", "recorded"}, {"program": [], "after": []}),
        (set(), {"program": [], "before": [entry("one", "ep1", retainOnDelete=True)], "after": []}),
        (set(), {"do": "destroy", "after": [], "live": REJECTED}),
        (set(), {"do": "destroy", "flags": {"exclude": [urn("two")]}}),
        ({"cleaned"}, {"do": "destroy"}),
        ({"recorded"}, {"after": [], "ok": False, "errors": ["refused"], "faults": 1}),
        ({"recorded"}, {"after": [], "ok": False, "killed": True}),
        (set(), {"after": [entry("one", "ep1", pendingReplacement=True)], "ok": False, "killed": True}),
        ({"recorded"}, {"secrets": ("hush",), "state_text": "... hush ..."}),
        (set(), of_a_policy()),
        ({"truth"}, of_a_policy(live=REJECTED)),
        ({"truth"}, of_a_policy(after=[held(ACCEPTS)])),
        (set(), of_a_policy(after=[], program=[policy(ep1="leave")], ok=False, errors=["no"], faults=1)),
        ({"recorded"}, of_a_policy(after=[], ok=False, errors=["refused"], faults=1)),
        ({"cleaned", "recorded"}, of_a_policy(program=[], after=[])),
        ({"unbroken", "bounded"}, of_a_policy(
            calls=[post("reject", "ep1")], decisions=CUT_OFF, live=REJECTED, ok=False, errors=["no"], faults=1,
        )),
        ({"bounded"}, of_a_policy(
            program=[policy(ep1="reject")], after=[held(policy(ep1="reject"), ep1="rejected")],
            decisions=CUT_OFF, live=REJECTED,
        )),
        (set(), of_a_policy(
            program=[policy(max_interruptions=1, ep1="reject")], after=[held(policy(ep1="reject"), ep1="rejected")],
            decisions=CUT_OFF, live=REJECTED,
        )),
        ({"bounded"}, of_a_policy(
            program=[policy(max_interruptions=1, ep1="leave")], after=[held(policy(ep1="leave"))],
            decisions=CUT_OFF, live=REJECTED, steps=UPDATED,
        )),
        (set(), of_a_policy(ok=False, errors=["1 would be rejected, and max_interruptions is 0"])),
        ({"healed"}, of_a_policy(
            program=[{**ACCEPTS, "max_interruptions": 9}], before=[], after=[], live=REJECTED,
            ok=False, errors=["1 would be rejected, and max_interruptions is 0"],
        )),
        ({"healed"}, {"ok": False, "errors": ["no"]}),
        (set(), {"ok": False, "errors": ["no"], "flags": TARGETED}),
        ({"healed", "said"}, {"ok": False}),
        ({"said"}, {"ok": False, "errors": ["KeyError: 'x'"], "faults": 1}),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(promises, given):
    assert names(happened(**given)) == promises
