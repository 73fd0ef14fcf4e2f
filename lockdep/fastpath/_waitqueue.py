"""The wait queue under every sleeping primitive: a number of free units, and a queue of threads that wait for some.

A semaphore has units that are taken one by one. A reader takes one unit of a reader/writer lock, a writer takes all. A
completion has units that are signalled. A thread takes units at once if enough are free and nobody waits; otherwise it
joins the queue, and a thread that gives units back grants them to the first waiter (so there is no thundering herd). A
thread that `barges` ignores the queue: it takes units whenever enough are free, or else waits at the head.

Each change of a queue is one section under its guard, and no signal handler, finalizer or interrupt can run inside a
section: compiled, it is C without a Python call; in the pure build it has no call and no loop, only steps of iterators
that take the guard, wake a thread and drop the guard. A section grants units to one waiter. When that waiter wakes up,
it serves the next one, so an interrupt between two sections loses nothing.

A waiter sleeps on a lock of its own (see _parking) and holds nothing of ours. When its time is up, or it is
interrupted, it takes or gives back in one section what it was granted meanwhile. A signal handler that waits on top of
its own thread's wait is served before that one. Waiters from before a fork are dropped in the child.

Cost, uncontended, compiled: no allocation, no clock, no system call.
"""

from __future__ import annotations

import _thread
from collections import deque
from itertools import repeat, starmap
from time import monotonic, sleep

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath._modes import FOREVER

if not cython.compiled:
    from lockdep.fastpath._modes import TIMED, TRY
    from lockdep.fastpath._parking import Waiter, _generation
    from lockdep.fastpath._threads import current

COMPILED = cython.compiled
PATIENCE = 0.1                                # seconds for others to give a unit that its only holder wants again
LIMIT = 1 << 40                               # the most units that a queue can have: more are not counted
UNLIMITED = LIMIT                             # the same as a Python name: LIMIT is a variable of C
HAD, MORE, UNBALANCED = 1, 2, 4               # flags in the result of `put`
ACCEPT, EXPIRE, ABANDON = 0, 1, 2             # what `put` does with a waiter; see its docstring

_get_ident = _thread.get_ident
_allocate_lock = _thread.allocate_lock


class WaitQueue:
    """Units, and the threads that wait for some. Nothing is validated here.

    Invariant outside of sections: the first waiter wants more than is free, or a waiter that was granted units is
    waking up and will serve the queue. `owner` is the thread that took all units, or 0.
    """

    def __init__(self, free=0, total=LIMIT, spins=0):
        self.total = self.sure = total
        self.free_units = free
        self.owner = self.waiting = self.contended = 0
        self.spins = spins                    # how often a waiter tries again before it sleeps
        self.first = self.last = None
        self.forks = _generation[0]
        self.waits = {}                       # thread -> its innermost wait here; only that thread changes it
        if cython.compiled:
            self.guard = 0
        else:
            guard = _thread.RLock()           # re-entrant: a trace function may run inside a section
            self.enters = map(guard.acquire, repeat(True))
            self.leaves = starmap(guard.release, repeat(()))

    @property
    def free(self):
        """How many units are free."""
        return self.free_units

    def take(self, units, barge=False, waiter=None):
        """Take units if that is possible now, and return whether it was; if not, put `waiter` into the queue."""
        return self.take_units(units, barge, waiter)

    def take_units(self, units, barge=False, waiter=None):
        outer = None if waiter is None else waiter.outer
        me = PyThread_get_thread_ident() if cython.compiled else _get_ident()
        if cython.compiled:
            ld_guard(cython.address(self.guard), _generation[0])
        else:
            for _ in self.enters:
                break
        if self.forks != _generation[0]:
            self.first = self.last = None
            self.waiting = 0
            self.forks = _generation[0]
        if outer is not None and outer.granted:
            outer.granted = False             # we come before that wait: put its units back and queue it again
            self.free_units += outer.units
            self.owner = 0
            outer.after = self.first
            if outer.after is None:
                self.last = outer
            else:
                outer.after.before = outer
            self.first = outer
            outer.queued = True
            self.waiting += 1
        taken = self.free_units >= units and (barge or self.first is None or self.first is outer)
        if taken:
            self.free_units -= units
            if units == self.total:
                self.owner = me
        elif waiter is not None:
            after = self.first if barge else None
            if outer is not None and outer.queued and not barge:
                after = outer
            waiter.after = after
            waiter.before = self.last if after is None else after.before
            if after is None:
                self.last = waiter
            else:
                after.before = waiter
            if waiter.before is None:
                self.first = waiter
            else:
                waiter.before.after = waiter
            waiter.queued = True
            self.waiting += 1
            self.contended += 1
        if cython.compiled:
            ld_unguard(cython.address(self.guard))
        else:
            for _ in self.leaves:
                break
        return taken

    def put(self, units, dep_map=None, leaver=None, how=ACCEPT):
        """Give units back, end the wait `leaver`, and grant the first waiter its units if enough are free.

        With `dep_map` the units are given back only if the validator knows that this thread holds them, otherwise the
        result has UNBALANCED. But `sure` units or more are always given back, because then the queue itself knows the
        holder. If `leaver` was granted its units, the result has HAD, or with ABANDON the units are given back. If it
        was not, it leaves the queue unless `how` is ACCEPT. MORE in the result says that the next waiter could be
        granted its units, too: call `put` again.
        """
        return self.put_units(units, dep_map, leaver, how)

    def put_units(self, units, dep_map=None, leaver=None, how=ACCEPT):
        result = 0
        try:
            if dep_map is not None and not dep_map.let_go() and units < self.sure:
                units = 0
                result = UNBALANCED
        finally:                              # the units are given back whatever the validator does
            woken = None
            if cython.compiled:
                ld_guard(cython.address(self.guard), _generation[0])
            else:
                for _ in self.enters:
                    break
            if self.forks != _generation[0]:
                self.first = self.last = None
                self.waiting = 0
                self.forks = _generation[0]
            if units:
                self.owner = 0
                self.free_units += units
                if self.free_units > LIMIT:
                    self.free_units = LIMIT
            if leaver is not None:
                if leaver.granted:
                    if how == ABANDON:
                        self.free_units += leaver.units
                        self.owner = 0
                    else:
                        result |= HAD
                    leaver.granted = False
                elif leaver.queued and how != ACCEPT:
                    leaver.queued = False
                    if leaver.forks == self.forks:
                        self.waiting -= 1
                        if leaver.before is None:
                            self.first = leaver.after
                        else:
                            leaver.before.after = leaver.after
                        if leaver.after is None:
                            self.last = leaver.before
                        else:
                            leaver.after.before = leaver.before
                        leaver.before = leaver.after = None
            first = self.first
            if first is not None and first.units <= self.free_units:
                self.free_units -= first.units
                if first.units == self.total:
                    self.owner = first.thread
                self.first = first.after
                if first.after is None:
                    self.last = None
                else:
                    first.after.before = None
                    if first.after.units <= self.free_units:
                        result |= MORE
                first.after = None
                first.queued = False
                first.granted = True
                self.waiting -= 1
                if cython.compiled:
                    woken = first
                else:
                    try:
                        for _ in first.wakes:
                            break
                    except RuntimeError:      # it was woken before, and has not run since
                        pass
            if cython.compiled:
                ld_unguard(cython.address(self.guard))
                if woken is not None:
                    ld_wake(woken.park)
            else:
                for _ in self.leaves:
                    break
        return result

    def give(self, units):
        """Give units back, or add new ones, and wake every waiter whose units are free now."""
        result = self.put_units(units)
        while result & MORE:
            result = self.put_units(0)

    def drain(self):
        """Drop all free units. Must not run concurrently with `give`."""
        self.free_units = 0

    def wait(self, units, timeout=FOREVER, signals=False, barge=False):
        """Block until the units were taken, then return True; or `timeout` seconds (-1: no limit), then return False.

        With `signals`, InterruptedError if a signal handler has run (in the compiled build only). An exception raised
        by a handler ends every wait.
        """
        return self.wait_units(units, timeout, signals, barge)

    def wait_units(self, units, timeout=FOREVER, signals=False, barge=False):
        deadline = None if timeout < 0 else monotonic() + timeout
        me = PyThread_get_thread_ident() if cython.compiled else _get_ident()
        for _ in range(self.spins):
            sleep(0)
            if self.take_units(units, barge):
                return True
        outer = self.waits.get(me)
        waiter = Waiter(me, units, outer)
        self.waits[me] = waiter               # from here on, no exception can lose units that were granted
        try:
            if self.take_units(units, barge, waiter):
                return True
            while True:
                if waiter.granted:
                    while self.put_units(0) & MORE:
                        pass
                    if self.put_units(0, None, waiter, ACCEPT) & HAD:
                        return True
                elif waiter.forks != _generation[0]:
                    waiter.queued = False     # a signal handler has forked, and this is the child
                    waiter.forks = _generation[0]
                    if self.take_units(units, barge, waiter):
                        return True
                elif not self.sleep(waiter, deadline, signals):
                    return self.put_units(0, None, waiter, EXPIRE) & HAD != 0
        except BaseException:
            self.put_units(0, None, waiter, ABANDON)
            raise
        finally:
            if waiter.outer is None:
                del self.waits[me]
            else:
                self.waits[me] = waiter.outer

    def sleep(self, waiter, deadline, signals):
        """Sleep until woken, then return True; or until the deadline, then return False."""
        left = FOREVER if deadline is None else max(0, deadline - monotonic())
        return waiter.sleep(left, signals)


class ValidatedQueue(WaitQueue):
    """Units that are held like a lock: they are validated before a wait, and entered when they were taken.

    `portion` is the number of units that the methods of threading.Lock and the with statement take.
    """

    def __init__(self, dep_map, free, total, portion, spins=0):
        WaitQueue.__init__(self, free, total, spins)
        self.dep_map = dep_map
        self.portion = portion

    def lock(self, units, mode=0, timeout=FOREVER, signals=False, barge=False, nest=None, subclass=0):
        """Take units; return whether that succeeded in time. With TRY in `mode` it is not validated before a wait."""
        return self.take_held(units, mode, timeout, signals, barge, nest, subclass)

    def take_held(self, units, mode=0, timeout=FOREVER, signals=False, barge=False, nest=None, subclass=0):
        ticket = None
        if timeout is not FOREVER:
            mode |= TRY if timeout == 0 else TIMED
        if not mode & TRY:
            ticket = self.dep_map.ask(mode, nest, subclass)
        if not self.get(ticket, units, timeout, signals, barge):
            return False
        try:
            self.dep_map.have(ticket, mode)
        except BaseException:
            self.give(units)
            raise
        return True

    def get(self, ticket, units, timeout, signals, barge):
        """Take units; if that takes a wait, count a contention."""
        if self.take_units(units, barge):
            return True
        if timeout == 0:
            return False
        got = False
        try:
            self.dep_map.contended(ticket)
            got = self.wait_units(units, timeout, signals, barge)
        finally:
            if not got:
                self.dep_map.gave_up(ticket)
        return got

    def unlock(self, units):
        """Give back units that this thread holds. RuntimeError, after a report, if it does not hold them."""
        return self.give_held(units)

    def give_held(self, units):
        if units == self.total:
            me = PyThread_get_thread_ident() if cython.compiled else _get_ident()
            if self.owner != me:
                self.unlock_wrongly()
        elif self.owner or self.free_units >= self.total:
            self.unlock_wrongly()
        result = self.put_units(units, self.dep_map)
        if result & UNBALANCED:
            raise RuntimeError("release of a lock that this thread does not hold")
        while result & MORE:
            result = self.put_units(0)
        return True

    def unlock_wrongly(self):
        """Refuse to give back units that this thread does not hold in this way. Subclasses report it first."""
        raise RuntimeError("release of a lock that this thread does not hold in this way")

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take `portion` units; see threading.Lock.acquire."""
        if timeout is None:
            timeout = FOREVER
        if blocking is not True or timeout is not FOREVER:
            _allocate_lock().acquire(blocking, timeout)   # CPython's own checks of the arguments, word for word
        return self.take_held(self.portion, 0, timeout if blocking else 0)

    def release(self):
        """Give back what `acquire` took."""
        self.give_held(self.portion)

    def locked(self):
        """Return whether fewer than `portion` units are free, so that `acquire` would wait."""
        return self.free_units < self.portion

    def __enter__(self):
        return self.take_held(self.portion)

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.give_held(self.portion)


class Side:
    """A context manager for one way to hold a queue. It has no state, so all threads can share it."""

    __slots__ = ("barge", "mode", "queue", "units")

    def __init__(self, queue, units, mode=0, barge=False):
        self.queue = queue
        self.units = units
        self.mode = mode
        self.barge = barge

    def __enter__(self):
        self.queue.take_held(self.units, self.mode, FOREVER, False, self.barge)

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.queue.give_held(self.units)


class UnitPool(ValidatedQueue):
    """Units that one thread takes and any thread may give back: semaphores and completions.

    A thread holds a unit until it gives one back, or until a thread that holds none gives one back: that releases the
    oldest holder. The units of an `event` are never held: they are signalled and used up. If a thread that holds no
    unit gives one, the threads that wait for it depend on the locks that the giver holds at that moment.

    If there is more than one unit, a thread that takes a second one is not validated. A thread that takes the only unit
    again waits a moment for another thread to give it back; then that is reported.
    """

    def __init__(self, dep_map, free, event=False):
        ValidatedQueue.__init__(self, dep_map, free, LIMIT, 1)
        self.sure = 0
        self.event = event
        self.single = free == 1
        self.holders = deque()               # serials of the threads that hold units, oldest first
        if not event:
            dep_map.share()

    def take_held(self, units, mode=0, timeout=FOREVER, signals=False, barge=False, nest=None, subclass=0):
        if self.event:
            if timeout != 0:
                self.dep_map.sync(mode if timeout is FOREVER else mode | TIMED)
            return self.take_units(units, barge) or (timeout != 0 and self.wait_units(units, timeout, signals, barge))
        me = current().serial
        if me in self.holders:
            if not self.single or timeout == 0:
                return self.hold(me, None, units, mode | TRY, timeout, signals, barge)
            patience = PATIENCE if timeout is FOREVER else min(PATIENCE, timeout)
            if self.hold(me, None, units, mode | TRY, patience, signals, barge):
                return True
            timeout = FOREVER if timeout is FOREVER else max(0, timeout - PATIENCE)
            mode |= TIMED                     # the wait can end: any thread may give the unit back
        if timeout is not FOREVER:
            mode |= TRY if timeout == 0 else TIMED
        ticket = None if mode & TRY else self.dep_map.ask(mode, nest, subclass)
        return self.hold(me, ticket, units, mode, timeout, signals, barge)

    def hold(self, me, ticket, units, mode, timeout, signals, barge):
        if not self.get(ticket, units, timeout, signals, barge):
            return False
        try:
            self.holders.append(me)
            self.dep_map.have(ticket, mode)
        except BaseException:
            if me in self.holders:
                self.holders.remove(me)
            self.give(units)
            raise
        return True

    def give_held(self, units):
        """Give units back; any thread may do this."""
        holder = None
        if not self.event:
            try:
                self.holders.remove(current().serial)
                holder = self.dep_map
            except ValueError:
                pass                          # it holds none, or another thread has just released its last one
        if holder is None:
            self.dep_map.signal()
            try:
                self.dep_map.disown(self.holders.popleft())
            except IndexError:
                pass                          # nobody holds a unit
        result = self.put_units(units, holder)
        while result & MORE:
            result = self.put_units(0)
        return True
