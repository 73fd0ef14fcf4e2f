"""The locks that only their holder may release: OwnedLock, and RecursiveLock, which is threading.RLock."""

from __future__ import annotations

import _thread
import _warnings
import sys
import threading

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath._modes import FOREVER
from lockdep.fastpath.greenlets import greenlets_patched

if not cython.compiled:
    from lockdep.fastpath import _pure
    from lockdep.fastpath._link import _link
    from lockdep.fastpath._lock import ExclusiveLock
    from lockdep.fastpath._modes import BLOCKING
    from lockdep.fastpath._parking import mode_of, timeout_of
    from lockdep.fastpath._threads import current

COMPILED = cython.compiled
SPINS = 4                                     # looks at a lock that is taken, before its waiter sleeps
ARGUMENTS_DEPRECATED = sys.version_info >= (3, 13)

_allocate_lock = _thread.allocate_lock
# The RLock that C code makes knows threads only. Greenlets have one that is written in Python, on their own locks.
_allocate_rlock = threading._RLock if greenlets_patched() else _thread.RLock


class OwnedLock(ExclusiveLock):
    """A lock that only its holder may release, and that is never taken again by its holder.

    The rest, and the cost, are those of ExclusiveLock. A call against the rules changes nothing: RuntimeError.
    """

    __slots__ = ()

    def check_owner(self, state):
        """Raise RuntimeError, after a report, if this thread does not hold the lock."""
        if self.owner != state.serial:
            if self.is_tracked(state):
                _link.hooks.misuse(state, self)
            raise RuntimeError("unlock of a lock that another thread holds" if self.owner else "unlock of a free lock")

    def spin(self, timeout, serial):
        """Without the GIL, look a few times while the holder is awake (kernel: mutex_optimistic_spin).

        With the GIL the holder does not run now. To let it run is to wait for the GIL, up to a switch interval, without
        a place in the queue.
        """
        if self.owner == serial and timeout < 0:   # nothing has reported it if the lock is not tracked
            raise RuntimeError("this thread holds the lock already, and would wait for ever")
        if cython.compiled and LD_FREE_THREADED:
            for _ in range(SPINS):
                if self.owner and self.owner in _link.asleep:
                    break
                ld_relax(cython.address(self.word))
                if self.take(serial):
                    return True
        return False


def breathe():
    """Let other threads run: there may be no memory to sleep in a queue."""
    if cython.compiled:
        ld_yield()
    return 0


def ignore_arguments():
    """Treat arguments as threading.RLock does: ignore them and, since 3.13, warn."""
    if ARGUMENTS_DEPRECATED:
        note = "Passing arguments to RLock is deprecated and will be removed in 3.15"
        _warnings.warn(note, DeprecationWarning, 1 if cython.compiled else 3)


class RecursiveLock(ExclusiveLock):
    """A lock that its holder may take again. Only the outermost acquisition counts as one."""

    __slots__ = ()

    def __init__(self, name=None, *more, raw=None, **others):
        if more or others or isinstance(name, int):       # programs still pass the `verbose` of Python 2
            name = ignore_arguments()
        if cython.compiled or hasattr(self, "owner"):
            self.end_life()
        self.enroll(type(self), name, None)
        self.equip(raw)

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take the lock, or take it once more; see threading.RLock.acquire."""
        if blocking is True and timeout is FOREVER:
            return self.enter_blocking()
        timeout = timeout_of(blocking, timeout)
        return self.enter(mode_of(blocking, timeout), timeout)

    def __enter__(self):
        return self.enter_blocking()

    @cython.final
    def enter_blocking(self):
        if cython.compiled:                   # the word of a lock that is held is never free, not even for its holder
            if cython.cast(ExclusiveLock, self).try_fast():       # cast: a final method is then called directly
                return True
        return self.enter(BLOCKING, FOREVER)

    def enter(self, mode, timeout):
        state = current()
        if self.owner == state.serial:
            self.count += 1
            return True
        if mode == BLOCKING and not cython.compiled and self.take_along(state, self.hint):
            return True
        return self.lock_slow(state, mode, timeout)

    def release(self):
        """Undo one acquisition. RuntimeError unless this thread holds the lock."""
        self.unlock_once()

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.unlock_once()

    def locked(self):
        """Return whether somebody holds the lock."""
        self.renew()
        return self.owner != 0

    def _is_owned(self):
        return self.owner == current().serial

    def _recursion_count(self):
        return self.count if self._is_owned() else 0

    def _release_save(self):
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        saved = self.count, self._owner
        self.unlock_real(current())
        return saved

    def _acquire_restore(self, saved):
        count, _owner = saved
        if count:                             # picklers save a lock that nobody holds as (0, 0)
            raised = self.regain(current())
            self.count = count
            if raised is not None:
                raise raised

    def regain(self, state):
        """Take the lock, as the wait for a Condition ends: whatever a signal handler raises meanwhile, the lock is
        needed. Return the last exception, which is to be raised now that the lock is held.
        """
        chain = raised = None
        try:
            if self.is_tracked(state):
                chain = self.seek(state, self.entry_for(state, BLOCKING))
        except BaseException as error:
            raised = error
        while not self.take(state.serial):
            try:
                if self.wait_counted(state, FOREVER, None if chain is None else chain.entry):
                    break
            except BaseException as error:
                raised = error
                if self.owner == state.serial:
                    break                     # it was taken, and what came after that has failed
                breathe()
        if chain is not None and state.chain is not chain.parent:
            chain = self.seek(state, chain.entry)
        if chain is not None:
            if self.run != state.run:
                self.note_run(state, chain)
            self.book(state, chain)
        return raised

    acquire_timed = acquire                               # the pure build's usual one stands below

    def describe(self):
        """Return the owner's ident and the count, for __repr__."""
        return f" owner={self._owner or 0} count={self.count if self.owner else 0}"


if not cython.compiled:
    _pure.write_out(
        RecursiveLock, __enter__=_pure.enter_recursive, __exit__=_pure.leave_recursive,
        acquire=_pure.acquire_recursive, release=_pure.release_recursive,
    )
