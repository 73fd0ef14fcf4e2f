"""Longer circles through a wait: whoever signals needs a lock whose holder wants one that the waiter holds.

A signal is in no dependency graph, since one that needs no lock undoes what all others have shown. So a way through the
graph, from a lock that all signallers of a condition need to one that a waiter holds, is looked for when the condition
learns of a wait or a signal, and when the graph learns of a dependency. The caller holds the graph lock.

All locks on the way are locks. What only stands for something that is waited for, such as a work item or a thread of
the kernel kit, may be ended in other ways than by the signal.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, HeldLock, guards, lent
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.runs import Course
from lockdep.graph.signals import SHARED as READS
from lockdep.graph.signals import Hindered, Signals, Sleeper
from lockdep.validator.acquisition import acquisition_of
from lockdep.validator.checks.wait import SIGNALLED, Way, check_wait, graded, needed_class
from lockdep.validator.cycles import Cycles
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import Finding
from lockdep.vocabulary.grades import EXCUSED
from lockdep.vocabulary.kinds import SHARED
from lockdep.wait_types import INV

MOST_OPEN = 64  # conditions that may yet be part of such a circle
PATHS_BUDGET = 200  # classes to visit for each pair of a needed lock and a held one
Found = tuple[int, int, int]  # serials: of a condition, of the lock its signallers need, of the lock its waiter holds
Steps = tuple[ChosenWitness, ...]


class LongWaits:
    """The conditions that may be part of such a circle, and the circles that were found."""

    def __init__(self, cycles: Cycles, book: FindingBook, depth: int) -> None:
        self._cycles, self._book, self._depth = cycles, book, depth
        self._open: dict[int, Signals] = {}
        self._found: dict[Found, Finding] = {}

    def judge(self, signals: Signals) -> None:
        """Look for circles through a condition, as it is known now; excuse those that a signal has disproved."""
        needed: set[int] = set()
        for sleeper in list(signals.sleepers):
            for need in [] if list(signals.hindered(sleeper)) else list(signals.needed(sleeper)):
                if starter_holds(sleeper, need):
                    continue
                needed.add(need.serial)
                self._look(signals, sleeper, need)
        if needed and (len(self._open) < MOST_OPEN or signals.serial in self._open):
            self._open[signals.serial] = signals
        for found in [found for found in self._found if found[0] == signals.serial and found[1] not in needed]:
            finding = self._found.pop(found)
            if finding not in self._found.values():
                excuse = SIGNALLED._replace(lock_class=finding.violation.classes[1])
                finding.use(EXCUSED, excuse, (excuse,))

    def look_again(self) -> None:
        """Look for circles that a new dependency has closed. Cost: nothing where no condition may be part of one."""
        for signals in list(self._open.values()):
            self.judge(signals)

    def _look(self, signals: Signals, sleeper: Sleeper, need: Hindered) -> None:
        start = needed_class(need, self._depth)
        search = Search(self._cycles.graph, signals, sleeper, need)
        for lock in acquisition_of(sleeper.seen, sleeper.name, self._depth, compare=False).held:
            wanted = lock.serial in sleeper.locks and is_lock(lock.lock_class)
            way = search.way(start, lock) if wanted and start is not None and is_lock(start) else None
            violation = None if way is None else check_wait(sleeper, need, self._depth, way)
            if violation is not None:
                finding = self._book.register(violation, *graded(need, timed=violation.timed, direct=False))
                self._found[signals.serial, need.serial, lock.serial] = finding


class Search:
    """The search for a way that others go from the lock that signallers need to one that a waiter holds."""

    def __init__(self, graph: DependencyGraph, signals: Signals, sleeper: Sleeper, need: Hindered) -> None:
        self._graph, self._sleeper, self._serial = graph, sleeper, need.serial
        self._read = need.signaller.needs[need.serial].mode & READS
        needs = [(one.thread, one.needs.get(need.serial)) for one in list(signals.signallers.values())]
        self._signalled = {thread: each.seen.stamp for thread, each in needs if each is not None}

    def way(self, start: LockClass, lock: HeldLock) -> Way | None:
        """Return the first way from the needed lock, which is of the class `start`, to a held one; or None."""
        shared = bool(lock.mode & READS)
        paths = self._graph.find_paths((start, False), lock.lock_class, goal_shared=shared, budget=PATHS_BUDGET)
        for path in [path for path in paths if not [each for each in path if not is_lock(each.prev)]]:
            for steps in walks(path, self._serial, lock.serial):
                if self._fits(steps):
                    return Way(lock.serial, tuple(path), steps)
        return None

    def _fits(self, steps: Steps) -> bool:
        """Return whether the threads of these steps can be there while another one waits, and all at the same time.

        They cannot if it is the same thread, or if two of them hold a lock that keeps the other one out. A signaller
        can only before it signals.
        """
        if self._read and steps[0][0] & SHARED:
            return False
        locks = {(serial, bool(mode & READS)) for serial, mode in self._sleeper.locks.items()}
        for _, witness in steps:
            theirs = guards(witness.others) | lent(witness)
            if witness.thread_serial == self._sleeper.thread or excludes(locks, theirs):
                return False
            if witness.stamp >= self._signalled.get(witness.thread_serial, witness.stamp + 1):
                return False
            locks |= theirs
        return True


def starter_holds(sleeper: Sleeper, need: Hindered) -> bool:
    """Return whether the signaller has started the waiter under the needed lock, and held it when it signalled.

    It has the lock then before the wait begins, so nobody else can hold it meanwhile and want another one.
    """
    course = sleeper.seen.run
    loan = course.origin.lent if isinstance(course, Course) else None
    return loan is not None and need.held and loan.lender == need.signaller.thread and loan.keeps(need.serial)


def is_lock(lock_class: LockClass) -> bool:
    """Return whether locks of a class are held by whoever took them, and not only a name for what is waited for."""
    return lock_class.traits.inner != INV


def walks(path: Sequence[Dependency], first: int, last: int) -> list[Steps]:
    """Return the observations of these dependencies, without a timeout, that lead from one instance to another."""
    if not path:
        return [()] if first == last else []
    found: list[Steps] = []
    for step in path[0].all_witnesses(timed=False):
        if step[1].prev_serial == first and not step[1].fresh:
            found += [(step, *rest) for rest in walks(path[1:], step[1].next_serial, last)]
    return found


def excludes(some: set[tuple[int, bool]], others: set[tuple[int, bool]]) -> bool:
    """Return whether one lock is in both, and not held shared by both."""
    shared = dict(others)
    return bool([serial for serial, reads in some if serial in shared and not (reads and shared[serial])])
