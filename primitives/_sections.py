"""The context managers behind `with lock.irqsave():` and its relatives (kernel: the guards of cleanup.h).

They are classes, because a frame of contextlib would be the place of the acquisition in every report. Each object is
for one `with` statement at a time; a Section keeps nothing and may be entered again inside of itself, if what it takes
may be.

Cost: 0.2 us, and what they take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Section:
    """Calls `begin` at the beginning of the block and `end` at its end."""

    __slots__ = ("_begin", "_end")

    def __init__(self, begin: Callable[[], object], end: Callable[[], object]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> None:
        self._begin()

    def __exit__(self, *_: object) -> None:
        self._end()


class StateSection(Generic[T]):
    """Like Section, where `begin` returns a state, such as the flags of interrupts, that `end` needs."""

    __slots__ = ("_begin", "_end", "_state")

    def __init__(self, begin: Callable[[], T], end: Callable[[T], object]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> None:
        self._state = self._begin()

    def __exit__(self, *_: object) -> None:
        self._end(self._state)


class Attempt:
    """Gives whether `begin` has succeeded, and calls `end` only then: `with lock.trying() as taken:`."""

    __slots__ = ("_begin", "_end", "_taken")

    def __init__(self, begin: Callable[[], bool], end: Callable[[], object]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> bool:
        self._taken = self._begin()
        return self._taken

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._end()


class StateAttempt:
    """Like Attempt, where `begin` returns whether it has succeeded and a state that `end` needs."""

    __slots__ = ("_begin", "_end", "_state", "_taken")

    def __init__(self, begin: Callable[[], tuple[bool, bool]], end: Callable[[bool], object]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> bool:
        self._taken, self._state = self._begin()
        return self._taken

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._end(self._state)
