"""ExclusiveLock: a lock with one holder, and what one acquisition and one release of it cost on a known chain.

A known acquisition is one pointer comparison (the lock's hint against the chain of the thread), a try of the lock and a
push; a release in LIFO order is a step to the parent. Everything else goes through the hooks of the validator.

The real lock is taken before the books are written, and freed before they are corrected. Nothing can fail in between,
and no Python code runs, except where a lock that was taken already is validated: an exception frees it again. So what
leaves `acquire` means that it was not taken, and what leaves `release` that it is free (pure build: limitations.md).
A known acquisition and release needs no allocation, no clock, no frame, no hash and no lock of ours.
"""

from __future__ import annotations

from itertools import repeat

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath._modes import FOREVER, UNTIL_SIGNAL

if not cython.compiled:
    from lockdep.fastpath import _pure
    from lockdep.fastpath._dep_map import DepMap, _hold_starts
    from lockdep.fastpath._link import _link, _timing
    from lockdep.fastpath._modes import BLOCKING, TIMED, TRY
    from lockdep.fastpath._parking import mode_of, timeout_of
    from lockdep.fastpath._threads import current, current_or_nobody, find_thread
    from lockdep.fastpath._waits import Wait, waiters_of
    # isort: off
    from lockdep.fastpath._tally import (
        _clock, note_hold, note_name, note_time, note_wait, now_ns, ns_of, span, stamp, start_clock,
    )  # fmt: skip

COMPILED = cython.compiled
BRIEFLY = 0.05                                # seconds that a thread waits before what it has seen is judged
FOREIGN = 3                                   # a word that is never free: the real lock is another object
if cython.compiled:
    follow(ld_follow)


def switch_stat(on):
    """Take wait and hold times from now on, or no longer."""
    _timing[0] = start_clock() if on else 0
    _hold_starts.clear()
    if not cython.compiled:
        _pure.swap(on)


class ExclusiveLock(DepMap):
    """A lock with one holder: threading.Lock's methods, errors and corner cases, validated.

    Compiled, the lock is a word and a queue of waiters. One that was adopted, and in the pure build one that somebody
    has waited for (see _pure), is a foreign object. Whoever finds it free takes it, also while others wait: a waiter is
    served as by the raw lock (LD_EAGER in _atomics.h). One that was passed over for long is handed the lock.
    """

    __slots__ = ("count", "queue", "raw", "thin", "tries", "vacant", "word")

    def __init__(self, name=None, raw=None):
        self.end_life()                       # as `init` does; a new one has no holder
        self.enroll(type(self), name, None)
        self.equip(raw)

    def equip(self, raw):
        self.queue = None                     # made when somebody waits for the first time, then kept
        self.count = 0                        # how often the owner has taken the lock
        self.raw = raw
        self.word = 0 if raw is None else FOREIGN
        # One step is one try. Unlike a call, it leaves no moment for a handler between taking the lock and knowing it.
        self.tries = None if raw is None else map(raw.acquire, repeat(False))
        self.frees = None if raw is None else raw.release
        here = ld_here                        # as in `note_made`, without a call
        if here is not cython.NULL and cython.cast(ThreadState, here).chain.depth and self.entry is not _untracked:
            note_made(self.serial)

    @cython.final
    def try_fast(self):
        """Take a free lock along a known chain, or do nothing and return False."""
        if cython.compiled:                   # by pointers: two references less to count
            here = ld_here
            if here is cython.NULL:
                return False
            return self.take_along(cython.cast(ThreadState, here), cython.cast(Chain, hint_of(self)))
        return self.take_along(current(), self.hint)

    @cython.final
    def take_along(self, state, child):
        """Take a free lock along this chain if that is known here and this run took the lock last, or return False."""
        if gate_of(child) != cython.cast(cython.pointer(PyObject), state.chain) or self.run != state.run:
            return False
        if not ld_take(cython.address(self.word)):
            return False
        put(self.owner, state.serial)         # who compares this with its own serial has written it, or sees another
        self.count = 1
        put(self.acquisitions, self.acquisitions + 1)     # only the holder writes it
        ld_count_up(cython.address(state.counts), child.number)
        if _timing[0]:
            self.since = stamp(_clock)
        if not ld_note_origin(cython.address(state.origins[child.depth]), state.tstate):  # a method was called
            ld_note_frame(cython.address(state.origins[child.depth]), outer_frame(state.tstate))
        state.serials[child.depth] = self.serial
        state.chain = child
        return True

    def lock_slow(self, state, mode, timeout):
        """Take the lock the long way: validate what is new, then wait if the lock is busy."""
        if state.pending:
            state.let_in()
        if mode == BLOCKING and self.take_in_run(state, self.hint):
            return True
        if state.waits_calm and state.chain.depth == state.gaps:
            state.calm()
        if not self.is_tracked(state):
            return self.lock_real(state, mode, timeout, None, None)
        return self.lock_entry(state, mode, timeout, self.entry_for(state, mode))

    def take_in_run(self, state, child):
        """Take a free lock along its hint though another run took it last, or return False."""
        if child.gate is not state.chain or state.run == 0:
            return False
        if self.run != state.run:
            self.note_run(state, child)
        if cython.compiled:
            let_signals_in()                  # what has led here may have taken long; the rest does not
        if not self.take_along(state, child):
            return False
        if self.last != state.serial:
            self.note_bounce(state, child)
        return True

    def lock_as(self, mode=BLOCKING, timeout=FOREVER, nest=None, subclass=0):
        """Take the lock as a subclass of its class, or while `nest`, a held lock, serialises all locks of its class.
        `mode` is BLOCKING, TRY or TIMED; `timeout` is in seconds, or UNTIL_SIGNAL. Returns whether the lock was taken.
        """
        state = current()
        if state.pending:
            state.let_in()
        if not self.is_tracked(state):
            return self.lock_real(state, mode, timeout, None, None)
        return self.lock_entry(state, mode, timeout, self.entry_as(state, mode, nest, subclass))

    def lock_entry(self, state, mode, timeout, entry):
        """Validate the lock as `entry`, unless it is only tried, and take it."""
        if mode == TRY or entry is None:
            return self.lock_real(state, mode, timeout, entry, None)
        if self.owner == state.serial:
            return self.lock_again(state, mode, timeout, entry)
        child = self.hint
        if child.entry is not entry or child.gate is not state.chain:
            child = self.step(state, entry)   # before it can block
            if child is None:
                return self.lock_real(state, mode, timeout, None, None)
        if child is self.hint and self.take_in_run(state, child):
            return True
        if self.run != state.run:
            self.note_run(state, child)
        return self.lock_real(state, mode, timeout, entry, child)

    def lock_again(self, state, mode, timeout, entry):
        """Wait for a lock that this thread holds. If another thread frees it soon, it is a hand-off, and legal."""
        hopeless = not entry.lock_class.by_instance       # only its holder may release it
        if not hopeless and self.lock_real(state, TIMED, timeout if mode == TIMED else _link.patience, entry, None):
            return True
        _link.hooks.recursion(state, entry, self)
        return (hopeless or mode != TIMED) and self.lock_real(state, mode, timeout, entry, None)

    def lock_real(self, state, mode, timeout, entry, child):
        """Take the real lock, then write the books; `entry` is None if nothing is tracked.
        The owner is set with the lock: a finalizer or handler that runs before the books are written may take an RLock.
        """
        mine = self.owner == state.serial     # a plain lock that waits for its own holder
        taken = False
        try:
            taken = self.take(state.serial) or (mode != TRY and self.wait_counted(state, timeout, entry))
            if taken and entry is not None:
                if child is None or state.chain is not child.parent or state.run == 0:
                    child = self.step_again(state, entry)
                if child is not None:
                    self.book(state, child)
            if taken and cython.compiled:
                let_signals_in()
        except BaseException:
            if taken or (not mine and self.owner == state.serial):
                self.undo(state, child)
            raise
        return taken

    def undo(self, state, child):
        """Free a lock that was just taken, unless a signal handler has done that."""
        if self.owner != state.serial:
            return
        if state.chain is child:
            state.pop()
        self.owner = 0
        self.free()

    def wait_counted(self, state, timeout, entry):
        """Wait for the lock and count that; while times are taken, note also how long, where, and who held the lock."""
        if entry is None:
            return self.wait(timeout, state.serial)
        entry.tally.note_contended()
        began = 0
        if _timing[0]:
            note_name(state)
            began = now_ns()
            _link.hooks.contended(state, entry, self)
        if not self.wait_judging(state, timeout):
            entry.tally.note_timeout()
            return False
        if self.last != state.serial and self.last:
            entry.tally.note_bounced()
        if began:
            note_wait(state, entry.tally, began)
        return True

    def wait_judging(self, state, timeout):
        """Wait for the lock. If that takes long, have judged what is known of the thread: the wait may never end."""
        awaited = state.record is not None and state.record.waiters
        if state.waits_calm or awaited:
            if timeout != UNTIL_SIGNAL:
                if self.wait(BRIEFLY if timeout < 0 else min(timeout, BRIEFLY), state.serial):
                    return True
                if 0 <= timeout <= BRIEFLY:
                    return False
                timeout = timeout if timeout < 0 else timeout - BRIEFLY
            if awaited:
                _link.hooks.awaited(state, self, timeout >= 0)
            if state.waits_calm:
                state.calm()
        return self.wait(timeout, state.serial)

    def step_again(self, state, entry):
        """Validate a lock that was taken already: by a try, or while a signal handler changed what is held.

        Return its chain, or None if nothing is tracked any more.
        """
        child = self.step(state, entry) if state.run or state.settle() else None
        if child is None or state.busy or state.running <= 0:
            return child
        if self.marks or state.running == _link.exposed:
            self.cross(state, child)          # a try is safe in a handler, but what it takes here a handler may want
        return child

    @cython.final
    def unlock_here(self):
        if cython.compiled:
            here = ld_here
            if here is not cython.NULL:
                return self.unlock_real(cython.cast(ThreadState, here))
        return self.unlock_real(current_or_nobody())

    @cython.final
    def unlock_once(self):
        """Undo one acquisition of a recursive lock. RuntimeError unless this thread holds it."""
        if cython.compiled:
            here = ld_here
            if here is not cython.NULL:
                return self.unlock_nested(cython.cast(ThreadState, here))
        return self.unlock_nested(current_or_nobody())

    @cython.final
    def unlock_nested(self, state):
        if self.owner != state.serial:
            _link.hooks.misuse(state, self)
            raise RuntimeError("cannot release un-acquired lock")
        if self.count > 1:
            self.count -= 1
            return 0
        return self.unlock_real(state)

    @cython.final
    def unlock_real(self, state):
        """Free the lock, whatever the books say, and take it off them."""
        chain = state.chain
        began = self.since
        if began:
            self.since = 0
        innermost = state.serials[chain.depth] == self.serial and self.owner == state.serial
        if innermost:
            state.chain = chain.parent
            if cython.compiled:
                put(self.owner, 0)            # freeing the word comes later in any order
                self.free()
                ld_leave_origin(cython.address(state.origins[chain.depth]))
            else:                             # not by `free`: a signal handler can run where a Python function begins
                self.owner = 0
                thin = self.vacant = self.thin
                if not thin:
                    self.raw.release()
        else:
            self.check_owner(state)
            self.unlock_other(state)
        if began:
            self.note_release(state, chain.entry.tally if innermost else self.entry.tally, began)
        if state.waits_calm and state.chain.depth == state.gaps:
            state.calm()
        return 0

    def note_release(self, state, tally, began):
        """Note the end of a hold that began at this stamp; the lock is free already."""
        if _timing[0] == 1:
            note_time(tally.hold, span(_clock, began, stamp(_clock)))
        else:                                 # for the trace as well
            note_hold(state, tally, ns_of(_clock, began))
        return 0

    def check_owner(self, state):
        """Allow every thread to release the lock."""

    def unlock_other(self, state):
        """Free a lock that is not the innermost one of this thread, or that this thread does not hold at all."""
        owner = self.owner
        if owner == state.serial:
            self.owner = 0
            self.free()
            at = state.find(self.serial)
            if at:
                try:
                    self.check_pin(state, at)
                finally:
                    state.drop(at)
        elif owner:
            self.revoke_from(owner)                 # before it is free: its holder may take it again at once
            self.owner = 0
            self.free()
        else:
            try:
                if not self.locked():
                    _link.hooks.misuse(state, self)
            finally:
                self.free()
        if state.revoked:
            state.take_messages()

    def take(self, serial):
        """Take the real lock if it is free, for the thread with this serial."""
        if ld_take(cython.address(self.word)):
            return self.own(serial)
        if self.raw is None:
            return False
        for got in self.tries:
            return got and self.own(serial)

    def own(self, serial):
        """Note that a waiter was handed the real lock."""
        self.owner = serial
        self.count = 1
        return True

    @cython.final
    def free(self):
        """Free the real lock, and call a waiter."""
        if self.raw is not None:
            ld_release_foreign(self.frees)
        else:
            if self.has_waiters() and self.free_for_waiter():
                return 0
            if not ld_free(cython.address(self.word)):
                raise RuntimeError("release unlocked lock")
            if LD_FREE_THREADED and self.has_waiters():
                self.queue.call(cython.address(self.word))          # the waiter came after the first look
        return 0

    @cython.final
    def has_waiters(self):
        """Return whether a thread waits. Compiled only: a waiter sees the word free, or is seen here."""
        queue = ld_get(queue_of(self))
        if queue == cython.cast(cython.pointer(PyObject), None):
            return False
        return ld_count(cython.address(cython.cast(HandoffQueue, queue).waiting)) != 0

    def free_for_waiter(self):
        """Free the word, which must be held, for a waiter. Return False if nobody waits; it is held then."""
        if ld_count(cython.address(self.word)) != LD_HELD:
            raise RuntimeError("release unlocked lock")
        return self.queue.serve(cython.address(self.word))

    def wait(self, timeout, serial):
        """Block until the lock is taken, or `timeout` seconds have passed (-1: without a limit).

        An exception from a signal handler ends the wait. UNTIL_SIGNAL: so does any handler (not in the pure build).
        """
        if self.spin(timeout, serial):
            return True
        wait = Wait(serial, self, None, timeout >= 0)
        again = False
        try:
            wait.publish()
            while not self.park(serial, timeout if timeout >= 0 else wait.nap, timeout == UNTIL_SIGNAL, again):
                if timeout >= 0:
                    return False
                again = True
                wait.look()
            return True
        finally:
            wait.withdraw()

    def spin(self, timeout, serial):
        """Look again at a lock that was taken, before its waiter sleeps. Not done here: return False."""
        return False

    def park(self, serial, seconds, signals, again):
        """Sleep for some seconds in the queue, at its head if `again`, or in the acquire of the foreign lock."""
        if self.raw is not None:
            for got in map(self.raw.acquire, (True,), (seconds,)):
                return got and self.own(serial)
        if self.waiting_room().wait_for(cython.address(self.word), serial, seconds, signals, again):
            return self.own(serial)
        return self.take(serial)

    def waiting_room(self):
        """Return the queue of waiters; it is made by the first."""
        if self.queue is None:
            ld_set_once(queue_of(self), HandoffQueue())   # of another thread that comes first, too
        return self.queue

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take the lock; see threading.Lock.acquire."""
        if timeout is FOREVER:
            if blocking is True:
                return self.try_fast() or self.lock_slow(current(), BLOCKING, FOREVER)
            if cython.compiled and blocking is False and ld_count(cython.address(self.word)) == LD_HELD:
                return False
        timeout = timeout_of(blocking, timeout)
        return self.lock_slow(current(), mode_of(blocking, timeout), timeout)

    def release(self):
        """Free the lock. RuntimeError if it is not locked. Any thread may do this."""
        self.unlock_here()

    @property
    def waiting(self):
        """How many threads sleep until they have the lock."""
        return waiters_of(self)

    def locked(self):
        """Return whether somebody holds the lock."""
        self.renew()
        return ld_count(cython.address(self.word)) == LD_HELD if self.raw is None else self.raw.locked()

    def __enter__(self):
        return self.try_fast() or self.lock_slow(current(), BLOCKING, FOREVER)

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.unlock_here()

    acquire_timed = acquire                               # the pure build's usual one stands below

    def init(self):
        """Start a new life as a lock that nobody holds. It is reported if somebody does hold it."""
        DepMap.init(self)
        self.clear()

    def _at_fork_reinit(self):
        state = current()
        at = state.find(self.serial)
        if at:
            state.drop(at)
        self.clear()

    def clear(self):
        """Free the lock and forget its waiters."""
        self.renew()
        self.owner = 0
        if self.queue is not None:
            self.queue.clear()
        if self.raw is not None:
            self.raw._at_fork_reinit()
        else:
            self.word = 0

    @property
    def _owner(self):
        holder = find_thread(self.owner)      # gevent and debuggers read it: the ident of the holder
        return None if holder is None else holder.ident

    @_owner.setter
    def _owner(self, ident):
        """Ignore it: gevent writes it to locks that are held when it patches."""

    def __repr__(self):
        kind = type(self)
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} {kind.__module__}.{kind.__qualname__} object{self.describe()} at {id(self):#x}>"

    def describe(self):
        """Return what else __repr__ says."""
        return ""

    def __reduce_ex__(self, protocol):
        raise TypeError(f"cannot pickle {type(self).__qualname__!r} object")


if not cython.compiled:
    _pure.complete(ExclusiveLock)
    _pure.write_out(
        ExclusiveLock, __enter__=_pure.enter, __exit__=_pure.leave, acquire=_pure.acquire, release=_pure.release
    )
