"""Parking: how a thread waits for a lock, and the queue in which the waiters of an ExclusiveLock stand.

Each change of a queue is one section under its guard: compiled, a few instructions of C without a Python call. A waiter
holds nothing of ours while it sleeps. Waiters from before a fork are dropped in the child, which has another
generation.
"""

from __future__ import annotations

import _thread
from errno import EINTR
from itertools import repeat, starmap
from operator import index
from time import monotonic

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath._modes import FOREVER

if not cython.compiled:
    from lockdep.fastpath._modes import BLOCKING, TIMED, TRY
    from lockdep.forks import at_fork

COMPILED = cython.compiled
TIMEOUT_MAX = _thread.TIMEOUT_MAX
_allocate_lock = _thread.allocate_lock

if cython.compiled:
    ld_watch_forks()
    _generation = cython.address(ld_generation)
else:
    _generation = [1]                         # 1 in the first process, one more after each fork

    def _forked():
        _generation[0] += 1

    at_fork(after_in_child=_forked)


def mode_of(blocking, timeout):
    """Return the mode for the arguments of `acquire`."""
    return TRY if not blocking or timeout == 0 else BLOCKING if timeout < 0 else TIMED


def timeout_of(blocking, timeout):
    """Return the timeout of `acquire` as a number. Raise what CPython raises if there is something wrong."""
    if timeout is FOREVER and (blocking is True or blocking is False):
        return FOREVER
    if type(timeout) is float and blocking is True:
        seconds = timeout
        if 0 <= seconds <= TIMEOUT_MAX:
            return seconds
    _allocate_lock().acquire(blocking, timeout)           # CPython's own checks, word for word
    return timeout if isinstance(timeout, float) else index(timeout)


class Waiter:
    """One wait of one thread. All fields but `outer` and `park` are protected by the guard of its queue.
    Its thread looks at `granted` and `called` also without the guard, see ld_wait.

    The thread parks on a lock of C, which tells when a signal comes in. `units` is what it waits for, `outer` an
    earlier wait of the same thread for the same thing, on top of which a signal handler runs.
    """

    __slots__ = (
        "after", "before", "forks", "granted", "outer", "park", "queued", "revokes", "since", "thread", "units",
        "wakes",
    )  # fmt: skip

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
            self.called = False               # woken, and has not looked at the word of its lock since
            self.since = ld_clock()
        else:
            self.park = _allocate_lock()
            self.park.acquire()
            self.since = monotonic()
            # A step of `wakes` wakes the thread, without a call; one of `revokes` says whether it could be taken back.
            self.wakes = starmap(self.park.release, repeat(()))
            self.revokes = starmap(self.park.acquire, repeat((False,)))

    def __dealloc__(self):
        ld_dispose(self.park)

    def sleep(self, left, until_signal):
        """Sleep until woken, then return True; or `left` seconds (-1: without a limit), then return False.

        With `until_signal`, InterruptedError if a signal handler has run. The pure build does not notice that.
        """
        if cython.compiled:
            status = ld_sleep(self.park, left)
            if status == 2:
                self.interrupted(until_signal)
            return status != 0
        return self.park.acquire(True, left)

    def interrupted(self, until_signal):
        """Run the handlers of the signals that came in; then, with `until_signal`, raise InterruptedError."""
        if cython.compiled:
            PyErr_CheckSignals()
            if until_signal and not self.granted:
                raise InterruptedError(EINTR, "interrupted by a signal")
        return 0

    def take(self, word, deadline):
        """Sleep until this thread has the word of the lock; return how that ended, see ld_wait. Compiled only.

        The waiter stands in the queue, and must leave it afterwards.
        """
        if cython.compiled:
            return ld_wait(self.park, cython.address(self.called), cython.address(self.granted), word, deadline)

    def wake(self):
        """Wake the thread, now or when it next sleeps. To wake it twice is the same as once."""
        if cython.compiled:
            ld_wake(self.park)
        else:
            try:
                self.park.release()
            except RuntimeError:
                pass


class Line:
    """Waiters in a line, and who of them is called next. All but `waiting` is protected by the guard."""

    __slots__ = ("first", "forks", "guard", "last", "next", "waiting")

    def __init__(self):
        self.first = self.last = None
        self.next = None                      # whom the next release calls; None: the first
        self.waiting = 0                      # how many there are; a release reads it without the guard
        self.guard = 0
        self.forks = _generation[0]

    def drop_strangers(self):
        """Drop the waiters from before a fork."""
        if self.forks != _generation[0]:
            self.forks = _generation[0]
            self.first = self.last = self.next = None
            self.count(-self.waiting)
        return 0

    def count(self, change):
        """Change the number of waiters. The guard orders it for those who have that. A release reads it without: it has
        freed the word before, and a new waiter looks at the word after this, each with full order; one sees the other.
        """
        if cython.compiled:
            put_int(self.waiting, self.waiting + change)
        else:
            self.waiting += change
        return 0

    def link(self, waiter, after):
        """Put a waiter before `after`, or at the end if that is None."""
        waiter.before = self.last if after is None else after.before
        waiter.after = after
        if after is None:
            self.last = waiter
        else:
            after.before = waiter
        if waiter.before is None:
            self.first = waiter
        else:
            waiter.before.after = waiter
        if cython.compiled and LD_EAGER and after is None and look_at(self.first.called):
            self.next = waiter                # others take the word from those that were called: call the newest
        waiter.queued = True
        waiter.forks = self.forks
        self.count(1)
        return 0

    def remove(self, waiter):
        """Take a waiter out."""
        if self.next is waiter:
            self.next = waiter.after
        if waiter.before is None:
            self.first = waiter.after
        else:
            waiter.before.after = waiter.after
        if waiter.after is None:
            self.last = waiter.before
        else:
            waiter.after.before = waiter.before
        waiter.before = waiter.after = None
        waiter.queued = False
        self.count(-1)
        return 0

    def turn(self):
        """Return whose turn it is to be called. When the first has lost its patience, it is that one's."""
        waiter = self.first
        if waiter is not None and self.next is not None and ld_clock() < waiter.since + LD_PATIENCE:
            waiter = self.next
        return waiter


class HandoffQueue(Line):
    """The waiters of one ExclusiveLock, first come, first served. Used by the compiled build only.

    Each release calls one of them and frees the word for whoever takes it first: the thread that runs can go on with
    the lock while waiters wake up, and a waiter that gets no CPU holds up nobody. A waiter that sleeps and has waited
    for LD_PATIENCE seconds is handed the word instead: it stays held.
    """

    __slots__ = ()

    def clear(self):
        """Drop all waiters. Must not run concurrently with anything else."""
        self.first = self.last = self.next = None
        self.count(-self.waiting)
        self.guard = 0

    def wait_for(self, word, thread, seconds, signals, again):
        """Wait until the word was taken, then return True; or for some seconds, then return False.

        With `signals`, InterruptedError if a signal handler has run. While handlers run the waiter is not queued: they
        may raise, fork, or wait for this lock themselves. One that comes `again` stands at the head of the queue.
        """
        if cython.compiled:
            deadline = ld_clock() + seconds
            waiter = Waiter(thread)
            self.enqueue(waiter, again)
            while True:
                ended = waiter.take(word, deadline)
                if self.leave(waiter, word) or ended == LD_TAKEN:
                    return True
                if ended == LD_EXPIRED:
                    return False
                if ended == LD_SIGNALLED:
                    waiter.interrupted(signals)
                self.enqueue(waiter, True)

    def enqueue(self, waiter, front):
        """Put a waiter into the queue, at its head if `front`: it has waited before."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            self.drop_strangers()
            self.link(waiter, self.first if front else None)
            ld_unguard(cython.address(self.guard))
        return 0

    def leave(self, waiter, word):
        """Take a waiter out; return whether it was handed the word. If the word is free, call the next one."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            self.drop_strangers()
            if waiter.queued and waiter.forks == self.forks:
                self.remove(waiter)
            waiter.queued = False
            handed = waiter.granted
            put_int(waiter.granted, False)
            # Relaxed: who frees the word looks at the queue after that, and calls whoever stands there.
            other = None if handed or look_at(word[0]) == LD_HELD else self.first
            ld_unguard(cython.address(self.guard))
            if other is not None:
                ld_call(other.park, cython.address(other.called), word)
            return handed

    def serve(self, word):
        """Free a held word for a waiter: hand it over, or offer it. Return False if nobody waits; it is held then."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            waiter = self.pick()
            if waiter is not None:
                if look_at(waiter.called) or ld_clock() < waiter.since + LD_PATIENCE:
                    ld_offer(word)
                else:
                    put_int(waiter.granted, True)         # relaxed: whoever sees it takes the guard before all else
            ld_unguard(cython.address(self.guard))
            if waiter is None:
                return False
            ld_call(waiter.park, cython.address(waiter.called), word)
            return True

    def call(self, word):
        """Call a waiter; the word was freed before it stood in the queue, and may be held again."""
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
            waiter = self.pick()
            ld_unguard(cython.address(self.guard))
            if waiter is not None:
                ld_call(waiter.park, cython.address(waiter.called), word)
        return 0

    def pick(self):
        """Return whose turn it is to be called. The caller has the guard.

        An eager waiter that fails sleeps again without the GIL, so it stays in the queue; another one comes back.
        All that are asleep are called in turn. When the oldest has lost its patience it comes first, asleep or not.
        """
        self.drop_strangers()
        waiter = self.turn()
        if waiter is not None:
            if cython.compiled and LD_EAGER:
                self.next = waiter.after
            else:
                self.remove(waiter)
        return waiter
