"""WWMutex: without an acquire context in the contract suite, and under contexts in the torture as well."""

from contextlib import AbstractContextManager
from itertools import count
from random import Random
from typing import Any

from primitives import WWClass, WWMutex
from tests.primitives.contract import Adapter
from tests.stress.subjects import IgnoresFailedTry, MakeSubject, Side, Subject, way

ADAPTERS = (
    Adapter(
        "ww-mutex",
        make=lambda: WWMutex(WWClass("contract")),
        take=WWMutex.lock,
        give=WWMutex.unlock,
        try_take=WWMutex.trylock,
        timed=lambda mutex, seconds: mutex.base.lock_timeout(seconds),
        interruptible=WWMutex.lock_interruptible,
        section=lambda mutex: mutex,
        drop_in=True,
    ),
)


def transactions(broken: bool, wait_die: bool) -> Subject:
    """Return a subject whose critical section takes three of four mutexes in random order, so that any two share one.

    The broken variant takes only one of the four.
    """
    family = WWClass("torture", wait_die)
    mutexes, seeds = [WWMutex(family) for _ in range(4)], count()

    def section() -> AbstractContextManager[Any]:
        return family.lock_all(*Random(next(seeds)).sample(mutexes, 1 if broken else 3))

    return Subject(Side(section), interruptible=False)


def without_context(broken: bool) -> Subject:
    """Return a subject for one wound/wait mutex that is locked without a context."""
    mutex = WWMutex(WWClass("alone"))
    if broken:
        return Subject(Side(lambda: IgnoresFailedTry(mutex)), interruptible=False)
    return Subject(Side(lambda: mutex, way(mutex.base.lock_timeout, mutex.unlock)), interruptible=False)


SUBJECTS: dict[str, MakeSubject] = {
    "wound-wait": lambda broken: transactions(broken, wait_die=False),
    "wait-die": lambda broken: transactions(broken, wait_die=True),
    "ww-mutex": without_context,
}
