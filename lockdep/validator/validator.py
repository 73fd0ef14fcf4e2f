"""The validator: the trie of known chains, the rules in the kernel's order, and what they found.

It works on what the fast path did not know. The graph lock is a raw lock, taken with a bound of 2 ms and never by a
thread that is already in here: an acquisition that cannot be judged in time is let through, counted, and judged at
its next occurrence. Changes are prepared first and committed in one step, so an exception from a signal handler may
arrive on any line. Findings are handed to `sink` after the graph lock is free. Only Exception counts as an internal
failure: said once, and the program goes on.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable

from lockdep import fastpath, trace
from lockdep.config import Options
from lockdep.fastpath import Chain, DepMap, Entry, ThreadState
from lockdep.graph.classes import SUBCLASSES, LockClass, registry
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.runs import Run
from lockdep.trace import StackTrace, site
from lockdep.validator.acquisition import Acquisition, acquisition, where
from lockdep.validator.checks.recursion import check_recursion
from lockdep.validator.held import held_locks, thread_name
from lockdep.validator.points import ContentionPoints
from lockdep.validator.rules import KERNEL, Rules
from lockdep.violations.assertion import FailedAssertion
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.freed import HeldLockFreed
from lockdep.violations.lifetime import EndedHolding
from lockdep.violations.misuse import LockMisuse
from lockdep.violations.nest import NestNotHeld
from lockdep.violations.release import BadRelease
from lockdep.violations.sleep import AtomicSleep
from lockdep.violations.violation import Violation
from lockdep.violations.where import Where
from lockdep.wait_types import INV

GRAPH_LOCK_SECONDS = 0.002
FORK_SECONDS = 0.1  # to wait for the graph before a fork: a child without it learns from the start


def new_root() -> Chain:
    """Return where the chains of ordinary code begin."""
    root = Chain(None, None)
    root.admit()
    return root


class Validator:
    """One world of chains, dependencies and findings. `sink` is called with each new or upgraded finding."""

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        self.options = Options() if options is None else options
        self.sink = sink
        self.warn: Callable[[str], None] | None = None
        self.root = new_root()
        self.rules = Rules(self.options, self.root)
        self.book = self.rules.book
        self.points = ContentionPoints()
        self.chains = 0
        self.unvalidated = 0
        self.failures = 0
        self.in_force = False
        self._graph_lock = _thread.allocate_lock()
        self._forking = False

    @property
    def graph(self) -> DependencyGraph:
        """The dependencies learned so far."""
        return self.rules.cycles.graph

    # What the fast path calls

    def miss(self, state: ThreadState, parent: Chain, entry: Entry, serial: int) -> Chain:
        """Validate a chain that is seen for the first time, before its last lock can block."""
        chain = Chain(parent, entry)
        state.busy += 1
        try:
            chain.stack = self._capture()
            new = acquisition(state, parent, entry, serial, chain.stack)
            if self.rules.is_known(new) and self.chains < self.options.max_chains:
                self._admit(chain)
                return chain
        except Exception as error:
            self._failed(error)
            return chain
        finally:
            state.busy -= 1
        self._guarded(state, lambda: self._validate(chain, new))
        return chain

    def judge(self, state: ThreadState, chain: Chain, lock: DepMap) -> None:
        """Judge a known chain by its instances."""
        new = self._new(state, chain.parent, chain.entry, lock.serial)
        if new is not None:
            self._guarded(state, lambda: self.rules.judge(chain, lock, new))

    def recursion(self, state: ThreadState, entry: Entry, lock: DepMap) -> None:
        """A plain lock is wanted by its holder. One that other threads have released is a hand-off: no finding."""
        if not entry.lock_class.by_instance:
            self.hopeless(state, entry, lock)
        elif not lock.crossed:
            new = self._new(state, state.chain, entry, lock.serial)
            if new is not None:
                self._guarded(state, lambda: self.rules.recursion(new))
            self._raise_recursion(entry)

    def hopeless(self, state: ThreadState, entry: Entry, lock: DepMap) -> None:
        """This thread would wait for itself, for ever: DeadlockError, whatever the options say."""
        new = self._new(state, state.chain, entry, lock.serial)
        violation = None if new is None else check_recursion(new)
        if new is None or violation is None:
            return
        self._guarded(state, lambda: self.rules.recursion(new))
        if not entry.mode & fastpath.TIMED:
            raise DeadlockError(Finding(violation, "certain", "the thread waits for itself", self.rules.usage))

    def misuse(self, state: ThreadState, lock: DepMap) -> None:
        """A release that will fail: not locked, or not by this thread."""
        if lock.entry is not fastpath.UNTRACKED:
            violation = BadRelease(lock.entry.lock_class, self._holder(lock.owner), self._where(state))
            self.report(violation, "unmatched" if lock.entry.lock_class.by_instance else "certain",
                        "a lock is released that this thread does not hold")  # fmt: skip

    def unnested(self, state: ThreadState, entry: Entry, outer: Entry) -> None:
        """The lock that is said to serialise a class is not held, or goes before what it serialises."""
        self.report(NestNotHeld(entry.lock_class, outer.lock_class, self._where(state)), *KERNEL)

    def subclass(self, lock_class: LockClass, number: int) -> LockClass:
        """Return a subclass; one that does not exist is a finding, and the class itself."""
        if number in range(SUBCLASSES):
            return lock_class.subclass(number)
        self.misused(f"looking up invalid subclass: {number}", f"subclasses are 0 to {SUBCLASSES - 1}", lock_class)
        return lock_class

    def reinitialised(self, state: ThreadState, lock: DepMap) -> None:
        """A lock is initialised while somebody holds it."""
        violation = HeldLockFreed(
            lock.entry.lock_class, "initialised again", self._holder(lock.owner), self._where(state)
        )
        self.report(violation, "certain", "whoever holds it will release another lock")

    def pinned_release(self, lock: DepMap) -> None:
        """A lock is released that was pinned."""
        self.misused(
            "releasing a pinned lock", "unpin it first, with the cookie that pin returned", lock.entry.lock_class
        )

    def signalled(self, state: ThreadState, lock: DepMap) -> None:
        """An event happens here: whoever waits for it depends on every lock that is held here."""
        new = self._new(state, state.chain, lock.entry, lock.serial)
        if new is not None:
            self._guarded(state, lambda: self.rules.signalled(new))

    def name_of(self, state: ThreadState) -> str:
        """Return the name of a thread, for a timeline."""
        return thread_name(state)

    def contended(self, state: ThreadState, entry: Entry, lock: DepMap) -> None:
        """A thread is going to wait, while times are taken: note where, and who stands in its way."""
        state.busy += 1
        try:
            self.points.note(entry, lock, self._capture())
        except Exception as error:
            self._failed(error)
        finally:
            state.busy -= 1

    # What joins, annotations and runtime call

    def joined(self, state: ThreadState, run: Run, *, timed: bool) -> None:
        """A run that this thread waited for has ended: each held lock depends on all that the run took."""
        if state.chain.depth and not state.busy:
            new = self._new(state, state.chain, fastpath.UNTRACKED, 0)
            if new is not None:
                self._guarded(state, lambda: self.rules.joined(new, run, timed=timed))

    def ended(self, states: list[ThreadState]) -> None:
        """These threads have ended with locks held."""
        for state in states:
            held = held_locks(state, trace.NO_STACK)
            violation = EndedHolding(Where(thread_name(state), held, trace.NO_STACK))
            if any(lock.lock_class.kind == "RLock" or not lock.lock_class.by_instance for lock in held):
                self.report(violation, "certain", "only the thread that took it can release it")
            else:
                self.report(violation, "unmatched", "another thread may still release it")

    def freed(self, entry: Entry, owner: int) -> None:
        """A lock was collected while held. Drop-in locks are left alone: nobody can wait for them any more."""
        if entry.lock_class is not None and not entry.lock_class.by_instance:
            violation = HeldLockFreed(entry.lock_class, "collected", self._holder(owner), self._where(None))
            self.report(violation, "certain", "the last reference to a held lock is gone")

    def enabled(self, state: ThreadState) -> None:
        """Interrupts were enabled: every held lock is held with them on from now on (kernel: mark_held_locks)."""
        new = self._new(state, state.chain, fastpath.UNTRACKED, 0)
        if new is not None and new.held:
            self._guarded(state, lambda: self.rules.mark_held(new))

    def may_sleep(self, state: ThreadState, atomic: bool, sleep: int) -> None:
        """Code that may sleep runs here: a finding in atomic context, or under a lock that must not wait so long."""
        here = self._where(state)
        forbids = [lock for lock in here.held if INV < lock.lock_class.traits.inner < sleep]
        if atomic or forbids:
            self.report(AtomicSleep(site(here.stack), here), "certain", "nothing may sleep here")

    def assertion_failed(self, assertion: str, text: str, classes: tuple[LockClass, ...]) -> None:
        """An assertion does not hold. One finding for each place."""
        here = self._where(None)
        self.report(
            FailedAssertion(assertion, text, site(here.stack), classes, here), "certain", "it does not hold here"
        )

    def report_clashes(self) -> None:
        """Say where one key was given two names."""
        if registry.clashes:
            state = fastpath.thread_state()
            new = self._new(state, state.chain, fastpath.UNTRACKED, 0)
            if new is not None:
                self._guarded(state, lambda: self.rules.clashes(new))

    def misused(self, headline: str, text: str, *classes: LockClass) -> None:
        """Report that an annotation or a lock was used against its rules."""
        self.report(LockMisuse(headline, text, classes, self._where(None)), "certain", text)

    def report(self, violation: Violation, grade: str, reason: str) -> None:
        """Enter a finding that some rule outside of here has made."""
        state = fastpath.thread_state()
        self._guarded(state, lambda: self.book.register(violation, grade, reason))

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found so far, in order."""
        if self.in_force:
            self.collect()
        return self.book.findings()

    def collect(self) -> None:
        """Look at the threads that ended, and the locks that were collected: findings where a lock was held."""
        ended = fastpath.reap()
        if ended:
            self.ended(ended)
        for state in ended:
            fastpath.retire(state)
        for entry, owner in fastpath.freed():
            self.freed(entry, owner)

    def check_invariants(self) -> None:
        """Raise AssertionError where the graph's books disagree."""
        with self._graph_lock:
            self.graph.check_invariants()

    def before_fork(self) -> None:
        """Have the graph lock while the process forks, if it can be had in time."""
        self._forking = bool(self._graph_lock.acquire(timeout=FORK_SECONDS))

    def after_fork(self) -> None:
        """In the parent: give the graph lock back."""
        if self._forking:
            self._forking = False
            self._graph_lock.release()

    def forked(self) -> bool:
        """In the child: a graph that another thread was changing is started anew. Return whether it is as it was."""
        intact, self._forking = self._forking, False
        self._graph_lock = _thread.allocate_lock()
        if not intact:
            self.root = new_root()  # what stands in no graph must not pass as known
            self.rules.cycles.restart(self.root)
        return intact

    # The frame around every piece of work

    def _new(self, state: ThreadState, parent: Chain, entry: Entry, serial: int) -> Acquisition | None:
        """Return what the rules judge; None where that fails."""
        state.busy += 1
        try:
            return acquisition(state, parent, entry, serial, self._capture())
        except Exception as error:
            self._failed(error)
            return None
        finally:
            state.busy -= 1

    def _where(self, state: ThreadState | None) -> Where:
        state = fastpath.thread_state() if state is None else state
        state.busy += 1
        try:
            stack = self._capture()
            return where(state, held_locks(state, stack), stack)
        finally:
            state.busy -= 1

    def _holder(self, owner: int) -> str:
        return next((thread_name(state) for state in fastpath.threads() if state.serial == owner), "")

    def _guarded(self, state: ThreadState, work: Callable[[], list[Finding]]) -> None:
        """Do the work under the graph lock if it can be had in time, then report. No Exception of ours leaves."""
        state.busy += 1
        got = False
        found: list[Finding] = []
        try:
            # A step of an iterator, not a call: no signal handler can come between having the lock and knowing it.
            for got in map(self._graph_lock.acquire, (True,), (GRAPH_LOCK_SECONDS,)):  # noqa: B007
                break
            if got:
                found = work()
            else:
                self.unvalidated += 1
        except Exception as error:
            self._failed(error)
        finally:
            if got:
                self._graph_lock.release()
            state.busy -= 1
        if found:
            self._deliver(state, found)

    def _deliver(self, state: ThreadState, found: list[Finding]) -> None:
        state.busy += 1
        try:
            for finding in found:
                self.book.suppress(finding)
                if self.sink is not None:
                    self.sink(finding)
        except Exception as error:
            self._failed(error)
        finally:
            state.busy -= 1
        for finding in found:
            if self.options.raise_on_deadlock and finding.raises:
                raise DeadlockError(finding)

    def _capture(self) -> StackTrace:
        return trace.capture(self.options.stack_depth)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if self.failures == 1 and self.warn is not None:
            self.warn(f"failed internally, and goes on: {error!r}")
        self.book.note_failure(error)

    def _validate(self, chain: Chain, new: Acquisition) -> list[Finding]:
        found = self.rules.validate(chain, new)
        if not self._admit(chain):
            found += self.rules.bound("max_chains", "chains are judged pair by pair, each time", new)
        return found

    def _admit(self, chain: Chain) -> bool:
        room = self.chains < self.options.max_chains
        if room:
            chain.admit()
            self.chains += 1
        return room

    def _raise_recursion(self, entry: Entry) -> None:
        """Where the options ask for it: raise instead of waiting for oneself, however often it happens."""
        if self.options.raise_on_recursion and not entry.mode & fastpath.TIMED:
            known = self.book.find_recursion(entry.lock_class)
            if known is not None and not known.suppressed:
                raise DeadlockError(known)
