"""Wait types: how a lock waits, and what it allows to be waited for while it is held.

Outer is the strictest context the lock may be taken in, inner the context that holding it makes. FREE < SPIN < CONFIG
< SLEEP < MAX; a CONFIG lock spins on an ordinary kernel and sleeps on a real-time one, so it may not be taken where
only spinning is allowed. INV is not checked (kernel: enum lockdep_wait_type, with raw lock nesting proved).
"""

from __future__ import annotations

from typing import NamedTuple

INV, FREE, SPIN, CONFIG, SLEEP, MAX = range(6)


class Traits(NamedTuple):
    """What a type of lock is to the validator; a lock type names it as its attribute `traits`.

    `outer` 0 stands for the same as `inner`. `kind` "percpu" is skipped in the searches for interrupt deadlocks, and
    "override" sets the wait context outright. With `by_instance` two locks of one class may be held at once as long as
    they keep one order; without, that is recursion.
    """

    inner: int = SLEEP
    outer: int = 0
    kind: str = "normal"
    by_instance: bool = False


DROP_IN = Traits(by_instance=True)
PLAIN = Traits(inner=INV)
