"""Acquire contexts of wound/wait mutexes: the transactions under which a thread locks several mutexes in any order.

The rules are those of kernel/locking/ww_mutex.h. A context belongs to one thread. Other threads change it only under
the guard of the queue of a mutex that its thread holds or waits for (see _ww_queue.py).
"""

from __future__ import annotations

from _thread import get_ident
from typing import Any, Protocol

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, DepMap, new_serial
from lockdep.forks import at_fork
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
    """If `broken` is true, report that a rule of the API, given by the kernel's expression, does not hold."""
    if broken and runtime.is_active():
        runtime.validator().misused(f"DEBUG_LOCKS_WARN_ON({expression})", "the rules of wound/wait mutexes hold")


class AcquireContext:
    """One transaction of one thread, which takes mutexes of a class in any order (kernel: struct ww_acquire_ctx).

    init, done and fini are the kernel's ww_acquire_init, _done and _fini; `with` calls init and fini. The lower `stamp`
    is, the older is the context. `acquired` is how many mutexes it holds. It is changed by the context's own thread,
    and by a thread that hands a mutex to it while it sleeps.
    """

    __slots__ = (
        "__weakref__", "acquired", "contending_lock", "dep_map", "done_acquire", "first_lock_dep_map", "stamp", "wait",
        "wait_die", "wounded", "ww_class",
    )  # fmt: skip
    traits = PLAIN

    def __init__(self, ww_class: MutexClass) -> None:
        self.ww_class: Any = ww_class
        self.wait_die: bool = ww_class.wait_die
        self.dep_map: DepMap = DepMap(f"{ww_class.name}_acquire", type(self))
        self.first_lock_dep_map: DepMap = DepMap(f"{ww_class.name}_mutex", ww_class.mutex_type)
        self.wait: Wait | None = None
        self.begin()

    def begin(self) -> None:
        """Reset to a context that holds nothing and is younger than all others."""
        self.stamp: int = new_serial()
        self.acquired: int = 0
        self.wounded: bool = False
        self.done_acquire: bool = False
        self.contending_lock: ContextMutex | None = None

    def init(self) -> None:
        """Begin the transaction.

        The validator is told that a first mutex is held, so that all real mutexes nest in it.
        """
        self.begin()
        self.dep_map.init()
        self.first_lock_dep_map.init()
        self.dep_map.hold()
        self.first_lock_dep_map.hold(BLOCKING, self.dep_map)

    def done(self) -> None:
        """Promise to lock no more mutexes."""
        warn_on(self.done_acquire, "ctx->done_acquire")
        self.done_acquire = True

    def fini(self) -> None:
        """End the transaction. All its mutexes must be unlocked."""
        self.first_lock_dep_map.release()
        self.dep_map.release()
        warn_on(self.acquired, "ctx->acquired")

    def __enter__(self) -> AcquireContext:
        self.init()
        return self

    def __exit__(self, *_: object) -> None:
        self.fini()

    def is_younger(self, other: AcquireContext) -> bool:
        """Return whether this context must give way to `other` where both hold mutexes."""
        return self.stamp > other.stamp

    def back_off(self, mutex: ContextMutex) -> None:
        """Note that `mutex` must be locked first, after all others have been unlocked."""
        warn_on(self.contending_lock, "ww_ctx->contending_lock")
        self.contending_lock = mutex

    def check_taken(self, mutex: ContextMutex, stale: object) -> None:
        """Report what is wrong with having locked this mutex, whose `ctx` was `stale` until then."""
        warn_on(stale, "ww->ctx")
        warn_on(self.done_acquire, "ww_ctx->done_acquire")
        if self.contending_lock is not None:
            warn_on(self.contending_lock is not mutex, "ww_ctx->contending_lock != ww")
            warn_on(self.acquired > 1, "ww_ctx->acquired > 0")  # the kernel looks before it counts this one
            self.contending_lock = None
        warn_on(self.ww_class is not mutex.ww_class, "ww_ctx->ww_class != ww->ww_class")


class Wait:
    """One attempt to lock a mutex.

    Once it is `granted`, the thread holds the mutex, and `stale` is the context that the mutex named before. `ticket`
    is what the validator returned for the attempt, None for a try. `forks` tells in which process the wait was queued.
    """

    __slots__ = ("context", "forks", "granted", "park", "stale", "thread", "ticket")

    def __init__(self, context: AcquireContext | None, ticket: Any) -> None:
        self.context: AcquireContext | None = context
        self.ticket: Any = ticket
        self.thread: int = get_ident()
        self.park: fastpath.Waiter = fastpath.Waiter(0)
        self.forks: int = Process.forks
        self.granted: bool = False
        self.stale: object = None


class Process:
    """How many forks lie between this process and the first one."""
    forks = 0


def _forked() -> None:
    Process.forks += 1


at_fork(after_in_child=_forked)
