"""Findings about the units of a semaphore, as far as they count.

A semaphore is judged as a lock once a thread has given back what it took, until a thread gives a unit that has none:
then it is a signal, and what was found of it is excused. The caller holds the graph lock.
"""

from __future__ import annotations

from collections.abc import Callable

from lockdep.evidence.given_away import given_away
from lockdep.graph.capacity import Units
from lockdep.graph.classes import LockClass
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import Finding
from lockdep.violations.violation import Violation
from lockdep.vocabulary.grades import EXCUSED

MOST_LATER = 16  # findings about one semaphore that wait until it counts as a lock


class UnitRules:
    """The findings about each semaphore, and those that are still to be made."""

    def __init__(self, book: FindingBook) -> None:
        self._book = book
        self._found: dict[Units, list[tuple[Finding, LockClass]]] = {}
        self._later: dict[Units, list[Callable[[], None]]] = {}

    def judge(self, units: Units, violation: Violation, grade: str, reason: str) -> None:
        """Make a finding about a semaphore if it counts as a lock; later, if that is not known yet."""
        if units.returned and not units.given_away:
            found = self._found.setdefault(units, [])
            found.append((self._book.register(violation, grade, reason), violation.classes[0]))
        elif not units.given_away and len(later := self._later.setdefault(units, [])) < MOST_LATER:
            later.append(lambda: self.judge(units, violation, grade, reason))

    def returned(self, units: Units) -> None:
        """Make the findings that have waited until a thread has given back what it took."""
        for judge in self._later.pop(units, ()):
            judge()

    def withdraw(self, units: Units) -> None:
        """Excuse the findings about a semaphore that has turned out to be a signal."""
        self._later.pop(units, None)
        for finding, lock_class in self._found.pop(units, ()):
            excuse = given_away(lock_class)
            finding.use(EXCUSED, excuse, (excuse,))
