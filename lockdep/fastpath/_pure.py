"""What an ExclusiveLock is in the pure build, and its hot methods. The compiled build does not load this module.

A lock is thin until a thread has to wait for it: then it gets a raw lock, on which its waiters sleep, and keeps it.
With the GIL, other threads run only where a function begins, where a call ends and where a loop goes back, and trace
functions run between lines. So a line without these is one step to all others, and to take a thin lock is a line that
exchanges `vacant`. Without the GIL, a lock has its raw lock from the beginning, as one that was adopted has; also where
gevent has patched, whose locks let others run when they are tried in vain.

The hot methods are those for a known chain and while no times are taken. They are written out, because a Python call
costs more than the work that it would name. No call stands between the try and the last store, so that no signal
handler can run there.
"""

from __future__ import annotations

import _thread
import sys
from itertools import repeat, starmap
from operator import attrgetter

from lockdep.fastpath._chain import _nowhere, _untracked
from lockdep.fastpath._link import _serials, _timing
from lockdep.fastpath._modes import BLOCKING, FOREVER
from lockdep.fastpath._site import _gone, _known, creation_entry
from lockdep.fastpath._tally import now_ns
from lockdep.fastpath._threads import _local, enter_thread, note_made
from lockdep.fastpath.greenlets import greenlets_patched

THIN = getattr(sys, "_is_gil_enabled", lambda: True)() and not greenlets_patched()

_allocate_lock = _thread.allocate_lock
_getframe = sys._getframe
_names = _thread.__dict__
_never = repeat(False)                        # the tries of a thin lock
_lent = {}                                    # type of locks -> its subclass for those that are the greenlets' own
_not_blocking = repeat((False,))              # arguments of acquire; in a tuple they need not be packed


def begin(lock, name=None, raw=None):
    """Initialise an ExclusiveLock; its __init__."""
    if hasattr(lock, "owner"):                # it has a life behind it
        lock.end_life()
    if name is not None or raw is not None or _names["allocate_lock"] is not _allocate_lock:
        lock.enroll(type(lock), name, None)
        lock.equip(raw)
    else:
        begin_here(lock, type(lock), 2)


def begin_here(lock, kind, depth):
    """Initialise a lock that belongs to the place where the frame stands that is `depth` frames above."""
    frame = _getframe(depth)
    lock.serial = next(_serials)
    try:
        number, lock.entry = _known[id(frame.f_code) + frame.f_lasti]
        if number != id(kind) or _gone:
            lock.entry = creation_entry(kind, lock.serial, depth + 1)
    except KeyError:
        lock.entry = creation_entry(kind, lock.serial, depth + 1)
    lock.hint = _nowhere
    lock.other = _untracked
    lock.owner = lock.acquisitions = lock.last = lock.earlier = lock.since = lock.holds = lock.unseen = lock.count = 0
    lock.marks = 0
    lock.run = lock.peer = -1
    lock.crossed = False
    lock.witnessed = 0
    if lock.entry is not _untracked:
        note_made(lock.serial)
    if THIN:
        lock.raw = None
        lock.tries = _never
        lock.vacant = lock.thin = True
    else:
        equip(lock, None)


def equip(lock, raw):
    """Make a new lock a thin one, or one that is the lock `raw`."""
    if raw is None and not THIN:
        raw = _allocate_lock()
    lock.count = 0
    if _names["allocate_lock"] is not _allocate_lock and "stands_for" in type(lock).__dict__:
        raw = lend(lock)
    lock.raw = raw
    lock.tries = _never if raw is None else tries_of(raw)
    lock.vacant = lock.thin = raw is None


def lend(lock):
    """Let a new lock be one of the greenlets' own, which have patched threading since; return that."""
    kind = type(lock)
    if kind not in _lent:
        names = {*dir(kind.stands_for), "locked", "_is_owned"} - {*dir(object), "__module__"}
        forwards = {name: property(attrgetter(f"raw.{name}")) for name in names}
        _lent[kind] = type(kind)(kind.__name__, (kind,), {"__slots__": (), "__module__": kind.__module__, **forwards})
    lock.__class__ = _lent[kind]
    lock.entry = _untracked
    return getattr(sys.modules["threading"], kind.kind_name)()


def tries_of(raw):
    """Return an iterator: each step of it tries to take a raw lock. Unlike a call, it leaves no moment for a signal
    handler between taking the lock and knowing it.
    """
    return starmap(raw.acquire, _not_blocking)


def fatten(lock):
    """Give a lock that a thread waits for its raw lock, held like the thin one. The caller tries once more then.

    Each line is one step, and any number of threads may do this while others take and free the lock: as long as it is
    thin they let the raw lock be, and it stays locked.
    """
    raw = _allocate_lock()
    raw.acquire()
    lock.raw = raw if lock.raw is None else lock.raw
    lock.tries = tries_of(lock.raw)
    lock.thin = False                         # whoever frees it from now on frees the raw lock


def take(lock, serial):
    """Take a lock if it is free, for the thread with this serial."""
    got, lock.vacant = lock.vacant, False
    if not got:
        for got in lock.tries:
            break
    if got:
        lock.owner = serial
        lock.count = 1
    return got


def take_along(lock, state, child):
    """Take a free lock along this chain if that is known here and this run took the lock last, or return False."""
    if child.gate is not state.chain or lock.run != state.run:
        return False
    got, lock.vacant = lock.vacant, False
    if not got:
        for got in lock.tries:
            break
    if got:
        lock.owner = state.serial
        lock.count = 1
        lock.acquisitions += 1
        child.entry.tally.count += 1
        if _timing[0]:
            lock.since = now_ns()
        state.serials[child.depth] = lock.serial
        state.chain = child
    return got


def park(lock, serial, seconds, _signals, _again):
    """Sleep until a lock is taken, or until the time is up; return whether it was taken."""
    if lock.thin:
        fatten(lock)
        if lock.take(serial):
            return True
    for got in starmap(lock.raw.acquire, ((True, seconds),)):
        if got:
            lock.owner = serial
            lock.count = 1
        return got


def free(lock):
    """Free a lock that must be held."""
    vacant, thin, lock.vacant = lock.vacant, lock.thin, lock.thin
    if vacant:
        raise RuntimeError("release unlocked lock")
    if not thin:
        lock.raw.release()
    return 0


def locked(lock):
    """Return whether somebody holds the lock."""
    lock.renew()
    return not lock.vacant if lock.thin else lock.raw.locked()


def clear(lock):
    """Free the lock and forget its waiters."""
    lock.renew()
    lock.owner = 0
    if lock.thin:
        equip(lock, None)
    else:
        lock.raw._at_fork_reinit()


def complete(kind):
    """Give ExclusiveLock what this build has instead of a word and a queue."""
    kind.__init__ = begin
    kind.park = park
    for method in (equip, take, take_along, free, locked, clear):
        setattr(kind, method.__name__, method)


def enter(lock):
    """Take an ExclusiveLock; its __enter__."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    child = lock.hint
    if lock.run == state.run and child.gate is state.chain:
        got, lock.vacant = lock.vacant, False
        if not got:
            for got in lock.tries:
                break
        if got:
            lock.owner = state.serial
            lock.acquisitions += 1
            child.entry.tally.count += 1
            state.serials[child.depth] = lock.serial
            state.chain = child
            return True
    return lock.lock_slow(state, BLOCKING, FOREVER)


def acquire(lock, blocking=True, timeout=FOREVER):
    """Take an ExclusiveLock; its `acquire`."""
    if blocking is not True or timeout is not FOREVER:
        return lock.acquire_timed(blocking, timeout)
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    child = lock.hint
    if lock.run == state.run and child.gate is state.chain:
        got, lock.vacant = lock.vacant, False
        if not got:
            for got in lock.tries:
                break
        if got:
            lock.owner = state.serial
            lock.acquisitions += 1
            child.entry.tally.count += 1
            state.serials[child.depth] = lock.serial
            state.chain = child
            return True
    return lock.lock_slow(state, BLOCKING, FOREVER)


def leave(lock, kind=None, value=None, trace=None, /):
    """Free an ExclusiveLock; its __exit__."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    parent = chain.parent
    if lock.hint is chain and chain.gate is parent and lock.owner == state.serial:  # see Chain.by_pair for the gate
        state.chain = parent
        lock.owner = 0
        thin = lock.vacant = lock.thin
        if not thin:
            lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_real(state)


def release(lock):
    """Free an ExclusiveLock; its `release`."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    parent = chain.parent
    if lock.hint is chain and chain.gate is parent and lock.owner == state.serial:
        state.chain = parent
        lock.owner = 0
        thin = lock.vacant = lock.thin
        if not thin:
            lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_real(state)


def enter_recursive(lock):
    """Take a RecursiveLock; its __enter__."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    if lock.owner == state.serial:
        lock.count += 1
        return True
    child = lock.hint
    if lock.run == state.run and child.gate is state.chain:
        got, lock.vacant = lock.vacant, False
        if not got:
            for got in lock.tries:
                break
        if got:
            lock.owner = state.serial
            lock.count = 1
            lock.acquisitions += 1
            child.entry.tally.count += 1
            state.serials[child.depth] = lock.serial
            state.chain = child
            return True
    return lock.lock_slow(state, BLOCKING, FOREVER)


def acquire_recursive(lock, blocking=True, timeout=FOREVER):
    """Take a RecursiveLock; its `acquire`."""
    if blocking is not True or timeout is not FOREVER:
        return lock.acquire_timed(blocking, timeout)
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    if lock.owner == state.serial:
        lock.count += 1
        return True
    child = lock.hint
    if lock.run == state.run and child.gate is state.chain:
        got, lock.vacant = lock.vacant, False
        if not got:
            for got in lock.tries:
                break
        if got:
            lock.owner = state.serial
            lock.count = 1
            lock.acquisitions += 1
            child.entry.tally.count += 1
            state.serials[child.depth] = lock.serial
            state.chain = child
            return True
    return lock.lock_slow(state, BLOCKING, FOREVER)


def leave_recursive(lock, kind=None, value=None, trace=None, /):
    """Undo one acquisition of a RecursiveLock; its __exit__."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    parent = chain.parent
    if lock.count == 1 and lock.hint is chain and chain.gate is parent and lock.owner == state.serial:
        state.chain = parent
        lock.owner = 0
        thin = lock.vacant = lock.thin
        if not thin:
            lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_nested(state)


def release_recursive(lock):
    """Undo one acquisition of a RecursiveLock; its `release`."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    parent = chain.parent
    if lock.count == 1 and lock.hint is chain and chain.gate is parent and lock.owner == state.serial:
        state.chain = parent
        lock.owner = 0
        thin = lock.vacant = lock.thin
        if not thin:
            lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_nested(state)


KEPT = "acquire_timed"                         # the name by which `acquire` calls the method that takes times
_swapped = []                                  # (class, name, method while no times are taken, method while they are)


def write_out(kind, **methods):
    """Use these methods of a class while no times are taken, and its own while they are."""
    for name, method in methods.items():
        _swapped.append((kind, name, method, getattr(kind, name)))
        setattr(kind, name, method)


def swap(timed):
    """Use the methods that take times, or those that do not, also where a subclass has another name for one."""
    for kind, _, method, own in _swapped:
        old, new = (method, own) if timed else (own, method)
        for one in family(kind):
            for name in [name for name, value in vars(one).items() if value is old and name != KEPT]:
                type.__setattr__(one, name, new)


def family(kind):
    """Return a class and all classes that derive from it."""
    return {kind}.union(*map(family, type.__subclasses__(kind)))
