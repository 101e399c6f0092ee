"""How many requests are under way at once: by hand, at random, and with real threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vpcep_pulumi.api.window import FIRST, MOST, Window

WAIT = 60.0
"""Seconds of real time after which a test gives up on a thread."""


class WindowMachine(RuleBasedStateMachine):
    """Requests begin, are answered, refused and throttled in any order, beside a model of the size."""

    @initialize(first=st.integers(1, 40), most=st.integers(1, 40))
    def make(self, first: int, most: int) -> None:
        first = min(first, most)
        self.window, self.most, self.size = Window(first, most), most, float(first)
        self.under_way: list[tuple[int, ExitStack]] = []
        self.closings, self.halved_for = 0, -1

    @precondition(lambda self: len(self.under_way) < self.window.size)
    @rule()
    def begins(self) -> None:
        """It would wait if there were no place: then this test would not end."""
        stack = ExitStack()
        stack.enter_context(self.window.place())
        self.under_way.append((self.closings, stack))

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 39), came=st.sampled_from(["answer", "refusal"]))
    def ends(self, which: int, came: str) -> None:
        _, stack = self.under_way.pop(which % len(self.under_way))
        if came == "answer":
            self.window.answered()
            self.size = min(self.size + 1 / self.size, self.most)
        stack.close()

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 39), times=st.integers(1, 2))
    def is_throttled(self, which: int, times: int) -> None:
        """A 429 closes the throttle, and does so again once its pause is drawn."""
        began, stack = self.under_way.pop(which % len(self.under_way))
        self.window.throttled(began)
        if began > self.halved_for:
            self.halved_for, self.size = began, max(self.size / 2, 1)
        self.closings += times
        stack.close()

    @invariant()
    def the_size_is_the_model_s_and_within_its_bounds(self) -> None:
        assert self.window.size == int(self.size)
        assert 1 <= self.window.size <= self.most

    def teardown(self) -> None:
        for _, stack in getattr(self, "under_way", []):
            stack.close()


TestWindow = WindowMachine.TestCase


@given(st.integers(1, MOST), st.lists(st.integers(0, 3), min_size=1))
def test_it_halves_once_for_all_requests_of_one_closing(first, closings):
    window, expected, most = Window(first), float(first), -1
    for each in closings:
        window.throttled(each)
        if each > most:
            most, expected = each, max(expected / 2, 1)
    assert window.size == int(expected)


@pytest.mark.parametrize("size", [1, 2, 5, 16])
def test_after_as_many_answers_as_there_are_places_there_is_one_more(size):
    window = Window(size, most=99)
    for _ in range(size + 1):
        window.answered()
    assert window.size == size + 1


def test_it_grows_to_the_most_and_no_further():
    window = Window()
    assert window.size == FIRST
    for _ in range(MOST * MOST):
        window.answered()
    assert window.size == MOST


def test_a_place_is_free_again_after_an_error():
    window = Window(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), window.place():
            raise ZeroDivisionError
    with window.place():
        pass


class Crowd:
    """Threads that ask for a place, and hold it until the test lets them go."""

    def __init__(self, window: Window, pool: ThreadPoolExecutor, count: int) -> None:
        self.lock, self.running, self.most = threading.Lock(), 0, 0
        self.arrived, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.window = window
        self.futures = [pool.submit(self.ask) for _ in range(count)]

    def ask(self) -> None:
        with self.window.place():
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            self.arrived.release()
            assert self.go.acquire(timeout=WAIT)
            with self.lock:
                self.running -= 1

    def arrive(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=WAIT), "a thread waits for a place that is free"

    def let_go(self, count: int) -> None:
        self.go.release(count)

    def end(self) -> None:
        for each in self.futures:
            each.result(WAIT)


def test_real_threads_never_run_more_than_there_are_places_and_none_is_forgotten():
    with ThreadPoolExecutor(20) as pool:
        crowd = Crowd(Window(4, 4), pool, 20)
        for _ in range(5):
            crowd.arrive(4)
            assert not crowd.arrived.acquire(blocking=False)
            crowd.let_go(4)
        crowd.end()
    assert crowd.most == 4


def test_after_it_was_halved_nobody_begins_until_enough_have_ended():
    with ThreadPoolExecutor(16) as pool:
        window = Window(8, 8)
        crowd = Crowd(window, pool, 16)
        crowd.arrive(8)
        window.throttled(0)
        assert window.size == 4
        crowd.let_go(8)
        for _ in range(2):
            crowd.arrive(4)
            assert not crowd.arrived.acquire(blocking=False)
            crowd.let_go(4)
        crowd.end()
    assert crowd.most == 8


def test_whoever_waits_gets_the_place_that_an_answer_adds():
    with ThreadPoolExecutor(2) as pool:
        window = Window(1, 2)
        crowd = Crowd(window, pool, 2)
        crowd.arrive(1)
        window.answered()
        crowd.arrive(1)
        assert crowd.most == 2
        crowd.let_go(2)
        crowd.end()


def test_many_threads_with_answers_and_throttling_in_between_all_come_through():
    window, lock = Window(3, 6), threading.Lock()
    running, most = [0], [0]

    def ask(number: int) -> None:
        with window.place():
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            if number % 7:
                window.answered()
            else:
                window.throttled(number)
            with lock:
                running[0] -= 1

    with ThreadPoolExecutor(16) as pool:
        for each in [pool.submit(ask, number) for number in range(2_000)]:
            each.result(WAIT)
    assert 1 <= most[0] <= 6
    assert running == [0]
