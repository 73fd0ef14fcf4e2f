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
WAIT_TYPES = {  # kind of lock: outer and inner wait type
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
    """A class of locks, as the rules see it."""

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
    """A violation: its title and its classes; those of a cycle in its order, beginning as `circle` says."""

    title: str
    about: tuple[str, ...]


def circle(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes of a cycle in its order, beginning with the name that comes first in the alphabet."""
    return min(classes[start:] + classes[:start] for start in range(len(classes)))
