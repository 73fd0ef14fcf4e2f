"""The words of the slow model: kinds of acquisition, wait types, titles, and what a violation is about."""

from __future__ import annotations

from typing import NamedTuple

READ, RECURSIVE_READ, TRY, TIMED, NOCHECK, SYNC = 1, 2, 4, 8, 16, 32
INV, FREE, SPIN, CONFIG, SLEEP, MAX = range(6)

CIRCULAR = "possible circular locking dependency detected"
RECURSIVE = "possible recursive locking detected"
INCONSISTENT = "inconsistent lock state"
INVERSION = "possible irq lock inversion dependency detected"
WAIT_CONTEXT = "Invalid wait context"
NO_NEST = "Nested lock was not taken"
UNBALANCED = "bad unlock balance detected!"
SLEEPS = "sleeping function called from invalid context"
FREED = "held lock freed!"

SLEEPING = (SLEEP, SLEEP)
WAIT_TYPES = {  # kind of lock: strictest context that it may be taken in, context that holding it makes
    "spin": (CONFIG, CONFIG),
    "raw_spin": (SPIN, SPIN),
    "rwlock": (CONFIG, CONFIG),
    "local_lock": (CONFIG, CONFIG),
    "rcu": (FREE, CONFIG),
    "rcu_sched": (FREE, SPIN),
    "annotation": (INV, INV),
    "ww_acquire_ctx": (INV, INV),
}


class LockClass(NamedTuple):
    """What the rules are about."""

    name: str
    kind: str
    subclass: int = 0

    def __str__(self) -> str:
        return f"{self.name}/{self.subclass}" if self.subclass else self.name


class Usage(NamedTuple):
    """One way in which a class was used: in a handler of `state`, or held with it on; W for exclusive, R for shared."""

    state: str
    way: str
    access: str


class Violation(NamedTuple):
    """What is wrong, and about which classes: in order round a circle, turned by `circle`."""

    title: str
    about: tuple[str, ...]


def circle(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return a circle of classes as it reads when it begins where it comes first in the alphabet."""
    return min(classes[start:] + classes[:start] for start in range(len(classes)))
