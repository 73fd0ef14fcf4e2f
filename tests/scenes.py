"""Scenes for mishaps: a lock operation, and what must be true of the lock and its books, and for others, after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lockdep import fastpath
from tests.mishaps import Operation, Outcome, times_held

Mishap = Callable[[Operation, int], Outcome]
Ways = dict[str, Callable[[Any], Operation]]

_number = count()


@dataclass(frozen=True)
class Kind:
    """A kind of lock, and how it is held.

    `takes` and `gives` return an operation of a lock, without a Python frame of their own; the first one is the usual.
    `is_held` asks the lock itself, `serial` says under which number the books have it, `try_take` is for other threads.
    """

    name: str
    make: Callable[[str], Any]
    takes: Ways
    gives: Ways
    is_held: Callable[[Any], bool]
    try_take: Callable[[Any], bool]
    serial: Callable[[Any], int] = field(default=lambda lock: int(lock.serial))

    def __str__(self) -> str:
        return self.name

    def new(self) -> Any:
        return self.make(f"mishap {next(_number)}")

    def take(self, lock: Any) -> None:
        next(iter(self.takes.values()))(lock)()

    def give(self, lock: Any) -> None:
        next(iter(self.gives.values()))(lock)()

    def visit(self, lock: Any) -> None:
        """Take and give it in another thread, which finds it free."""
        assert self.try_take(lock), "another thread does not get it"
        self.give(lock)


class Scene:
    """Two locks: the target is operated on. `nested`: the outer one is held. `known`: the chain of both is known."""

    def __init__(self, kind: Kind, elsewhere: Callable[..., Any], *, known: bool, nested: bool) -> None:
        self.kind, self.elsewhere = kind, elsewhere
        self.outer, self.target = kind.new(), kind.new()
        self.held: list[Any] = [self.outer] if nested else []
        for lock in self.held * known:
            kind.take(lock)
        if known:
            kind.take(self.target)
            kind.give(self.target)
        for lock in self.held * known:
            kind.give(lock)
        for lock in self.held:
            kind.take(lock)

    def taken(self, mishap: Mishap, number: int, way: str) -> Outcome:
        """Take the target: it is held then, or the caller was told that it is not."""
        lost = fastpath.lost()
        outcome = mishap(self.kind.takes[way](self.target), number)
        self.check(outcome.done, fastpath.lost() - lost)
        if outcome.done:
            self.kind.give(self.target)
        self.end()
        return outcome

    def given(self, mishap: Mishap, number: int, way: str, inside: bool) -> Outcome:
        """Give the target back, `inside` another lock that was taken after it: it is free then, whatever comes out."""
        self.kind.take(self.target)
        inner = [self.kind.new()] * inside
        for lock in inner:
            self.kind.take(lock)
        outcome = mishap(self.kind.gives[way](self.target), number)
        self.check(not outcome.begun, 0)
        if not outcome.begun:
            self.kind.give(self.target)
        for lock in inner:
            assert times_held(self.kind.serial(lock)) == 1
            self.kind.give(lock)
        self.end()
        return outcome

    def check(self, held: bool, lost: int) -> None:
        assert self.kind.is_held(self.target) == held
        assert times_held(self.kind.serial(self.target)) == held or (held and lost)
        for lock in self.held:
            assert self.kind.is_held(lock)
            assert times_held(self.kind.serial(lock)) == 1

    def end(self) -> None:
        for lock in self.held:
            self.kind.give(lock)
        assert fastpath.thread_state().held() == []
        for lock in (self.outer, self.target):
            self.elsewhere(self.kind.visit, lock)


def scenes(kind: Kind, elsewhere: Callable[..., Any]) -> Iterator[tuple[str, Callable[[Mishap, int], Outcome]]]:
    """Yield what can be done with a kind of lock, and a function that does it once."""
    for known in (True, False):
        for nested in (True, False):

            def scene(known: bool = known, nested: bool = nested) -> Scene:
                return Scene(kind, elsewhere, known=known, nested=nested)

            about = f"{kind}, {'known' if known else 'new'}{', nested' if nested else ''}"
            for way in kind.takes:
                yield f"{about}: {way}", lambda mishap, number, way=way, scene=scene: scene().taken(mishap, number, way)
            for way in kind.gives:
                for inside in (False, True):
                    yield (
                        f"{about}: {way}{' out of order' if inside else ''}",
                        lambda mishap, number, way=way, inside=inside, scene=scene: scene().given(
                            mishap, number, way, inside
                        ),
                    )


def suffer(mishap: Mishap, act: Callable[[Mishap, int], Outcome], about: str, *also: Mishap) -> list[Outcome]:
    """Try a mishap at every point of a scene, and others with the same numbers."""
    outcomes = []
    for number in count():
        try:
            outcomes.append(act(mishap, number))
            outcomes.extend(act(other, number) for other in also)
        except AssertionError as error:
            raise AssertionError(f"{about}, {mishap.__name__} {number}: {error}") from error
        if not outcomes[-1 - len(also)].hit:
            return outcomes
