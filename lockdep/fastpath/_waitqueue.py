"""The wait queue under every sleeping primitive: a number of free units, and a queue of threads that wait for some.

A semaphore has units that are taken one by one. A reader takes one unit of a reader/writer lock, a writer takes all. A
completion has units that are signalled. A thread takes units at once if enough are free and nobody waits; otherwise it
joins the queue. A thread that `barges` ignores the queue: it takes units whenever enough are free, or else waits at the
head.

A thread that gives units back serves the first waiter; so there is no thundering herd. It grants the units if that
waiter has waited for long, or if the next one can have some, too. Otherwise it offers them: it wakes a waiter, and
until one that is awake has taken them, a thread that runs may do so. Were all units granted, then each use of a lock
that threads use in a loop would cost two switches of threads.

Each change of a queue is one section under its guard, and no signal handler, finalizer or interrupt can run inside a
section: it is C without a Python call; for the pure build see _pure_queue. A section serves one waiter. When that has
its units, it serves the next one, so an interrupt between two sections loses nothing.

A waiter sleeps on a lock of its own (see _parking) and holds nothing of ours. When its time is up, or it is
interrupted, it takes or gives back in one section what it was granted meanwhile. A signal handler that waits on top of
its own thread's wait is served before that one. Waiters from before a fork are dropped in the child.

Cost, uncontended, compiled: no allocation, no clock, no system call.
"""

from __future__ import annotations

import _thread
from collections import deque
from time import sleep

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath._modes import FOREVER

if not cython.compiled:
    from lockdep.fastpath import _pure_queue
    from lockdep.fastpath._link import _link
    from lockdep.fastpath._modes import TIMED, TRY
    from lockdep.fastpath._parking import Line
    from lockdep.fastpath._threads import current
    from lockdep.fastpath._waits import Wait

COMPILED = cython.compiled
LIMIT = 1 << 40                               # the most units that a queue can have: more are not counted
UNLIMITED = LIMIT                             # the same as a Python name: LIMIT is a variable of C
HAD, MORE, UNBALANCED = 1, 2, 4               # flags in the result of `put`
ACCEPT, EXPIRE, ABANDON, CLAIM = 0, 1, 2, 3   # what `put` does with a waiter; see its docstring

_patience = LD_PATIENCE if cython.compiled else _pure_queue.PATIENCE
_get_ident = _thread.get_ident
_allocate_lock = _thread.allocate_lock


class WaitQueue(Line):
    """Units, and the threads that wait for some. Nothing is validated here.

    Invariant outside of sections: the first waiter wants more than is free, or one that has been granted units, or
    woken to take the offered ones, will serve the queue. `owner` is the thread that took all units, or 0.
    """

    def __init__(self, free=0, total=LIMIT, spins=0):
        Line.__init__(self)
        self.total = self.sure = total
        self.free_units = free
        self.offered = 0                      # units that were free, until a waiter or a running thread takes them
        self.owner = self.contended = 0
        self.spins = spins                    # how often a waiter tries again before it sleeps
        self.patience = _patience             # seconds of its wait after which a waiter is granted its units
        self.waits = {}                       # thread -> its innermost wait here; only that thread changes it
        self.equip()

    def equip(self):
        """Set the words by which units are offered (see word_for): of all units, of one, and of none."""
        self.whole = self.part = self.none = LD_HELD

    @property
    def free(self):
        """How many units are free."""
        return self.count_free()

    def count_free(self):
        """Return how many units are free. Without the GIL, a section of another thread may be moving some."""
        self.begin()
        free = self.free_units + self.offered
        ld_unguard(cython.address(self.guard))
        return free

    def take(self, units, barge=False, waiter=None):
        """Take units if that is possible now, and return whether it was; if not, put `waiter` into the queue."""
        return self.take_units(units, barge, waiter)

    def take_units(self, units, barge=False, waiter=None):
        self.begin()
        taken = (self.free_units >= units and (barge or self.first is None)) or self.go_ahead(units, waiter)
        if taken:
            self.free_units -= units
            if units == self.total:
                self.owner = PyThread_get_thread_ident()
        elif waiter is not None:
            self.contended += 1
            outer = waiter.outer
            if barge or (outer is not None and outer.forks == 0):
                self.link(waiter, self.first)
            else:
                self.link(waiter, outer if outer is not None and outer.queued else None)
        ld_unguard(cython.address(self.guard))
        return taken

    def go_ahead(self, units, waiter):
        """Return whether units can be taken that others wait for; take them back from those first."""
        outer = None if waiter is None else waiter.outer
        if outer is not None and outer.granted:         # this wait comes before that one, which asks again afterwards
            self.take_back(outer)
            outer.forks = 0
            return self.free_units >= units
        if self.free_units < units:
            return self.free_units + self.offered >= units and self.withdraw()
        return self.first is outer or (self.offered and self.first.after is None)      # the only waiter has its offer

    def begin(self):
        """Begin a section: take the guard, and drop what was before a fork."""
        ld_guard(cython.address(self.guard), _generation[0])
        if self.forks != _generation[0]:
            self.withdraw()
            self.offered = 0
            self.drop_strangers()
        return 0

    def take_back(self, waiter):
        """Take back what a waiter was granted and has not taken yet."""
        put_int(waiter.granted, False)
        self.free_units += waiter.units
        self.owner = 0
        return 0

    def word_for(self, units):
        """Return the word by which so many units are offered. Waiters for any other number of them watch another."""
        if units == self.total:
            return cython.address(self.whole)
        return cython.address(self.part) if units == 1 else cython.address(self.none)

    def withdraw(self):
        """Take back what is offered. Return False if nothing is, or if a waiter has just taken it."""
        if self.offered == 0 or not ld_take(self.word_for(self.offered)):
            return False
        self.free_units += self.offered
        self.offered = 0
        return True

    def put(self, units, dep_map=None, leaver=None, how=ACCEPT):
        """Give units back, end the wait `leaver`, and grant the first waiter its units if enough are free.

        With `dep_map` the units are given back only if the validator knows that this thread holds them, otherwise the
        result has UNBALANCED. But `sure` units or more are always given back, because then the queue itself knows the
        holder. If `leaver` was granted its units, the result has HAD, or with ABANDON the units are given back. If it
        was not, it leaves the queue unless `how` is ACCEPT. MORE in the result says that the next waiter could be
        granted its units, too: call `put` again. CLAIM is for a waiter that has taken what was offered.
        """
        return self.put_units(units, dep_map, leaver, how)

    def put_units(self, units, dep_map=None, leaver=None, how=ACCEPT):
        result = 0
        try:
            if dep_map is not None and not dep_map.let_go() and units < self.sure:
                units = 0
                result = UNBALANCED
        finally:                              # the units are given back whatever the validator does
            self.begin()
            if units:
                self.owner = 0
                self.free_units = min(self.free_units + units, LIMIT)
            if leaver is not None:
                result |= self.let_leave(leaver, how)
            woken = None if self.first is None and not self.offered else self.serve()
            if woken is not None and woken.granted and self.first is not None and self.first.units <= self.free_units:
                result |= MORE
            ld_unguard(cython.address(self.guard))
            if woken is not None:
                ld_call(woken.park, cython.address(woken.called), self.word_for(woken.units))
        return result

    def let_leave(self, leaver, how):
        """End a wait; return HAD if it has its units."""
        if how == CLAIM:
            return self.claim(leaver)
        if leaver.granted:
            if how != ABANDON:
                put_int(leaver.granted, False)
                return HAD
            self.take_back(leaver)
        elif how != ACCEPT and leaver.queued:
            if leaver.forks == self.forks:
                self.remove(leaver)
            leaver.queued = False
        return 0

    def claim(self, waiter):
        """End the wait of a thread that has taken what was offered."""
        if waiter.granted:                    # its own units, while it looked: it took what was offered to another one
            put_int(waiter.granted, False)
            self.free_units += self.offered
        else:
            if waiter.units == self.total:
                self.owner = waiter.thread
            self.remove(waiter)
        self.offered = 0
        return HAD

    def serve(self):
        """Offer units to the waiters if enough are free for the first, or grant it them; return whom to call.

        What is offered goes to the waiter that comes first, or to a thread that runs and wants it. The first one is
        granted its units if it has waited for `patience` seconds, or if the second one can have some, too.
        """
        self.withdraw()
        first = self.first
        if first is None or self.offered or first.units > self.free_units:
            return None                       # who has just taken what was offered will serve the others
        self.free_units -= first.units
        alone = first.after is None or first.after.units > self.free_units
        if alone and self.patience and (look_at(first.called) or ld_clock() < first.since + self.patience):
            waiter = self.turn()
            if waiter.units != first.units:
                waiter = first
            if LD_EAGER:
                self.next = waiter.after      # all that are asleep are called in turn
            self.offered = first.units
            ld_offer(self.word_for(first.units))
            return waiter
        self.remove(first)
        put_int(first.granted, True)          # relaxed: whoever sees it takes the guard before all else
        if first.units == self.total:
            self.owner = first.thread
        return first

    def give(self, units):
        """Give units back, or add new ones, and wake every waiter whose units are free now."""
        result = self.put_units(units)
        while result & MORE:
            result = self.put_units(0)

    def drain(self):
        """Drop all free units. Must not run concurrently with `give`."""
        if cython.compiled:
            self.begin()
            self.free_units = 0
            ld_unguard(cython.address(self.guard))
        else:
            self.free_units = 0

    def wait(self, units, timeout=FOREVER, signals=False, barge=False):
        """Block until the units were taken, then return True; or `timeout` seconds (-1: no limit), then return False.

        With `signals`, InterruptedError if a signal handler has run (in the compiled build only). An exception raised
        by a handler ends every wait.
        """
        return self.wait_units(units, timeout, signals, barge)

    def wait_units(self, units, timeout=FOREVER, signals=False, barge=False, entry=None):
        """Do the same; `entry` is the Wait of a wait without a limit, which looks around between naps."""
        deadline = -1.0 if timeout < 0 else ld_clock() + timeout
        me = PyThread_get_thread_ident()
        for _ in range(self.spins):
            sleep(0)
            if self.take_units(units, barge):
                return True
        waiter = Waiter(me, units, self.waits.get(me))
        self.waits[me] = waiter
        try:
            if self.take_units(units, barge, waiter):
                return True
            while True:
                until = deadline if entry is None else ld_clock() + entry.nap
                ended = waiter.take(self.word_for(units), until)
                if ended == LD_EXPIRED and entry is not None:
                    entry.look()
                elif ended in (LD_TAKEN, LD_GRANTED, LD_EXPIRED):
                    result = self.put_units(0, None, waiter, CLAIM if ended == LD_TAKEN else EXPIRE)
                    if result & MORE:
                        self.give(0)
                    return result & HAD != 0
                if ended == LD_SIGNALLED:
                    waiter.interrupted(signals)
                if waiter.forks != _generation[0]:
                    waiter.queued = False     # a handler has forked, or has taken what was granted to this wait
                    waiter.forks = _generation[0]
                    if self.take_units(units, True, waiter):
                        return True
        except BaseException:
            self.put_units(0, None, waiter, ABANDON)
            raise
        finally:
            if waiter.outer is None:
                del self.waits[me]
            else:
                self.waits[me] = waiter.outer


if not cython.compiled:
    _pure_queue.complete(WaitQueue)


class ValidatedQueue(WaitQueue):
    """Units that are held like a lock: they are validated before a wait, and entered when they were taken.

    `portion` is the number of units that the methods of threading.Lock and the with statement take.
    """

    def __init__(self, dep_map, free, total, portion, spins=0):
        if cython.compiled or hasattr(self, "dep_map"):
            if self.dep_map is not None:      # it is initialised again
                self.dep_map.end_life()
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
        if cython.compiled:
            let_signals_in()
        if self.take_units(units, barge):
            return True
        if timeout == 0:
            return False
        got = False
        entry = Wait(current().serial, self.dep_map, self, timeout >= 0, units, barge)
        try:
            self.dep_map.contended(ticket)
            entry.publish()
            got = self.wait_units(units, timeout, signals, barge, None if timeout >= 0 else entry)
        finally:
            entry.withdraw()
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
        elif self.owner or (self.free_units + self.offered >= self.total and self.count_free() >= self.total):
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
        return self.count_free() < self.portion

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
        if event:
            self.patience = 0                 # whoever has waited longest goes on, and nobody else
        self.single = free == 1
        self.handed = False                   # a thread that held no unit has given one
        self.holders = deque()               # serials of the threads that hold units, oldest first
        if not event:
            dep_map.share()

    def take_held(self, units, mode=0, timeout=FOREVER, signals=False, barge=False, nest=None, subclass=0):
        if self.event:
            if timeout != 0:
                self.dep_map.sync(mode if timeout is FOREVER else mode | TIMED)
            return self.get(None, units, timeout, signals, barge)
        me = current().serial
        if me in self.holders:
            if not self.single or timeout == 0:
                return self.hold(me, None, units, mode | TRY, timeout, signals, barge)
            patience = _link.patience if timeout is FOREVER else min(_link.patience, timeout)
            if self.hold(me, None, units, mode | TRY, patience, signals, barge):
                return True
            timeout = FOREVER if timeout is FOREVER else max(0, timeout - patience)
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
        """Give units back; any thread may do this. They are given whatever the validator says of it afterwards."""
        holder = None
        try:
            if not self.event:
                self.holders.remove(current().serial)
                holder = self.dep_map
        except ValueError:
            pass                              # it holds none, or another thread has just released its last one
        finally:
            result = self.put_units(units, holder)
            while result & MORE:
                result = self.put_units(0)
        if holder is None:
            if not self.handed:
                self.handed = True
            self.dep_map.signal()
            try:
                self.dep_map.disown(self.holders.popleft())
            except IndexError:
                pass                          # nobody holds a unit
        return True
