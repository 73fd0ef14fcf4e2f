"""The primitives compared with their alternatives: threading's, two packages of readers/writer locks, plain locks.

Both sides do the same work, one thread, uncontended. A package that is not installed is named and left out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import repeat
from typing import Any

import primitives
from tests.bench import build
from tests.bench.locks import with_block
from tests.bench.measure import Batch, Comparison, bind, compare
from tests.bench.scaling import BATCH_NS, together
from tests.bench.table import Row, ratio_row

HALF = 0.5 if build.COMPILED else None  # targets are those of the compiled build
ONE = 1.0 if build.COMPILED else None
Call = Callable[[], object]


def pair(take: Call, give: Call, loops: int) -> None:
    for _ in repeat(None, loops):
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()
        take()
        give()


def three_calls(first: Call, second: Call, third: Call, loops: int) -> None:
    for _ in repeat(None, loops):
        first()
        second()
        third()
        first()
        second()
        third()
        first()
        second()
        third()
        first()
        second()
        third()
        first()
        second()
        third()


def managed(make: Call, loops: int) -> None:
    managing: Any = make
    for _ in repeat(None, loops):
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass
        with managing():
            pass


class Cell:
    """What a lock protects."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 1


def read_under_lock(cell: Cell, loops: int) -> None:
    lock = cell.lock
    for _ in repeat(None, loops):
        with lock:
            _ = cell.value
        with lock:
            _ = cell.value
        with lock:
            _ = cell.value
        with lock:
            _ = cell.value
        with lock:
            _ = cell.value


def read_under_rcu(pointer: Any, loops: int) -> None:
    enter, leave, dereference = primitives.rcu_read_lock, primitives.rcu_read_unlock, primitives.rcu_dereference
    for _ in repeat(None, loops):
        enter()
        _ = dereference(pointer)
        leave()
        enter()
        _ = dereference(pointer)
        leave()
        enter()
        _ = dereference(pointer)
        leave()
        enter()
        _ = dereference(pointer)
        leave()
        enter()
        _ = dereference(pointer)
        leave()


def read_under_seqlock(seqlock: Any, cell: Cell, loops: int) -> None:
    begin, retry = seqlock.read_begin, seqlock.read_retry
    for _ in repeat(None, loops):
        start = begin()
        _ = cell.value
        retry(start)
        start = begin()
        _ = cell.value
        retry(start)
        start = begin()
        _ = cell.value
        retry(start)
        start = begin()
        _ = cell.value
        retry(start)
        start = begin()
        _ = cell.value
        retry(start)


def add_under_lock(cell: Cell, loops: int) -> None:
    lock = cell.lock
    for _ in repeat(None, loops):
        with lock:
            cell.value += 1
        with lock:
            cell.value += 1
        with lock:
            cell.value += 1
        with lock:
            cell.value += 1
        with lock:
            cell.value += 1


def add_atomically(add: Callable[[int], object], loops: int) -> None:
    for _ in repeat(None, loops):
        add(1)
        add(1)
        add(1)
        add(1)
        add(1)


def calls(theirs: tuple[Call, Call], ours: tuple[Call, Call]) -> Comparison:
    return compare(bind(pair, *theirs), bind(pair, *ours))


def locks() -> Iterator[Row]:
    for name in ("Mutex", "SpinLock"):
        lock = getattr(primitives, name)(f"bench.{name}")
        measured = compare(bind(with_block, threading.Lock()), bind(with_block, lock))
        yield ratio_row(f"with {name}: pass / threading.Lock", measured, ONE)


def readers_and_writers() -> Iterator[Row]:
    rwlock, rwsem = primitives.RWLock("bench.rwlock"), primitives.RWSem("bench.rwsem")
    sides = {
        "RWLock read": (rwlock.read_lock, rwlock.read_unlock),
        "RWLock write": (rwlock.write_lock, rwlock.write_unlock),
        "RWSem read": (rwsem.down_read, rwsem.up_read),
        "RWSem write": (rwsem.down_write, rwsem.up_write),
    }
    for package, make in (("readerwriterlock", of_readerwriterlock), ("fasteners", of_fasteners)):
        try:
            import_module(package)
        except ImportError:
            yield Row(f"{package} is not installed: left out", 0.0, "x", None)
            continue
        for name, (take, give) in sides.items():
            ours, side = name.split()
            yield ratio_row(f"{name} / {package}", compare(make(ours, side), bind(pair, take, give)), ONE)


def of_readerwriterlock(ours: str, side: str) -> Batch:
    """Return the kind with the same policy: readers first, as RWLock, or fair, as RWSem."""
    from readerwriterlock import rwlock

    lock = rwlock.RWLockRead() if ours == "RWLock" else rwlock.RWLockFair()
    handle = lock.gen_rlock() if side == "read" else lock.gen_wlock()
    return bind(pair, handle.acquire, handle.release)


def of_fasteners(_: str, side: str) -> Batch:
    """Return its one kind."""
    import fasteners

    lock = fasteners.ReaderWriterLock()
    return bind(managed, lock.read_lock if side == "read" else lock.write_lock)


def waits() -> Iterator[Row]:
    theirs, ours = threading.Semaphore(2), primitives.Semaphore(2)
    yield ratio_row(
        "Semaphore down, up / threading.Semaphore", calls((theirs.acquire, theirs.release), (ours.down, ours.up)), ONE
    )
    event, completion = threading.Event(), primitives.Completion()
    measured = compare(
        bind(three_calls, event.set, event.wait, event.clear),
        bind(three_calls, completion.complete_all, completion.wait_for_completion, completion.reinit),
        per_loop=5,
    )
    yield ratio_row("Completion complete, wait, reinit / threading.Event", measured, ONE)


def lockless() -> Iterator[Row]:
    cell = Cell()
    pointer, seqlock, atomic = primitives.RCUPointer(cell), primitives.SeqLock(), primitives.Atomic(0)
    under_lock = bind(read_under_lock, cell)
    rcu = compare(under_lock, bind(read_under_rcu, pointer), per_loop=5)
    yield ratio_row("RCU read section / read under a lock", rcu, HALF)
    seq = compare(under_lock, bind(read_under_seqlock, seqlock, cell), per_loop=5)
    yield ratio_row("SeqLock read / read under a lock", seq, ONE)
    added = compare(bind(add_under_lock, cell), bind(add_atomically, atomic.add), per_loop=5)
    yield ratio_row("Atomic.add / add under a lock", added, ONE)


def readers_together() -> Iterator[Row]:
    """Compare the wall time of two threads of RCU readers with that of one: without the GIL it should be the same."""
    pointers = [primitives.RCUPointer(Cell()) for _ in range(2)]
    readers = [bind(read_under_rcu, pointer) for pointer in pointers]
    one, two = together(readers[:1]), together(readers)
    target = 1.2 if build.FREE_THREADED and build.CORES > 1 and build.COMPILED else None
    measured = compare(one, two, per_loop=5, pairs=21, batch_ns=BATCH_NS)
    yield ratio_row("RCU readers on two threads / on one, wall time", measured, target)


def rows() -> Iterator[Row]:
    for part in (locks, readers_and_writers, waits, lockless, readers_together):
        yield from part()
