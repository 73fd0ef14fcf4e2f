"""The two hot methods of the pure build: `with lock` on a known chain, written out.

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
