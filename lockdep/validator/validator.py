"""The validator: what the fast path asks about acquisitions it does not know, and what it does with the answers.

It has the trie of known chains, judges new chains by the rules in the kernel's order, and keeps what was found.
guarded.py says what surrounds each piece of work, incidents.py has the findings that need no rule.
"""

from __future__ import annotations

from collections.abc import Callable

from lockdep import fastpath
from lockdep.config import Options
from lockdep.fastpath import Chain, DepMap, Entry, ThreadState
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.runs import Run
from lockdep.validator.acquisition import Acquisition, acquisition_of
from lockdep.validator.checks.recursion import check_recursion
from lockdep.validator.held import thread_name
from lockdep.validator.incidents import Incidents
from lockdep.validator.points import ContentionPoints
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.violation import Violation
from lockdep.vocabulary.grades import CERTAIN


class Validator(Incidents):
    """One world of chains, dependencies and findings, independent of all others.

    `options` default to Options(). `sink` is called with each finding that is new, or stronger than before, in the
    thread that made it. A validator judges nothing until it is in force: see `lockdep.use` and `lockdep.install`.
    """

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        super().__init__(options, sink)
        self.points = ContentionPoints()
        self.chains = 0

    @property
    def graph(self) -> DependencyGraph:
        """The dependencies learned so far."""
        return self.rules.cycles.graph

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings so far, suppressed ones included, in the order they were made."""
        if self.in_force:
            self.collect()
        return self.book.findings()

    def check_invariants(self) -> None:
        """Raise AssertionError if the graph's tables disagree. Cost: O(classes + dependencies). For tests."""
        with self._graph_lock:
            self.graph.check_invariants()

    # Called by the fast path

    def miss(self, thread: ThreadState, parent: Chain, entry: Entry, serial: int) -> Chain:
        """Validate a chain that is seen for the first time, before its last lock can block; return it.

        `parent` is what the thread holds, `entry` how the lock `serial` is taken. Cost: some 10 us if the chain brings
        no new dependency and no new usage; then no graph lock is taken.
        """
        chain = Chain(parent, entry)
        thread.busy += 1
        try:
            chain.stack = self._capture()
            new = acquisition_of(thread, parent, entry, serial, chain.stack)
            broken = self.rules.check_acquisition(new)
            if not broken and self.rules.is_known(new) and self.chains < self.options.max_chains:
                self._admit(chain)
                return chain
        except Exception as error:
            self._failed(error)
            return chain
        finally:
            thread.busy -= 1
        self._guarded(thread, lambda: self._validate(chain, new, broken))
        return chain

    def judge(self, thread: ThreadState, chain: Chain, lock: DepMap) -> None:
        """Judge a known chain by the instances it is about: a class nested in itself, or a watched dependency."""
        new = self._acquisition(thread, chain.parent, chain.entry, lock.serial)
        if new is not None:
            self._guarded(thread, lambda: self.rules.judge(chain, lock, new))

    def recursion(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Judge a lock that is wanted by its own holder.

        A drop-in lock that was once released by another thread may be handed over that way: then it is no finding.
        Raises DeadlockError if the option raise_on_recursion is set and the wait has no timeout.
        """
        if not entry.lock_class.by_instance:
            self.hopeless(thread, entry, lock)
        elif not lock.crossed:
            new = self._acquisition(thread, thread.chain, entry, lock.serial)
            if new is not None:
                self._guarded(thread, lambda: self.rules.recursion(new))
            self._raise_recursion(entry)

    def hopeless(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Report that a thread waits for itself for ever; raise DeadlockError whatever the options say.

        A wait with a timeout is reported, too, but raises nothing.
        """
        new = self._acquisition(thread, thread.chain, entry, lock.serial)
        violation = None if new is None else check_recursion(new)
        if new is None or violation is None:
            return
        self._guarded(thread, lambda: self.rules.recursion(new))
        if not entry.mode & fastpath.TIMED:
            raise DeadlockError(Finding(violation, CERTAIN, "the thread waits for itself", self.rules.usage))

    def signalled(self, thread: ThreadState, lock: DepMap) -> None:
        """Judge an event that happens here: whoever waits for it depends on every lock that is held here."""
        new = self._acquisition(thread, thread.chain, lock.entry, lock.serial)
        if new is not None:
            self._guarded(thread, lambda: self.rules.signalled(new))

    def name_of(self, thread: ThreadState) -> str:
        """Return the name of a thread, for a timeline."""
        return thread_name(thread)

    def contended(self, thread: ThreadState, entry: Entry, lock: DepMap) -> None:
        """Note where a thread is going to wait, and where the holder took the lock. Only while times are measured."""
        thread.busy += 1
        try:
            self.points.note(entry, lock, self._capture())
        except Exception as error:
            self._failed(error)
        finally:
            thread.busy -= 1

    # Called by joins and contexts

    def joined(self, thread: ThreadState, run: Run, *, timed: bool) -> None:
        """Judge a wait for a run that has ended: each held lock depends on every lock that the run took.

        `timed` says whether the wait had a timeout.
        """
        if thread.chain.depth and not thread.busy:
            new = self._acquisition(thread, thread.chain, fastpath.UNTRACKED, 0)
            if new is not None:
                self._guarded(thread, lambda: self.rules.joined(new, run, timed=timed))

    def enabled(self, thread: ThreadState) -> None:
        """Judge that a context was enabled: every held lock is now held with it on (kernel: mark_held_locks)."""
        new = self._acquisition(thread, thread.chain, fastpath.UNTRACKED, 0)
        if new is not None and new.held:
            self._guarded(thread, lambda: self.rules.mark_held(new))

    def _validate(self, chain: Chain, new: Acquisition, broken: list[Violation]) -> list[Finding]:
        found = self.rules.validate(chain, new, broken)
        if not self._admit(chain):
            found += self.rules.bound("max_chains", "chains are judged pair by pair, each time", new)
        return found

    def _admit(self, chain: Chain) -> bool:
        """Let the fast path pass a chain from now on, if there is room for it."""
        room = self.chains < self.options.max_chains
        if room:
            chain.admit()
            self.chains += 1
        return room

    def _raise_recursion(self, entry: Entry) -> None:
        """Raise instead of waiting, however often it happens, if the options ask for it."""
        if self.options.raise_on_recursion and not entry.mode & fastpath.TIMED:
            known = self.book.find_recursion(entry.lock_class)
            if known is not None and not known.suppressed:
                raise DeadlockError(known)
