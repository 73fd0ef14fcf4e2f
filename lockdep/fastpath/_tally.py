"""Tallies: how often the locks of a class were taken, waited for and held, and for how long.

Acquisitions are counted without a shared write: each thread has counts of its own (see _counts.h), whose
counts are added to one table when the thread has ended. Contentions, time-outs and times are counted in the Tally.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from time import monotonic_ns

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, _timing

COMPILED = cython.compiled

_tallies = {}                                 # (lock class, whether for reading) -> Tally
_thread_names = {}                            # serial of a thread in the trace -> its name
_trace = None                                 # a deque of the last waits and holds, while they are traced
if cython.compiled:
    _numbers = 0
else:
    _counter = count(1)
    _clock = None


class Tally:
    """What happened to the locks of one class when they were taken for reading, or for writing.

    Threads count acquisitions under `number`, and under the number after it how often a lock came from another thread.
    Times are taken only while `switch_stat` is on.
    """

    __slots__ = (
        "bounced", "contended", "contended_bounces", "count", "hold", "lock_class", "number", "read", "timeouts",
        "wait",
    )  # fmt: skip

    def __init__(self, lock_class, read):
        self.lock_class = lock_class
        self.read = read
        self.number = new_number()
        self.clear()
        if cython.compiled:
            ld_immortal(self)

    def clear(self):
        """Set all counts and times to zero, except the counts of threads."""
        self.contended = self.contended_bounces = self.timeouts = 0
        if cython.compiled:
            ld_clear_times(cython.address(self.wait))
            ld_clear_times(cython.address(self.hold))
        else:
            self.count = self.bounced = 0
            self.wait = Histogram()
            self.hold = Histogram()

    def note_contended(self):
        """Count a wait that begins."""
        if cython.compiled:
            add(self.contended, 1)
        else:
            self.contended += 1
        return 0

    def note_bounced(self):
        """Count a wait for a lock that another thread had."""
        if cython.compiled:
            add(self.contended_bounces, 1)
        else:
            self.contended_bounces += 1
        return 0

    def note_timeout(self):
        """Count a wait that ended without the lock."""
        if cython.compiled:
            add(self.timeouts, 1)
        else:
            self.timeouts += 1
        return 0

    def note_wait(self, ns):
        if cython.compiled:
            ld_note_time(cython.address(self.wait), ns)
        else:
            self.wait.note(ns)
        return 0

    def note_hold(self, ns):
        if cython.compiled:
            ld_note_time(cython.address(self.hold), ns)
        else:
            self.hold.note(ns)
        return 0

    def times(self):
        """Return (count, sum, shortest, longest, buckets) of the waits, and the same of the holds, all in ns.

        A bucket is (upper bound, count).
        """
        if cython.compiled:
            return ld_times_of(cython.address(self.wait)), ld_times_of(cython.address(self.hold))
        return self.wait.tuple(), self.hold.tuple()


class Histogram:
    """Durations in ns, counted by quarters of an octave: the pure build's counterpart of _histogram.h."""

    __slots__ = ("buckets", "count", "least", "most", "total")

    def __init__(self):
        self.count = self.total = self.least = self.most = 0
        self.buckets = {}

    def note(self, ns):
        self.least = ns if self.count == 0 else min(self.least, ns)
        self.most = max(self.most, ns)
        self.count += 1
        self.total += ns
        octave = max(ns, 4).bit_length() - 1
        bound = (1 << octave) + (((max(ns, 4) >> (octave - 2)) & 3) + 1 << (octave - 2))
        self.buckets[bound] = self.buckets.get(bound, 0) + 1

    def tuple(self):
        return self.count, self.total, self.least, self.most, sorted(self.buckets.items())


def new_number():
    if cython.compiled:
        return 2 * ld_next(cython.address(_numbers))
    return next(_counter)


def find_tally(lock_class, read):
    """Return the one Tally of a class for reading or for writing; it is created at the first call."""
    key = (lock_class, read)
    found = _tallies.get(key)
    return found if found is not None else _tallies.setdefault(key, Tally(lock_class, read))


def tallies():
    """Return every Tally."""
    return list(_tallies.values())


def counted_by_ended():
    """Return (number, count) of what threads that have ended have counted; see ThreadState.counted."""
    if cython.compiled:
        return ld_past_counted(cython.address(_past))
    return []


def note_wait(state, tally, began):
    """Note a wait that ends now; `began` is in ns."""
    ended = now_ns()
    tally.note_wait(ended - began)
    state.waited = ended - began              # whoever noted where it waits reads this later, see ContentionPoints
    if _trace is not None:
        note_event(1, state, tally.number, began, ended)
    return 0


def note_hold(state, tally, began):
    """Note a hold that ends now; `began` is in ns. The lock is free already."""
    ended = now_ns()
    tally.note_hold(ended - began)
    if _trace is not None:
        note_name(state)
        note_event(0, state, tally.number, began, ended)
    return 0


def note_name(state):
    """Remember the name of a thread while events are traced. May run Python code, so not between taking a lock and
    returning.
    """
    if _trace is not None and state.serial not in _thread_names:
        _thread_names[state.serial] = _link.hooks.name_of(state)
    return 0


def note_event(waited, state, number, began, ended):
    """Keep an event, if there is memory for it."""
    try:
        _trace.append((waited, number, state.serial, began, ended))
    except (MemoryError, RecursionError):
        pass
    return 0


def trace_names():
    """Return the names of the threads that occur in the trace, by their serials."""
    return dict(_thread_names)


def trace_events(capacity):
    """Keep the last `capacity` waits and holds from now on, 0 for none. Return those that were kept until now.

    An event is (whether it is a wait, number of the Tally, serial of the thread, begin in ns, end in ns).
    """
    global _trace
    kept, _trace = _trace, deque(maxlen=capacity) if capacity else None
    if _timing[0]:
        _timing[0] = start_clock()
    return [] if kept is None else list(kept)


def start_clock():
    """Return what `_timing` has while times are taken. The first call measures the fast clock, which takes 2 ms."""
    if cython.compiled:
        ld_calibrate(cython.address(_clock))
    return 1 if _trace is None else 2


def now_ns():
    """Return the monotonic clock in ns; since `start_clock` the fast clock, which runs beside it."""
    if cython.compiled:
        return LD_NS(_clock, LD_STAMP(_clock))
    return monotonic_ns()


if not cython.compiled:                       # C macros have these names

    def stamp(_clock):
        return monotonic_ns()

    def span(_clock, begin, end):
        return end - begin

    def ns_of(_clock, moment):
        return moment

    def note_time(times, ns):
        times.note(ns)
