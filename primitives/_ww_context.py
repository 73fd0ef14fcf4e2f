"""Acquire contexts of wound/wait mutexes: the transactions under which a thread locks several mutexes in any order.

The rules are those of kernel/locking/ww_mutex.h. A context belongs to one thread. Other threads change it only under
the guard of the queue of a mutex that its thread holds or waits for (see _ww_queue.py).
"""

from __future__ import annotations

import os
from _thread import get_ident
from typing import Any, Protocol

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, DepMap, new_serial
from lockdep.wait_types import PLAIN


class MutexClass(Protocol):
    """What a context needs of its WWClass: the name, how it decides who backs off, and the type of its mutexes."""

    name: str
    wait_die: bool

    @property
    def mutex_type(self) -> type: ...


class ContextMutex(Protocol):
    """What a context and a queue need of a WWMutex."""

    ww_class: Any
    dep_map: DepMap
    ctx: Any


def warn_on(broken: object, expression: str) -> None:
    """Report what does not hold of the API, by the kernel's expression."""
    if broken and runtime.is_active():
        runtime.validator().misused(f"DEBUG_LOCKS_WARN_ON({expression})", "the rules of wound/wait mutexes hold")


class AcquireContext:
    """One transaction of one thread, which takes mutexes of a class in any order (kernel: struct ww_acquire_ctx).

    init, done and fini are the kernel's ww_acquire_*; `with` is init and fini. The lower the stamp, the older it is.
    `acquired` counts its mutexes: changed by its own thread, and by who hands it a mutex that this thread sleeps for.
    """

    __slots__ = (
        "__weakref__", "acquired", "contending_lock", "dep_map", "done_acquire", "first_lock_dep_map", "stamp", "wait",
        "wait_die", "wounded", "ww_class",
    )  # fmt: skip
    traits = PLAIN

    def __init__(self, ww_class: MutexClass) -> None:
        self.ww_class: Any = ww_class
        self.wait_die = ww_class.wait_die
        self.dep_map = DepMap(f"{ww_class.name}_acquire", type(self))
        self.first_lock_dep_map = DepMap(f"{ww_class.name}_mutex", ww_class.mutex_type)
        self.wait: Wait | None = None
        self.begin()

    def begin(self) -> None:
        """Have nothing, and be the youngest there is."""
        self.stamp = new_serial()
        self.acquired = 0
        self.wounded = self.done_acquire = False
        self.contending_lock: ContextMutex | None = None

    def init(self) -> None:
        """Begin. To the validator a first mutex is held from now on, so that all real ones are nested."""
        self.begin()
        self.dep_map.init()
        self.first_lock_dep_map.init()
        self.dep_map.hold()
        self.first_lock_dep_map.hold(BLOCKING, self.dep_map)

    def done(self) -> None:
        """Lock no more."""
        warn_on(self.done_acquire, "ctx->done_acquire")
        self.done_acquire = True

    def fini(self) -> None:
        """End. All mutexes are unlocked."""
        self.first_lock_dep_map.release()
        self.dep_map.release()
        warn_on(self.acquired, "ctx->acquired")

    def __enter__(self) -> AcquireContext:
        self.init()
        return self

    def __exit__(self, *_: object) -> None:
        self.fini()

    def is_younger(self, other: AcquireContext) -> bool:
        """Return whether this one must give way where both have mutexes."""
        return self.stamp > other.stamp

    def back_off(self, mutex: ContextMutex) -> None:
        """This mutex is to be locked first, once all others are unlocked."""
        warn_on(self.contending_lock, "ww_ctx->contending_lock")
        self.contending_lock = mutex

    def check_had(self, mutex: ContextMutex, stale: object) -> None:
        """Report what is wrong with having locked this mutex, which named the context `stale` until then."""
        warn_on(stale, "ww->ctx")
        warn_on(self.done_acquire, "ww_ctx->done_acquire")
        if self.contending_lock is not None:
            warn_on(self.contending_lock is not mutex, "ww_ctx->contending_lock != ww")
            warn_on(self.acquired > 1, "ww_ctx->acquired > 0")  # the kernel looks before it counts this one
            self.contending_lock = None
        warn_on(self.ww_class is not mutex.ww_class, "ww_ctx->ww_class != ww->ww_class")


class Wait:
    """One attempt to lock a mutex. Once it is `granted`, the thread has the mutex, and `stale` is what its ctx was.

    `ticket` is what the validator gave for it, None for a try.
    """

    __slots__ = ("context", "forks", "granted", "park", "stale", "thread", "ticket")

    def __init__(self, context: AcquireContext | None, ticket: Any) -> None:
        self.context = context
        self.ticket = ticket
        self.thread = get_ident()
        self.park = fastpath.Waiter(0)
        self.forks = Process.forks
        self.granted = False
        self.stale: object = None


class Process:
    forks = 0


def _forked() -> None:
    Process.forks += 1


os.register_at_fork(after_in_child=_forked)
