"""The wait queue against a naive model: who has what after any sequence of takes, gives and waits given up."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

import pytest

from lockdep.fastpath import Waiter
from lockdep.fastpath.waitqueue import LIMIT, WaitQueue
from tests.patience import THREAD_LIMIT
from tests.primitives.contract import until

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


def impatient(free: int) -> WaitQueue:
    """Return a queue that grants units to its first waiter at once, as it does to one that has waited for long."""
    queue = WaitQueue(free, TOTAL)
    queue.patience = 0
    return queue


def grant_all(queue: WaitQueue, result: int) -> None:
    while result & MORE:
        result = queue.put(0)


@pytest.mark.parametrize("seed", range(200))
def test_any_sequence(seed: int) -> None:
    random, queue, model = Random(seed), impatient(TOTAL), Model()
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
    queue = impatient(0)
    stranger, below = Waiter(1, 1, None), Waiter(2, 1, None)
    on_top = Waiter(2, 1, below)
    assert not queue.take(1, False, stranger)
    assert not queue.take(1, False, below)
    assert not queue.take(1, False, on_top)

    for waiter in (stranger, on_top, below):
        queue.put(1)
        assert queue.put(0, None, waiter, ACCEPT) & HAD


def test_what_was_granted_to_the_wait_below_is_taken_over() -> None:
    queue = impatient(0)
    below = Waiter(2, 1, None)
    assert not queue.take(1, False, below)
    queue.put(1)  # granted, and not noticed yet

    on_top = Waiter(2, 1, below)
    assert queue.take(1, False, on_top)

    assert not queue.put(0, None, below, ACCEPT) & HAD
    assert (queue.free, queue.waiting) == (0, 0)
    queue.put(1)
    assert queue.take(1, True, below)  # it asks again


def sleeper(queue: WaitQueue, units: int) -> threading.Thread:
    """Return a thread that waits for these units, gives them back and ends."""
    thread = threading.Thread(target=lambda: (queue.wait(units), queue.give(units)))
    before = queue.waiting
    thread.start()
    until(lambda: queue.waiting > before)
    return thread


@pytest.mark.parametrize("units", [1, TOTAL])
def test_a_running_thread_may_have_what_is_offered_to_a_sleeping_one(units: int) -> None:
    queue = WaitQueue(TOTAL, TOTAL)
    queue.patience = THREAD_LIMIT
    overtaken = 0
    while not overtaken:
        assert queue.take(TOTAL)
        thread = sleeper(queue, units)
        for _ in range(100):
            queue.put(TOTAL)
            if not queue.take(TOTAL):  # the waiter was faster
                break
            overtaken += 1
        else:
            queue.put(TOTAL)
        thread.join()

    assert (queue.free, queue.waiting) == (TOTAL, 0)


def test_a_waiter_that_has_waited_for_long_is_not_overtaken() -> None:
    queue = impatient(0)
    asleep = Waiter(1, TOTAL, None)
    assert not queue.take(TOTAL, False, asleep)

    queue.put(TOTAL)
    assert not queue.take(1)

    assert queue.put(0, None, asleep, ACCEPT) & HAD


def test_a_reader_that_overtakes_a_writer_keeps_the_next_one_out() -> None:
    queue = WaitQueue(0, TOTAL)
    queue.patience = THREAD_LIMIT
    writer = Waiter(1, TOTAL, None)  # asleep for good
    assert not queue.take(TOTAL, False, writer)
    queue.put(TOTAL)

    assert queue.take(1)
    assert not queue.take(1)
    assert not queue.put(0, None, writer, EXPIRE) & HAD
    assert queue.take(1)


def test_what_nobody_takes_stays_free() -> None:
    queue = WaitQueue(0, TOTAL)
    queue.patience = THREAD_LIMIT
    first, second = Waiter(1, TOTAL, None), Waiter(2, 1, None)
    assert not queue.take(TOTAL, False, first)
    assert not queue.take(1, False, second)
    queue.put(TOTAL)
    for waiter in (first, second):
        queue.put(0, None, waiter, ABANDON)

    assert (queue.free, queue.waiting) == (TOTAL, 0)
    assert queue.take(TOTAL)


def test_units_have_an_end() -> None:
    queue = WaitQueue(0)
    for _ in range(3):
        queue.give(LIMIT)

    assert queue.free == LIMIT
