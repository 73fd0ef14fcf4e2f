"""The validator: it judges what threads have seen by the rules in the kernel's order, and keeps what was found.

guarded.py says what surrounds each piece of work, incidents.py has the findings that need no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lockdep import fastpath, trace
from lockdep.config import Options
from lockdep.fastpath import Chain, DepMap, Entry, Import, Sighting, ThreadState
from lockdep.graph.capacity import Units
from lockdep.graph.classes import LockClass
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.loans import Loan
from lockdep.graph.runs import Pool, Run, Task, Waiter
from lockdep.trace import StackTrace
from lockdep.validator.acquisition import Acquisition, never_gives_up
from lockdep.validator.checks.join import Wanted
from lockdep.validator.checks.recursion import check_recursion
from lockdep.validator.declarations import forget_reversed
from lockdep.validator.guarded import ASKED_SECONDS
from lockdep.validator.points import ContentionPoints
from lockdep.validator.pools import PoolWait
from lockdep.validator.signalling import Signalling
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.loop import WaitForOwnLoop
from lockdep.violations.pool import PoolStarvation
from lockdep.vocabulary.grades import CERTAIN, STALL
from lockdep.waits.held import thread_name

MOST_LOANS = 64  # that a thread may have open at once; the locks of further ones guard only the thread itself


class Validator(Signalling):
    """One world of chains, dependencies and findings, independent of all others.

    `options` default to Options(). `sink` is called with each finding that is new, or stronger than before, in the
    thread that made it. A validator judges nothing until it is in force: see `lockdep.use` and `lockdep.install`.
    """

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        super().__init__(options, sink)
        self.points: ContentionPoints = ContentionPoints()
        self._loans: dict[int, list[Loan]] = {}  # serial of a thread -> what it has lent since it last held nothing

    @property
    def graph(self) -> DependencyGraph:
        """The dependencies learned so far, from all that was seen."""
        if self.in_force:
            self.collect()
        return self.rules.cycles.graph

    @property
    def unvalidated(self) -> int:
        """How many acquisitions nothing was learned from, because there was no memory for it."""
        return fastpath.lost()

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings so far, suppressed ones included, in the order they were made."""
        if self.in_force:
            self.collect()
            self._now(fastpath.thread_state(), self.rules.settle, ASKED_SECONDS)
        return self.book.findings()

    def check_invariants(self) -> None:
        """Raise AssertionError if the graph's tables disagree. Cost: O(classes + dependencies). For tests."""
        self._graph_lock.take(-1)
        try:
            self.graph.check_invariants()
        finally:
            self._graph_lock.drop()

    # Called by the fast path

    def recursion(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Judge a lock that is wanted by its own holder.

        A drop-in lock that was once released by another thread may be handed over that way: then it is no finding.
        Raises DeadlockError if the option raise_on_recursion is set and the wait has no timeout.
        """
        if not entry.lock_class.by_instance:
            self.hopeless(thread, entry, lock)
        elif not lock.crossed:
            new = self._attempt(thread, entry, lock)
            if new is not None:
                self._now(thread, lambda: self.rules.recursion(new))
            self._raise_recursion(entry)

    def hopeless(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Report that a thread waits for itself for ever; raise DeadlockError whatever the options say.

        A wait with a timeout is reported, too, but raises nothing.
        """
        new = self._attempt(thread, entry, lock)
        violation = None if new is None else check_recursion(new)
        if new is None or violation is None:
            return
        self._now(thread, lambda: self.rules.recursion(new))
        if not entry.mode & fastpath.TIMED:
            raise DeadlockError(Finding(violation, CERTAIN, "the thread waits for itself", self.rules.usage))

    def unit_wanted(
        self, thread: ThreadState, entry: Entry, lock: DepMap, units: Units, grade: str, reason: str
    ) -> None:
        """Report that a thread wants a further unit of a semaphore, and that all units may be taken then."""
        new = self._attempt(thread, entry, lock)
        violation = None if new is None else check_recursion(new)
        if violation is not None:
            self._now(thread, lambda: self.rules.units.judge(units, violation, grade, reason))

    def units_returned(self, thread: ThreadState, units: Units) -> None:
        """Judge what was seen of a semaphore: now a thread that had taken units has given all of them back."""
        self._soon(thread, lambda: self.rules.units_returned(units))

    def units_given_away(self, thread: ThreadState, units: Units) -> None:
        """Withdraw what was found of a semaphore as of a lock: a thread that has taken no unit of it has given one."""
        self._soon(thread, lambda: self.rules.units_given_away(units))

    def reconsider(self, thread: ThreadState) -> None:
        """Judge again what is excused: threads want more units than there are, or a lock that was lent was released."""
        self._soon(thread, self.rules.reconsider)

    def _attempt(self, thread: ThreadState, entry: Entry, lock: DepMap) -> Acquisition | None:
        """Return the attempt of the running thread to take a lock, or None if looking at it failed."""
        wanted = Chain(thread.chain, entry)
        return self._inside(thread, lambda: self._acquisition(self._see(thread, wanted, lock.serial), thread))

    def _attempt_nothing(self, thread: ThreadState) -> Acquisition | None:
        """Return where the running thread is and what it holds, or None if looking at it failed."""
        return self._inside(thread, lambda: self._here(thread))

    def signalled(self, thread: ThreadState, lock: DepMap) -> None:
        """Judge an event that happens here: whoever waits for it depends on every lock that is held here."""
        new = self._attempt_nothing(thread)
        lock_class, serial = lock.entry.lock_class, lock.serial
        if new is not None:
            self._soon(thread, lambda: self.rules.signalled(new, lock_class, serial))

    def name_of(self, thread: ThreadState) -> str:
        """Return the name of a thread, for a timeline."""
        return thread_name(thread)

    def contended(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Note where a thread is going to wait, and where the holder took the lock. Only while times are measured."""
        self._inside(thread, lambda: self.points.note(thread, entry, lock, trace.innermost()))

    # Called by joins and contexts

    def waiter(self, thread: ThreadState, *, timed: bool) -> Waiter | None:
        """Return where the running thread is going to wait and what it holds, or None if looking at it failed."""
        try:
            return Waiter(self._see(thread, thread.chain, 0), timed)
        except Exception as error:
            self._take(error)
            return None

    def stuck(self, thread: ThreadState, run: Run, *, timed: bool) -> None:
        """Judge a wait for a run that goes on: by what the run took until now, and by the lock it is waiting for."""
        self.joined(thread, run, timed=timed)
        wait, waiting = fastpath.wait_of(run.thread), fastpath.find_thread(run.thread)
        frames = None if wait is None or waiting is None else fastpath.standing().get(waiting.ident)
        if frames is not None and wait is not None and wait.lock is not None:
            taken = trace.standing_stack(frames, self.options.stack_depth)
            waiter = Waiter(self._see(thread, thread.chain, 0), timed)
            gives_up = wait.timed and not never_gives_up(frames)
            self._join_blocked(thread, thread, run, waiter, wait.lock.serial, taken, gives_up)
        self.judge(thread)

    def awaited(self, thread: ThreadState, lock: DepMap, timed: bool) -> None:
        """Judge that a thread waits for a lock, maybe with a timeout, whose holder waits for that thread."""
        run = thread.record
        holder = None if lock.crossed else fastpath.find_thread(lock.owner)
        if holder is None:
            return
        for waiter in list(run.waiters):
            if waiter.seen.thread == lock.owner:
                gives_up = timed and not never_gives_up(trace.standing())
                self._join_blocked(thread, holder, run, waiter, lock.serial, self._capture(), gives_up)

    def lend(self, thread: ThreadState, loan: Loan) -> None:
        """Note that the running thread starts a run while it holds locks, and watch whether it keeps them."""
        loans = self._loans.setdefault(thread.serial, [])
        if not loans:
            thread.sightings.append(partial(self._check_loans, thread, thread.serial))
            thread.waits_calm = True
        if len(loans) >= MOST_LOANS:
            loans[:] = [open_ for open_ in loans if not open_.end]
        if len(loans) < MOST_LOANS:
            loans.append(loan)
        else:
            loan.lost = True

    def loans_of(self, thread: ThreadState) -> list[Loan]:
        """Return what the running thread has lent since it last held nothing."""
        return list(self._loans.get(thread.serial, ()))

    def _check_loans(self, thread: ThreadState, serial: int) -> None:
        """Take back what a thread has lent if it holds nothing any more; else look again at its next calm moment."""
        if thread.serial == serial and thread.held():  # any thread may judge this
            thread.sightings.append(partial(self._check_loans, thread, serial))
            return
        lost = [loan for loan in self._loans.pop(serial, ()) if not loan.end]
        for loan in lost:
            loan.lost = True
        if lost:
            self.rules.reconsider()

    def _join_blocked(
        self, me: ThreadState, joiner: ThreadState, run: Run, waiter: Waiter, serial: int, taken: StackTrace,
        gives_up: bool,
    ) -> None:  # fmt: skip
        """Judge that `joiner` waits for a run, which waits at `taken` for the lock `serial` of the joiner.

        `gives_up`: the wait of the run has a timeout.
        """
        new = self._inside(me, lambda: self._acquisition(waiter.seen, joiner))
        if new is not None:
            self._now(me, lambda: self.rules.join_blocked(new, run, serial, taken, waiter.timed, gives_up))

    def joined(self, thread: ThreadState, run: Run, *, timed: bool) -> None:
        """Judge a wait for a run that has ended: each held lock depends on every lock that the run took.

        `timed` says whether the wait had a timeout.
        """
        if thread.chain.depth and not thread.busy:
            new = self._attempt_nothing(thread)
            if new is not None:
                self._soon(thread, lambda: self.rules.joined(new, run, timed=timed))

    def process_joined(
        self, thread: ThreadState, wanted: Mapping[int, Wanted], awaited: str, place: str, *, timed: bool
    ) -> None:
        """Judge that the running thread waits for another process, which wants locks that the thread holds.

        `wanted` has them by their serials here. `awaited` is the name of the process, whose code begins at `place`.
        """
        new = self._attempt_nothing(thread)
        if new is not None:
            self._now(thread, lambda: self.rules.process_joined(new, wanted, awaited, place, timed=timed))

    def seen_wait(self, thread: ThreadState, *, timed: bool) -> Callable[[ThreadState, Run], None] | None:
        """Return what judges the wait of now for a run, later and in any thread; None if the waiter holds nothing."""
        new = self._attempt_nothing(thread) if thread.chain.depth and not thread.busy else None
        if new is None:
            return None
        return lambda judge, run: self._soon(judge, lambda: self.rules.joined(new, run, timed=timed))

    def wants_module(self, thread: ThreadState, name: str, seen: Sighting) -> None:
        """Judge that the running thread imports a module while it holds locks, before it waits for the module lock."""
        module = self.rules.imports.module(name)
        if self._inside(thread, lambda: module.want(seen)):
            fastpath.note_wanted(name, thread.serial, partial(self.rules.imports.judge, module))
            if module.meets():
                self._now(thread, partial(self.rules.imports.judge, module))

    def imported(self, thread: ThreadState, begun: Import) -> None:
        """Judge that the running thread has imported a module, and has taken locks meanwhile."""
        module = self.rules.imports.module(begun.name)
        self._inside(thread, lambda: module.load(begun))
        if module.wanted and module.meets():
            self._soon(thread, partial(self.rules.imports.judge, module))

    def waits_for_loop(self, thread: ThreadState, awaited: str, place: str, *, timed: bool) -> None:
        """Report that a thread waits for a coroutine which the event loop of this thread should run."""
        new = self._attempt_nothing(thread)
        if new is not None:
            violation = WaitForOwnLoop(awaited, place, timed, new.where())
            grade, reason = (STALL, "the wait has a timeout") if timed else (CERTAIN, "the thread waits for itself")
            self._now(thread, lambda: self.book.register(violation, grade, reason))

    def waits_in_pool(
        self, thread: ThreadState, pool: Pool, place: str, waiter: Task, awaited: Task, *, timed: bool
    ) -> None:
        """Judge that a work item, which this thread runs, waits for a later one of its own pool, made at `place`."""
        new = self._attempt_nothing(thread)
        if new is not None:
            items = waiter.name, waiter.place, awaited.name, awaited.place
            violation = PoolStarvation(*items, place, pool.workers, timed, new.where())
            wait = PoolWait(thread.record.serial, fastpath.new_serial(), thread.record.course.clock)
            self._soon(thread, lambda: self.rules.pools.judge(pool.serial, wait, violation))

    def enabled(self, thread: ThreadState) -> None:
        """Judge that a context was enabled: every held lock is now held with it on (kernel: mark_held_locks)."""
        new = self._attempt_nothing(thread)
        if new is not None and new.held:
            self._soon(thread, lambda: self.rules.mark_held(new))

    def declared(self, thread: ThreadState, first: LockClass, later: LockClass) -> None:
        """Have each known chain that breaks an order which was just declared judged at its next occurrence."""
        self._now(thread, partial(self._forget_reversed, first, later), ASKED_SECONDS)

    def _forget_reversed(self, first: LockClass, later: LockClass) -> None:
        self.chains -= forget_reversed(self.root, first, later)

    def _raise_recursion(self, entry: Entry) -> None:
        """Raise instead of waiting, however often it happens, if the options ask for it."""
        if self.options.raise_on_recursion and not entry.mode & fastpath.TIMED:
            known = self.book.find_recursion(entry.lock_class)
            if known is not None and not known.suppressed:
                raise DeadlockError(known)
