"""Wait types: how long a thread may wait for a lock, and how long it may wait for others while it holds the lock.

The outer wait type is that of the strictest context in which the lock may be taken; the inner one is that of the
context which holding the lock makes. In order: FREE (no waiting), SPIN, CONFIG, SLEEP, MAX. A CONFIG lock spins on an
ordinary kernel and sleeps on a real-time one, so it must not be taken where only spinning is allowed. INV means that
the wait type is not checked (kernel: enum lockdep_wait_type, with CONFIG_PROVE_RAW_LOCK_NESTING).
"""

from __future__ import annotations

from typing import NamedTuple

INV, FREE, SPIN, CONFIG, SLEEP, MAX = range(6)


class Traits(NamedTuple):
    """How the validator treats a type of lock. The type names its traits in its attribute `traits`.

    `inner` and `outer` are wait types; an `outer` of 0 means the same as `inner`. `kind` is "normal"; "percpu" for
    locks that end a path in the searches for interrupt deadlocks; or "override" for one that sets the wait context
    outright. With `by_instance` a thread may hold two locks of one class, as long as their instances are taken in one
    order; without it, that is recursion. A lock under which nothing may sleep holds preemption off; `counted` is False
    for one whose functions switch preemption or bottom halves off by themselves.
    """

    inner: int = SLEEP
    outer: int = 0
    kind: str = "normal"
    by_instance: bool = False
    counted: bool = True


DROP_IN = Traits(by_instance=True)
PLAIN = Traits(inner=INV)
