"""The wait queue against a naive model: who has what after any sequence of takes, gives and waits given up."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from lockdep.fastpath import Waiter
from lockdep.fastpath.waitqueue import LIMIT, WaitQueue

ACCEPT, EXPIRE, ABANDON = 0, 1, 2
HAD, MORE = 1, 2
TOTAL = 4


class Model:
    """The rules, said with lists."""

    def __init__(self) -> None:
        self.free = TOTAL
        self.queue: list[Any] = []
        self.granted: set[Any] = set()

    def take(self, units: int, barge: bool, waiter: Any) -> bool:
        if self.free >= units and (barge or not self.queue):
            self.free -= units
            return True
        if waiter is not None:
            self.queue.insert(0 if barge else len(self.queue), waiter)
        return False

    def grant(self) -> None:
        while self.queue and self.queue[0][1] <= self.free:
            waiter = self.queue.pop(0)
            self.free -= waiter[1]
            self.granted.add(waiter)

    def leave(self, waiter: Any, how: int) -> bool:
        had = waiter in self.granted and how != ABANDON
        if waiter in self.granted:
            self.granted.remove(waiter)
            self.free += 0 if had else waiter[1]
        elif how != ACCEPT:
            self.queue.remove(waiter)
        self.grant()
        return had


def grant_all(queue: WaitQueue, result: int) -> None:
    while result & MORE:
        result = queue.put(0)


@pytest.mark.parametrize("seed", range(200))
def test_any_sequence(seed: int) -> None:
    random, queue, model = Random(seed), WaitQueue(TOTAL, TOTAL), Model()
    waiting: dict[Any, Any] = {}  # the model's waiter -> the queue's
    taken: list[int] = []
    for number in range(60):
        what = random.random()
        if what < 0.5:
            units, barge = random.choice([1, 1, 2, TOTAL]), random.random() < 0.2
            mine = (number, units) if random.random() < 0.8 else None
            real = None if mine is None else Waiter(number + 1, units, None)
            had = queue.take(units, barge, real)
            assert had == model.take(units, barge, mine), (seed, number)
            if had:
                taken.append(units)
            elif mine is not None:
                waiting[mine] = real
        elif what < 0.75 and taken:
            units = taken.pop(random.randrange(len(taken)))
            grant_all(queue, queue.put(units))
            model.free += units
            model.grant()
        elif waiting:
            mine = random.choice(list(waiting))
            how = random.choice([ACCEPT, EXPIRE, ABANDON])
            result = queue.put(0, None, waiting[mine], how)
            grant_all(queue, result)
            had = bool(result & HAD)
            assert had == model.leave(mine, how), (seed, number)
            if had:
                taken.append(mine[1])
            if had or how != ACCEPT:
                del waiting[mine]
        assert (queue.free, queue.waiting) == (model.free, len(model.queue)), (seed, number)


def test_a_waiter_on_top_of_another_of_its_thread_goes_first() -> None:
    queue = WaitQueue(0, TOTAL)
    stranger, below = Waiter(1, 1, None), Waiter(2, 1, None)
    on_top = Waiter(2, 1, below)
    assert not queue.take(1, False, stranger)
    assert not queue.take(1, False, below)
    assert not queue.take(1, False, on_top)

    for waiter in (stranger, on_top, below):
        queue.put(1)
        assert queue.put(0, None, waiter, ACCEPT) & HAD


def test_what_was_granted_to_the_wait_below_is_taken_over() -> None:
    queue = WaitQueue(0, TOTAL)
    below = Waiter(2, 1, None)
    assert not queue.take(1, False, below)
    queue.put(1)  # granted, and not noticed yet

    on_top = Waiter(2, 1, below)
    assert queue.take(1, False, on_top)

    assert not queue.put(0, None, below, ACCEPT) & HAD
    assert queue.waiting == 1
    queue.put(1)
    assert queue.put(0, None, below, ACCEPT) & HAD


def test_units_have_an_end() -> None:
    queue = WaitQueue(0)
    for _ in range(3):
        queue.give(LIMIT)

    assert queue.free == LIMIT
