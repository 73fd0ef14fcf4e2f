"""Reports of a primitive that is used against its rules.

Everything else a primitive tells the validator goes through its DepMap.
"""

from __future__ import annotations

from typing import Any, NoReturn

from lockdep import assertions, fastpath, runtime
from lockdep.graph.classes import LockClass
from lockdep.trace import NO_STACK
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.misuse import LockMisuse
from lockdep.violations.where import Where
from lockdep.vocabulary.grades import CERTAIN

PROTECT = "enter the read-side section first, or name the lock that protects the pointer"


def bad_unlock(lock: Any, text: str) -> NoReturn:
    """Report an unlock by a thread that does not hold the lock, or holds it in another way.

    Then raise RuntimeError(text).
    """
    state = fastpath.thread_state()
    if runtime.is_active() and state.settle():
        runtime.validator().misuse(state, lock.dep_map)
    raise RuntimeError(text)


def initialised(lock: Any) -> None:
    """Report a primitive that is held and initialised again, at the beginning of its `__init__`."""
    dep_map = getattr(lock, "dep_map", None)
    if dep_map is not None:
        dep_map.init()


def suspicious(message: str, advice: str = PROTECT) -> None:
    """Report suspicious RCU usage, if this thread is validated (kernel: RCU_LOCKDEP_WARN)."""
    misused(message, advice)


def misused(message: str, advice: str, *classes: LockClass) -> None:
    """Report that a primitive is used against its rules, if this thread is validated. `classes` are those it names."""
    if assertions.tracked():
        runtime.validator().misused(message, advice, *classes)


def hopeless(message: str, advice: str, *classes: LockClass) -> NoReturn:
    """Report a wait that could never end, and raise DeadlockError instead of waiting.

    `classes` are the lock classes that the report names.
    """
    found = None
    if assertions.tracked():
        runtime.validator().misused(message, advice, *classes)
        found = next((one for one in runtime.validator().findings() if one.title == message), None)
    if found is None:
        here = Where("this thread", (), NO_STACK)
        found = Finding(LockMisuse(message, advice, classes, here), CERTAIN, "the thread waits for itself")
    raise DeadlockError(found)
