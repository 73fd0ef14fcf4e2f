"""Acquire contexts of wound/wait mutexes, and the queue of a mutex, where contexts decide who backs off.

What is changed under a queue's guard is changed without a call or a loop in between, so that no signal handler comes
in when half is done. Who sleeps holds no guard. The rules are those of kernel/locking/ww_mutex.h.
"""

from __future__ import annotations

import _thread
import os
from _thread import get_ident
from errno import EBUSY, EDEADLK, ETIME
from time import monotonic
from typing import TYPE_CHECKING, Any

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, DepMap, new_serial
from lockdep.wait_types import PLAIN

if TYPE_CHECKING:
    from primitives.ww_mutex import WWClass, WWMutex


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

    def __init__(self, ww_class: WWClass) -> None:
        from primitives.ww_mutex import WWMutex

        self.ww_class: Any = ww_class
        self.wait_die = ww_class.wait_die
        self.dep_map = DepMap(f"{ww_class.name}_acquire", type(self))
        self.first_lock_dep_map = DepMap(f"{ww_class.name}_mutex", WWMutex)
        self.wait: Wait | None = None
        self.begin()

    def begin(self) -> None:
        """Have nothing, and be the youngest there is."""
        self.stamp = new_serial()
        self.acquired = 0
        self.wounded = self.done_acquire = False
        self.contending_lock: WWMutex | None = None

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

    def back_off(self, mutex: WWMutex) -> None:
        """This mutex is to be locked first, once all others are unlocked."""
        warn_on(self.contending_lock, "ww_ctx->contending_lock")
        self.contending_lock = mutex

    def check_had(self, mutex: WWMutex, stale: object) -> None:
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
        self.forks = _Process.forks
        self.granted = False
        self.stale: object = None


class _Process:
    forks = 0


def _forked() -> None:
    _Process.forks += 1


os.register_at_fork(after_in_child=_forked)


class WWQueue:
    """The owner of a mutex and those who wait for it: the oldest context first, those without one where they came.

    Invariant outside of the guard: nobody waits for a mutex without an owner. `heir` is the wait that it was granted
    to, until that one has noticed: a signal handler that comes in there and wants the mutex must have it first. Waits
    from before a fork are dropped in the child.
    """

    __slots__ = ("_guard", "forks", "heir", "mutex", "owner", "waits")

    def __init__(self, mutex: WWMutex) -> None:
        self.mutex = mutex
        self.owner = 0
        self._start()

    def _start(self) -> None:
        self.waits: list[Wait] = []
        self.heir: Wait | None = None
        self._guard = _thread.allocate_lock()
        self.forks = _Process.forks

    @property
    def guard(self) -> _thread.LockType:
        """The lock to change the books under; in a child, books without those who are gone."""
        if self.forks != _Process.forks:
            self._start()
        return self._guard

    def take(self, wait: Wait, once: bool, timeout: float, until_signal: bool) -> int:
        """Return 0 when the mutex is had, else a negative errno; then the wait is out of the queue."""
        deadline = None if timeout < 0 else monotonic() + timeout
        context = wait.context
        with self.guard:
            if self.heir is not None and self.heir.thread == wait.thread:
                self._take_over(self.heir)
            if not self.owner:
                self.owner = wait.thread
                wait.stale = self.mutex.ctx
                wait.granted = True
                if context is not None:
                    self.mutex.ctx = context
                    context.acquired += 1
                return 0
            if once:
                return -EBUSY
            if not self._join(wait):
                return -EDEADLK
        had = False
        try:
            self.mutex.dep_map.contended(wait.ticket)
            code = self._sleep(wait, deadline, until_signal)
            had = code == 0
            return code
        finally:
            if not had:
                self.mutex.dep_map.gave_up(wait.ticket)
            if context is not None:
                context.wait = None

    def hand_on(self) -> None:
        """The owner is done: the first who waits has the mutex. Nobody behind it is older, so nobody backs off."""
        with self.guard:
            if not self.waits:
                self.owner = 0
                return
            first = self.waits[0]
            context = first.context
            del self.waits[0]
            self.owner = first.thread
            first.stale = self.mutex.ctx
            first.granted = True
            self.heir = first
            if context is not None:
                self.mutex.ctx = context
                context.acquired += 1
            first.park.wake()

    def has_left(self, wait: Wait) -> bool:
        """Give up a wait; return True if it was granted before that."""
        with self.guard:
            if wait.granted:
                self.heir = None
            else:
                self.waits[:] = [other for other in self.waits if other is not wait]
            return wait.granted

    def _take_over(self, heir: Wait) -> None:
        """Have this wait go on waiting: its thread is in a signal handler that wants the mutex."""
        self.waits.insert(0, heir)
        self.heir = None
        heir.granted = False
        self.owner = 0
        if heir.context is not None:
            heir.context.acquired -= 1
            self.mutex.ctx = None

    def _join(self, wait: Wait) -> bool:
        """Queue before all younger ones, who may have to back off now; or return False where this one must."""
        context = wait.context
        place = len(self.waits)
        if context is not None:
            for at in range(place - 1, -1, -1):
                other = self.waits[at].context
                if other is None:
                    continue
                if context.is_younger(other):
                    if context.wait_die and context.acquired:
                        return False
                    break
                place = at
            context.wait = wait
        below = next((at for at, other in enumerate(self.waits) if other.thread == wait.thread), place)
        self.waits.insert(min(place, below), wait)  # a signal handler on top of a wait of its thread goes first
        if context is not None:
            self._press(context, [behind.context for behind in self.waits[place:]])
        return True

    def _press(self, context: AcquireContext, behind: list[AcquireContext | None]) -> None:
        """Have younger ones back off: the holder is wounded, or those behind look whether they die."""
        holder: AcquireContext | None = self.mutex.ctx
        if context.wait_die:
            losers = behind
        elif holder is not None and holder.acquired and holder.is_younger(context):
            holder.wounded = True
            losers = [holder]
        else:
            return
        for loser in losers:
            wait = None if loser is None else loser.wait
            if wait is not None:
                wait.park.wake()

    def _must_back_off(self, wait: Wait) -> bool:
        context, holder = wait.context, self.mutex.ctx
        if context is None or not context.acquired:
            return False
        if not context.wait_die:
            return context.wounded
        if holder is not None and context.is_younger(holder):
            return True
        ahead = self.waits[: self.waits.index(wait)]
        return any(other.context is not None for other in ahead)

    def _sleep(self, wait: Wait, deadline: float | None, until_signal: bool) -> int:
        """Sleep until the mutex is granted, the context must back off, or the time is up."""
        woken = True
        while True:
            with self.guard:
                if wait.forks != self.forks:  # a signal handler has forked, and this is the child
                    wait.forks = self.forks
                    self.waits.append(wait)
                code = 0 if wait.granted else -EDEADLK if self._must_back_off(wait) else 1 if woken else -ETIME
                if code < 0:
                    self.waits.remove(wait)
                elif code == 0:
                    self.heir = None
                hopeless = self.owner == wait.thread and deadline is None
            if code <= 0:
                return code
            if hopeless:  # where nothing is tracked, nobody has said so yet
                raise RuntimeError("this thread holds the mutex already, and would wait for ever")
            left = -1 if deadline is None else max(0, deadline - monotonic())
            woken = wait.park.sleep(left, until_signal)
