"""WWMutex: mutexes that are taken in any order, because the younger taker backs off (kernel: struct ww_mutex).

A thread that needs several of one WWClass begins an AcquireContext and locks them under it. Where its wait could close
a circle, the younger context gets -EDEADLK: it unlocks all it has, takes the contended mutex by lock_slow, and goes
on from there; `WWClass.lock_all` does this. Two ways to decide: wound/wait, where an older context wounds a younger
holder, which then backs off when it would have to wait; and wait/die, where a younger context backs off rather than
wait for an older one.

lock, lock_slow and trylock return what the kernel's do: 0 or a negative errno, and whether it was had. What the API
forbids is reported as DEBUG_LOCKS_WARN_ON(expression), and the operation goes on. An unlocked mutex goes to the first
who waits: the oldest context, or who came first without one; the kernel's may be had by somebody else.

To the validator a context is a lock of the class NAME_acquire, and its mutexes, of the class NAME_mutex, nest in it.
WWClasses of one name share these. Nobody sleeps holding the raw lock that guards a mutex' books.
"""

from __future__ import annotations

import _thread
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EALREADY, EDEADLK
from typing import Any

from lockdep.fastpath import BLOCKING, TIMED, TRY, DepMap
from lockdep.wait_types import SLEEP, Traits
from primitives._exclusive import LockStatistics
from primitives._ww_context import AcquireContext, Wait, warn_on
from primitives._ww_queue import WWQueue

__all__ = ["AcquireContext", "WWClass", "WWMutex"]


class WWClass:
    """A family of mutexes, and of the contexts they are taken under. `wait_die`: see the module."""

    __slots__ = ("name", "wait_die")

    def __init__(self, name: str, wait_die: bool = False) -> None:
        self.name = name
        self.wait_die = wait_die

    @property
    def mutex_type(self) -> type[WWMutex]:
        """Return the type of the mutexes of this class."""
        return WWMutex

    @contextmanager
    def lock_all(self, *mutexes: WWMutex) -> Iterator[AcquireContext]:
        """Hold all these mutexes, inside."""
        with AcquireContext(self) as context:
            try:
                while (refused := first_refused(mutexes, context)) is not None:
                    unlock_all(mutexes, context)
                    refused.lock_slow(context)
                context.done()
                yield context
            finally:
                unlock_all(mutexes, context)


def first_refused(mutexes: tuple[WWMutex, ...], context: AcquireContext) -> WWMutex | None:
    """Lock these mutexes, but for those the context has; return the one that makes it back off."""
    return next((mutex for mutex in mutexes if mutex.lock(context) == -EDEADLK), None)


def unlock_all(mutexes: tuple[WWMutex, ...], context: AcquireContext) -> None:
    for mutex in mutexes:
        if mutex.ctx is context:
            mutex.unlock()


class BaseMutex:
    """The mutex inside a WWMutex, for code that takes one alone: the context that it names is left as it is."""

    __slots__ = ("_mutex", "dep_map")

    def __init__(self, mutex: WWMutex) -> None:
        self._mutex = mutex
        self.dep_map = mutex.dep_map

    def lock(self) -> None:
        """Lock it."""
        self._mutex.take(None)

    def lock_interruptible(self) -> None:
        """As lock; InterruptedError when a signal handler has run meanwhile. Compiled build only."""
        self._mutex.take(None, until_signal=True)

    lock_killable = lock

    def lock_nest_lock(self, nest: Any) -> None:
        """Lock it; `nest` is held and serialises all who take several mutexes of this class."""
        self._mutex.take(None, nest=nest)

    def lock_timeout(self, seconds: float) -> bool:
        """Lock it; return False if it was not free for so many seconds."""
        return self._mutex.take(None, TIMED, max(0, seconds)) == 0

    def trylock(self) -> bool:
        """Lock it if it is free now."""
        return self._mutex.take(None, TRY) == 0

    def unlock(self) -> None:
        """Unlock it. Only its holder may."""
        self._mutex.give()


class WWMutex:
    """Wound/wait mutex. `ctx` is the context that has it. acquire, release, locked and `with` do without one."""

    __slots__ = ("__weakref__", "_queue", "base", "ctx", "dep_map", "ww_class")
    traits = Traits(inner=SLEEP)

    def __init__(self, ww_class: WWClass) -> None:
        self.ww_class = ww_class
        self.dep_map = DepMap(f"{ww_class.name}_mutex", type(self))
        self.base = BaseMutex(self)
        self.ctx: Any = None
        self._queue = WWQueue(self)

    def lock(self, ctx: AcquireContext | None = None) -> int:
        """Lock it: 0; -EALREADY when the context has it; -EDEADLK when the context must back off first."""
        return self.take(ctx)

    def lock_interruptible(self, ctx: AcquireContext | None = None) -> int:
        """As lock; InterruptedError when a signal handler has run meanwhile. Compiled build only."""
        return self.take(ctx, until_signal=True)

    def lock_slow(self, ctx: AcquireContext) -> int:
        """Lock the mutex that made the context back off, now that it has nothing else."""
        warn_on(ctx.contending_lock is None, "!ctx->contending_lock")
        return self.take(ctx)

    def trylock(self, ctx: AcquireContext | None = None) -> bool:
        """Lock it if it is free now."""
        return self.take(ctx, TRY) == 0

    def unlock(self) -> None:
        """Unlock it. Only its holder may."""
        ctx = self.ctx
        if ctx is not None and self._queue.owner == get_ident():
            warn_on(not ctx.acquired, "!lock->ctx->acquired")
            ctx.acquired = max(0, ctx.acquired - 1)
            self.ctx = None
        self.give()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Lock it without a context, as threading.Lock.acquire does."""
        _thread.allocate_lock().acquire(blocking, timeout)  # CPython's own checks of the arguments, word for word
        if not blocking or timeout == 0:
            return self.trylock()
        return self.take(None, BLOCKING if timeout < 0 else TIMED, timeout) == 0

    release = unlock

    def locked(self) -> bool:
        """Return whether somebody holds it."""
        return self._queue.owner != 0

    is_locked = locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.unlock()

    def statistics(self) -> LockStatistics:
        """Return a picture of this moment."""
        return LockStatistics(len(self._queue.waits), self._queue.owner or None, self.dep_map.acquisitions)

    def take(
        self,
        context: AcquireContext | None,
        mode: int = BLOCKING,
        timeout: float = -1,
        nest: Any = None,
        until_signal: bool = False,
    ) -> int:
        """Lock it. Besides what `lock` returns: -EBUSY for a try, -ETIME when the time is up."""
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
                    context.check_had(self, wait.stale)
                self.dep_map.acquired(ticket, mode)
        except BaseException:
            if self._queue.has_left(wait):
                self._undo(context)
            raise
        return code

    def _undo(self, context: AcquireContext | None) -> None:
        """Unlock what was had just before an exception came in, be it in the books yet or not."""
        if self.dep_map.is_held() > 0:
            self.dep_map.release()
        if context is not None:
            context.acquired -= 1
            self.ctx = None
        self._queue.hand_on()

    def give(self) -> None:
        """Unlock it, whatever context it names."""
        mine = self._queue.owner == get_ident()
        try:
            self.dep_map.release()
        finally:
            if mine:
                self._queue.hand_on()
        if not mine:
            raise RuntimeError("unlock of a mutex that this thread does not hold")
