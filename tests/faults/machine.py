"""Everything at once: programs change, the engine works and is killed, consumers, administrators and faults come and go.

What always holds, whatever happens (each is asserted below under its name):

``truth``       After a green ``up``, every declared connection has its declared status (or its consumer has left), and
                no connection was touched that the program does not declare and did not declare before.
``promise``     The decisions that ``up`` sends are those that its preview named, where the world stood still in between.
``justified``   Every decision that is carried out is the one that the step table names for what is declared and how the
                connection stood; none is sent twice without a read in between. (Where answers are whole
                and wrong, such as a read that lags behind, the same decision may come again: then, and only then.)
``cleaned``     After a green ``destroy``, what the state held is rejected, unless it is retained or its consumer has left;
                what the state did not hold is untouched.
``unbroken``    An accepted connection that was declared accepted, and still is under whatever name, is never rejected.
``healed``      When the faults end, one more ``up`` is green, or names the connection that is impossible.
``limit``       A policy accepts nothing of an account that has as many accepted connections as the rule's limit.
``interrupted`` A policy interrupts no more consumers in one operation than ``max_interruptions``.
``recorded``    At every moment the state can be read, and holds no secret.

The one gap that Pulumi's model leaves: a kill between a decision and its record leaves a connection decided that no state
knows of. The next ``up`` adopts it; a ``destroy`` in between does not know it. So ``cleaned`` speaks of what the state held.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.faults.declared import Declared
from tests.faults.engine import SERVICE, TOKEN, Approval, Engine, Kill, Outcome, Policy, TickingTime
from tests.faults.events import ENGINE, PROGRAM, WORLD
from tests.faults.policy_truth import SOON, TROUBLE, beyond_the_limit, interrupted, rule_for, rules, wish_of
from vpcep_pulumi.testing.engine.values import plain
from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.faults import KINDS

FIGURES: Counter[str] = Counter()
"""What was tried, for the documentation and the soak test."""


def kinds_met() -> int:
    """How many kinds of faults were met so far."""
    return sum(1 for kind in KINDS if FIGURES[f"fault {kind}"])


REACHED = {
    "accepted": {"accepted", "absent", "deleting"},
    "rejected": {"rejected", "absent", "deleting", "failed"},
}
"""What may be left behind without an error, by what is declared. Written by hand, not from the table."""
RIGHT = {"receive": {"pendingAcceptance", "rejected"}, "reject": {"pendingAcceptance", "accepted"}}
"""The statuses in which a decision is right."""
DECIDABLE = {"pendingAcceptance", "creating", "accepted", "rejected"}
"""The statuses in which no declaration is impossible."""
LYING = ("stale", "other_id", "shifted")
"""Faults whose answers are whole and wrong: what stood before, or a list without the connection. Nobody can tell."""


class Machine(RuleBasedStateMachine):
    """One service, a few consumers, one stack."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.time = TickingTime()
        self.simulator = self.stack.enter_context(
            Simulator.start(tokens=[TOKEN], creating_s=3, clock=lambda: self.time.now)
        )
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.engine = Engine(self.simulator, self.time, folder)
        self.approvals: list[Approval] = []
        self.policy: Policy | None = None
        self.owners: dict[str, str] = {}
        self.expiry = self.time.date() + timedelta(seconds=SOON)
        self.names = count()
        self.weather = count()
        self.endpoints: list[str] = []
        self.misled = False

    def teardown(self) -> None:
        self.faults_end()
        self.stack.close()

    @initialize(number=st.integers(1, 4), declared=st.integers(1, 3))
    def begin(self, number: int, declared: int) -> None:
        self.simulator.service(SERVICE)
        for each in range(number):
            self.connect("d1", None)
            if each < declared:
                self.declare(each, "accepted", None, described=False, retain=False)

    @rule(event=WORLD | PROGRAM | ENGINE)  # one rule: hypothesis leaves whole rules out of its examples
    def happens(self, event: tuple[str, dict[str, Any]]) -> None:
        what, given = event
        getattr(self, what)(**given)

    # The world.

    def connect(self, owner: str, status: str | None) -> None:
        if len(self.endpoints) < 8:
            self.endpoints.append(f"ep{len(self.endpoints)}")
            self.simulator.connect(SERVICE, self.endpoints[-1], domain=owner, status=status)
            self.owners[self.endpoints[-1]] = owner
            if status == "creating":
                self._settles(self.endpoints[-1])

    def leave(self, number: int) -> None:
        endpoint = self._endpoint(number)
        if self.live(endpoint) != "absent":
            self.simulator.leave(SERVICE, endpoint)

    def somebody_else(self, number: int, status: str) -> None:
        endpoint = self._endpoint(number)
        if self.live(endpoint) != "absent":
            self.simulator.world.put(SERVICE, endpoint, status)
            if status == "creating":
                self._settles(endpoint)

    def time_passes(self, seconds: float) -> None:
        self.time.sleep(seconds)

    def fault(self, number: int, method: str | None, times: int, skip: int) -> None:
        # Three at a time, and in turn: left to itself, hypothesis likes some kinds much better than others.
        first = number + 5 * next(self.weather)
        for kind in (sorted(KINDS)[(first + more) % len(KINDS)] for more in (0, 9, 18)):
            self.simulator.fault(kind, method, times=times, skip=skip, seconds=20.0 if kind == "stale" else 0.001)
            self.misled = self.misled or kind in LYING

    # The program.

    def declare(self, number: int, status: str, owner: str | None, *, described: bool, retain: bool) -> None:
        endpoint = self._endpoint(number)
        if all(each.endpoint != endpoint for each in self.approvals):
            name = f"a{next(self.names)}"
            self.approvals.append(
                Approval(name, endpoint, status, owner, "ticket" if described else None, retain=retain)
            )

    def undeclare(self, number: int) -> None:
        if self.approvals:
            del self.approvals[number % len(self.approvals)]

    def decide_all(self, number: int, otherwise: str, most: int) -> None:
        """A policy beside the approvals, or another one in its place."""
        found = rules(self.expiry.isoformat())
        self.policy = Policy("policy", found[number % len(found)], otherwise, most)

    def decide_none(self) -> None:
        self.policy = None

    def rename(self, number: int, alias: bool) -> None:
        former = self._declared(number)
        if former is not None:
            self._redeclare(former, name=f"a{next(self.names)}", former=former.name if alias else None)

    def flip(self, number: int) -> None:
        declared = self._declared(number)
        if declared is not None:
            self._redeclare(declared, status="rejected" if declared.status == "accepted" else "accepted")

    def change(self, number: int, owner: str | None, retain: bool, first: bool) -> None:
        declared = self._declared(number)
        if declared is not None:
            self._redeclare(declared, owner=owner, retain=retain, first=first)

    def swap(self, number: int, other: int) -> None:
        one, two = self._declared(number), self._declared(other)
        if one is not None and two is not None and one is not two:
            self._redeclare(one, endpoint=two.endpoint)
            self._redeclare(two, endpoint=one.endpoint)

    # The engine.

    def preview(self) -> None:
        with self._observed(sends=False):
            self.engine.preview(self.program)

    def up(self) -> None:
        with self._observed():
            outcome = self.engine.up(self.program)
        self._check_update(outcome)

    def flags(self, number: int, flag: str, continue_on_error: bool) -> None:
        """An update with the CLI's flags: what it leaves out is declared all the same."""
        urns = sorted(each.urn for each in self.engine.recorded().values())
        if not urns:
            return
        urn = urns[number % len(urns)]
        options: dict[str, Any] = {"continue_on_error": continue_on_error}
        if flag == "taint":
            self.engine.taint(urn)
        elif flag.startswith("replace"):
            options["replace"] = ["**"] if flag == "replace everything" else [urn]
        else:
            options[flag] = [urn]
        with self._observed():
            outcome = self.engine.up(self.program, **options)
        FIGURES["updates with flags"] += 1
        if flag not in ("target", "exclude"):
            self._check_update(outcome)

    def preview_and_up(self) -> None:
        self.faults_end()
        preview = self.engine.preview(self.program)
        last = len(self._decisions())
        with self._observed():
            outcome = self.engine.up(self.program)
        sent = [(each.action, each.id) for each in self._decisions()[last:]]
        for action, endpoint in sent:
            planned = preview.plans.get(endpoint, "")
            verb = planned.partition(":")[0]  # its words name the action as well: "is rejected"
            goes = endpoint in preview.deleted or preview.ends_policy
            promised = action in verb or verb.startswith("wait") or (goes and action == "reject")
            assert promised, f"promise: {action} of {endpoint} was sent; the preview said {planned!r}"
        if preview.ok and outcome.ok:
            assert preview.steps == outcome.steps, "promise"
            for endpoint, plan in preview.plans.items():
                for action in re.findall(r"receive|reject", plan.partition(":")[0]):
                    reached = REACHED[self._wish(endpoint)]
                    assert (action, endpoint) in sent or self.live(endpoint) in reached, f"promise: {endpoint} {plan}"
        self._check_update(outcome)

    def refresh(self) -> None:
        with self._observed(sends=False):
            self.engine.refresh()

    def destroy(self) -> None:
        # One that was deleted first, and was to be made anew when the update failed, is in the gap (docs/faults.md).
        held = {name: each for name, each in self.engine.approvals().items() if not each.pending_replacement}
        last = len(self._decisions())
        stored, decided = self._stored(), self._decided()
        with self._observed(gone=True):
            outcome = self.engine.destroy()
        kept = {each.inputs["endpoint_id"] for each in held.values() if each.retain_on_delete}
        assert not kept & {each.id for each in self._decisions()[last:]}, "cleaned: what is retained was touched"
        if outcome.ok and not self.misled:
            FIGURES["green destroys"] += 1
            for endpoint in {each.inputs["endpoint_id"] for each in held.values()} - kept:
                assert self.live(endpoint) in REACHED["rejected"], f"cleaned: {endpoint} is {self.live(endpoint)}"
            for endpoint in self._theirs(stored, decided) - kept:
                assert self.live(endpoint) not in ("accepted", "creating"), f"cleaned: {endpoint} of the policy"

    def kill(self, victim: str, at: int, carried_out: bool, what: str) -> None:
        kill = Kill(victim, at, carried_out)
        with self._observed(sends=what != "refresh", gone=what == "destroy"):
            outcome = self.engine.up(self.program, kill) if what == "up" else getattr(self.engine, what)(kill)
        FIGURES["kills survived"] += outcome.killed

    def heal(self) -> None:
        self.faults_end()
        with self._observed():
            outcome = self.engine.up(self.program)
        self._check_update(outcome)
        if not outcome.ok:
            assert outcome.errors
            for error in outcome.errors:
                impossible = any(self._is_impossible(each, error) for each in self.endpoints)
                assert impossible or self._is_refused(error), f"healed: {error}"
        FIGURES["healed"] += 1

    @invariant()
    def recorded(self) -> None:
        FIGURES["steps"] += 1
        assert TOKEN not in self.engine.text(), "recorded"
        self.engine.recorded()

    # What is asserted.

    @property
    def program(self) -> list[Declared]:
        """The policy comes first: it leaves alone what approvals after it declare."""
        return [*([self.policy] if self.policy is not None else []), *self.approvals]

    def _check_update(self, outcome: Outcome) -> None:
        assert not any(TOKEN in line for line in [*outcome.log, *outcome.errors]), "recorded"
        if not outcome.ok:
            return
        FIGURES["green updates"] += 1
        declared = {each.endpoint: each for each in self.approvals}
        for endpoint, live in self._statuses().items():
            if endpoint in declared and not self.misled:
                assert live in REACHED[declared[endpoint].status], f"truth: {declared[endpoint]} is {live}"
            elif not self.misled:
                self._check_policy(endpoint, live)

    def _check_policy(self, endpoint: str, live: str) -> None:
        """After a green update, what no approval declares is as the policy says."""
        wish = self._says(self.policy, endpoint)
        if wish == "reject":
            assert live in ("rejected", *TROUBLE), f"truth: {endpoint} is {live}, the policy rejects it"
        is_bounded = self.policy is not None and "limit" in rule_for(self.policy, endpoint, self.owners[endpoint])
        if wish == "accept" and not is_bounded:
            assert live in ("accepted", *TROUBLE), f"truth: {endpoint} is {live}, the policy accepts it"

    @contextmanager
    def _observed(self, *, sends: bool = True, gone: bool = False) -> Iterator[None]:
        """``justified`` and ``unbroken``: what is decided meanwhile."""
        declared = {} if gone else {each.endpoint: each for each in self.approvals}
        held, last, was = self._held(), len(self._decisions()), self._statuses()
        stored, decided = self._stored(), self._decided()
        theirs = self._theirs(stored, decided)
        policy = None if gone else self.policy
        over = self.is_over  # what expires in the middle of an operation expires with the next one
        self.simulator.clear_calls()
        FIGURES["operations"] += 1
        yield
        own = set(self.endpoints) - held - set(declared)
        limits = policy or stored
        if limits is not None and not self.misled:
            FIGURES["operations with a policy"] += 1
            cut_off = {
                each
                for each in interrupted(self._decisions()[last:], own)
                if not (over and "expires_at" in rule_for(limits, each, self.owners[each]))
            }
            assert len(cut_off) <= limits.most, f"interrupted: {cut_off}"
            assert not beyond_the_limit(limits, self._decisions()[last:], was, self.owners, own), "limit"
        for each in self._decisions()[last:]:
            FIGURES["decisions"] += 1
            wish = declared[each.id].status if each.id in declared else "gone"
            expected = {"accepted": {"receive"}, "rejected": {"reject"}, "gone": {"reject"}}[wish]
            says = wish_of(policy, each.id, self.owners[each.id], over=over)
            if wish == "gone" and policy is not None and says != "leave":
                expected = {"receive"} if says == "accept" else {"reject"}
                FIGURES["decisions of policies"] += 1
                if says == "accept" and (each.id in held or policy.rules != (stored and stored.rules)):
                    expected |= {"reject"} if "limit" in rule_for(policy, each.id, self.owners[each.id]) else set()
            elif wish == "gone":
                known = held | set(declared) | theirs
                assert each.id in known, f"justified: {each} is nobody's"
            assert sends, "justified: nothing was to be sent"
            assert each.action in expected, f"justified, unbroken: {each}, declared {wish}, the policy says {says}"
            assert self.misled or each.before in RIGHT[each.action], f"justified: {each}"
        self._check_reads_between()

    def _check_reads_between(self) -> None:
        sent: set[tuple[str, str]] = set()
        for call in self.simulator.calls():
            if call["path"].endswith("/connections"):
                sent.clear()
            elif call["path"].endswith("/action"):
                key = (call["body"]["action"], call["body"]["endpoints"][0])
                again_is_harmless = call.get("fault") in ("throttled", "busy") or call["status"] in (401, 403)
                assert key not in sent, f"justified: {key} was sent twice without a read in between"
                if not again_is_harmless:
                    sent.add(key)

    def _is_impossible(self, endpoint: str, error: str) -> bool:
        """Whether an error is about a connection that rules its own declaration out, or is another's."""
        if f"connection {endpoint} " not in error:
            return False
        declared = next((each for each in self.approvals if each.endpoint == endpoint), None)
        foreign = declared is not None and declared.owner is not None and "belongs to account" in error
        return foreign or self.live(endpoint) not in DECIDABLE

    def _is_refused(self, error: str) -> bool:
        """Whether a policy is refused rightly: it would cut off too many, or an approval declares the opposite."""
        stored = self._stored()
        if "is not deleted" in error:
            return stored is not None and len(self._theirs(stored, self._decided())) > stored.most
        declared = {each.endpoint: each.status for each in self.approvals}
        wishes = {each: self._says(self.policy, each) for each in self.endpoints}
        if "max_interruptions" in error:
            cut = [
                each
                for each, wish in wishes.items()
                if wish == "reject" and self.live(each) in ("accepted", "creating")
            ]
            assert self.policy is not None
            return len([each for each in cut if each not in declared]) > self.policy.most
        opposite = {"accept": "rejected", "reject": "accepted"}
        is_contested = any(declared.get(each) == opposite.get(wish, "") for each, wish in wishes.items())
        return is_contested and ("put leave(" in error or "has failed in this operation" in error)

    # What there is.

    @property
    def is_over(self) -> bool:
        """Whether the rules that expire have."""
        return self.time.date() >= self.expiry

    def _says(self, policy: Policy | None, endpoint: str) -> str:
        return wish_of(policy, endpoint, self.owners[endpoint], over=self.is_over)

    def _stored(self) -> Policy | None:
        """The policy that the state holds."""
        found = self.engine.recorded().get("policy")
        if found is None:
            return None
        outputs = plain(found.outputs)
        given = tuple(dict(each) for each in outputs["rules"])
        return Policy("policy", given, outputs.get("otherwise", "leave"), int(outputs.get("max_interruptions", 0)))

    def _decided(self) -> dict[str, str]:
        """What its policy has decided, by the state."""
        found = self.engine.recorded().get("policy")
        return plain(found.outputs["decided"]) if found is not None else {}

    def _theirs(self, stored: Policy | None, decided: dict[str, str]) -> set[str]:
        """What a delete of the stored policy rejects, where it is accepted."""
        by_rules = {
            each
            for each in self.endpoints
            if stored is not None and rule_for(stored, each, self.owners[each])["action"] == "accept"
        }
        return by_rules | {each for each, status in decided.items() if status in ("accepted", "creating")}

    def live(self, endpoint: str) -> str:
        return self.simulator.status(SERVICE, endpoint)

    def _statuses(self) -> dict[str, str]:
        return {each: self.live(each) for each in self.endpoints}

    def _decisions(self) -> list[Any]:
        return self.simulator.world.decisions

    def _held(self) -> set[str]:
        return {each.inputs["endpoint_id"] for each in self.engine.approvals().values()}

    def _wish(self, endpoint: str) -> str:
        return next((each.status for each in self.approvals if each.endpoint == endpoint), "rejected")

    def _endpoint(self, number: int) -> str:
        return self.endpoints[number % len(self.endpoints)]

    def _declared(self, number: int) -> Approval | None:
        return self.approvals[number % len(self.approvals)] if self.approvals else None

    def _redeclare(self, approval: Approval, **changes: Any) -> None:
        fields = {**vars(approval), "former": None, **changes}
        self.approvals[self.approvals.index(approval)] = Approval(**fields)

    def _settles(self, endpoint: str) -> None:
        def settle() -> None:
            if self.live(endpoint) == "creating":
                self.simulator.world.put(SERVICE, endpoint, "accepted")

        self.time.after(3, settle)

    def faults_end(self) -> None:
        for fault in self.simulator.faults.all():
            FIGURES["faults met"] += fault.applied
            if fault.applied:
                FIGURES[f"fault {fault.kind}"] += fault.applied
        self.simulator.clear_faults()
        self.misled = False
