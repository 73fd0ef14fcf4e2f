"""The states of all threads: how a thread gets its ThreadState, and what becomes of it when the thread ends.

A thread gets a state at its first lock. Its end is noticed by an Anchor in the thread's own dictionary. A state in
which nothing is held then goes into a pool for reuse; one in which locks are held is looked at by the validator first
(see `reap`).
"""

from __future__ import annotations

import _thread
import sys
from os import getpid

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath.hooks import Settings

if not cython.compiled:
    from lockdep.fastpath._link import _link, new_serial
    from lockdep.fastpath._tally import tallies
    from lockdep.fastpath._thread_state import ThreadState

    _local = _thread._local()

COMPILED = cython.compiled
SETTINGS = Settings()
THREADS_AT_ONCE = not getattr(sys, "_is_gil_enabled", lambda: True)()

_states = {}                                  # of all living threads, and those in the pool
_by_serial = {}                               # serial of a living thread -> its state
_spare = None                                 # the pool: states of ended threads, linked by `next`
_spare_guard = 0
_ended = []                                   # states of threads that ended with a lock held
_connected = []                               # without the GIL, all that ever was: a thread may be about to use it
_crossed = set()                              # serials of living locks that were released by another than their taker
if cython.compiled:
    _follower = cython.NULL


def connect(root, hooks, settings=SETTINGS):
    """Validate with `hooks` from now on: each thread walks its held locks again under `root`. None: track nothing."""
    _connected.extend((hooks, settings))
    if not THREADS_AT_ONCE:
        del _connected[:-2]
    _link.hooks = hooks
    _link.locate = settings.locate
    _link.ours = settings.ours
    _link.room = settings.room
    _link.stack_depth = settings.stack_depth
    _link.prompt = settings.prompt
    _link.max_instances = settings.max_instances
    _link.patience = settings.patience
    _link.root = root
    for state in threads():
        state.mark()


def lost():
    """Return how many acquisitions were not seen, because there was no memory for it."""
    return _link.lost


def interrupt_with(callback):
    """Call `callback` before a lock operation of a thread whose `pending` is set; return a function that undoes this.

    Whoever sets `pending` calls the state's `mark`, too. It is set in every new thread, and stays set while one of the
    callbacks returns True. They are called in the order of their registration, in the thread itself.
    """
    have_interrupts((*_link.interrupts, callback))
    return lambda: forget_interrupt(callback)


def forget_interrupt(callback):
    """Undo `interrupt_with`; a callback that is not registered any more is ignored."""
    kept = list(_link.interrupts)
    if callback in kept:
        kept.remove(callback)
        have_interrupts(tuple(kept))


def have_interrupts(callbacks):
    """Replace the callbacks; threads may be looping over the old ones."""
    if THREADS_AT_ONCE:
        _connected.append(_link.interrupts)
    _link.interrupts = callbacks


def threads():
    """Return the states of all threads that have used a tracked lock, and those in the pool."""
    return list(_states)


def find_thread(serial):
    """Return the state of the thread with this serial, or None."""
    return _by_serial.get(serial)


def thread_count():
    """Return how many threads there are that have used a tracked lock."""
    return len(_by_serial)


def tell_holder(owner, serial):
    """Make the thread with the serial `owner` drop a lock: another thread has released it, or the lock is gone.

    The message names the thread, because the state may belong to another thread by the time it is read.
    """
    holder = find_thread(owner)
    if holder is not None:
        holder.revoked.append((owner, serial))
        holder.mark()


def reap():
    """Return the states of threads that ended with a lock held or something to judge. `retire` puts them into the pool.

    Locks that were ever released by another thread than their taker do not count: they are used for hand-off.
    """
    found = []
    while _ended:
        try:
            state = _ended.pop(0)
        except IndexError:                    # another thread has taken the last one
            break
        state.take_messages()
        for _, serial in state.held():
            if serial in _crossed:
                state.revoke(serial)
        if state.chain.depth or state.sightings:
            found.append(state)
        else:
            retire(state)
    return found


def ended():
    """Return the states of threads that ended with a lock held or something to judge and are not reaped yet."""
    return list(_ended)


def retire(state):
    """Put the state of an ended thread into the pool for reuse.

    It is cleared and its next anchor is allocated here, while its memory is still in the cache, so that starting the
    next thread stays cheap.
    """
    global _spare
    try:
        _by_serial.pop(state.serial, None)
        if cython.compiled and LD_MAKE_AHEAD:
            state.anchor = make_anchor(state)
    except (MemoryError, RecursionError):
        pass                                  # its next thread makes one
    state.clear()
    if cython.compiled:
        ld_fold_counts(cython.address(_past), cython.address(state.counts))
        ld_guard(cython.address(_spare_guard), _generation[0])
        state.next = _spare
        _spare = state
        ld_unguard(cython.address(_spare_guard))
    else:
        _states.pop(state, None)              # in Python a new state costs as little as a used one


def thin_out():
    """Retire the states of ended threads whose locks have been released by others meanwhile."""
    held = reap()
    _ended.extend(held)
    _link.crowd = 64 + 2 * len(held)


def forked():
    """In the child of a fork: forget all other threads, and what they wait for."""
    global _states, _by_serial, _ended, _spare_guard
    _link.fork_count += 1
    _spare_guard = 0
    kept, spare = [current()], _spare
    while spare is not None:
        kept.append(spare)
        spare = spare.next
    for state in list(_states):
        if state is not kept[0]:
            state.forget_sightings()
    # New ones: a thread that is gone may have been changing the old ones.
    _link.forked = new_serial()
    _link.forker = kept[0].serial
    _link.parents = _by_serial
    _link.kept = frozenset([serial for _, serial in kept[0].held()])
    _link.renewed = set()
    if kept[0].running > 0:
        kept[0].switch_run(new_serial())      # so that the first use of each lock in the child is noticed
    _states, _by_serial, _ended = dict.fromkeys(kept), {kept[0].serial: kept[0]}, []
    asleep, _link.asleep = _link.asleep, {}
    serial = kept[0].serial
    if serial in asleep:                      # a signal handler has forked in the middle of a wait
        _link.asleep[serial] = asleep[serial]


def renewed():
    """Return the serials of the locks that are as new in this child, or were taken by the thread that forked."""
    return _link.kept | _link.renewed


def parents():
    """Return the states that the threads had which this child does not have: serial -> state."""
    return _link.parents


class Anchor(dict):
    """An object in the thread's own dictionary, or that dictionary itself: its end is the end of the thread.

    In the child of a fork the dictionaries of the other threads are cleared, too; their states are given up.
    """

    __slots__ = ("forks", "state")

    def __del__(self):
        self.clear()                          # the finalizers of other thread-local objects may still take locks
        if cython.compiled:
            if not ld_leave(self.state, _follower):
                return
            self.state.tstate = cython.NULL
        elif self.forks != (_link.fork_count, getpid()):          # a child clears them before any hook runs
            return
        if self.state.chain.depth or self.state.sightings:
            _ended.append(self.state)
        else:
            retire(self.state)


def make_anchor(state):
    """Return an anchor for the thread that has this state."""
    anchor = Anchor.__new__(Anchor)
    anchor.state = state
    return anchor


def current():
    """Return the state of this thread; one is made at its first lock."""
    if cython.compiled:
        if ld_here is not cython.NULL:
            return cython.cast(ThreadState, ld_here)
        return enter_thread()
    try:
        return _local.state
    except AttributeError:
        return enter_thread()


def current_or_nobody():
    """Return the state of this thread, or that of nobody if it has none and there is no memory for one.

    For a release, which must not fail: whoever has no state has taken no lock.
    """
    try:
        return current()
    except (MemoryError, RecursionError):
        return _nobody


def here_or_nobody():
    """Return the state of this thread, or that of nobody if it has none. It runs no Python code."""
    if cython.compiled:
        return _nobody if ld_here is cython.NULL else cython.cast(ThreadState, ld_here)
    return current_or_nobody()


def is_crossed(serial):
    """Return whether a lock was released by another thread than its taker, or is one that any thread may release."""
    return serial in _crossed


def thread_state():
    """Return the state of this thread; one is made at its first lock."""
    return current()


def note_made(serial):
    """Note that this thread makes the lock `serial`, if it holds others. ExclusiveLock.equip does the same."""
    if cython.compiled:
        if ld_here is cython.NULL:
            return 0
        state = cython.cast(ThreadState, ld_here)
    else:
        try:
            state = _local.state
        except AttributeError:
            return 0
    if state.chain.depth and not state.busy:
        state.make(serial)
    return 0


def enter_thread():
    """Give this thread a state."""
    if cython.compiled:
        if ld_is_late():
            return late_state()
    state = spare_state()
    if state is None:
        state = ThreadState()
        if cython.compiled:
            ld_immortal(state)                # it will be used by many threads, one after the other
        _states[state] = None
    try:
        _by_serial[state.serial] = state
        anchor = make_anchor(state) if state.anchor is None else state.anchor
    except (MemoryError, RecursionError):
        retire(state)
        raise
    state.anchor = None                       # only the thread's dictionary keeps it alive
    if cython.compiled:
        if ld_here is cython.NULL and not ld_enter(state.tstate, state, anchor, _follower):
            retire(state)
            return late_state()
        kept = cython.cast(ThreadState, ld_here)
    else:
        anchor.forks = _link.fork_count, getpid()
        kept = _local.__dict__.setdefault("state", state)
        if kept is state:
            _local.anchor = anchor
    if kept is not state:                     # a finalizer or a signal handler took a lock first
        retire(state)
    return kept


def spare_state():
    """Return a state from the pool, or None. Its memory is warm: it costs a third of a new one."""
    state = take_spare()
    if state is None and len(_ended) > _link.crowd:
        thin_out()
        state = take_spare()
    if state is not None:
        state.begin()
    return state


def take_spare():
    """Take a state out of the pool as it is. In the pure build there is none."""
    global _spare
    if not cython.compiled:
        return None
    ld_guard(cython.address(_spare_guard), _generation[0])
    state = _spare
    if state is not None:
        _spare = state.next
        state.next = None
    ld_unguard(cython.address(_spare_guard))
    return state


def late_state():
    """Return a state for a thread that is being torn down: it can own locks, but nothing is tracked."""
    state = ThreadState()
    state.serial = -state.ident
    state.off = 1
    return state


_nobody = ThreadState()
_nobody.off = 1


def follow(follower):
    """Call a C function with the state of a thread whenever that changes, in the thread itself; NULL: it has ended."""
    global _follower
    if cython.compiled:
        _follower = follower
        follower(ld_here)
    return 0


def clear_tallies():
    """Start all counts and times at zero. Locks that are held now are not timed."""
    for tally in tallies():
        tally.clear()
    if cython.compiled:
        for state in threads():
            counting = cython.cast(ThreadState, state)
            ld_fold_counts(cython.address(_past), cython.address(counting.counts))
        ld_clear_past(cython.address(_past))
