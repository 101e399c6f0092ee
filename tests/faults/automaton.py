"""The real decision as an automaton: what it wants in each situation, and where each result leads.

A generator cannot be copied, so that a search could go on from it in two ways. But it is deterministic: sent the same
results, it comes to the same point. So a situation is kept with one way that leads there, and is reached anew by going
that way. Two ways lead to one situation where the generator's frames are the same: at the same line, with the same
values in all variables. Times count by their distance from now.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import fields, is_dataclass
from enum import Enum
from types import GeneratorType
from typing import Any

from pydantic import BaseModel

from vpcep_pulumi.lifecycle.messages import Outcome, Result, Want

Decision = Generator[Want, Result, Outcome]
MOMENTS = frozenset({"now", "began", "reported"})
"""The variables that hold a time."""
OF_A_RESULT = frozenset({"result", "at", "since"})
"""Variables that hold results. Of what one has read before, only ``began`` is asked for once more, for what a look may
believe; the model shows what it likes whatever a look may believe."""


class Situation:
    """A point that a decision can come to.

    :ivar want: what it wants there; None where it has ended.
    :ivar outcome: what it came to; None where it goes on.
    :ivar now: the time of the way that is kept.
    """

    __slots__ = ("_after", "_automaton", "_way", "now", "outcome", "want")

    def __init__(
        self, automaton: Automaton, way: tuple[Result, ...], want: Want | None, outcome: Outcome | None, now: float
    ) -> None:
        self._automaton, self._way = automaton, way
        self.want, self.outcome, self.now = want, outcome, now
        self._after: dict[Any, Situation] = {}

    def after(self, name: object, result: Callable[[float], Result]) -> Situation:
        """Where a result leads.

        :param name: of the result, the same for the same one.
        :param result: makes it, for the time that it is now.
        """
        found = self._after.get(name)
        if found is None:
            found = self._after[name] = self._automaton.follow((*self._way, result(self.now)))
        return found


class Automaton:
    """Every situation that one kind of decision was seen to come to.

    :param make: makes the decision.
    """

    def __init__(self, make: Callable[[], Decision]) -> None:
        self._make = make
        self._situations: dict[Any, Situation] = {}
        self.start = self.follow(())

    def __len__(self) -> int:
        return len(self._situations)

    def follow(self, way: tuple[Result, ...]) -> Situation:
        """The situation that results lead to."""
        decision = self._make()
        now = way[-1].at if way else 0.0
        try:
            want = next(decision)
            for result in way:
                want = decision.send(result)
        except StopIteration as end:
            key: Any = ("ended", fingerprint(end.value, now))
            if key not in self._situations:
                self._situations[key] = Situation(self, way, None, end.value, now)
            return self._situations[key]
        key = frames(decision, now)
        decision.close()
        if key not in self._situations:
            self._situations[key] = Situation(self, way, want, None, now)
        return self._situations[key]


def frames(decision: object, now: float) -> tuple[Any, ...]:
    """Where a generator stands, and with which values."""
    found: list[Any] = []
    while isinstance(decision, GeneratorType):
        frame = decision.gi_frame
        assert frame is not None
        variables = tuple(
            (name, fingerprint(value, now, name))
            for name, value in sorted(frame.f_locals.items())
            if name not in OF_A_RESULT
        )
        found.append((frame.f_code.co_qualname, frame.f_lasti, variables))
        decision = decision.gi_yieldfrom
    return tuple(found)


def fingerprint(value: Any, now: float, name: str = "") -> Any:
    """A value that can be compared: two that are equal by it make no difference to what comes next."""
    if isinstance(value, float):
        return value - now if name in MOMENTS else value
    if isinstance(value, BaseException):
        return type(value).__name__, getattr(value, "kind", None)
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if isinstance(value, Enum | str | int | frozenset) or value is None:
        return value
    if is_dataclass(value):
        return tuple((each.name, fingerprint(getattr(value, each.name), now, each.name)) for each in fields(value))
    if isinstance(value, tuple | list):
        return tuple(fingerprint(each, now, name) for each in value)
    raise TypeError(f"{name} is a {type(value).__name__}: nobody has said yet how to compare it")
