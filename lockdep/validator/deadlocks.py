"""Deadlocks that have happened: what is done when a thread finds that its wait will never end.

The fast path finds a circle, looks twice, and calls `deadlocked` in a thread of it, which sleeps otherwise. What is no
circle, because more than one thread could end a wait, is found by `waiting_on`: by a reduction of all waits, which two
looks have to agree on as well. One thread at a time looks or reports. The others of its circle learn from `Wait.told`
that it was done.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from time import monotonic, monotonic_ns
from typing import cast

from lockdep import fastpath
from lockdep.fastpath import ThreadState, Wait
from lockdep.trace import is_ours
from lockdep.validator.incidents import Incidents
from lockdep.violations.circular import CircularDependency
from lockdep.violations.deadlock import Deadlock
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.knot import BlockedForEver
from lockdep.vocabulary.grades import OBSERVED
from lockdep.waits.aims import Aim
from lockdep.waits.all_locks import render_hung
from lockdep.waits.circle import deadlock_of, knot_of
from lockdep.waits.held import thread_name
from lockdep.waits.knots import find_knot
from lockdep.waits.waiting import waiting

REASON = "two looks found the same threads in the same waits"
TRIES = 50  # to have the graph lock: nobody else reports this deadlock
PAUSE = 0.5  # seconds between two reductions, unless the first has found something
AGAIN = 0.02  # seconds until a knot is looked at a second time


class Deadlocks(Incidents):
    """The part of a validator that reports threads which wait for each other."""

    _knot: frozenset[Wait] = frozenset()  # as it was at the last look
    _first_hung: Wait | None = None  # that was told
    _looked = 0.0  # when that was
    _newest = 0  # only waits with smaller numbers were there then

    def deadlocked(self, wait: Wait) -> None:
        """Report the circle that the running thread waits in.

        Raises DeadlockError if the option on_deadlock says so, and does not return if that is `exit`.
        """
        circle = [one for one, _ in wait.circle or ()]
        for one in circle:
            thread = fastpath.find_thread(one.thread)
            if thread is not None and one is not wait:
                self.judge_other(thread)  # what it has seen may foretell this deadlock
        self._look(lambda: self._circular(wait, circle), wait)

    def _circular(self, wait: Wait, circle: list[Wait]) -> Deadlock | None:
        """Return the deadlock that a circle is; None if another thread of it has reported and ended it meanwhile."""
        if wait.told or wait.find_circle() != wait.circle:
            return None
        return deadlock_of(circle, self.options.stack_depth)

    def waiting_on(self, wait: Wait) -> None:
        """Look for a knot that the running thread waits in, and report it as `deadlocked` does.

        The first wait that is older than the option hang_after is told with a picture of all threads.
        """
        self.judge_others(fastpath.thread_state())  # a thread that waits in C under a lock has no calm moment
        self.collect_ended()  # those who hold locks will not release them
        self._look(lambda: self._knotted(wait), wait)
        if self.options.hang_after and self._first_hung is None:
            self._watch_hang(wait)

    def _watch_hang(self, wait: Wait) -> None:
        """Show who waits for whom, once, if this wait is old; else look at it again when it is."""
        left = self.options.hang_after - (monotonic_ns() - wait.since) / 1e9
        if left > 0:
            wait.nap = min(wait.nap, left)
        elif self.hung is not None and vars(self).setdefault("_first_hung", wait) is wait:  # one step: one thread tells
            me = fastpath.thread_state()
            limit = self.options.hang_after
            usage = self.rules.usage
            self._inside(me, lambda: self.hung and self.hung(render_hung(thread_name(me), limit, waiting(), usage)))

    def _look(self, find: Callable[[], Deadlock | BlockedForEver | None], wait: Wait) -> None:
        """Report what `find` returns, and act on it. If another thread looks or reports now, look again later."""
        me = fastpath.thread_state()
        if me.busy:
            return
        found: list[Finding | None] = []
        try:
            if self._ending.take(0):
                self._inside(me, lambda: found.append(self._report_deadlock(me, find(), wait)))
        finally:
            self._ending.drop()
        for finding in found:
            if finding is not None:
                self._act_on(finding)

    def _knotted(self, wait: Wait) -> BlockedForEver | None:
        """Return the knot that holds this wait, at the second look; None if there is none, or it is the first look."""
        mine = wait in self._knot or not all(map(looks, self._knot))
        pause = AGAIN if mine else PAUSE
        if monotonic() - self._looked < pause:
            if mine or wait.number > self._newest:  # others have looked, but not at this wait
                wait.nap = pause
            return None
        before, self._newest = self._knot, fastpath.new_serial()
        self._knot = now = frozenset(find_knot(one for one in fastpath.waits() if not one.told))
        self._looked = monotonic()
        if wait not in now and (not now or any(looks(one) for one in now)):
            return None
        if not now <= before:
            wait.nap = AGAIN
            return None
        found = knot_of(now, self.options.stack_depth)
        if found is None:
            wait.nap = AGAIN
        return found

    def _report_deadlock(
        self, me: ThreadState, violation: Deadlock | BlockedForEver | None, wait: Wait
    ) -> Finding | None:
        """Report a deadlock; return the finding if the running thread is to do something about it."""
        if violation is None:
            return None
        finding = self._registered(me, violation)
        parties = self._knot if isinstance(violation, BlockedForEver) else [one for one, _ in wait.circle or ()]
        wait.told = True
        if self.options.on_deadlock != "raise" or finding.suppressed:
            for one in parties:
                one.told = True
            return None if finding.suppressed else finding
        return finding if self._frees_itself(wait, parties, finding) else None

    def _frees_itself(self, wait: Wait, parties: Iterable[Wait], finding: Finding) -> bool:
        """Return whether the running thread is to get an exception; if not, have another one of the deadlock get it.

        It takes the wait out of the table, so that no other thread gets one as well. In the middle of Condition.wait,
        whose caller counts on having the lock again, none is raised: another thread of the deadlock will look.
        """
        if wait in parties:
            if takes_back():
                return False
            wait.withdraw()
            return True
        wait.told = False  # there may be another one later
        for one in sorted(parties, key=lambda party: -party.number):
            state = fastpath.find_thread(one.thread)
            if state is not None and cast(Aim, one.aim).interrupt(state.ident, DeadlockError(finding)):
                return False
        wait.nap = AGAIN
        return False

    def _registered(self, me: ThreadState, violation: Deadlock | BlockedForEver) -> Finding:
        """Return the finding of a deadlock, told."""
        known = self._known_recursion(violation)
        if known is not None:
            return known
        found: list[Finding] = []

        def register() -> None:
            reason = REASON
            for foretold in self._predictions(violation):
                foretold.grade = OBSERVED
                reason = f"{REASON}; foretold by [{foretold.id}]"
            found[:] = [self.book.register(violation, OBSERVED, reason)]

        me.sightings.append(register)
        me.waits_calm = True
        for _ in range(TRIES):
            self._work_and_tell(me, me)
            if found:
                return found[0]
        return Finding(violation, OBSERVED, REASON, self.rules.usage)

    def _known_recursion(self, violation: Deadlock | BlockedForEver) -> Finding | None:
        """Return the finding that a thread waits for itself, which was told before, if nobody else is in the knot."""
        if not isinstance(violation, BlockedForEver) or len(violation.threads) > 1 or not violation.classes:
            return None
        return self.book.find_recursion(violation.classes[0])

    def _predictions(self, violation: Deadlock | BlockedForEver) -> list[Finding]:
        """Return the findings of cycles through the same classes."""
        classes = set(violation.classes)
        return [
            finding
            for finding in self.book.findings()
            if isinstance(finding.violation, CircularDependency) and set(finding.violation.classes) == classes
        ]

    def _act_on(self, finding: Finding) -> None:
        """Do what the option on_deadlock asks for."""
        if self.options.on_deadlock == "raise":
            raise DeadlockError(finding)
        if self.options.on_deadlock == "exit" and self.end_process is not None:
            self.end_process()


def looks(wait: Wait) -> bool:
    """Return whether the thread of a wait looks by itself whether that can end: it does not where it is signalled."""
    return wait.lock is not None or cast(Aim, wait.aim).looks


def takes_back() -> bool:
    """Return whether the running thread takes back the lock of a condition, at the end of a wait for it."""
    frame = sys._getframe()
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    waits: object = getattr(threading.Condition.wait, "__wrapped__", threading.Condition.wait)
    return frame.f_code is getattr(waits, "__code__", None)
