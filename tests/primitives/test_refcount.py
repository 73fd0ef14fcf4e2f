"""Refcount: counting, misuse, and the last reference."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lockdep import runtime
from primitives.atomic import Atomic, Refcount
from primitives.spinlock import SpinLock
from tests.primitives.contract import run_threads
from tests.worlds import found


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_a_count_of_references_goes_up_and_down() -> None:
    count = Refcount(1)
    count.inc()
    assert count.inc_not_zero()
    count.add(2)
    assert count.read() == 5
    assert not count.sub_and_test(3)
    count.dec()
    assert count.dec_if_one()
    assert not count.inc_not_zero()
    assert not count.dec_if_one()
    count.set(2)
    assert count.dec_not_one()
    assert not count.dec_not_one()
    assert count.dec_and_test()

    assert titles() == []


@pytest.mark.parametrize(
    ("start", "misuse", "message"),
    [
        (0, Refcount.inc, "refcount_t: addition on 0; use-after-free."),
        (0, Refcount.dec_and_test, "refcount_t: underflow; use-after-free."),
        (1, Refcount.dec, "refcount_t: decrement hit 0; leaking memory."),
        (Refcount.MAX, Refcount.inc, "refcount_t: saturated; leaking memory."),
        (Refcount.MAX, Refcount.inc_not_zero, "refcount_t: saturated; leaking memory."),
        (Refcount.SATURATED, Refcount.inc, "refcount_t: saturated; leaking memory."),
        (0, Refcount.dec_not_one, "refcount_t: underflow; use-after-free."),
    ],
)
def test_misuse_is_reported_and_saturates_the_count(
    start: int, misuse: Callable[[Refcount], object], message: str
) -> None:
    count = Refcount(start)

    misuse(count)

    assert titles() == [message]
    assert count.read() == Refcount.SATURATED
    assert not count.dec_and_test()  # the saturated count frees nothing
    assert count.read() == Refcount.SATURATED


def test_dec_and_lock_takes_the_lock_for_the_last_reference_only() -> None:
    count, lock = Refcount(2), SpinLock("refs")

    assert not count.dec_and_lock(lock)
    assert not lock.locked()
    assert count.dec_and_lock(lock)
    assert lock.locked()
    lock.release()

    assert found() == []


def test_exactly_one_thread_gives_back_the_last_reference() -> None:
    count, last = Refcount(8), Atomic()

    def work(_: int) -> None:
        if count.dec_and_test():
            last.inc()

    run_threads(8, work)

    assert last.read() == 1
