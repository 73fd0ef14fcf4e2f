"""The table of waits: what each thread waits for that sleeps now, or is about to.

A thread publishes a Wait when it is about to block, and withdraws it whatever ends that. A signal handler may wait on
top of its own thread's wait: the table has the newest, which leads to the `outer` one. Nothing here is done for a lock
that is free.

A wait without a timeout is slept in naps. Between two of them the thread looks whether its wait can still end: see
`look`. If the waits lead back to it in a circle, it looks twice, NAP_IN_CIRCLE seconds apart. Two equal looks prove a
deadlock, since nobody in the circle has moved between them.

A thread may run while its wait lasts: a signal handler does on top of it, and a wait for a work item takes the lock of
the future's condition for a moment. A lock that was taken in there will be given back, so it closes no circle.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, fence, find_in, new_serial
    from lockdep.fastpath._tally import now_ns
    from lockdep.fastpath._threads import find_thread

COMPILED = cython.compiled
NAP = 1.0                                     # seconds; each nap is twice as long as the one before
LONGEST_NAP = 60.0
NAP_IN_CIRCLE = 0.02


class Wait:
    """One wait of the thread with the serial `thread`, for `lock`, or for `aim` if that is no lock.

    `lock` is the DepMap; if it belongs to a ValidatedQueue, that is the aim, and the thread wants so many `units` of
    it, and if it `barges`, before others. Another aim has a method `ender()`: the serial of the only thread that can
    end the wait, 0 if that is not known. `number` is that of no other wait, `since` is when it began (ns of the
    monotonic clock), `depth` how many locks the thread held then, `nap` how long it sleeps until the next look
    (seconds). `told` says that it was reported.
    """

    __slots__ = (
        "aim", "barges", "circle", "depth", "key", "lock", "nap", "number", "outer", "since", "thread", "timed", "told",
        "units",
    )  # fmt: skip

    def __init__(self, thread, lock, aim, timed, units=0, barges=False):
        self.thread = self.key = thread       # as an object, so that to withdraw takes no memory
        self.lock = lock
        self.aim = aim
        self.timed = timed
        self.units = units
        self.barges = barges
        self.told = False
        self.nap = NAP
        self.number = new_serial()
        self.since = now_ns()
        self.circle = None                    # as it was at the last look
        self.outer = find_in(_link.asleep, self.key)
        state = find_thread(thread)
        self.depth = 0 if state is None else state.chain.depth

    def publish(self):
        """Enter the wait into the table, and look for the first time."""
        _link.asleep[self.key] = self
        if not self.timed:
            fence()                           # of several threads that close a circle, the last one sees all of it
            if self.ender() in _link.asleep:
                self.circle = self.find_circle()
                if self.circle is not None:
                    self.nap = NAP_IN_CIRCLE
        return 0

    def withdraw(self):
        """Take the wait out of the table: it has ended. Any number of times."""
        if find_in(_link.asleep, self.key) is self:
            if self.outer is None:
                _link.asleep.pop(self.key, None)
            else:
                _link.asleep[self.key] = self.outer
        return 0

    def ender(self):
        """Return the serial of the only thread that can end this wait; 0 if it is not the only one, or not known."""
        if self.lock is None:
            return self.aim.ender()
        return 0 if self.lock.crossed else self.lock.owner

    def had(self, lock):
        """Return whether the thread held a lock already when it began to wait; True if it is not known since when."""
        state = find_thread(self.thread)
        if state is None:
            return True
        depths = [chain.depth for chain, serial in state.held() if serial == lock.serial]
        return not depths or depths[0] <= self.depth

    def look(self):
        """See whether this wait can still end, and choose the next nap. May raise what the validator raises."""
        self.nap = min(LONGEST_NAP, max(NAP, 2 * self.nap))
        before, self.circle = self.circle, self.find_circle()
        if self.told:
            return 0
        if self.circle is None:
            _link.hooks.waiting_on(self)
        elif self.circle == before:
            _link.hooks.deadlocked(self)
        else:
            self.nap = NAP_IN_CIRCLE
        return 0

    def find_circle(self):
        """Return the circle of waits that leads from this wait back to its thread, or None.

        It is a list of (wait, which acquisition of its lock). A timed wait ends by itself and is in no circle, and a
        thread that waits for itself is found elsewhere.
        """
        found = []
        wait = self
        while not wait.timed and len(found) <= len(_link.asleep):
            found.append((wait, 0 if wait.lock is None else wait.lock.acquisitions))
            ender = wait.ender()
            lock, wait = wait.lock, find_in(_link.asleep, ender)
            if wait is None or not (lock is None or wait.had(lock)):
                return None
            if ender == self.thread:
                return found if len(found) > 1 else None
        return None


def waits():
    """Return the newest wait of each thread that waits now."""
    return list(_link.asleep.values())


def waiters_of(lock):
    """Return how many threads wait for this lock now, those not counted that wait for another one on top of that."""
    found = 0
    for wait in waits():
        found += wait.lock is lock
    return found


def wait_of(serial):
    """Return the newest wait of the thread with this serial, or None."""
    return find_in(_link.asleep, serial)
