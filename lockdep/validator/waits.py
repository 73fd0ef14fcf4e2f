"""Waits as dependencies: what is learned when a thread waits for a condition, or signals one, while it holds locks.

A finding is excused as soon as one signal of the same condition comes from a thread that does not hold the lock. The
caller of the rules holds the graph lock.
"""

from __future__ import annotations

from lockdep.graph.classes import LockClass
from lockdep.graph.signals import Hindered, Needs, Signals, Sleeper
from lockdep.validator.checks.wait import SIGNALLED, TIMED_OUT, check_wait, graded
from lockdep.validator.cycles import Cycles
from lockdep.validator.long_waits import LongWaits
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import Finding
from lockdep.vocabulary.grades import EXCUSED, UNMATCHED

Key = tuple[LockClass, str]  # the lock that is held, and what is waited for
MOST_CLASSES, MOST_NEEDED = 1024, 32  # classes of conditions for which needs are remembered, and how many of each
ALIKE = "whoever has signalled another one that was made at the same place needed the lock"


class WaitRules:
    """What was found of waits, and which conditions are the evidence for it."""

    def __init__(self, cycles: Cycles, book: FindingBook, depth: int) -> None:
        self.long: LongWaits = LongWaits(cycles, book, depth)
        self._book = book
        self._depth = depth  # steps of the stacks in reports
        self._found: dict[Key, Finding] = {}
        self._evidence: dict[Key, set[int]] = {}  # the serials of conditions
        self._needed: dict[LockClass, dict[int, Signals]] = {}  # class of a condition -> lock that was needed -> where

    def remember(self, lock_class: LockClass, signals: Signals, needs: Needs) -> None:
        """Remember what a signaller of a condition of this class has needed. Needs no lock."""
        if len(self._needed) < MOST_CLASSES or lock_class in self._needed:
            known = self._needed.setdefault(lock_class, {})
            for serial in needs:
                if serial in known or len(known) < MOST_NEEDED:
                    known[serial] = signals

    def judge_new(self, lock_class: LockClass, sleeper: Sleeper) -> None:
        """Judge a wait for a condition of this class that the waiter has just made, with its locks held.

        Nobody has signalled it yet, so it is judged by others of its class.
        """
        for serial, signals in list(self._needed.get(lock_class, {}).items()):
            for hindered in signals.hindered(sleeper):
                violation = check_wait(sleeper, hindered, self._depth) if hindered.serial == serial else None
                if violation is not None:
                    self._book.register(violation, *((UNMATCHED, ALIKE) if not violation.timed else TIMED_OUT))

    def judge(self, signals: Signals) -> None:
        """Judge all that is known of a condition now."""
        for sleeper in list(signals.sleepers):
            hindered = {one.serial: one for one in signals.hindered(sleeper)}
            for chain, serial, _ in sleeper.seen.held():
                key = (chain.entry.lock_class, sleeper.place)
                if serial in hindered:
                    self._report(key, signals, sleeper, hindered[serial])
                else:
                    self._excuse(key, signals)
        self.long.judge(signals)

    def _report(self, key: Key, signals: Signals, sleeper: Sleeper, hindered: Hindered) -> None:
        violation = check_wait(sleeper, hindered, self._depth)
        if violation is not None:
            grade, reason = graded(hindered, timed=violation.timed)
            self._found[key] = self._book.register(violation, grade, reason)
            self._evidence.setdefault(key, set()).add(signals.serial)

    def _excuse(self, key: Key, signals: Signals) -> None:
        evidence = self._evidence.get(key)
        if evidence and signals.serial in evidence:
            evidence.remove(signals.serial)
            if not evidence:
                excuse = SIGNALLED._replace(lock_class=key[0])
                self._found[key].use(EXCUSED, excuse, (excuse,))
