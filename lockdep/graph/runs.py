"""A run: a thread from its start to its end, or one work item on a pool's thread. It remembers which locks it took.

A thread that waits for a run depends on every lock that the run takes. A run knows what has happened before it, by its
clock, and which locks its starter holds until it ends: they guard the run as if it held them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple, Protocol

from lockdep.fastpath import Entry, Handed, Sighting, new_serial
from lockdep.graph.clock import START, Clock
from lockdep.graph.loans import Loan
from lockdep.kept import kept
from lockdep.places import Step

MOST_STRETCHES = 64  # of a run, in which it is known what it has taken since its last hand-off
MOST_MOMENTS = 8  # at which a run has learned of others, to remember: what was seen is judged soon afterwards


class Waiter(NamedTuple):
    """A thread that waits for a run now, and holds locks. `timed` says whether the wait has a timeout."""

    seen: Sighting
    timed: bool


@kept
class Pool(NamedTuple):
    """A pool of threads. `serial` is its number, `workers` the most that it may have, `name` that of its type.

    `made` is the place where it was made.
    """

    serial: int
    workers: int
    name: str
    made: Step | None = None


class Task(Protocol):
    """A work item that was submitted at the moment `queued`: its name, and the place where its code begins.

    `submitter` is the serial of the thread that has submitted it, 0 if that is not known.
    """

    @property
    def queued(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def submitter(self) -> int: ...


class Origin:
    """What witnesses keep of the run in which they were seen, without the locks that it took.

    `born` is the moment in which it began, 0 if that was not seen. `lent` has the locks that the starter holds
    meanwhile, `pool` is the pool of threads that the run belongs to.
    """

    __slots__ = ("born", "lent", "pool", "serial")

    def __init__(self, serial: int) -> None:
        self.serial: int = serial
        self.born: int = 0
        self.lent: Loan | None = None
        self.pool: Pool | None = None

    @property
    def inherits(self) -> bool:
        """Whether its starter held locks when it started this run."""
        return self.lent is not None


class Course:
    """What is known of a run without the locks that it took: its name, its origin, and its clock.

    Its sightings keep this and not the run, which keeps them: threads that have ended would stay until a collection.
    `handed` is what it hands over as long as nothing is seen that it does, and it learns nothing; see `hand_over`.
    """

    __slots__ = ("_clock", "handed", "label", "origin", "times")

    def __init__(self, label: Callable[[], str], serial: int) -> None:
        self.label: Callable[[], str] = label
        self.origin: Origin = Origin(serial)
        self.handed: Handed | None = None
        self._clock: Clock | Handed = START  # a Handed stands for the clock of a run that began with that
        self.times: list[tuple[int, Clock]] = []  # the moments at which it learned of others, and its clock before each

    @property
    def clock(self) -> Clock:
        """What it knows of other runs now."""
        clock = self._clock
        if isinstance(clock, Handed):
            clock = self._clock = START.learned(clock, "")
        return clock

    def begin(self, handed: Handed, by: str) -> None:
        """Note with what it begins. It hands this on until there is more to say."""
        self.handed = self._clock = Handed(handed.run, handed.moment, handed.clock, None, by)

    def learn(self, handed: Handed, by: str) -> None:
        """Note what another run has handed over. Only the run itself learns."""
        before = self.clock
        self.times = [*self.times[1 - MOST_MOMENTS :], (new_serial(), before)]
        self._clock = before.learned(handed, by)
        self.handed = None

    def called(self, label: Callable[[], str]) -> Course:
        """Return the course of a part of the run, which has this name."""
        made = Course(label, self.origin.serial)
        made.origin, made._clock = self.origin, self._clock
        return made

    def clock_at(self, moment: int) -> Clock:
        """Return its clock at a moment of its own. Of a moment long ago, one that knows less may be returned."""
        for learned, before in self.times:
            if moment < learned:
                return before
        return self.clock


@kept
class Run:
    """One thread or work item, and the locks it took. `label` and `place` return its name and where it was started.

    `waiters` has the threads that wait for it now while they hold locks. `thread` is the serial of its thread.

    The fast path fills `took`: the serial of a lock -> how the run took it first. Beyond the option max_instances it
    keeps one Sighting for each entry instead, under the entry. `sort` is equal
    for threads that do the same kind of work.

    A stretch of it leads from one hand-off to the next: what it takes in between is in `stretch` until the next begins.
    `trail` has what the thread took after the result of its last work item was set, in callbacks. `taker` names what
    has taken the locks, if that is not what the run is called.
    """

    __slots__ = (
        "course",
        "place",
        "serial",
        "sort",
        "stretch",
        "stretches",
        "taker",
        "task",
        "thread",
        "_took",
        "trail",
        "waiters",
    )

    def __init__(
        self, label: Callable[[], str], place: Callable[[], str], thread: int, serial: int | None = None
    ) -> None:
        self.serial: int = new_serial() if serial is None else serial
        self.thread: int = thread
        self.course: Course = Course(label, self.serial)
        self.place: Callable[[], str] = place
        self._took: dict[int | Entry, Sighting] = {}
        self.stretch: dict[int | Entry, Sighting] | None = self._took
        self.stretches: int = 0
        self.trail: dict[int | Entry, Sighting] = {}
        self.task: Task | None = None  # if it is a work item of a pool
        self.waiters: list[Waiter] = []
        self.taker: str = ""
        self.sort: Hashable = None

    @property
    def label(self) -> Callable[[], str]:
        """What returns its name."""
        return self.course.label

    @property
    def origin(self) -> Origin:
        """What witnesses keep of it."""
        return self.course.origin

    @property
    def took(self) -> dict[int | Entry, Sighting]:
        """The locks that it took until now."""
        if self.stretch is not None and self.stretch is not self._took:
            for key, seen in list(self.stretch.items()):
                self._took.setdefault(key, seen)
        return self._took

    def begin_stretch(self) -> dict[int | Entry, Sighting]:
        """Forget what it has taken since its last hand-off; return what is to be filled now.

        After MOST_STRETCHES that is `took`, and nothing is known of stretches any more.
        """
        took = self.took
        self.stretches += 1
        self.stretch = {} if self.stretches < MOST_STRETCHES else None
        return took if self.stretch is None else self.stretch

    def taken_after(self, count: int) -> dict[int | Entry, Sighting]:
        """Return what it has taken after the first `count` locks."""
        took = self.took
        return dict(list(took.items())[count:]) if len(took) > count else {}

    def so_far(self, count: int) -> Run:
        """Return a run that has taken what this one took first, so many. A result is no wait for what comes later."""
        made = self.part(self.label, self.place, dict(list(self.took.items())[:count]))
        made.sort, made.task = self.sort, self.task
        return made

    def part(self, label: Callable[[], str], place: Callable[[], str], took: dict[int | Entry, Sighting]) -> Run:
        """Return a run that stands for a part of this one, and has taken these locks."""
        made = Run(label, place, self.thread, self.serial)
        made._took.update(took)
        made.course = self.course.called(label)
        return made

    def taken(self) -> list[tuple[int, Sighting]]:
        """Return (serial, sighting) once for each entry taken; the serial is 0 if the instance was not remembered."""
        known: dict[Entry, tuple[int, Sighting]] = {}
        for key, seen in list(self.took.items()):
            known.setdefault(seen.chain.entry, (key if isinstance(key, int) else 0, seen))
        return list(known.values())
