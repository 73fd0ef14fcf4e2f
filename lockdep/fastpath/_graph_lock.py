"""GraphLock: the lock of everything that a validator has learned, which a fork must not leave locked.

It knows its holder. A fork in a signal handler that comes in the middle of the validator's work leaves the lock with
the thread that holds it, in the parent and in the child. That thread does not take it again: see `ThreadState.busy`.
The hooks of a fork are methods of C in the compiled build, where no signal handler can run: CPython prints an exception
that comes out of such a hook, and then forgets it. In the pure build that can happen; the lock is never lost by it.
"""

from __future__ import annotations

import _thread

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
FORK_SECONDS = 0.1                            # how long a fork waits: a child forked without the lock learns anew
_get_ident = _thread.get_ident
_allocate_lock = _thread.allocate_lock


class GraphLock:
    """A lock for one holder. `intact` says, in a child, whether no other thread held it during the fork."""

    __slots__ = ("forking", "forks", "holder", "intact", "raw")

    def __init__(self):
        self.holder = 0                       # ident of the thread that has it
        self.forks = 0                        # how many forks of the holder are going on, one inside another
        self.forking = False                  # it was taken for a fork
        self.intact = True
        self.new_raw()

    def new_raw(self):
        self.raw = PyThread_allocate_lock() if cython.compiled else _allocate_lock()
        return 0

    def wait(self, seconds):
        """Take the real lock; no signal handler can run between that and the note of the holder."""
        me = PyThread_get_thread_ident() if cython.compiled else _get_ident()
        if cython.compiled:
            got = PyThread_acquire_lock_timed(self.raw, 0, 0)
            if not got and seconds:
                with cython.nogil:
                    got = PyThread_acquire_lock_timed(self.raw, cython.cast(cython.longlong, seconds * 1e6), 0)
            if got:
                self.holder = me
            return got
        for got in map(self.raw.acquire, (seconds != 0,), (seconds or -1,)):
            if got:
                self.holder = me
            return got

    def is_mine(self):
        """Return whether this thread holds it."""
        return self.holder == (PyThread_get_thread_ident() if cython.compiled else _get_ident())

    def take(self, seconds):
        """Take the lock within this time, and return whether that was possible.

        If this thread has it already, an exception has ended what should have freed it: the caller has it now.
        """
        if not self.is_mine():
            return self.wait(seconds)
        self.forking = False
        self.forks = 0
        return True

    def drop(self):
        """Free the lock if this thread holds it."""
        if self.is_mine():
            self.holder = 0
            if cython.compiled:
                PyThread_release_lock(self.raw)
            else:
                self.raw.release()

    def __dealloc__(self):
        PyThread_free_lock(self.raw)

    def locked(self):
        """Return whether a thread holds it."""
        return self.holder != 0

    def before_fork(self):
        """Hold it while the process forks, if it can be had within FORK_SECONDS."""
        if self.is_mine():
            self.forks += 1
        elif self.wait(FORK_SECONDS):
            self.forks = 1
            self.forking = True

    def after_fork(self):
        """Free it in the parent."""
        if self.is_mine() and self.forks:
            self.forks -= 1
            if self.forking and not self.forks:
                self.forking = False
                self.drop()

    def renew(self):
        """Go on in the child, where no other thread lives. It stays with this thread if that had it before the fork."""
        self.intact = self.is_mine()
        self.new_raw()
        if self.intact and self.forks:
            self.forks -= 1
        else:
            self.forks = 0
        if self.intact and (self.forks or not self.forking):
            self.wait(0)
        else:
            self.holder = 0
            self.forking = False
