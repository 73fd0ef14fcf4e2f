"""A run: a thread from its start to its end, or one work item on a pool's thread. It remembers which locks it took.

A thread that waits for a run depends on every lock that the run takes. A run knows what has happened before it, by its
clock, and which locks its starter holds until it ends: they guard the run as if it held them itself.

Moments are serial numbers (`new_serial`), which also order events in time. A run learns of others where one waits for
the other or hands something over: start, join, submit, result, an event, a queue item, a barrier. A clock is sparse, is
never changed once it is made, and has at most MOST_KNOWN entries: the oldest ones are dropped.

A server makes a run for each request. Cost: some 0.3 us; a clock is made when somebody asks for it.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import new_serial

COMPILED = cython.compiled
MOST_KNOWN = 64                               # runs in a clock
MOST_MOMENTS = 8                              # at which a run has learned of others: what it saw is judged soon
MOST_STRETCHES = 64                           # of a run, in which it is known what it took since its last hand-off


class Handed:
    """What the run `run` knows at a moment, for another one. `loan` has the locks that it lends, if it starts that.

    `by` says by what it was handed on before, if another run hands it on once more: see `hand_over`.
    """

    __slots__ = ("by", "clock", "loan", "moment", "run")

    def __init__(self, run, moment, clock, loan=None, by=None):
        self.run = run
        self.moment = moment
        self.clock = clock
        self.loan = loan
        self.by = by

    def __reduce__(self):
        """Be pickled as None; see kept.py."""
        return type(None), ()


class Clock:
    """What a run knows of others: the serial of each -> the last moment of it that has surely happened, and by what.

    `dropped` is the last moment in an entry that was dropped.
    """

    __slots__ = ("dropped", "known")

    def __init__(self, known, dropped=0):
        self.known = known
        self.dropped = dropped

    def learned(self, handed, by):
        """Return this clock, with all that a run knew that has handed over, and the moment to which it had come.

        Cost: some 50 ns for each entry of both.
        """
        other = handed.clock
        found = dict(self.known if self.known else other.known)
        if self.known:
            for key, value in other.known.items():
                if is_later(value, found.get(key)):
                    found[key] = value
        entry = (handed.moment, by if handed.by is None else handed.by)
        if is_later(entry, found.get(handed.run)):
            found[handed.run] = entry
        dropped = max(self.dropped, other.dropped)
        if len(found) > MOST_KNOWN:
            last = last_beyond(found)
            found = later_than(last, found)
            dropped = max(dropped, last)
        return Clock(found, dropped)


_start = Clock({})
START = _start                                # for others: the compiled module keeps the other name to itself


def is_later(entry, known):
    """Return whether an entry (moment, by what) is of a later moment than the one that is known, or none is."""
    if known is None:
        return True
    moment = entry[0]
    before = known[0]
    return moment > before


def last_beyond(known):
    """Return the last moment in the entries that are too many: those with the lowest moments."""
    moments = sorted([value[0] for value in known.values()])
    return moments[len(moments) - MOST_KNOWN - 1]


def later_than(last, known):
    """Return the entries of a later moment."""
    found = {}
    for key, value in known.items():
        moment = value[0]
        if moment > last:
            found[key] = value
    return found


class Origin:
    """What witnesses keep of the run in which they were seen, without the locks that it took.

    `born` is the moment in which it began, 0 if that was not seen. `lent` has the locks that the starter holds
    meanwhile, `pool` is the pool of threads that the run belongs to.
    """

    __slots__ = ("born", "lent", "pool", "serial")

    def __init__(self, serial):
        self.serial = serial
        self.born = 0
        self.lent = None
        self.pool = None

    @property
    def inherits(self):
        """Whether its starter held locks when it started this run."""
        return self.lent is not None


class Course:
    """What is known of a run without the locks that it took: its name, its origin, and its clock.

    Its sightings keep this and not the run, which keeps them: threads that have ended would stay until a collection.
    `handed` is what it hands over as long as nothing is seen that it does, and it learns nothing; see `hand_over`.
    `times` has the moments at which it learned of others, and its clock before each.
    """

    __slots__ = ("handed", "label", "latest", "origin", "times")

    def __init__(self, label, serial):
        self.label = label
        self.origin = Origin(serial)
        self.handed = None
        self.become(_start)                   # its clock, or the Handed that it began with and has not asked for yet
        self.times = ()

    @property
    def clock(self):
        """What it knows of other runs now. Any thread may ask."""
        latest = ld_new_ref(latest_of(self)) if cython.compiled else self.latest
        return _start.learned(latest, None) if isinstance(latest, Handed) else latest

    def begin(self, handed, by):
        """Note with what it begins. It hands this on until there is more to say."""
        self.handed = Handed(handed.run, handed.moment, handed.clock, None, by)
        self.become(self.handed)

    def learn(self, handed, by):
        """Note what another run has handed over. Only the run itself learns."""
        before = self.clock
        times = (*self.times[1 - MOST_MOMENTS:], (new_serial(), before))
        if cython.compiled:
            ld_replace(times_of(self), times)
        else:
            self.times = times
        self.become(before.learned(handed, by))
        self.handed = None

    def become(self, latest):
        """Have another clock. Others read it by ld_new_ref, for which it has to be marked."""
        if cython.compiled:
            ld_replace(latest_of(self), latest)
        else:
            self.latest = latest
        return 0

    def called(self, label):
        """Return the course of a part of the run, which has this name."""
        made = Course(label, self.origin.serial)
        made.origin = self.origin
        made.become(self.clock)
        return made

    def clock_at(self, moment):
        """Return its clock at a moment of its own. Of a moment long ago, one that knows less may be returned."""
        for learned, before in ld_new_ref(times_of(self)) if cython.compiled else self.times:
            if moment < learned:
                return before
        return self.clock


class Run:
    """One thread or work item, and the locks it took. `label` and `place` return its name and where it was started.

    `waiters` has the threads that wait for it now while they hold locks. `thread` is the serial of its thread.

    The fast path fills `took`: the serial of a lock -> how the run took it first. Beyond the option max_instances it
    keeps one Sighting for each entry instead, under the entry. `sort` is equal for threads that do the same kind of
    work, `task` is the work item, None if it is a thread.

    A stretch of it leads from one hand-off to the next: what it takes in between is in `stretch` until the next begins.
    `trail` has what the thread took after the result of its last work item was set, in callbacks. `taker` names what
    has taken the locks, if that is not what the run is called.
    """

    __slots__ = (
        "all", "course", "now", "place", "serial", "sort", "stretches", "taker", "task", "thread", "trail", "waiters",
    )  # fmt: skip

    def __init__(self, label, place, thread, serial=None):
        self.serial = new_serial() if serial is None else serial
        self.thread = thread
        self.course = Course(label, self.serial)
        self.place = place
        self.all = {}                         # what it took, without the present stretch
        self.have(self.all)                   # the present stretch; None after MOST_STRETCHES
        self.stretches = 0
        self.trail = {}
        self.task = None
        self.waiters = []
        self.taker = ""
        self.sort = None

    def __reduce__(self):
        """Be pickled as None; see kept.py."""
        return type(None), ()

    @property
    def label(self):
        """What returns its name."""
        return self.course.label

    @property
    def origin(self):
        """What witnesses keep of it."""
        return self.course.origin

    @property
    def stretch(self):
        """What it has taken since its last hand-off; None if that is not known. Any thread may ask."""
        return ld_new_ref(now_of(self)) if cython.compiled else self.now

    @property
    def took(self):
        """The locks that it took until now. Any thread may ask."""
        stretch = self.stretch
        if stretch is not None and stretch is not self.all:
            for key, seen in list(stretch.items()):
                self.all.setdefault(key, seen)
        return self.all

    def begin_stretch(self):
        """Forget what it has taken since its last hand-off; return what is to be filled now.

        After MOST_STRETCHES that is `took`, and nothing is known of stretches any more.
        """
        took = self.took
        self.stretches += 1
        stretch = {} if self.stretches < MOST_STRETCHES else None
        self.have(stretch)
        return took if stretch is None else stretch

    def have(self, stretch):
        """Fill this from now on. Others read it by ld_new_ref, for which it has to be marked: see _references.h."""
        if cython.compiled:
            ld_replace(now_of(self), stretch)
        else:
            self.now = stretch
        return 0

    def taken_after(self, count):
        """Return what it has taken after the first `count` locks."""
        took = self.took
        return dict(list(took.items())[count:]) if len(took) > count else {}

    def so_far(self, count):
        """Return a run that has taken what this one took first, so many. A result is no wait for what comes later."""
        made = self.part(self.label, self.place, dict(list(self.took.items())[:count]))
        made.sort = self.sort
        made.task = self.task
        return made

    def part(self, label, place, took):
        """Return a run that stands for a part of this one, and has taken these locks."""
        made = Run(label, place, self.thread, self.serial)
        made.all.update(took)
        made.course = self.course.called(label)
        return made

    def taken(self):
        """Return (serial, sighting) once for each entry taken; the serial is 0 if the instance was not remembered."""
        known = {}
        for key, seen in list(self.took.items()):
            known.setdefault(seen.chain.entry, (key if isinstance(key, int) else 0, seen))
        return list(known.values())
