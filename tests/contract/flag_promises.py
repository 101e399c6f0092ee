"""The promises of docs/faults.md, asked of one operation of a story, whatever its flags.

What exactly holds, and where it ends:

**unbroken**
    In ``preview``, ``up`` and ``refresh``, under all flags, with all options, killed or not: no reject is sent for a
    connection that the program declares accepted, nor is a connection both received and rejected in one operation.
    It is not asserted where what is declared is not only the program's to say: a resource that ignores changes of
    ``status`` or ``endpoint_id`` and whose state says otherwise. And not where the ids come through a source that is
    made or replaced in the same operation: while another resource is deleted first nobody knows them (documentation).
    A ``destroy`` is asked to reject, with ``--run-program`` too.
**justified**
    ``preview``, ``refresh`` and the state's commands send nothing. An ``up`` receives only what a resource within its
    flags declares accepted, and rejects only what one declares rejected, or what the state held, within its flags and
    not retained. A ``destroy`` receives nothing, and rejects only what the state held, likewise. Nothing is sent to a
    connection that has that status already, nor twice without a read in between.
**truth**
    After a green ``up``, each connection declared by a resource within the flags has its status, or its consumer has
    left, and the state records the live status.
**bounded**
    No operation cuts off more accepted connections because of a policy than the largest ``max_interruptions`` of the
    policies that program and state hold. An update of a policy rejects nothing that its rules leave as it is.
**cleaned**
    After a green ``destroy``, what the state held is not accepted any more, unless it was retained, or the flags left
    it out (what depends on others keeps them) and the state still holds it. After a green ``up`` without ``--target``
    and ``--exclude``, neither is what the state held and the program no longer declares. What a policy had accepted,
    and the policy of today leaves as it is, stays accepted.
**recorded**
    After any operation the state can be read and holds no secret. Nothing that the state held, or that the operation
    received, is accepted and missing from the state, green or red; but for what was retained, or deleted from the state
    by its command. After a kill that holds as well for what the state held, but not for what was received in that
    operation, nor for a resource whose delete was recorded (``pendingReplacement``) and its create was not: the gap
    of docs/faults.md.
**healed**
    An operation without faults is red only where its flags, a protected resource, a connection that never was, two
    declarations of one connection, or a refusal of a policy explain it. At the end of a story, with the trouble over,
    ``up`` is green, a preview shows no step, and ``destroy`` is green and leaves nothing accepted behind that is not
    excepted above.
**said**
    A red operation names its reason, and none of our own programming errors is among its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.contract.flag_happened import HELD, LEFT, Entry, Happened, endpoints_of, is_held, is_policy
from tests.contract.flag_policies import status_by
from tests.contract.flag_programs import Node

BUGS = re.compile(r"\b(AttributeError|TypeError|KeyError|IndexError|AssertionError|InvalidOperation|NameError)\b")


def unbroken(op: Happened) -> Iterator[str]:
    """No reject of what stays declared as accepted."""
    if op.do == "destroy":
        return
    for endpoint, action in op.asked:
        if action == "reject" and op.is_surely_accepted(endpoint):
            yield f"{endpoint} is declared accepted, and a reject was sent"
    for endpoint in {each.id for each in op.decisions if not op.is_unknowable(each.id)}:
        actions = [each.action for each in op.decisions if each.id == endpoint]
        if len(set(actions)) > 1:
            yield f"{endpoint}: {', then '.join(actions)}"


def justified(op: Happened) -> Iterator[str]:
    """Nothing is sent that nobody asked for."""
    if op.do not in ("up", "destroy") and op.writes:
        yield f"{op.do} sent {op.writes}"
    for each in op.decisions:
        if each.action == "receive" and not op.may_receive(each.id):
            yield f"{each.id} was received, and nothing within the flags declares it accepted"
        if each.action == "reject" and not op.may_reject(each.id):
            yield f"{each.id} was rejected, and nothing within the flags declares that, nor did the state hold it"
        if {"receive": "accepted", "reject": "rejected"}[each.action] == each.before:
            yield f"{each.action} was sent for {each.id}, which was {each.before} already"
    unread: set[tuple[str, str]] = set()
    for call in op.calls:
        if call["method"] == "GET":
            unread.clear()
        elif call["method"] == "POST":
            (endpoint,), action = call["body"]["endpoints"], call["body"]["action"]
            if (endpoint, action) in unread:
                yield f"{action} {endpoint}: sent twice, without a read in between"
            unread.add((endpoint, action))


def truth(op: Happened) -> Iterator[str]:
    """What is declared is so."""
    if op.do != "up" or not op.ok or op.killed:
        return
    for node, urn in op.nodes():
        if not op.is_meant(urn):
            continue
        entries = [each for each in op.after if each["urn"] == urn and not each.get("delete")]
        if len(entries) != 1 or entries[0].get("pendingReplacement"):
            yield f"{node['name']} is declared, `up` is green, and the state does not hold it"
            continue
        yield from (_truth_of_a_policy if node["kind"] == "policy" else _truth_of_an_approval)(op, node, entries[0])


def _truth_of_an_approval(op: Happened, node: Node, entry: Entry) -> Iterator[str]:
    wish, (endpoint,) = entry["inputs"]["status"], endpoints_of(entry)
    live = op.live[endpoint]
    if wish in ("accepted", "rejected") and live not in (wish, *LEFT):
        yield f"{node['name']} declares {endpoint} {wish}, `up` is green, and it is {live}"
    if entry["outputs"].get("status") != live:
        yield f"{node['name']}: the state says {entry['outputs'].get('status')}, {endpoint} is {live}"


def _truth_of_a_policy(op: Happened, node: Node, entry: Entry) -> Iterator[str]:
    wishes, decided = dict(op.wishes(node, entry["urn"])), entry["outputs"].get("decided") or {}
    maybe_taken = {each for each, _ in op.approved()}
    for endpoint, live in op.live.items():
        if endpoint in maybe_taken or live == "absent":
            continue
        wish = wishes.get(endpoint)
        if wish and live not in (wish, *LEFT):
            yield f"{node['name']} declares {endpoint} {wish}, `up` is green, and it is {live}"
        if decided.get(endpoint) != (live if wish else None):
            yield f"{node['name']}: the state says {decided.get(endpoint)}, {endpoint} is {live}, declared {wish}"


def bounded(op: Happened) -> Iterator[str]:
    """Policies interrupt no more than they may, and an update leaves alone what the rules leave alone."""
    policies, most = [each for each in op.before if is_policy(each)], op.allowed_interruptions()
    held = (endpoints_of(each) for each in op.before if not is_policy(each))
    by_approvals = {each for each, _ in op.approved()}.union(*held)
    cut_off = [each.id for each in op.decisions if each.action == "reject" and each.before in ("accepted", "creating")]
    by_policies = [each for each in cut_off if each not in by_approvals]
    if len(by_policies) > max(most, default=0):
        yield f"{by_policies} were cut off, and max_interruptions is {most}"
    updated = {name for name, step in op.result.steps.items() if step in ("update", "same")}
    for entry in policies:
        now = [each for each in op.after if each["urn"] == entry["urn"]]
        if op.do != "up" or len(policies) > 1 or len(now) != 1 or entry["urn"] not in updated:
            continue
        for endpoint in by_policies:
            if status_by(now[0]["inputs"], endpoint) is None:
                yield f"{endpoint} was rejected, and the rules leave it as it is"


def cleaned(op: Happened) -> Iterator[str]:
    """What is gone from program or state is not accepted any more."""
    if not op.ok or op.killed or op.do not in ("up", "destroy") or (op.do == "up" and op.is_partial):
        return
    for endpoint in sorted({each for entry in op.before for each in endpoints_of(entry)} - op.exceptions):
        kept = [each for each in op.held(endpoint) if op.may_be_kept(each)]
        declared = op.do == "up" and (endpoint in op.possible or op.is_left_by_the_policy(endpoint))
        left = (op.is_partial or op.interrupted or op.do == "up") and is_held(op.after, endpoint)
        if not kept and not declared and not left and op.live[endpoint] in HELD:
            yield f"{endpoint} is not declared any more, `{op.do}` is green, and it is {op.live[endpoint]}"


def recorded(op: Happened) -> Iterator[str]:
    """The state knows of everything that is ours."""
    for secret in op.secrets:
        if secret in op.state_text:
            yield "a secret is in the state"
    for endpoint in sorted(op.missing() - op.excepted()):
        yield f"{endpoint} is {op.live[endpoint]}, by us, and the state does not hold it"


def healed(op: Happened) -> Iterator[str]:
    """Nothing is red without a reason."""
    if not op.ok and not op.killed and not op.faults and not op.interrupted and not op.reasons():
        yield f"`{op.do}` is red: {op.words()}"


def said(op: Happened) -> Iterator[str]:
    """A red operation says why."""
    if op.ok or op.killed or op.interrupted:
        return
    errors = [each.message for each in op.result.errors()]
    if not [each for each in errors if each not in ("update failed", "preview failed", "destroy failed")]:
        yield f"`{op.do}` is red and says nothing"
    for each in errors:
        if found := BUGS.search(each):
            yield f"{found[0]} in an error: {each}"


PROMISES: tuple[Callable[[Happened], Iterator[str]], ...] = (
    unbroken,
    justified,
    truth,
    bounded,
    cleaned,
    recorded,
    healed,
    said,
)


def broken_by(op: Happened) -> list[str]:
    """Every promise that an operation broke, by its name, and how."""
    return [f"{promise.__name__}: {how}" for promise in PROMISES for how in promise(op)]
