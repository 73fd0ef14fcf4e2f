"""The states of all threads: how a thread gets its ThreadState, and what becomes of it when the thread ends.

A thread gets a state at its first lock. Its end is noticed by an Anchor in the thread's own dictionary. A state in
which nothing is held then goes into a pool for reuse; one in which locks are held is looked at by the validator first
(see `reap`).
"""

from __future__ import annotations

import _thread

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath.hooks import Settings

if not cython.compiled:
    from lockdep.fastpath._link import _link
    from lockdep.fastpath._tally import tallies
    from lockdep.fastpath._thread_state import ThreadState

    _local = _thread._local()

COMPILED = cython.compiled
SETTINGS = Settings()

_states = {}                                  # of all living threads, and those in the pool
_by_serial = {}                               # serial of a living thread -> its state
_spare = None                                 # the pool: states of ended threads, linked by `next`
_spare_guard = 0
_ended = []                                   # states of threads that ended with a lock held
_crossed = set()                              # serials of living locks that were released by another than their taker
if cython.compiled:
    _follower = cython.NULL


def connect(root, hooks, settings=SETTINGS):
    """Validate with `hooks` from now on: each thread walks its held locks again under `root`. None: track nothing."""
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
    _link.interrupts = (*_link.interrupts, callback)
    return lambda: forget_interrupt(callback)


def forget_interrupt(callback):
    """Undo `interrupt_with`; a callback that is not registered any more is ignored."""
    kept = list(_link.interrupts)
    if callback in kept:
        kept.remove(callback)
        _link.interrupts = tuple(kept)


def threads():
    """Return the states of all threads that have used a tracked lock, and those in the pool."""
    return list(_states)


def find_thread(serial):
    """Return the state of the thread with this serial, or None."""
    return _by_serial.get(serial)


def thread_count():
    """Return how many threads there are that have used a tracked lock."""
    return len(_by_serial)


def waits_for(serial):
    """Return (serial of the ExclusiveLock, ident) that the thread with this serial sleeps for; (0, 0) if for none."""
    wanted = _link.asleep.get(serial, 0)
    state = find_thread(serial) if wanted else None
    return (0, 0) if state is None else (wanted, state.ident)


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


def retire(state):
    """Put the state of an ended thread into the pool for reuse.

    It is cleared and its next anchor is allocated here, while its memory is still in the cache, so that starting the
    next thread stays cheap.
    """
    global _spare
    _by_serial.pop(state.serial, None)
    state.clear()
    if cython.compiled:
        if LD_MAKE_AHEAD:
            state.anchor = make_anchor(state)
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
    _states, _by_serial, _ended = dict.fromkeys(kept), {kept[0].serial: kept[0]}, []
    asleep, _link.asleep = _link.asleep, {}
    serial = kept[0].serial
    if serial in asleep:                      # a signal handler has forked in the middle of a wait
        _link.asleep[serial] = asleep[serial]


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
        elif self.forks != _link.fork_count:
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


def thread_state():
    """Return the state of this thread; one is made at its first lock."""
    return current()


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
    _by_serial[state.serial] = state
    anchor = make_anchor(state) if state.anchor is None else state.anchor
    state.anchor = None                       # only the thread's dictionary keeps it alive
    if cython.compiled:
        if ld_here is cython.NULL and not ld_enter(state.tstate, state, anchor, _follower):
            retire(state)
            return late_state()
        kept = cython.cast(ThreadState, ld_here)
    else:
        anchor.forks = _link.fork_count
        kept = _local.__dict__.setdefault("state", state)
        if kept is state:
            _local.anchor = anchor
    if kept is not state:                     # a finalizer or a signal handler took a lock first
        retire(state)
    return kept


def spare_state():
    """Return a state from the pool, or None. Its memory is warm: it costs a third of a new one."""
    global _spare
    if _spare is None and len(_ended) > _link.crowd:
        thin_out()
    if not cython.compiled:
        return None
    ld_guard(cython.address(_spare_guard), _generation[0])
    state = _spare
    if state is not None:
        _spare = state.next
        state.next = None
    ld_unguard(cython.address(_spare_guard))
    if state is not None:
        state.begin()
    return state


def late_state():
    """Return a state for a thread that is being torn down: it can own locks, but nothing is tracked."""
    state = ThreadState()
    state.serial = -state.ident
    return state


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
