"""Hold times of primitives in lock statistics: each hold counts once, and is no longer than the test measures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lockdep import lock_stat
from lockdep.snapshots.lock_statistics import Durations
from primitives import SRCU, Mutex, RWLock, RWSem, Semaphore, SeqLock, SpinLock
from tests.primitives.rcu_flavours import FLAVOURS, Flavour

HOLDS = 10


@pytest.fixture(autouse=True)
def statistics() -> Iterator[None]:
    lock_stat.clear()
    yield
    lock_stat.stop()
    lock_stat.clear()


def holds_of(name: str) -> Durations:
    (found,) = [one for one in lock_stat.lock_stats() if one.name == name and one.acquisitions]
    assert found.hold is not None
    return found.hold


def hold_with_pauses(section: Callable[[], Any]) -> int:
    """Take and release HOLDS times, with a pause after each; return how many ns it took without the pauses."""
    total = 0
    for _ in range(HOLDS):
        began = time.monotonic_ns()
        with section():
            pass
        total += time.monotonic_ns() - began
        time.sleep(0.002)
    return total


NAMES = {"rcu": "rcu_read_lock", "bh": "rcu_read_lock_bh", "sched": "rcu_read_lock_sched"}


@pytest.mark.parametrize("flavour", FLAVOURS, ids=str)
def test_a_pause_between_sections_of_rcu_is_no_hold(flavour: Flavour) -> None:
    lock_stat.start()

    measured = hold_with_pauses(flavour.side)

    holds = holds_of(NAMES[flavour.name])
    assert holds.count == HOLDS
    assert holds.total_ns <= measured


@pytest.mark.parametrize("flavour", FLAVOURS, ids=str)
def test_a_pause_inside_a_section_of_rcu_is_a_hold(flavour: Flavour) -> None:
    lock_stat.start()
    paused = 0
    for _ in range(HOLDS):
        with flavour.side(), flavour.side():  # both sections count, the inner one is as long
            began = time.monotonic_ns()
            time.sleep(0.002)
            paused += time.monotonic_ns() - began

    holds = holds_of(NAMES[flavour.name])
    assert holds.count == 2 * HOLDS
    assert holds.total_ns > 1.9 * paused


def test_sections_that_were_known_before_times_were_taken_count_only_then() -> None:
    side = FLAVOURS[0].side
    for _ in range(HOLDS):
        with side():
            pass
    with side():
        lock_stat.start()
    measured = hold_with_pauses(side)
    with side():
        lock_stat.stop()
    for _ in range(HOLDS):
        with side():
            pass
    holds = holds_of("rcu_read_lock")
    assert holds.count == HOLDS
    assert holds.total_ns <= measured


class Kernel:
    """A section between two calls of methods with the kernel's names."""

    def __init__(self, take: Callable[[], object], free: Callable[[], object]) -> None:
        self.take, self.free = take, free

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: object) -> None:
        self.free()


def mutex() -> Kernel:
    lock = Mutex("timed Mutex")
    return Kernel(lock.lock, lock.unlock)


def spin_irq() -> Any:
    lock = SpinLock("timed SpinLock")
    return Kernel(lock.lock_irq, lock.unlock_irq)


def read_side() -> Any:
    lock = RWLock("timed RWLock")
    return Kernel(lock.read_lock, lock.read_unlock)


def write_side() -> Any:
    lock = RWSem("timed RWSem")
    return Kernel(lock.down_write, lock.up_write)


def unit() -> Any:
    lock = Semaphore(1, "timed Semaphore")
    return Kernel(lock.down, lock.up)


class Reading:
    """Sections of an SRCU domain."""

    def __init__(self) -> None:
        self.side = SRCU("timed SRCU")

    def __enter__(self) -> None:
        self.index = self.side.read_lock()

    def __exit__(self, *_: object) -> None:
        self.side.read_unlock(self.index)


def sequence() -> Any:
    return SeqLock("timed SeqLock")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (mutex, "Mutex"), (spin_irq, "SpinLock"), (read_side, "RWLock"), (write_side, "RWSem"), (unit, "Semaphore"),
        (Reading, "SRCU"), (sequence, "SeqLock"),
    ],
)  # fmt: skip
def test_a_pause_between_two_holds_is_no_hold(make: Callable[[], Any], name: str) -> None:
    lock_stat.start()
    section = make()

    measured = hold_with_pauses(lambda: section)

    holds = holds_of(f"timed {name}")
    assert holds.count == HOLDS
    assert holds.total_ns <= measured
