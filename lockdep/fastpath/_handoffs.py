"""What a hand-off costs that says nothing new: a signal of a condition, an event that is set, an item of a queue.

A thread hands over what it knows (`Handed`), and the locks that it has taken before say nothing about what it needs for
the next hand-off: a new stretch of its run begins. A condition keeps what is known of its signallers (`Told`). All that
is learned in Python, once; the functions here find out that there is nothing to learn. Cost: 30 to 80 ns each.

What is kept in an object of the program is an attribute that is read and set without any code of the program's classes,
and without a dictionary: where an object gets one, all its attributes become slower.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, find_in, new_serial
    from lockdep.fastpath._lock import ExclusiveLock
    from lockdep.fastpath._modes import NEWS, NOTHING, SIGNAL
    from lockdep.fastpath._runs import Handed
    from lockdep.fastpath._threads import current

COMPILED = cython.compiled
_HANDED = "_lockdep_handed"                   # the attribute with what was handed over
_SIGNALS = "_lockdep_signals"                 # that of a condition with what is known of its signallers


class Told:
    """What is known of the signallers of a condition, whose own lock is `own`; those who use it hold that lock.

    `world` is where they were seen, `idle` the last thread that has signalled without any need. `free` says that nobody
    else's signal means anything any more, and `tasks` how many tasks have been seen to end, if it tells that. A signal
    of one of the `spent` threads that holds the same as then says nothing new, unless it is known what it took lately.
    That of a `steady` one, which holds all that it has needed each time, does not in any case.
    """

    __slots__ = ("free", "idle", "own", "serial", "signallers", "sleepers", "spent", "steady", "tasks", "world")

    def __init__(self, world, own):
        self.world = world
        self.own = own
        self.serial = new_serial()
        self.signallers = {}                  # serial of a thread -> what it needs; see graph/signals.py
        self.sleepers = []
        self.spent = {}                       # serial of a thread -> the serials of the locks that it held
        self.steady = {}                      # the same
        self.free = False
        self.idle = 0
        self.tasks = 0

    def __reduce__(self):
        """Be pickled as None; see kept.py."""
        return type(None), ()


_spared = Told(None, 0)                       # of conditions whose signals mean nothing


def spare(condition):
    """Note that signals of a condition mean nothing: who waits for it does so as a part of another wait."""
    return keep_in(condition, _SIGNALS, _spared)


def says_nothing(told, state):
    """Return whether another signal of the running thread says nothing new."""
    if told.free or told.tasks > 0 or told.idle == state.serial:
        return True
    held = find_in(told.steady if is_sure(state) else told.spent, state.serial)
    return held is not None and held == state.held_serials()


def note_idle(told, state):
    """Note a signal of the running thread if that is simple: it has no need, nobody has, and nobody is judged."""
    if told.tasks or told.signallers or told.sleepers or not needs_nothing(state, told.own):
        return False
    told.free = told.free or (told.idle != 0 and told.idle != state.serial)
    told.idle = state.serial
    return True


def kept_in(thing, name):
    """Return what an attribute of ours is in an object of the program; None if it has none."""
    return ld_kept(thing, name) if cython.compiled else thing.__dict__.get(name)


def keep_in(thing, name, value):
    """Set an attribute of ours in an object of the program."""
    if cython.compiled:
        PyObject_GenericSetAttr(thing, name, value)
    else:
        thing.__dict__[name] = value
    return True


def hand_over():
    """Return what this thread knows now; None if nothing is tracked, or if its run is not known yet.

    A run that was not seen to do anything since it last handed over, and has learned nothing, hands over the same. If
    it has never done so, that is what its starter has handed on to it: so a work item of which nothing new is seen
    tells its submitter nothing that this does not know.
    """
    state = current()
    state.made = None                         # with what it hands over, others may get the locks that it has made
    run = state.record
    if _link.root is None or run is None:
        return None
    course = run.course
    handed = course.handed
    if handed is None:
        handed = Handed(run.serial, new_serial(), course.clock)
        course.handed = handed
    return handed


def hand_to(thing):
    """Keep what this thread knows now in an object of the program. Return whether there was anything to keep."""
    handed = hand_over()
    if handed is None:
        return False
    keep_in(thing, _HANDED, handed)
    return True


def handed_to(thing):
    """Return what was kept in an object of the program by `hand_to`, or None."""
    return kept_in(thing, _HANDED)


def knows(handed):
    """Return whether the running thread has nothing to learn from what was handed over; None is nothing."""
    if handed is None or _link.root is None:
        return True
    return is_known(current(), handed)


def is_known(state, handed):
    """Return whether the run of this state is the one that has handed over, or has come after it already."""
    run = state.record
    if run is None:
        return False
    if run.serial == handed.run or run.course.handed is handed:
        return True
    known = find_in(run.course.clock.known, handed.run)
    return known is not None and known[0] >= handed.moment


def is_settled(thing):
    """Return whether the running thread learns nothing from what `hand_to` kept there, and begins no stretch."""
    state = current()
    if not goes_on(state):
        return False
    handed = kept_in(thing, _HANDED)
    return handed is None or is_known(state, handed)


def stretch_goes_on():
    """Return whether the running thread begins no new stretch of its run with a hand-off."""
    return goes_on(current())


def goes_on(state):
    """Return the same for a thread: it has taken nothing in this stretch, or its run has had all its stretches."""
    took = state.took
    if took is not None and len(took) == 0:
        return True
    if _link.root is None or state.running <= 0 or state.busy or state.running == _link.exposed:
        return True
    return took is not None and state.settled is not None and state.settled is state.record


def holds_only(state, serial):
    """Return whether a thread holds nothing but perhaps the lock `serial`."""
    depth = state.chain.depth
    return depth == 0 or (depth == 1 and (state.serials[1] == serial or state.serials[1] == -serial))


def holds_more(lock):
    """Return whether the running thread holds another lock than this one."""
    serial = 0
    if isinstance(lock, ExclusiveLock):
        serial = lock.serial
    return not holds_only(current(), serial)


def is_sure(state):
    """Return whether it is known what a thread has taken since its last hand-off."""
    return state.took is not None and getattr(state.record, "stretch", None) is state.took


def needs_nothing(state, own):
    """Return whether a thread needs no other lock than `own` for a signal, as far as that is known."""
    if not holds_only(state, own):
        return False
    took = state.took
    if took is None or len(took) == 0 or (len(took) == 1 and own in took):
        return True
    return not is_sure(state)


def news_of(condition, lock, waiters):
    """Return what a notify of the running thread means: NOTHING, a SIGNAL for somebody who waits, or also NEWS.

    NOTHING: nobody waits, and the thread holds the lock of the condition, so that notify does nothing at all.
    """
    told = kept_in(condition, _SIGNALS)
    if told is _spared:
        return NOTHING if not waiters and holds(lock, current()) else SIGNAL
    if not isinstance(told, Told):
        return NEWS
    return news_from(told, lock, waiters)


def news_from(told, lock, waiters):
    state = current()
    mine = holds(lock, state)
    if told.world is not _link.root or not goes_on(state) or not says_nothing(told, state):
        return NEWS
    return NOTHING if mine and not waiters else SIGNAL


def holds(lock, state):
    if not isinstance(lock, ExclusiveLock):
        return False
    return lock.owner == state.serial
