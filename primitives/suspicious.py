"""What the RCU family reports: use outside of a read-side section, and waits inside of one that would never end."""

from __future__ import annotations

from typing import NoReturn

from lockdep import assertions, runtime
from lockdep.graph.classes import LockClass
from lockdep.trace import NO_STACK
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.violations import LockMisuse
from lockdep.violations.where import Where

PROTECT = "enter the read-side section first, or name the lock that protects the pointer"


def suspicious(message: str, advice: str = PROTECT) -> None:
    """Report suspicious RCU usage, if this thread is watched (kernel: RCU_LOCKDEP_WARN)."""
    if assertions.tracked():
        runtime.validator().misused(message, advice)


def hopeless(message: str, advice: str, *classes: LockClass) -> NoReturn:
    """Report a wait that could never end, and raise DeadlockError instead of waiting."""
    found = None
    if assertions.tracked():
        runtime.validator().misused(message, advice, *classes)
        found = next((one for one in runtime.validator().findings() if one.title == message), None)
    if found is None:
        here = Where("this thread", (), NO_STACK)
        found = Finding(LockMisuse(message, advice, classes, here), "certain", "the thread waits for itself")
    raise DeadlockError(found)
