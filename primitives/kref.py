"""Kref: a count of references that calls a function with the last one's end (kernel: struct kref).

    class Session:
        def __init__(self): self.kref = Kref()            one reference, that of its maker
    session.kref.get()                                    for each further holder
    session.kref.put(lambda kref: close(session))         by each holder; the last put calls the function

Whoever takes a reference must have one, or hold a lock under which the last one cannot go; where neither is so,
`get_unless_zero` asks. Every misuse of the count is reported as that of a Refcount, which it is: the object is leaked
then, and never released twice.

Cost: that of an operation of Refcount.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from primitives.atomic import Refcount

Release = Callable[["Kref"], object]


class Kref:
    """References to an object; its maker has the first one. `release` is called with the Kref itself."""

    __slots__ = ("refcount",)

    def __init__(self) -> None:
        self.refcount: Refcount = Refcount(1)

    def init(self) -> None:
        """Begin again with one reference. Only before other threads can see the object (kernel: kref_init)."""
        self.refcount.set(1)

    def read(self) -> int:
        """Return how many references there are; others may change it at any time (kernel: kref_read)."""
        return self.refcount.read()

    def get(self) -> None:
        """Take one more reference. The caller must have one already (kernel: kref_get)."""
        self.refcount.inc()

    def get_unless_zero(self) -> bool:
        """Take one more reference unless there is none; return whether it was taken (kernel: kref_get_unless_zero)."""
        return self.refcount.inc_not_zero()

    def put(self, release: Release) -> bool:
        """Give a reference back; if it was the last, call release(kref) and return True (kernel: kref_put)."""
        last = self.refcount.dec_and_test()
        if last:
            release(self)
        return last

    def put_lock(self, release: Release, lock: Any) -> bool:
        """Like put, but call release(kref) with `lock` taken; release has to give it back.

        While somebody holds the lock, nobody else can give the last reference back (kernel: kref_put_mutex,
        kref_put_lock).
        """
        last = self.refcount.dec_and_lock(lock)
        if last:
            release(self)
        return last

    def __repr__(self) -> str:
        return f"Kref({self.read()})"
