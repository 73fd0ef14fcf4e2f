"""Findings that need no rule: one call, or one look at a thread or a lock, is enough to know that something is wrong.

Each of these methods makes a finding and returns; none of them raises, except as `GuardedWork.report` does. Cost: some
tens of microseconds, for stacks. The fast path, the annotations and the primitives call them.
"""

from __future__ import annotations

from lockdep import fastpath, trace
from lockdep.fastpath import DepMap, Entry, ThreadState
from lockdep.graph.classes import SUBCLASSES, LockClass, registry
from lockdep.trace import StackTrace, site
from lockdep.validator.forks import Fork
from lockdep.validator.guarded import ASKED_SECONDS, GRAPH_LOCK_SECONDS, GuardedWork
from lockdep.validator.rules import BY_CLASS
from lockdep.violations.assertion import FailedAssertion
from lockdep.violations.awaiting import HeldAwaiting
from lockdep.violations.forked import ForkedLock
from lockdep.violations.freed import HeldLockFreed
from lockdep.violations.lifetime import EndedHolding
from lockdep.violations.misuse import LockMisuse
from lockdep.violations.nest import NestNotHeld
from lockdep.violations.release import BadRelease
from lockdep.violations.sleep import AtomicSleep
from lockdep.violations.violation import Violation
from lockdep.violations.where import Where
from lockdep.vocabulary.grades import CERTAIN, POTENTIAL, UNMATCHED
from lockdep.wait_types import INV
from lockdep.waits.held import held_by, thread_name


class Incidents(GuardedWork):
    """The part of a validator that reports what no rule has to find."""

    # Called by the fast path

    def misuse(self, thread: ThreadState, lock: DepMap) -> None:
        """Report a release that will fail: the lock is not held, or not by this thread."""
        if lock.entry is not fastpath.UNTRACKED and not thread.off:
            lock_class = lock.entry.lock_class
            violation = BadRelease(lock_class, self._holder(lock.owner), self._where(thread))
            grade = UNMATCHED if lock_class.by_instance else CERTAIN
            self.report(violation, grade, "a lock is released that this thread does not hold")

    def unnested(self, thread: ThreadState, entry: Entry, outer: Entry) -> None:
        """Report that the lock `outer`, said to serialise the class of `entry`, is not held or is released first."""
        self.report(NestNotHeld(entry.lock_class, outer.lock_class, self._where(thread)), *BY_CLASS)

    def subclass(self, lock_class: LockClass, number: int) -> LockClass:
        """Return a subclass of a class; report a number that is no subclass, and return the class itself."""
        if number in range(SUBCLASSES):
            return lock_class.subclass(number)
        self.misused(f"looking up invalid subclass: {number}", f"subclasses are 0 to {SUBCLASSES - 1}", lock_class)
        return lock_class

    def reinitialised(self, thread: ThreadState, lock: DepMap) -> None:
        """Report that a lock is initialised again while a thread holds it."""
        holder = self._holder(lock.owner)
        violation = HeldLockFreed(lock.entry.lock_class, "initialised again", holder, self._where(thread))
        self.report(violation, CERTAIN, "whoever holds it will release another lock")

    def pinned_release(self, lock: DepMap) -> None:
        """Report that a pinned lock is released."""
        text = "unpin it first, with the cookie that pin returned"
        self.misused("releasing a pinned lock", text, lock.entry.lock_class)

    # Called by annotations, assertions, contexts and primitives

    def may_sleep(self, thread: ThreadState, atomic: bool, sleep: int) -> None:
        """Report code that may sleep (with wait type `sleep`) in atomic context, or under a lock that forbids it."""
        if atomic or any(INV < chain.entry.lock_class.traits.inner < sleep for chain, _ in thread.held()):
            here = self._where(thread)
            self.report(AtomicSleep(site(here.stack), here), CERTAIN, "nothing may sleep here")

    def assertion_failed(self, assertion: str, text: str, classes: tuple[LockClass, ...]) -> None:
        """Report that an assertion does not hold. Each place makes one finding."""
        here = self._where()
        violation = FailedAssertion(assertion, text, site(here.stack), classes, here)
        self.report(violation, CERTAIN, "it does not hold here")

    def misused(self, headline: str, text: str, *classes: LockClass) -> None:
        """Report that an annotation or a lock was used against its rules. `text` says what was expected."""
        self.report(LockMisuse(headline, text, classes, self._where()), CERTAIN, text)

    def report_clashes(self) -> None:
        """Report the keys that were given two different names."""
        if registry.clashes:
            thread = fastpath.thread_state()
            where = self._where(thread)
            self._soon(thread, lambda: self.rules.clashes(where))

    # Found where nobody calls

    def collect(self) -> None:
        """Judge what all threads have seen; report threads that ended, and locks that were collected, while held.

        Cost: proportional to the threads, and to the locks that were freed since the last call.
        """
        me = fastpath.thread_state()
        self.judge_others(me, ASKED_SECONDS)
        self.collect_ended()
        self.judge(me, ASKED_SECONDS)
        if self.ask_children is not None and not me.busy:
            self.ask_children()

    def judge_others(self, me: ThreadState, seconds: float = GRAPH_LOCK_SECONDS) -> None:
        """Judge what all threads have seen but the running one, `me`. Wait so long for the graph lock each time."""
        for thread in fastpath.threads():
            if thread is not me:
                self.judge_other(thread, seconds)

    def collect_ended(self) -> None:
        """Judge what ended threads have seen; report those that ended, and locks that were collected, while held."""
        ended = fastpath.reap()
        self.ended(ended)
        for thread in ended:
            fastpath.retire(thread)
        for entry, owner in fastpath.freed():
            self.freed(entry, owner)

    def awaiting(self, thread: ThreadState, stack: StackTrace, taken: frozenset[int]) -> None:
        """Report the locks `taken`, which a task holds that waits at `stack` while its loop goes on."""
        held = held_by(thread, stack)
        where = Where(thread_name(thread), held, stack)
        for lock in held:
            if lock.serial in taken:
                self.report(HeldAwaiting(lock, where), POTENTIAL, "its loop runs other tasks meanwhile")

    def left_locked(self, fork: Fork) -> set[int]:
        """Return, in a child, the locks that other threads held at the fork, and that the forking thread takes, too.

        Those that somebody has made usable since are left out.
        """
        usable, takers = fastpath.renewed(), self.rules.takers
        return {serial for serial in fork.held if serial not in usable and (fork.forker, serial) in takers}

    def report_left(self, fork: Fork, serials: set[int]) -> None:
        """Report that these locks stay locked in the child."""
        for serial in sorted(serials):
            lock_class, thread, taken = fork.held[serial]
            where = Where("the child", (), fork.at)
            violation = ForkedLock(lock_class, True, False, thread, taken, fork.at, where)
            self.report(violation, POTENTIAL, "the forking thread takes the same lock elsewhere")

    def was_told(self, violation: Violation, grade: str, reason: str) -> None:
        """Make a finding of a violation that another process has reported."""
        self._soon(fastpath.thread_state(), lambda: self.book.register_told(violation, grade, reason))

    def ended(self, threads: list[ThreadState]) -> None:
        """Report threads that have ended with locks held."""
        for thread in threads:
            self.judge_other(thread)
            held = held_by(thread, trace.NO_STACK, ended=True)
            if not held:
                continue
            violation = EndedHolding(Where(thread_name(thread), held, trace.NO_STACK))
            if any(lock.lock_class.kind == "RLock" or not lock.lock_class.by_instance for lock in held):
                self.report(violation, CERTAIN, "only the thread that took it can release it")
            else:
                self.report(violation, UNMATCHED, "another thread may still release it")

    def freed(self, entry: Entry, owner: int) -> None:
        """Report a lock that was collected while the thread `owner` held it.

        Drop-in locks are left out: once such a lock is collected, nothing can wait for it any more.
        """
        if entry.lock_class is not None and not entry.lock_class.by_instance:
            violation = HeldLockFreed(entry.lock_class, "collected", self._holder(owner), self._where())
            self.report(violation, CERTAIN, "the last reference to a held lock is gone")
