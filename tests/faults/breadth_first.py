"""Goes through every state that moves lead to, breadth first: a broken invariant comes with the shortest story."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

S = TypeVar("S")


class Broken(AssertionError):
    """An invariant does not hold."""


class Explored(NamedTuple):
    """How far a search came."""

    states: int
    transitions: int
    depth: int
    complete: bool


def breadth_first(
    start: S, moves: Callable[[S], Iterable[tuple[str, S]]], check: Callable[[S], None], *, depth: int
) -> Explored:
    """Go through everything within so many moves.

    :param moves: what can happen next, each with a name for the story.
    :param check: raises :class:`Broken` where a state must not be.
    :raises Broken: an invariant does not hold; with the shortest story that leads there.
    """
    came_from: dict[S, tuple[S, str] | None] = {start: None}
    queue = deque([(start, 0)])
    transitions = reached = 0
    complete = True
    while queue:
        state, moved = queue.popleft()
        reached = max(reached, moved)
        if moved == depth:
            complete = False
            continue
        try:
            for label, after in moves(state):
                transitions += 1
                if after not in came_from:
                    check(after)
                    came_from[after] = (state, label)
                    queue.append((after, moved + 1))
        except Broken as broken:
            raise Broken(f"{broken}\n{_story(came_from, state)}") from None
    return Explored(len(came_from), transitions, reached, complete)


def _story(came_from: dict[S, tuple[S, str] | None], state: S) -> str:
    labels = []
    while (step := came_from[state]) is not None:
        state, label = step
        labels.append(label)
    return "\n".join(f"{number}. {label}" for number, label in enumerate(reversed(labels), 1))
