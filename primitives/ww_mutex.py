"""WWMutex: mutexes that may be taken in any order, because the younger of two transactions backs off (kernel:
ww_mutex).

A thread that needs several mutexes of one WWClass begins an AcquireContext and locks them under it. Where a wait could
close a circle, the younger context gets -EDEADLK. It must then unlock all its mutexes, take the contended one by
lock_slow, and go on from there; `WWClass.lock_all` does all that. There are two algorithms. Wound/wait: an older
context wounds a younger holder, which backs off when it would next have to wait. Wait/die: a younger context backs off
instead of waiting for an older one.

lock and lock_slow return 0 or a negative errno, and trylock returns whether it took the mutex, as in the kernel.
Violations of the API are reported as DEBUG_LOCKS_WARN_ON(expression), and the operation goes on. An unlocked mutex is
handed to the waiter at the head of its queue: the oldest context, or the first to come among waiters without one. In
the kernel another thread may take it first.

To the validator a context is a lock of the class NAME_acquire, in which its mutexes, of the class NAME_mutex, nest.
WWClasses of the same name share these classes. No thread sleeps while it holds the raw lock that guards a mutex' queue.
"""

from __future__ import annotations

import _thread
from _thread import get_ident
from errno import EALREADY, EDEADLK
from typing import Any

from lockdep.fastpath import BLOCKING, TIMED, TRY, DepMap
from lockdep.wait_types import SLEEP, Traits
from primitives._exclusive import LockStatistics
from primitives._report import initialised
from primitives._ww_context import AcquireContext, Wait, warn_on
from primitives._ww_queue import WWQueue

__all__ = ["AcquireContext", "WWClass", "WWMutex"]


class WWClass:
    """A family of mutexes and of the contexts they are taken under.

    `wait_die` chooses wait/die instead of wound/wait.
    """

    __slots__ = ("name", "wait_die")

    def __init__(self, name: str, wait_die: bool = False) -> None:
        self.name: str = name
        self.wait_die: bool = wait_die

    @property
    def mutex_type(self) -> type[WWMutex]:
        """Return the type of the mutexes of this class."""
        return WWMutex

    def lock_all(self, *mutexes: WWMutex) -> LockAll:
        """Return a context manager that holds all these mutexes, and gives their context."""
        return LockAll(self, mutexes)


class LockAll:
    """What lock_all returns."""

    __slots__ = ("_context", "_family", "_mutexes")

    def __init__(self, family: WWClass, mutexes: tuple[WWMutex, ...]) -> None:
        self._family = family
        self._mutexes = mutexes

    def __enter__(self) -> AcquireContext:
        context = self._context = AcquireContext(self._family)
        context.init()
        try:
            while (refused := first_refused(self._mutexes, context)) is not None:
                unlock_all(self._mutexes, context)
                refused.lock_slow(context)
            context.done()
        except BaseException:
            self._leave()
            raise
        return context

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        unlock_all(self._mutexes, self._context)
        self._context.fini()


def first_refused(mutexes: tuple[WWMutex, ...], context: AcquireContext) -> WWMutex | None:
    """Lock those of these mutexes that the context does not have yet.

    Returns the one at which it must back off, or None.
    """
    return next((mutex for mutex in mutexes if mutex.lock(context) == -EDEADLK), None)


def unlock_all(mutexes: tuple[WWMutex, ...], context: AcquireContext) -> None:
    """Unlock those of these mutexes that the context has."""
    for mutex in mutexes:
        if mutex.ctx is context:
            mutex.unlock()


class BaseMutex:
    """The mutex inside a WWMutex, for code that locks one alone. It leaves the `ctx` of the WWMutex as it is."""

    __slots__ = ("_mutex", "dep_map")

    def __init__(self, mutex: WWMutex) -> None:
        self._mutex = mutex
        self.dep_map: DepMap = mutex.dep_map

    def lock(self) -> None:
        """Lock the mutex."""
        self._mutex.take(None)

    def lock_interruptible(self) -> None:
        """Like lock, but raise InterruptedError if a signal handler runs during the wait. Compiled build only."""
        self._mutex.take(None, until_signal=True)

    lock_killable = lock

    def lock_nest_lock(self, nest: Any) -> None:
        """Lock the mutex while holding `nest`, which serialises all threads that take several mutexes of this class."""
        self._mutex.take(None, nest=nest)

    def lock_timeout(self, seconds: float) -> bool:
        """Lock the mutex, waiting for at most `seconds`; return whether it was locked."""
        return self._mutex.take(None, TIMED, max(0, seconds)) == 0

    def trylock(self) -> bool:
        """Lock the mutex if it is free; return whether it was locked."""
        return self._mutex.take(None, TRY) == 0

    def unlock(self) -> None:
        """Unlock the mutex. RuntimeError, after a report, if this thread does not hold it."""
        self._mutex.give()


class WWMutex:
    """Wound/wait mutex. `ctx` is the context that holds it. acquire, release, locked and `with` use no context."""

    __slots__ = ("__weakref__", "_queue", "base", "ctx", "dep_map", "ww_class")
    traits: Traits = Traits(inner=SLEEP)

    def __init__(self, ww_class: WWClass) -> None:
        initialised(self)
        self.ww_class: WWClass = ww_class
        self.dep_map: DepMap = DepMap(f"{ww_class.name}_mutex", type(self))
        self.base: BaseMutex = BaseMutex(self)
        self.ctx: Any = None
        self._queue = WWQueue(self)

    def lock(self, ctx: AcquireContext | None = None) -> int:
        """Lock the mutex.

        Returns 0, -EALREADY if the context holds it already, or -EDEADLK if the context must back off first.
        """
        return self.take(ctx)

    def lock_interruptible(self, ctx: AcquireContext | None = None) -> int:
        """Like lock, but raise InterruptedError if a signal handler runs during the wait. Compiled build only."""
        return self.take(ctx, until_signal=True)

    def lock_slow(self, ctx: AcquireContext) -> int:
        """Lock the mutex that made the context back off. The context must hold no other mutex now.

        Returns what lock returns.
        """
        warn_on(ctx.contending_lock is None, "!ctx->contending_lock")
        return self.take(ctx)

    def trylock(self, ctx: AcquireContext | None = None) -> bool:
        """Lock the mutex if it is free; return whether it was locked."""
        return self.take(ctx, TRY) == 0

    def unlock(self) -> None:
        """Unlock the mutex. RuntimeError, after a report, if this thread does not hold it."""
        ctx = self.ctx
        if ctx is not None and self._queue.owner == get_ident():
            warn_on(not ctx.acquired, "!lock->ctx->acquired")
            ctx.acquired = max(0, ctx.acquired - 1)
            self.ctx = None
        self.give()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Lock the mutex without a context; arguments and result as in threading.Lock.acquire."""
        _thread.allocate_lock().acquire(blocking, timeout)  # makes CPython check the arguments
        if not blocking or timeout == 0:
            return self.trylock()
        return self.take(None, BLOCKING if timeout < 0 else TIMED, timeout) == 0

    release = unlock

    def locked(self) -> bool:
        """Return whether a thread holds it."""
        return self._queue.owner != 0

    is_locked = locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.unlock()

    def statistics(self) -> LockStatistics:
        """Return the statistics at this moment."""
        return LockStatistics(len(self._queue.waits), self._queue.owner or None, self.dep_map.acquisitions)

    def take(
        self,
        context: AcquireContext | None,
        mode: int = BLOCKING,
        timeout: float = -1,
        nest: Any = None,
        until_signal: bool = False,
    ) -> int:
        """Lock the mutex.

        Returns what `lock` returns, or -EBUSY for a failed try, or -ETIME after the timeout in seconds.
        """
        if context is not None:
            if context is self.ctx:
                return -EALREADY
            if not context.acquired:
                context.wounded = False
            nest = context
        ticket = None if mode == TRY else self.dep_map.acquire(mode, nest)
        wait = Wait(context, ticket)
        try:
            code = self._queue.take(wait, mode == TRY, timeout, until_signal)
            if context is not None and code == -EDEADLK:
                context.back_off(self)
            elif code == 0:
                if context is not None:
                    context.check_taken(self, wait.stale)
                self.dep_map.acquired(ticket, mode)
        except BaseException:
            if self._queue.has_left(wait):
                self._undo(context)
            raise
        return code

    def _undo(self, context: AcquireContext | None) -> None:
        """Unlock the mutex after an exception that came just when it had been granted."""
        if self.dep_map.is_held() > 0:
            self.dep_map.release()
        if context is not None:
            context.acquired -= 1
            self.ctx = None
        self._queue.hand_on()

    def give(self) -> None:
        """Unlock the mutex and leave its `ctx` as it is.

        RuntimeError, after a report, if this thread does not hold it.
        """
        mine = self._queue.owner == get_ident()
        try:
            self.dep_map.release()
        finally:
            if mine:
                self._queue.hand_on()
        if not mine:
            raise RuntimeError("unlock of a mutex that this thread does not hold")
