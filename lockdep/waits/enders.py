"""Who can end a wait: a table of rules, one for each kind of what is waited for.

A lock is freed by its owner, and if it was ever freed by another thread, by anybody. A unit of a semaphore is given by
any of its holders. The readers and the writer of a reader/writer lock have to go on, all of them, and those who stand
before this thread in its queue. An event is signalled by anybody. Who took a lock after its own wait had begun, as a
signal handler does that interrupts it, does not sleep and gives it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from lockdep import fastpath
from lockdep.fastpath import READ, RECURSIVE_READ, DepMap, ExclusiveLock, OwnedLock, RecursiveLock, Wait
from lockdep.fastpath.waitqueue import UnitPool, ValidatedQueue
from lockdep.waits.aims import ANYBODY, NOBODY, NOW, Aim, Enders

SHARED = READ | RECURSIVE_READ


class Holding(NamedTuple):
    """A thread that waits, and how it holds a lock."""

    thread: int
    mode: int


def holdings(waits: Iterable[Wait]) -> dict[int, list[Holding]]:
    """Return which of the waiting threads hold a lock, by its serial. Others are not looked at: they run."""
    found: dict[int, list[Holding]] = {}
    for wait in waits:
        state = fastpath.find_thread(wait.thread)
        for chain, serial in () if state is None else state.held():
            if chain.depth > wait.depth:
                break
            found.setdefault(serial, []).append(Holding(wait.thread, chain.entry.mode))
    return found


def enders_of(wait: Wait, holders: Mapping[int, list[Holding]], queued: Mapping[int, list[Wait]]) -> Enders:
    """Return who can end a wait. `queued` has the waits for each lock, by its serial, oldest first."""
    lock = wait.lock
    if lock is None:
        return cast(Aim, wait.aim).enders()
    if isinstance(lock, ExclusiveLock):
        return owner_of(lock, wait.thread)
    if isinstance(wait.aim, UnitPool):
        return holders_of(wait.aim, wait.units)
    known = holders.get(lock.serial, [])
    if isinstance(wait.aim, ValidatedQueue):
        return before_in_queue(wait, wait.aim, known, queued.get(lock.serial, []))
    return ANYBODY


def owner_of(lock: ExclusiveLock, thread: int) -> Enders:
    """Return the owner of a lock. If that has ended, or is the waiting thread itself, whoever may release the lock."""
    owner = lock.owner
    if owner <= 0:
        return NOW  # freed, or held by a thread that is being torn down
    if lock.crossed or owner == thread:
        return ANYBODY
    if fastpath.find_thread(owner) is None:
        return NOBODY if isinstance(lock, OwnedLock | RecursiveLock) else ANYBODY
    return Enders((owner,)) if had(owner, lock) else NOW


def holders_of(pool: UnitPool, units: int) -> Enders:
    """Return the threads that hold units of a semaphore, if they are wanted; anybody, if it is used as an event."""
    holders = tuple(pool.holders)
    if pool.free >= units:
        return NOW  # they are offered to a thread that has not run since
    if pool.event or pool.handed or any(fastpath.find_thread(holder) is None for holder in holders):
        return ANYBODY
    return Enders(holders) if holders and all(had(holder, pool.dep_map) for holder in holders) else NOW


def had(thread: int, lock: DepMap) -> bool:
    """Return whether a thread that holds a lock took it before it began to wait; also if it does not wait."""
    wait = fastpath.wait_of(thread)
    return wait is None or wait.had(lock)


def before_in_queue(wait: Wait, queue: ValidatedQueue, holders: list[Holding], waits: list[Wait]) -> Enders:
    """Return who has to go on before a thread gets its units of a reader/writer lock; of the holders, those that wait.

    A reader waits for a writer. Unless it goes ahead of the queue, it also waits for those before it.
    """
    reads = wait.units < queue.total
    serials = [held.thread for held in holders if held.thread != wait.thread and not (reads and held.mode & SHARED)]
    if not wait.barges:
        serials += [other.thread for other in waits if other.number < wait.number]
    return Enders(tuple(serials), every=True)
