"""Carries many decisions out at once, with a few threads.

A decision that waits (:class:`~vpcep_pulumi.lifecycle.messages.Pause`) holds no thread. So a thousand connections that
the service takes seconds to create are waited for together.

What is begun goes on before anything new begins. If the operation is interrupted, what waits then is half done, and
recorded.
"""

from __future__ import annotations

import heapq
import math
import queue
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

from vpcep_pulumi.api.window import MOST
from vpcep_pulumi.clock import Clock
from vpcep_pulumi.errors import VpcepError
from vpcep_pulumi.lifecycle.defects import defect
from vpcep_pulumi.lifecycle.messages import Done, Outcome, Pause, Report, Result, Want
from vpcep_pulumi.operation.drive import Driver


@dataclass
class Task:
    """One decision to carry out.

    :ivar name: the connection, for messages.
    """

    id: str
    name: str
    decision: Generator[Want, Result, Outcome]
    driver: Driver


@dataclass
class Many:
    """Drives decisions until each has come to an outcome.

    :param clock: waits, while nothing else is under way.
    :param done: called with each outcome as it comes; returns an error if no further decision is to begin.
    :param ended: the error because of which none begins from the start.
    """

    clock: Clock
    done: Callable[[str, Outcome], VpcepError | None]
    ended: VpcepError | None = None
    _answers: queue.SimpleQueue[tuple[Task, Result | Exception]] = field(default_factory=queue.SimpleQueue)
    _pauses: list[tuple[float, int, Task]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _busy: int = 0

    def drive(self, tasks: Iterable[Task]) -> None:
        """Drive every decision. Those that do not begin have an outcome as well: the error because of which."""
        waiting = iter(tasks)
        with ThreadPoolExecutor(MOST, thread_name_prefix="vpcep") as pool:
            while True:
                self._begin(waiting, pool)
                if self._busy:
                    self._take(pool)
                elif self._pauses:
                    self._sleep()
                else:
                    return

    def _begin(self, waiting: Iterator[Task], pool: ThreadPoolExecutor) -> None:
        """Go on with what has paused long enough, then begin something new, while there are threads for it."""
        while self._pauses and (self.ended is not None or self._pauses[0][0] <= self.clock.monotonic()):
            task = heapq.heappop(self._pauses)[2]
            self._advance(task, self.ended or Done(self.clock.monotonic()), pool)
        while self._busy < MOST:
            task_or_none = next(waiting, None)
            if task_or_none is None:
                return
            self.ended = self.ended or self._interruption()
            self._advance(task_or_none, self.ended, pool)

    def _interruption(self) -> VpcepError | None:
        """Whether the operation is interrupted: a run of many requests may have no wait that would notice it."""
        try:
            self.clock.sleep(0)
        except VpcepError as error:
            return error
        return None

    def _take(self, pool: ThreadPoolExecutor) -> None:
        """Wait for the next answer, but not longer than a pause lasts."""
        until = self._pauses[0][0] - self.clock.monotonic() if self._pauses else math.inf
        try:
            task, result = self._answers.get(timeout=None if until == math.inf else max(until, 0.01))
        except queue.Empty:
            return
        self._busy -= 1
        self._advance(task, result, pool)

    def _sleep(self) -> None:
        try:
            self.clock.sleep(max(self._pauses[0][0] - self.clock.monotonic(), 0))
        except VpcepError as error:  # interrupted: nothing further begins, and what waits ends
            self.ended = error

    def _advance(self, task: Task, result: Result | Exception | None, pool: ThreadPoolExecutor) -> None:
        """Give a decision its result, and do what it wants next. Its reports are made at once.

        :param result: None: it begins.
        """
        while True:
            try:
                if isinstance(result, Exception):
                    want = task.decision.throw(result)
                else:
                    want = next(task.decision) if result is None else task.decision.send(result)
            except StopIteration as end:
                self._note(task, end.value)
                return
            except VpcepError as error:  # thrown in before it began
                self._note(task, Outcome(None, (), error, has_left=False))
                return
            except Exception as error:
                self._note(task, Outcome(None, (), defect(task.name, error, "nothing is sent"), has_left=False))
                return
            if isinstance(want, Pause):
                wakes = self.clock.monotonic() + want.seconds
                heapq.heappush(self._pauses, (wakes, next(self._order), task))
                return
            if not isinstance(want, Report):
                self._busy += 1
                pool.submit(self._work, task, want)
                return
            result = task.driver.result_of(want)

    def _work(self, task: Task, want: Want) -> None:
        """In a thread of the pool: do what a decision wants."""
        try:
            self._answers.put((task, task.driver.result_of(want)))
        except Exception as error:
            self._answers.put((task, error))

    def _note(self, task: Task, outcome: Outcome) -> None:
        self.ended = self.done(task.id, outcome) or self.ended
