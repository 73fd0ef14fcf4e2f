"""The validator: the trie of known chains, the dependency graph, the rules, and what they found.

It works on what the fast path did not know. The graph lock is a raw lock, taken with a bound of 2 ms and never by a
thread that is already in here: an acquisition that cannot be judged in time is let through, counted, and judged at
its next occurrence. Changes are prepared first and committed in one step, so an exception from a signal handler may
arrive on any line. Findings are handed to `sink` after the graph lock is free. Only Exception counts as an internal
failure: said once, and the program goes on.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable

from lockdep import evidence, fastpath, trace
from lockdep.book import FindingBook
from lockdep.checks.circular import check_circular
from lockdep.checks.join import check_join
from lockdep.checks.recursion import check_recursion
from lockdep.checks.same_class import InstanceOrder, check_same_class
from lockdep.classes import LockClass
from lockdep.config import Options
from lockdep.dependency import RECURSIVE, SHARED, TIMED, WAIT, Dependency, Witness
from lockdep.fastpath import TRY, Chain, DepMap, Entry, ThreadState
from lockdep.finding import ERRORS, DeadlockError, Finding
from lockdep.graph import DependencyGraph
from lockdep.held import held_locks, thread_name
from lockdep.nesting import blocking_tail, kind_of, twin_depth
from lockdep.runs import Run
from lockdep.trace import StackTrace
from lockdep.violations import BadRelease, CircularDependency, EndedHolding, HeldLock, InstanceRing
from lockdep.watch import Watch

GRAPH_LOCK_SECONDS = 0.002
LONGER_WAY_BUDGET = 500  # steps of the search for a cycle whose instances match


class Validator:
    """One world of chains, dependencies and findings. `sink` is called with each new or upgraded finding."""

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        self.options = Options() if options is None else options
        self.sink = sink
        self.warn: Callable[[str], None] | None = None
        self.graph = DependencyGraph()
        self.orders: dict[LockClass, InstanceOrder] = {}
        self.book = FindingBook(self.options)
        self.root = Chain(None, None)
        self.root.admit()
        self.chains = 0
        self.unvalidated = 0
        self.failures = 0
        self.died: dict[int, int] = {}
        self._graph_lock = _thread.allocate_lock()
        self._forking = False
        self._watch = Watch()

    # What the fast path calls

    def miss(self, state: ThreadState, entry: Entry, lock: DepMap) -> Chain:
        """Validate a chain that is seen for the first time, before its last lock can block."""
        chain = Chain(state.chain, entry)
        state.busy += 1
        try:
            chain.stack = self._capture()
            if self._follows_known(state, chain, lock):
                return chain
        except Exception as error:
            self._failed(error)
            return chain
        finally:
            state.busy -= 1
        self._guarded(state, lambda: self._validate(state, chain, lock))
        return chain

    def judge(self, state: ThreadState, chain: Chain, lock: DepMap) -> None:
        """Judge a known chain by its instances."""
        self._guarded(state, lambda: self._judge(state, chain, lock, self._capture()))

    def recursion(self, state: ThreadState, entry: Entry, lock: DepMap) -> None:
        """A plain lock is wanted by its holder. One that other threads have released is a hand-off: no finding."""
        if not lock.crossed:
            self._guarded(state, lambda: self._recursion(state, entry, lock, self._capture()))
            self._raise_recursion(entry)

    def misuse(self, state: ThreadState, lock: DepMap) -> None:
        """A release that will fail: not locked, or not by this thread."""
        self._guarded(state, lambda: self._misuse(state, lock, self._capture()))

    def joined(self, state: ThreadState, run: Run, *, timed: bool) -> None:
        """A run that this thread waited for has ended: each held lock depends on all that the run took."""
        if state.chain.depth and not state.busy:
            self._guarded(state, lambda: self._joined(state, run, self._capture(), timed=timed))

    def ended(self, states: list[ThreadState]) -> None:
        """These threads have ended with locks held."""
        mine = fastpath.thread_state()
        for state in states:
            self._guarded(mine, lambda state=state: self._ended(state))  # type: ignore[misc]

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found so far, in order."""
        return self.book.findings()

    def check_invariants(self) -> None:
        """Raise AssertionError where the graph's books disagree."""
        with self._graph_lock:
            self.graph.check_invariants()

    def before_fork(self) -> None:
        """Have the graph lock while the process forks, if it can be had in time."""
        self._forking = bool(self._graph_lock.acquire(timeout=GRAPH_LOCK_SECONDS))

    def after_fork(self) -> None:
        """In the parent: give the graph lock back."""
        if self._forking:
            self._forking = False
            self._graph_lock.release()

    def forked(self) -> None:
        """In the child: a graph that another thread was changing is started anew."""
        intact, self._forking = self._forking, False
        self._graph_lock = _thread.allocate_lock()
        if not intact:
            self.graph = DependencyGraph()

    # The frame around every piece of work

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
            if (
                self.options.raise_on_deadlock
                and finding.level == "error"
                and not finding.suppressed
                and finding.slug != "lifetime"
            ):
                raise DeadlockError(finding)

    def _capture(self) -> StackTrace:
        return trace.capture(self.options.stack_depth)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if self.failures == 1 and self.warn is not None:
            self.warn(f"failed internally, and goes on: {error!r}")
        self.book.note_failure(error)

    def _follows_known(self, state: ThreadState, chain: Chain, lock: DepMap) -> bool:
        """Add a chain whose dependencies are all known and harmless, without the graph lock and without a search."""
        held = held_locks(state, chain.stack)
        if twin_depth(held, chain.entry.lock_class) or self._watch:
            return False
        pairs = []
        for prev in blocking_tail(held) if chain.entry.mode != TRY else ():
            known = self.graph.find(prev.lock_class, chain.entry.lock_class)
            kind = kind_of(prev.mode, chain.entry.mode)
            if known is None or kind not in known.witnesses or self.book.with_dependency(known):
                return False
            pairs.append((known, kind, prev))
        for known, kind, prev in pairs:
            known.mark_seen(kind, self._witness(prev, lock.serial, held, chain.stack), self.options.max_witnesses)
        self._admit(chain)
        return True

    def _admit(self, chain: Chain) -> None:
        if self.chains < self.options.max_chains:
            chain.admit()
            self.chains += 1

    def _witness(
        self, prev: HeldLock, serial: int, held: tuple[HeldLock, ...], stack: StackTrace, run: Run | None = None
    ) -> Witness:
        me = fastpath.thread_state()
        gates = tuple(lock.serial for lock in held if lock is not prev)
        awaited = "" if run is None else run.label()
        return Witness(thread_name(me), me.serial, prev.serial, serial, prev.stack, stack, gates, awaited)

    # The rules, under the graph lock

    def _validate(self, state: ThreadState, chain: Chain, lock: DepMap) -> list[Finding]:
        found: list[Finding] = []
        held = held_locks(state, chain.stack)
        chain.twin = twin_depth(held, chain.entry.lock_class)
        if chain.entry.mode != TRY:
            if chain.twin:
                found += self._nested(held, chain.twin, lock, chain.stack, chain.entry)
            for prev in blocking_tail(held):
                if prev.lock_class is not chain.entry.lock_class:
                    found += self._depend(prev, chain.entry, lock.serial, held, chain.stack)
            self._watch.flag(chain, self.graph)
        chain.judged = chain.judged or bool(chain.twin)
        self._admit(chain)
        return found

    def _depend(
        self,
        prev: HeldLock,
        entry: Entry,
        serial: int,
        held: tuple[HeldLock, ...],
        stack: StackTrace,
        run: Run | None = None,
        extra: int = 0,
    ) -> list[Finding]:
        """Record prev -> entry's class in the kind it was seen in, and look for the cycle it closes."""
        kind = kind_of(prev.mode, entry.mode) | extra
        witness = self._witness(prev, serial, held, stack, run)
        known = self.graph.find(prev.lock_class, entry.lock_class)
        if known is not None and kind in known.witnesses:
            most = self._watch.most(known, self.options.max_witnesses)
            return self._regrade(known, kind, witness) if known.mark_seen(kind, witness, most) else []
        path = check_circular(self.graph, prev.lock_class, entry.lock_class, kind)
        dependency = self.graph.register_dependency(prev.lock_class, entry.lock_class)
        dependency.mark_seen(kind, witness, self.options.max_witnesses)
        watch_deaths(prev.lock_class, entry.lock_class)
        if path is None:
            return []
        found, grade = self._circular((*path, dependency), held, stack)
        if grade == "unmatched":
            self._watch.add((*path, dependency), self.graph, self.root)
            found += self._longer_way(dependency, kind, held, stack)
        return found

    def _circular(
        self, path: tuple[Dependency, ...], held: tuple[HeldLock, ...], stack: StackTrace
    ) -> tuple[list[Finding], str]:
        self._drain_deaths()
        grade, reason, chosen = evidence.grade_cycle(path, self.died)
        violation = CircularDependency(path, chosen, thread_name(), held, stack)
        return self.book.register_cycle(violation, grade, reason), grade

    def _longer_way(
        self, closing: Dependency, kind: int, held: tuple[HeldLock, ...], stack: StackTrace
    ) -> list[Finding]:
        """The shortest cycle names different instances: look for a longer one that the same instances close."""
        start, shared = (closing.next, bool(kind & RECURSIVE)), bool(kind & SHARED)
        for path in self.graph.find_paths(start, closing.prev, goal_shared=shared, budget=LONGER_WAY_BUDGET):
            if evidence.grade_cycle((*path, closing), self.died)[0] in ERRORS:
                return self._circular((*path, closing), held, stack)[0]
        return []

    def _regrade(self, dependency: Dependency, kind: int, witness: Witness) -> list[Finding]:
        """New instances were seen in a dependency that is part of a finding: perhaps they close the cycle."""
        found: list[Finding] = []
        for finding in self.book.with_dependency(dependency):
            violation = finding.violation
            if isinstance(violation, CircularDependency):
                self._drain_deaths()
                at = violation.path.index(dependency)
                path = (*violation.path[at:], *violation.path[:at])
                grade, reason, chosen = evidence.grade_cycle(path, self.died, (kind, witness))
                turned = chosen[len(chosen) - at :] + chosen[: len(chosen) - at]
                found += self.book.upgrade(finding, grade, reason, turned)
        return found

    def _nested(
        self, held: tuple[HeldLock, ...], twin: int, lock: DepMap, stack: StackTrace, entry: Entry
    ) -> list[Finding]:
        """Two instances of one class: silent while they keep one order."""
        prev = held[twin - 1]
        if prev.serial == lock.serial:
            return self._recursion(fastpath.thread_state(), entry, lock, stack)
        kind = kind_of(prev.mode, entry.mode)
        order = self.orders.setdefault(entry.lock_class, InstanceOrder(self.options.max_pairs))
        if order.knows(prev.serial, lock.serial, kind):
            return []
        witness = self._witness(prev, lock.serial, held, stack)
        closed = check_same_class(order, kind, witness)
        order.mark_seen(kind, witness)
        if closed is None:
            return []
        timed, ring = closed
        reason = f"{len(ring)} locks of one class are taken in a ring of orders"
        return self.book.register(
            InstanceRing(entry.lock_class, ring, thread_name(), held, stack),
            "stall" if timed else "potential",
            f"{reason}, but one of the waits has a timeout" if timed else reason,
        )

    def _judge(self, state: ThreadState, chain: Chain, lock: DepMap, stack: StackTrace) -> list[Finding]:
        found: list[Finding] = []
        held = held_locks(state, stack)
        twin = twin_depth(held, chain.entry.lock_class)
        watched = self._watch.hits(chain)
        if twin:
            found += self._nested(held, twin, lock, stack, chain.entry)
        for dependency, depth, kind in watched:
            prev = held[depth - 1]
            witness = self._witness(prev, lock.serial, held, stack)
            if dependency.mark_seen(kind, witness, self._watch.most(dependency, self.options.max_witnesses)):
                found += self._regrade(dependency, kind, witness)
        if len(watched) + bool(twin) == 1 and not chain.entry.mode & fastpath.TIMED:
            lock.peer = held[chain.twin - 1].serial
        return found

    def _recursion(self, state: ThreadState, entry: Entry, lock: DepMap, stack: StackTrace) -> list[Finding]:
        timed = bool(entry.mode & fastpath.TIMED)
        violation = check_recursion(held_locks(state, stack), lock.serial, thread_name(), stack, timed=timed)
        if violation is None:
            return []
        if timed:
            return self.book.register(violation, "stall", "the wait has a timeout: not for ever, but that long")
        return self.book.register(violation, "certain", "the thread waits for itself")

    def _raise_recursion(self, entry: Entry) -> None:
        """Where the options ask for it: raise instead of waiting for oneself, however often it happens."""
        if self.options.raise_on_recursion and not entry.mode & fastpath.TIMED:
            known = self.book.find_recursion(entry.lock_class)
            if known is not None and not known.suppressed:
                raise DeadlockError(known)

    def _misuse(self, state: ThreadState, lock: DepMap, stack: StackTrace) -> list[Finding]:
        if lock.entry is fastpath.UNTRACKED:
            return []
        owner = next((thread_name(other) for other in fastpath.threads() if other.serial == lock.owner), "")
        violation = BadRelease(lock.entry.lock_class, owner, thread_name(), held_locks(state, stack), stack)
        return self.book.register(
            violation, "unmatched", "the release raised RuntimeError, as threading's own lock does"
        )

    def _joined(self, state: ThreadState, run: Run, stack: StackTrace, *, timed: bool) -> list[Finding]:
        found: list[Finding] = []
        held = held_locks(state, stack)
        for prev in held:
            violation = check_join(prev, held, run, thread_name(), stack, timed=timed)
            if violation is not None:
                grade = "stall" if timed else "potential"
                reason = (
                    "the wait has a timeout"
                    if timed
                    else "the same lock is held by the waiter and taken by what it waits for"
                )
                found += self.book.register(violation, grade, reason)
            for serial, chain in run.chains():
                if chain.entry.lock_class is not prev.lock_class:
                    extra = WAIT | (TIMED if timed else 0)
                    found += self._depend(prev, chain.entry, serial, held, stack, run, extra)
        return found

    def _ended(self, state: ThreadState) -> list[Finding]:
        held = held_locks(state, trace.NO_STACK)
        violation = EndedHolding(thread_name(state), held)
        forever = [lock for lock in held if lock.lock_class.kind == "RLock"]
        if forever:
            return self.book.register(violation, "certain", "only the thread that took an RLock can release it")
        return self.book.register(violation, "unmatched", "another thread may still release it")

    def _drain_deaths(self) -> None:
        for serial, clock in fastpath.deaths():
            self.died[serial] = clock


def watch_deaths(*classes: LockClass) -> None:
    """Have the deaths of these classes' instances told: witnesses name them."""
    for lock_class in classes:
        lock_class.entry(fastpath.BLOCKING).watched = True
