"""What is tortured of mutexes and spinlocks, each with a variant that is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from random import Random
from typing import Any

from primitives import Mutex, RawSpinLock, SpinLock, WWClass, WWMutex
from tests.stress.subjects import Side, Subject, way


class Hasty:
    """Broken: goes in after one try, whether that had the lock or not."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.had = False

    def __enter__(self) -> None:
        self.had = self.lock.trylock()

    def __exit__(self, *_: object) -> None:
        if self.had:
            self.lock.unlock()


def exclusive(kind: Callable[[], Any], broken: bool) -> Subject:
    lock = kind()
    if broken:
        return Subject(Side(lambda: Hasty(lock)), interruptible=False)
    return Subject(Side(lambda: lock, way(lock.lock_timeout, lock.unlock)))


def variant(section: Callable[[SpinLock], AbstractContextManager[None]], broken: bool) -> Subject:
    lock = SpinLock()
    side = Side(lambda: Hasty(lock)) if broken else Side(lambda: section(lock))
    return Subject(side, interruptible=False)  # its section is Python


def transactions(broken: bool, wait_die: bool) -> Subject:
    """Each section takes three of four mutexes in any order, so that two always share some. Broken: one of four."""
    family = WWClass("torture", wait_die)
    mutexes, seeds = [WWMutex(family) for _ in range(4)], count()

    def section() -> AbstractContextManager[Any]:
        return family.lock_all(*Random(next(seeds)).sample(mutexes, 1 if broken else 3))

    return Subject(Side(section), interruptible=False)


def alone(broken: bool) -> Subject:
    """A wound/wait mutex without a context."""
    mutex = WWMutex(WWClass("alone"))
    if broken:
        return Subject(Side(lambda: Hasty(mutex)), interruptible=False)
    return Subject(Side(lambda: mutex, way(mutex.base.lock_timeout, mutex.unlock)), interruptible=False)


SUBJECTS: dict[str, Callable[[bool], Subject]] = {
    "mutex": lambda broken: exclusive(Mutex, broken),
    "spinlock": lambda broken: exclusive(SpinLock, broken),
    "raw-spinlock": lambda broken: exclusive(RawSpinLock, broken),
    "spinlock-irqsave": lambda broken: variant(SpinLock.irqsave, broken),
    "spinlock-bh": lambda broken: variant(SpinLock.bh, broken),
    "wound-wait": lambda broken: transactions(broken, wait_die=False),
    "wait-die": lambda broken: transactions(broken, wait_die=True),
    "ww-mutex": alone,
}
