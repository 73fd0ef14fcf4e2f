"""The locks of the storm, and the order that makes it free of deadlocks whoever interrupts whom.

    ordered     plain and re-entrant, of many classes; taken blocking by ordinary code in the order of their index only
    contended   re-entrant; taken with nothing else held, to make the main thread block
    gate        re-entrant; the only lock that handlers and finalizers wait for. It comes after everything above, and
                whoever holds it waits for nothing but `inner`
    inner       re-entrant; only ever taken under the gate, so nobody ever waits for it

A finalizer runs in any thread between any two instructions, so a second lock that it waits for would meet a holder that
is itself interrupted by a finalizer waiting for the first: hence one gate. Plain locks are only tried there.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.bench.made import locks_of_classes

ORDERED = 24


@dataclass(slots=True)
class Locks:
    """made: some of the locks that the program made on its way, for the checks at the end."""

    gate: Any
    contended: Any
    inner: Any
    ordered: list[Any]
    plain: list[Any]
    made: deque[Any] = field(default_factory=lambda: deque(maxlen=500))

    def all(self) -> list[Any]:
        return [self.gate, self.contended, self.inner, *self.ordered, *self.made]


def make_locks() -> Locks:
    plain = locks_of_classes(threading.Lock, ORDERED // 2, "plain")
    reentrant = locks_of_classes(threading.RLock, ORDERED // 2, "reentrant")
    return Locks(
        gate=threading.RLock(),
        contended=threading.RLock(),
        inner=threading.RLock(),
        ordered=[lock for pair in zip(plain, reentrant, strict=True) for lock in pair],
        plain=plain,
    )


def interrupt(locks: Locks, number: int) -> None:
    """Do what handlers and finalizers do: wait for re-entrant locks, try a plain one."""
    with locks.gate, locks.inner:
        pass
    tried = locks.plain[number % len(locks.plain)]
    if tried.acquire(blocking=False):
        try:
            pass
        finally:
            tried.release()


def not_free(locks: Locks) -> list[Any]:
    """Return the locks that a new thread cannot take. Call it when no other thread is left."""
    stuck: list[Any] = []

    def look() -> None:
        for lock in locks.all():
            if lock.acquire(blocking=False):
                lock.release()
            else:
                stuck.append(lock)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return stuck
