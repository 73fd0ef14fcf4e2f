"""Parking: how a thread waits for a lock, and the queue in which the waiters of an ExclusiveLock stand.

Each change of a queue is one section under its guard: compiled, a few instructions of C without a Python call. A waiter
holds nothing of ours while it sleeps. Waiters from before a fork are dropped in the child, which has another
generation.
"""

from __future__ import annotations

import _thread
import os
from errno import EINTR
from itertools import repeat, starmap

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
_allocate_lock = _thread.allocate_lock

if cython.compiled:
    ld_watch_forks()
    _generation = cython.address(ld_generation)
else:
    _generation = [1]                         # 1 in the first process, one more after each fork

    def _forked():
        _generation[0] += 1

    os.register_at_fork(after_in_child=_forked)


class Waiter:
    """One wait of one thread. All fields but `outer` and `park` are protected by the guard of its queue.

    The thread parks on a lock of C, which tells when a signal comes in. `units` is what it waits for, `outer` an
    earlier wait of the same thread for the same thing, on top of which a signal handler runs.
    """

    __slots__ = ("after", "before", "forks", "granted", "outer", "park", "queued", "thread", "units", "wakes")

    def __init__(self, thread, units=1, outer=None):
        self.thread = thread                  # any number that tells threads apart
        self.units = units
        self.forks = _generation[0]
        self.before = self.after = None       # neighbours in the queue; what is waited for goes to `before` first
        self.outer = outer
        if outer is not None and self.outer.forks != _generation[0]:
            self.outer = None
        self.queued = self.granted = False    # never both; neither: not yet in the queue, or out of it for good
        if cython.compiled:
            self.park = ld_bed()
        else:
            self.park = _allocate_lock()
            self.park.acquire()
            self.wakes = starmap(self.park.release, repeat(()))       # a step of it wakes, without a call

    def __dealloc__(self):
        ld_dispose(self.park)

    def sleep(self, left, until_signal):
        """Sleep until woken, then return True; or `left` seconds (-1: without a limit), then return False.

        With `until_signal`, InterruptedError if a signal handler has run. The pure build does not notice that.
        """
        if cython.compiled:
            status = ld_sleep(self.park, left)
            if status == 2:
                PyErr_CheckSignals()
                if until_signal and not self.granted:
                    raise InterruptedError(EINTR, "interrupted by a signal")
            return status != 0
        return self.park.acquire(True, left)

    def wake(self):
        """Wake the thread, now or when it next sleeps. To wake it twice is the same as once."""
        if cython.compiled:
            ld_wake(self.park)
        else:
            try:
                self.park.release()
            except RuntimeError:
                pass


class HandoffQueue:
    """The waiters of one ExclusiveLock, first come, first served. Used by the compiled build only.

    `heir` is the waiter to which the lock was handed, until it knows. `hungry` says that a waiter was passed over for
    too long: then the lock is handed over when it is next released.
    """

    __slots__ = ("first", "forks", "guard", "heir", "hungry")

    def __init__(self):
        self.first = self.heir = None
        self.hungry = False
        self.guard = 0
        self.forks = _generation[0]

    def clear(self):
        """Drop all waiters. Must not run concurrently with anything else."""
        self.first = self.heir = None
        self.hungry = False
        self.guard = 0

    def enqueue(self, waiter, front):
        """Put a waiter into the queue, at its head if `front`. A queue from before a fork is dropped.

        A signal handler may wait on top of its own thread's wait for the same lock, and must have the lock first: it is
        queued before that wait. If the lock was handed to that wait already, the handler takes it over; returns True.
        """
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            if self.forks != _generation[0]:
                self.forks = _generation[0]
                self.first = self.heir = None
            stolen = self.heir is not None and self.heir.thread == waiter.thread
            if stolen:
                self.heir.granted = False
                self.heir = None
            elif not waiter.queued:           # it still is if a signal woke it
                waiter.queued = True
                if front or self.first is None or self.first.thread == waiter.thread:
                    waiter.after = self.first
                    self.first = waiter
                else:
                    last = self.first
                    while last.after is not None and last.after.thread != waiter.thread:
                        last = last.after
                    waiter.after = last.after
                    last.after = waiter
            ld_unguard(cython.address(self.guard))
            return stolen

    def dequeue(self, waiter):
        """Take a waiter out of the queue; return False if it was woken instead."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            queued = waiter.queued
            if queued:
                if self.first is waiter:
                    self.first = waiter.after
                else:
                    other = self.first
                    while other is not None and other.after is not waiter:
                        other = other.after
                    if other is not None:     # None: a handler has forked and used the lock, and this is the child
                        other.after = waiter.after
                waiter.after = None
                waiter.queued = False
            ld_unguard(cython.address(self.guard))
            return queued

    def accept(self, waiter):
        """Return whether the lock was handed to this waiter, and not taken over by a signal handler on top of it."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            handed = waiter.granted
            waiter.granted = False
            if handed and self.heir is waiter:
                self.heir = None
            ld_unguard(cython.address(self.guard))
            return handed

    def wake(self, hand):
        """Wake the first waiter; return False if there is none. With `hand` the lock belongs to it from now on."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            self.hungry = False
            if self.forks != _generation[0]:
                self.first = None
            waiter = self.first
            if hand:
                self.heir = waiter
            if waiter is not None:
                self.first = waiter.after
                waiter.after = None
                waiter.queued = False
                waiter.granted = hand
            ld_unguard(cython.address(self.guard))
            if waiter is None:
                return False
            waiter.wake()
            return True
