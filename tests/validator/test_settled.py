"""Known chains on which further threads can say nothing new are not seen any more; all others are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lockdep.validator.validator import Validator
from tests.worlds import found, in_thread, nest, patched_world

MANY = 12  # more threads than witnesses are kept


class Judged:
    """Counts the known chains that a validator judges."""

    def __init__(self, validator: Validator) -> None:
        self.count = 0
        original = validator.rules.judge

        def judge(*args: Any) -> None:
            self.count += 1
            original(*args)

        validator.rules.judge = judge  # type: ignore[method-assign]

    def during(self, work: Callable[[], object]) -> int:
        """Return how many are judged while this runs."""
        before = self.count
        work()
        return self.count - before


def settle(*locks: Any) -> None:
    """Have so many threads take these locks that none of them can say anything new any more."""
    for _ in range(MANY):
        in_thread(lambda: nest(*locks))


def test_a_thread_that_takes_what_many_have_taken_is_not_seen() -> None:
    with patched_world() as validator:
        a, b = threading.Lock(), threading.Lock()
        judged = Judged(validator)

        assert judged.during(lambda: settle(a, b)) > 0
        assert judged.during(lambda: settle(a, b)) == 0


@pytest.mark.parametrize("at", range(3))
def test_a_thread_that_takes_another_lock_of_a_class_is_seen(at: int) -> None:
    with patched_world() as validator:
        gates = [threading.Lock() for _ in range(2)]
        firsts = [threading.Lock() for _ in range(2)]
        seconds = [threading.Lock() for _ in range(2)]
        chosen = [row[0] for row in (gates, firsts, seconds)]
        settle(*chosen)
        judged = Judged(validator)
        chosen[at] = (gates, firsts, seconds)[at][1]
        nest(*chosen)  # the second thread that takes a lock is seen, not the first one

        assert judged.during(lambda: in_thread(lambda: nest(*chosen))) > 0


def test_a_worker_of_a_pool_is_seen_after_many_threads() -> None:
    with patched_world() as validator, ThreadPoolExecutor(1) as pool:
        a, b = threading.Lock(), threading.Lock()
        settle(a, b)
        judged = Judged(validator)

        assert judged.during(lambda: pool.submit(nest, a, b).result()) == 1


def test_a_thread_to_which_a_lock_is_lent_is_seen_each_time() -> None:
    with patched_world() as validator:
        gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
        settle(a, b)
        judged = Judged(validator)

        def lend() -> None:
            with gate:
                in_thread(lambda: nest(a, b))

        assert min(judged.during(lend), judged.during(lend)) > 0


def test_a_cycle_is_found_after_many_threads_have_taken_one_side() -> None:
    with patched_world():
        a, b = threading.Lock(), threading.Lock()
        settle(a, b)

        in_thread(lambda: nest(b, a))

        assert found() == ["circular"]


def test_each_thread_is_seen_again_once_a_cycle_is_watched() -> None:
    with patched_world() as validator:
        firsts = [threading.Lock() for _ in range(2)]
        seconds = [threading.Lock() for _ in range(2)]
        settle(firsts[0], seconds[0])
        in_thread(lambda: nest(seconds[1], firsts[1]))  # the classes close a cycle with other locks
        judged = Judged(validator)

        assert judged.during(lambda: in_thread(lambda: nest(firsts[0], seconds[0]))) == 1
