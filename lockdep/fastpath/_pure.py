"""The hot methods of the pure build, on a known chain and while no times are taken, written out.

A Python call costs more than the work it would name. No call stands between the try and the last store, so that no
signal handler can run there. The compiled build does not load this module.
"""

from __future__ import annotations

from lockdep.fastpath._modes import BLOCKING, FOREVER
from lockdep.fastpath._threads import _local, enter_thread


def enter(lock):
    """Take an ExclusiveLock; its __enter__ while no times are taken."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    child = lock.hint
    if lock.run == state.run and child.gate is state.chain:
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
    """Free an ExclusiveLock; its __exit__ while no times are taken."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    if lock.hint is chain and lock.owner == state.serial:         # a hint never has its class in it twice
        state.chain = chain.parent
        lock.owner = 0
        lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_real(state)


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


def release(lock):
    """Free an ExclusiveLock; its `release`."""
    try:
        state = _local.state
    except AttributeError:
        state = enter_thread()
    chain = state.chain
    if lock.hint is chain and lock.owner == state.serial:
        state.chain = chain.parent
        lock.owner = 0
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
    if lock.count == 1 and lock.hint is chain and lock.owner == state.serial:
        state.chain = chain.parent
        lock.owner = 0
        lock.raw.release()
        if state.waits_calm and chain.depth == 1:
            state.calm()
    else:
        lock.unlock_nested(state)


_swapped = []                                 # (class, name, method while no times are taken, method while they are)


def write_out(kind, **methods):
    """Use these methods of a class while no times are taken, and its own while they are."""
    for name, method in methods.items():
        _swapped.append((kind, name, method, getattr(kind, name)))
        setattr(kind, name, method)


def swap(timed):
    """Use the methods that take times, or those that do not."""
    for kind, name, method, own in _swapped:
        setattr(kind, name, own if timed else method)
