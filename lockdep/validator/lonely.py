"""Waits for a signal that nobody who runs has given before, apart from the waiting thread itself.

Judged are all conditions that are made at one place. Such a wait may be the first one that another thread ends, so it
is reported only if it still lasts when findings are collected, as a warning; it is excused, for all of them, as soon as
another thread signals.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep import fastpath
from lockdep.evidence.excuse import Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.signals import Signals
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import Finding
from lockdep.violations.unsignalled import WaitForOwnSignal
from lockdep.vocabulary.grades import EXCUSED, UNMATCHED

MOST_CLASSES, MOST_THREADS = 1024, 16  # classes that are judged, and signallers of each
ITSELF = "only the waiting thread has signalled what was made at this place"
STANDS_STILL = "the thread runs an event loop, which stands still meanwhile, and there is no other thread"
ENDED = "all threads that have signalled it have ended"
SIGNALLED = Excuse("signal", "another thread has signalled one that was made at the same place")


class Suspect(NamedTuple):
    """A wait that began at `moment`, for a condition whose Signals and class are these."""

    moment: int
    signals: Signals
    lock_class: LockClass
    violation: WaitForOwnSignal


class LonelyWaits:
    """Who has signalled the conditions of each class, which of them are in a finding, and which may have to be.

    `suspects` has the last such wait of each thread, by its serial.
    """

    def __init__(self, book: FindingBook) -> None:
        self._book = book
        self._signallers: dict[LockClass, dict[int, bool]] = {}  # the serials of threads
        self._found: dict[LockClass, list[Finding]] = {}
        self.suspects: dict[int, Suspect] = {}

    def note(self, lock_class: LockClass, thread: int) -> bool:
        """Note a thread that signals; return whether that excuses findings. Needs no lock."""
        known = self._signallers.get(lock_class)
        if known is None:
            if len(self._signallers) < MOST_CLASSES:
                self._signallers[lock_class] = {thread: True}
            return False
        if thread in known or len(known) > MOST_THREADS:
            return False
        known[thread] = True
        return bool(self._found.get(lock_class))

    def has_noted(self, lock_class: LockClass | None, thread: int) -> bool:
        """Return whether it is known that this thread signals conditions of this class; of no class nothing is noted.

        With too many others it does not matter.
        """
        known = None if lock_class is None else self._signallers.get(lock_class, ())
        return known is None or thread in known or len(known) > MOST_THREADS

    def may_suspect(self, lock_class: LockClass, thread: int) -> bool:
        """Return whether nobody else who runs is known to have signalled a condition of this class."""
        known = self._signallers.get(lock_class, ())
        return 0 < len(known) <= MOST_THREADS and not any(
            other != thread and fastpath.find_thread(other) is not None for other in list(known)
        )

    def only_itself(self, lock_class: LockClass, thread: int) -> bool:
        """Return whether only this thread has signalled a condition of this class."""
        return list(self._signallers.get(lock_class, ())) == [thread]

    def only_ended(self, lock_class: LockClass) -> bool:
        """Return whether conditions of this class were signalled, but only by threads that have ended."""
        known = list(self._signallers.get(lock_class, ()))
        return 0 < len(known) <= MOST_THREADS and not any(map(fastpath.find_thread, known))

    def is_lonely(self, lock_class: LockClass, thread: int, *, itself: bool) -> bool:
        """Return whether only this thread has signalled a condition of this class; if not `itself`, only ended ones."""
        return self.only_itself(lock_class, thread) if itself else self.only_ended(lock_class)

    def is_told(self, lock_class: LockClass) -> bool:
        """Return whether a wait of this class was reported before: it is not judged again."""
        return lock_class in self._found

    def report(self, lock_class: LockClass, violation: WaitForOwnSignal) -> None:
        """Make a finding of a wait. The caller holds the graph lock."""
        reason = STANDS_STILL if violation.in_loop else ITSELF if violation.itself else ENDED
        finding = self._book.register(violation, UNMATCHED, reason)
        self._found.setdefault(lock_class, []).append(finding)

    def excuse(self, lock_class: LockClass) -> None:
        """Excuse the findings of this class. The caller holds the graph lock."""
        for finding in self._found.get(lock_class, ()):
            finding.use(EXCUSED, SIGNALLED, (SIGNALLED,))
