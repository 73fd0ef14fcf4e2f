"""The locks of the storm, and the order in which they are taken so that no interruption can cause a deadlock.

    ordered     plain and re-entrant, of many classes; taken blocking by ordinary code in the order of their index only
    contended   re-entrant; taken with nothing else held, to make the main thread block
    gate        re-entrant; the only lock that handlers and finalizers wait for. It comes after everything above, and
                whoever holds it waits for nothing but `inner`
    inner       re-entrant; only ever taken under the gate, so nobody ever waits for it

A finalizer may run in any thread between any two instructions. If finalizers waited for two locks, one could wait for a
lock whose holder is interrupted by another finalizer that waits for the first: so there is one gate. Plain locks are
only tried by finalizers.
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
    """All locks of the program. `made` keeps some of those it creates while it runs, for the checks at the end."""

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
    """Do what handlers and finalizers do: take the re-entrant locks, and try a plain one."""
    with locks.gate, locks.inner:
        pass
    tried = locks.plain[number % len(locks.plain)]
    if tried.acquire(blocking=False):
        try:
            pass
        finally:
            tried.release()


def not_free(locks: Locks) -> list[Any]:
    """Return the locks that a new thread cannot take. No other thread may be running."""
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
