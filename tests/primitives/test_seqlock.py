"""SeqCount, SeqLock and SeqCountLatch: readers that are disturbed read again, writers are locks to the validator."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import FunctionType
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.fastpath import BUILD
from primitives import irq, seqlock
from primitives.mutex import Mutex
from primitives.seqlock import SeqCount, SeqCountLatch, SeqLock
from primitives.spinlock import SpinLock
from tests.mishaps import failing_once
from tests.primitives.contract import Cast, until
from tests.worlds import found


def test_seqlocks_are_of_the_same_build_as_lockdep() -> None:
    assert (BUILD == "compiled") == seqlock.core.COMPILED


def count_and_lock() -> tuple[SeqCount, SeqCount]:
    return SeqCount("count"), SeqLock("lock")


@pytest.mark.parametrize("count", count_and_lock(), ids=["SeqCount", "SeqLock"])
def test_a_reader_notices_a_writer(count: SeqCount) -> None:
    start = count.read_begin()
    assert not count.read_retry(start)

    with count.writing() if not isinstance(count, SeqLock) else count:
        assert count.read_retry(start)
    assert count.read_retry(start)

    assert not count.read_retry(count.read_begin())
    assert found() == []


def test_the_kernels_method_names_work() -> None:
    count, lock = count_and_lock()
    start = count.read_seqcount_begin()
    count.write_seqcount_begin()
    count.write_seqcount_end()
    assert count.read_seqcount_retry(start)
    assert isinstance(lock, SeqLock)
    start = lock.read_seqbegin()
    lock.write_seqlock()
    lock.write_sequnlock()
    assert lock.read_seqretry(start)


def test_reading_repeats_until_no_writer_disturbed_it() -> None:
    lock, rounds = SeqLock("clock"), []
    for start in lock.reading():
        rounds.append(start)
        if len(rounds) < 3:
            with lock:
                pass

    assert rounds == [0, 2, 4]
    assert found() == []


def test_a_reading_loop_may_be_left_by_break() -> None:
    lock = SeqLock("clock")
    for _ in lock.reading():
        break

    with lock:
        pass
    assert found() == []


def test_invalidating_makes_readers_read_again() -> None:
    count = SeqCount("count")
    start = count.read_begin()

    count.write_invalidate()

    assert count.read_retry(start)
    assert not count.read_retry(count.read_begin())


def test_a_reader_waits_for_the_writer(actor: Cast) -> None:
    lock, writer, reader = SeqLock("clock"), actor(), actor()
    data = [0]
    writer.do(lock.write_seqlock)
    reader.begin(lambda: [data[0] for _ in lock.reading()])

    assert lock.read_retry(lock.raw_seqcount_begin())  # a read begun without waiting fails
    writer.do(lambda: data.__setitem__(0, 1))
    writer.do(lock.write_sequnlock)

    assert reader.result()[-1] == 1


def test_writers_exclude_each_other(actor: Cast) -> None:
    lock, first, second = SeqLock("clock"), actor(), actor()
    first.do(lock.write_seqlock)
    second.begin(lock.write_seqlock)
    until(lambda: lock.statistics().waiting == 1)
    assert lock.statistics().owner == first.thread.ident

    first.do(lock.write_sequnlock)
    second.result()
    assert lock.statistics().owner == second.thread.ident
    second.do(lock.write_sequnlock)

    assert lock.statistics() == seqlock.SeqStatistics(0, None, 4, lock.dep_map.acquisitions)
    assert found() == []


def test_exclusive_readers_exclude_writers_but_not_other_readers(actor: Cast) -> None:
    lock, other = SeqLock("clock"), actor()
    lock.read_seqlock_excl()

    assert other.do(lock.acquire, False) is False
    assert other.do(lambda: lock.read_retry(lock.read_begin())) is False
    lock.read_sequnlock_excl()
    assert other.do(lock.acquire, False) is True
    other.do(lock.release)

    assert found() == []


def test_a_disturbed_read_is_repeated_under_the_lock(actor: Cast) -> None:
    lock, rounds = SeqLock("clock"), 0
    start = 0
    while True:
        start = lock.read_seqbegin_or_lock(start)
        rounds += 1
        if rounds == 1:
            with lock:
                pass
        else:
            assert actor().do(lock.acquire, False) is False
        if not lock.need_seqretry(start):
            break
        start = 1
    lock.done_seqretry(start)

    assert rounds == 2
    assert not lock.locked()


VARIANTS: dict[str, Callable[[SeqLock], Any]] = {
    "bh": lambda lock: (lock.write_seqlock_bh, lock.write_sequnlock_bh),
    "irq": lambda lock: (lock.write_seqlock_irq, lock.write_sequnlock_irq),
    "excl_bh": lambda lock: (lock.read_seqlock_excl_bh, lock.read_sequnlock_excl_bh),
    "excl_irq": lambda lock: (lock.read_seqlock_excl_irq, lock.read_sequnlock_excl_irq),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_disable_interrupts_or_bottom_halves(name: str) -> None:
    lock = SeqLock("clock")
    begin, end = VARIANTS[name](lock)

    begin()
    assert lock.locked()
    assert (simulated.irqs_disabled(), simulated.in_softirq()) == ((False, True) if "bh" in name else (True, False))
    end()

    assert not lock.locked()
    assert not simulated.irqs_disabled()
    assert not simulated.in_softirq()
    assert found() == []


def test_irqrestore_restores_the_interrupt_state() -> None:
    lock = SeqLock("clock")
    simulated.local_irq_disable()
    flags = lock.write_seqlock_irqsave()
    lock.write_sequnlock_irqrestore(flags)
    lock.read_sequnlock_excl_irqrestore(lock.read_seqlock_excl_irqsave())
    assert simulated.irqs_disabled()
    simulated.local_irq_enable()
    with lock.write_irqsave():
        assert simulated.irqs_disabled()
    assert not simulated.irqs_disabled()

    assert found() == []


def test_a_handler_that_may_read_inside_a_write_is_reported() -> None:
    lock = SeqLock("clock")
    simulated.hardirq_enter()
    lock.read_begin()
    simulated.hardirq_exit()
    assert found() == []

    with lock:  # interrupts are on: a handler here would read for ever
        pass

    assert "usage" in found()[0] or "irq" in found()[0]


def test_a_reading_handler_is_fine_if_writers_disable_interrupts() -> None:
    lock = SeqLock("clock")
    simulated.hardirq_enter()
    lock.read_begin()
    simulated.hardirq_exit()
    with lock.write_irqsave():
        pass

    assert found() == []


@pytest.mark.parametrize("first", ["read", "interrupt"])
def test_a_handler_that_writes_during_a_read_is_fine(first: str) -> None:
    clock = seqlock.SeqLock("clock")

    def tick(_: object) -> None:
        with clock.write_irqsave():
            pass

    def read() -> None:
        for number, _ in enumerate(clock.reading()):
            if number == 0:
                irq.raise_irq(3)

    irq.request_irq(3, tick)
    try:
        if first == "interrupt":
            irq.raise_irq(3)
        read()
        read()
    finally:
        irq.free_irq(3)
    assert found() == []


def test_reading_inside_the_threads_own_write_raises() -> None:
    lock = SeqLock("clock")
    with lock, pytest.raises(lockdep.DeadlockError):
        lock.read_begin()
    assert found() == ["recursive"]

    assert not lock.read_retry(lock.read_begin())


def test_reading_inside_the_threads_own_write_raises_without_a_validator() -> None:
    with lockdep.paused():
        lock = SeqLock("clock")
        with lock, pytest.raises(lockdep.DeadlockError):
            lock.read_begin()


def test_a_signal_handler_on_top_of_the_writer_raises_and_a_latch_does_not() -> None:
    lock, latch, seen = SeqLock("clock"), SeqCountLatch("latch"), list[object]()
    copies = [[1], [1]]

    def handler(*_: object) -> None:
        try:
            lock.raw_read_begin()
        except lockdep.DeadlockError as error:
            seen.append(type(error))
        seen.extend(copies[start & 1][0] for start in latch.reading())

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with lock:
            latch.write_begin()
            copies[0][0] = 2
            signal.raise_signal(signal.SIGUSR1)
            latch.write()
            copies[1][0] = 2
            signal.raise_signal(signal.SIGUSR1)
            latch.write_end()
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert seen == [lockdep.DeadlockError, 1, lockdep.DeadlockError, 2]


def test_a_latch_reader_notices_that_the_copies_were_switched() -> None:
    latch = SeqCountLatch("latch")
    start = latch.read_begin()
    latch.write_begin()
    assert latch.read_retry(start)
    middle = latch.read_begin()
    assert middle & 1 == 1
    latch.write()
    latch.write_end()

    assert latch.read_retry(middle)
    assert not latch.read_retry(latch.read_begin())
    assert found() == []


def test_writing_without_the_associated_lock_is_reported() -> None:
    lock = SpinLock("lock")
    count = SeqCount("count", lock)
    with lock, count.writing():
        pass
    assert found() == []

    with count.writing():
        pass
    assert found() == ["assertion"]


def test_ending_a_write_that_was_not_begun_raises(actor: Cast) -> None:
    count = SeqCount("count")
    with pytest.raises(RuntimeError):
        count.write_end()
    writer = actor()
    writer.do(count.write_begin)
    with pytest.raises(RuntimeError):
        count.write_end()

    assert [finding.title for finding in runtime.findings()] == ["bad unlock balance detected!"] * 2  # two places
    assert count.now() == 1
    writer.do(count.write_end)


def test_a_second_writer_is_reported_where_it_begins(actor: Cast) -> None:
    count = SeqCount("count")
    count.write_begin()
    writer = actor()

    writer.do(count.write_begin)
    assert [finding.title for finding in runtime.findings()] == ["a seqcount is written by two writers at once"]
    writer.do(count.write_end)

    assert count.now() == 1
    count.write_end()
    assert count.now() == 2


def test_writers_one_after_the_other_are_silent(actor: Cast) -> None:
    count = SeqCount("count")
    writer = actor()
    for write in (writer.do, lambda step: step()):
        write(count.write_begin)
        write(count.write_end)

    assert found() == []
    assert count.now() == 4


def test_opposite_orders_of_writer_and_lock_are_reported() -> None:
    count, mutex = SeqCount("count"), Mutex("mutex")
    with count.writing(), mutex:
        pass
    with mutex:
        count.read_begin()

    assert found() == ["circular"]


def test_opposite_orders_of_readers_alone_are_fine() -> None:
    count, mutex = SeqCount("count"), Mutex("mutex")
    for _ in count.reading():
        with mutex:  # unwise, but the reader holds nothing
            pass
    with mutex:
        count.read_begin()
    with mutex, count.writing():
        pass

    assert found() == []


def test_a_nested_write_of_the_class_needs_a_subclass() -> None:
    outer, inner = (SeqCount("node") for _ in range(2))
    with outer.writing():
        inner.write_begin_nested(1)
        inner.write_end()
    assert found() == []

    with outer.writing(), inner.writing():
        pass
    assert found() == ["recursive"]


def test_an_exception_in_a_write_ends_it() -> None:
    lock = SeqLock("clock")
    with pytest.raises(KeyError), lock:
        raise KeyError

    assert not lock.locked()
    assert not lock.read_retry(lock.read_begin())


@pytest.mark.skipif(BUILD == "pure", reason="what is written in Python has moments for an exception of a handler")
@pytest.mark.parametrize(
    "kind", [SeqCount, SeqLock, type(SeqCount().writing())], ids=["SeqCount", "SeqLock", "writing"]
)
def test_a_writer_begins_and_ends_in_one_step(kind: type) -> None:
    names = (
        "write_begin",
        "write_end",
        "write_seqlock",
        "write_sequnlock",
        "acquire",
        "release",
        "__enter__",
        "__exit__",
    )
    methods = [getattr(kind, name) for name in names if hasattr(kind, name)]

    assert len(methods) >= 2
    assert not any(isinstance(method, FunctionType) for method in methods)


# Of one write. 3.12 and 3.13 crash where Python code lacks memory, as that of the validator does after the first two.
ALLOCATIONS = 2 if (3, 12) <= sys.version_info < (3, 14) else 40


@pytest.mark.skipif(BUILD == "pure" or find_spec("_testcapi") is None, reason="only then do allocations fail as wanted")
def test_no_write_begins_or_stays_for_want_of_memory() -> None:
    raised = 0
    for number in range(ALLOCATIONS):
        for make in (lambda: SeqLock(f"lock {number}"), lambda: SeqCount(f"count {number}")):  # noqa: B023
            clock: Any = make()
            begin, end = clock.write_begin, clock.write_end
            if isinstance(clock, SeqLock):
                begin, end = clock.write_seqlock, clock.write_sequnlock
            begun = failing_once(begin, number)
            assert clock.now() == (not begun.raised)
            if begun.raised:
                raised += 1
                begin()
            failing_once(end, number)
            assert clock.now() & 1 == 0
            assert not isinstance(clock, SeqLock) or not clock.locked()
    assert raised
    assert found() == []
