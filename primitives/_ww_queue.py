"""The wait queue of a WWMutex, where acquire contexts decide which one of them backs off.

The rules are those of kernel/locking/ww_mutex.h. Each queue has one raw lock, its guard, and no thread sleeps while it
holds a guard. Code that changes a queue under its guard makes no call and runs no loop between dependent assignments,
so that a signal handler never sees a change that is half done.

Cost: lock and unlock without contention take the guard once; a wait looks at each waiting thread once.
"""

from __future__ import annotations

import _thread
from errno import EBUSY, EDEADLK, ETIME
from time import monotonic

from primitives._ww_context import AcquireContext, ContextMutex, Process, Wait


class WWQueue:
    """The owner of a mutex and the waits for it: older contexts before younger ones, waits without a context where they
    came.

    Invariant outside of the guard: no wait is queued for a mutex without an owner. `heir` is the wait that the mutex
    was granted to, until its thread has noticed: if a signal handler runs in that thread before and wants the mutex,
    the handler must have it first. Waits from before a fork are dropped in the child.
    """

    __slots__ = ("_guard", "forks", "heir", "mutex", "owner", "waits")

    def __init__(self, mutex: ContextMutex) -> None:
        self.mutex = mutex
        self.owner = 0
        self._start()

    def _start(self) -> None:
        self.waits: list[Wait] = []
        self.heir: Wait | None = None
        self._guard = _thread.allocate_lock()
        self.forks = Process.forks

    @property
    def guard(self) -> _thread.LockType:
        """The lock under which the queue is changed.

        In the child of a fork, the waits of the parent's threads are dropped first.
        """
        if self.forks != Process.forks:
            self._start()
        return self._guard

    def take(self, wait: Wait, once: bool, timeout: float, until_signal: bool) -> int:
        """Return 0 when the mutex has been taken, else a negative errno, and then the wait is no longer queued.

        `once` means not to wait. `timeout` is in seconds, negative for none.
        """
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
        taken = False
        try:
            self.mutex.dep_map.contended(wait.ticket)
            code = self._sleep(wait, deadline, until_signal)
            taken = code == 0
            return code
        finally:
            if not taken:
                self.mutex.dep_map.gave_up(wait.ticket)
            if context is not None:
                context.wait = None

    def hand_on(self) -> None:
        """Hand the mutex from its owner to the first wait in the queue.

        No wait behind it is older, so none has to back off.
        """
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
        """Remove a wait from the queue; return whether it was granted before that."""
        with self.guard:
            if wait.granted:
                self.heir = None
            else:
                self.waits[:] = [other for other in self.waits if other is not wait]
            return wait.granted

    def _take_over(self, heir: Wait) -> None:
        """Make a granted wait wait again: a signal handler in its thread wants the mutex."""
        self.waits.insert(0, heir)
        self.heir = None
        heir.granted = False
        self.owner = 0
        if heir.context is not None:
            heir.context.acquired -= 1
            self.mutex.ctx = None

    def _join(self, wait: Wait) -> bool:
        """Insert a wait before those of younger contexts, which may have to back off.

        Return False if its own context must.
        """
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
        """Make younger contexts back off: wound the holder, or wake those behind so that they check whether they must
        die.
        """
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
        """Sleep until the mutex is granted, the context must back off, or the time is up.

        Returns 0 or a negative errno.
        """
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
            if hopeless:  # dep_map.acquire reports this only where locks are validated
                raise RuntimeError("this thread holds the mutex already, and would wait for ever")
            left = -1 if deadline is None else max(0, deadline - monotonic())
            woken = wait.park.sleep(left, until_signal)
