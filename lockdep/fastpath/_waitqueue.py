"""The wait queue under every sleeping primitive: a count of free units, and the threads that wait for some, in order.

A semaphore is units that are taken one by one; of a reader/writer lock a reader takes one and a writer takes all; a
completion is units that are signalled. Who finds enough units free and nobody waiting takes them. Everybody else
queues, and is granted its units by whoever gives units back: first come, first served, without a thundering herd. A
wait that `barges` passes the queue: it takes what is free whoever waits, and else waits at the head.

One source, two builds, as _fastpath. Each change of a queue is one section under its guard, and no handler,
finalizer or interrupt can come into a section: compiled, it is C without a Python call; in the pure build it has no
call and no loop, only steps of iterators that take the guard, wake a thread and drop the guard. A section grants
to one waiter, who goes on with the next when it wakes up; so an interrupt between two sections loses nothing.

A wait parks on a lock of its own and holds nothing of ours while it sleeps. When its time is up, or it is interrupted,
it takes what it was granted meanwhile, or gives it back, in one section. A signal handler that waits on top of its own
thread's wait goes before that one. Waiters from before a fork are dropped in the child.

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
PATIENCE = 0.1                                # seconds for another thread to give what this one wants twice
LIMIT = 1 << 40                               # so many units are as good as endless
UNLIMITED = LIMIT                             # the same, for importers: a name of C has no value for them
HAD, MORE, UNBALANCED = 1, 2, 4               # what `put` tells
ACCEPT, EXPIRE, ABANDON = 0, 1, 2             # what `put` does with a waiter: see there

_get_ident = _thread.get_ident
_allocate_lock = _thread.allocate_lock


class WaitQueue:
    """Units, and the threads that wait for some. Validates nothing.

    Invariant outside of sections: the first waiter cannot have what it wants, or somebody who was granted something
    is on the way to look again. `owner` is the thread that has taken all units, if one has.
    """

    def __init__(self, free=0, total=LIMIT, spins=0):
        self.total = self.sure = total
        self.free_units = free
        self.owner = self.waiting = self.contended = 0
        self.spins = spins                    # how often to look again before a wait sleeps
        self.first = self.last = None
        self.forks = _generation[0]
        self.waits = {}                       # thread -> its innermost wait here; only that thread changes it
        if cython.compiled:
            self.guard = 0
        else:
            guard = _thread.RLock()           # re-entrant: a trace function may come into a section
            self.enters = map(guard.acquire, repeat(True))
            self.leaves = starmap(guard.release, repeat(()))

    @property
    def free(self):
        """How many units are free."""
        return self.free_units

    def take(self, units, barge=False, waiter=None):
        """Take units if they can be had now; else queue the waiter, if there is one."""
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
            outer.granted = False             # what that wait was granted is for us to use first
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
        """Give units back, settle a waiter, and grant the first one in the queue what it wants if that is there now.

        With `dep_map` the units are given only if the validator knows of them, else UNBALANCED; `sure` units or more
        are given anyway, because the queue knows who has them. A waiter that was granted its units has HAD them, or
        returns them to ABANDON its wait; one that was not stays in the queue on ACCEPT only. MORE says that the next
        one could be granted something, too.
        """
        return self.put_units(units, dep_map, leaver, how)

    def put_units(self, units, dep_map=None, leaver=None, how=ACCEPT):
        result = 0
        try:
            if dep_map is not None and not dep_map.let_go() and units < self.sure:
                units = 0
                result = UNBALANCED
        finally:                              # the units are given whatever the validator does
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
                    except RuntimeError:      # it has not yet noticed that it was woken before
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
        """Give units back, or new ones, and wake everybody who can have what it wants now."""
        result = self.put_units(units)
        while result & MORE:
            result = self.put_units(0)

    def drain(self):
        """Have no units. Not while others give some."""
        self.free_units = 0

    def wait(self, units, timeout=FOREVER, signals=False, barge=False):
        """Block until the units were taken, or so many seconds have passed. With `signals`, InterruptedError when a
        signal handler has run (compiled only; an exception out of a handler ends every wait).
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
        self.waits[me] = waiter               # from here to the end of every way out, no call can lose what was had
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
        """Park this wait; return False when its time is up."""
        left = FOREVER if deadline is None else max(0, deadline - monotonic())
        return waiter.sleep(left, signals)


class ValidatedQueue(WaitQueue):
    """Units that are held like a lock: the validator is asked before a wait, and told what was had.

    `portion` is what the methods of threading.Lock and the with statement take: all units, or some.
    """

    def __init__(self, dep_map, free, total, portion, spins=0):
        WaitQueue.__init__(self, free, total, spins)
        self.dep_map = dep_map
        self.portion = portion

    def lock(self, units, mode=0, timeout=FOREVER, signals=False, barge=False, nest=None, subclass=0):
        """Take units; return whether they were had in time. TRY in `mode`: not validated before a wait."""
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
        """Take units, and tell the validator that they had to be waited for."""
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
        """Give units back that this thread holds. RuntimeError, after a finding, if it does not hold them."""
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
        """Report the release of what this thread does not hold in this way."""
        raise RuntimeError("release of a lock that this thread does not hold in this way")

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take it as threading.Lock.acquire does."""
        if timeout is None:
            timeout = FOREVER
        if blocking is not True or timeout is not FOREVER:
            _allocate_lock().acquire(blocking, timeout)   # CPython's own checks of the arguments, word for word
        return self.take_held(self.portion, 0, timeout if blocking else 0)

    def release(self):
        """Give back what `acquire` took."""
        self.give_held(self.portion)

    def locked(self):
        """Return whether `acquire` would have to wait."""
        return self.free_units < self.portion

    def __enter__(self):
        return self.take_held(self.portion)

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.give_held(self.portion)


class Side:
    """One way to hold a queue, for the with statement. Has no state: one serves all threads."""

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
    """Units that one thread takes and any thread may give: semaphores and completions.

    A unit is held by the thread that took it, until that thread gives one, or another thread does who holds none: then
    the oldest holder is rid of it. An `event` is never held: its units are signalled and used up. Whoever waits for a
    unit that is given by a thread that has none depends on the locks which that thread holds there.

    Where there is more than one unit, a thread that takes a second one is not validated. A thread that takes the only
    one again waits a moment for another thread to give it; then it is a finding.
    """

    def __init__(self, dep_map, free, event=False):
        ValidatedQueue.__init__(self, dep_map, free, LIMIT, 1)
        self.sure = 0
        self.event = event
        self.single = free == 1
        self.holders = deque()               # serials of the threads that have units, oldest first
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
            mode |= TIMED                     # it can end: anybody may give the unit
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
        """Any thread may."""
        holder = None
        if not self.event:
            try:
                self.holders.remove(current().serial)
                holder = self.dep_map
            except ValueError:
                pass                          # it has none, or another thread has just rid it of the last one
        if holder is None:
            self.dep_map.signal()
            try:
                self.dep_map.disown(self.holders.popleft())
            except IndexError:
                pass                          # nobody has one
        result = self.put_units(units, holder)
        while result & MORE:
            result = self.put_units(0)
        return True
