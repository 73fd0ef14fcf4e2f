"""What surrounds every piece of the validator's work: the graph lock, internal failures, and the delivery of findings.

Promises. The graph lock is a raw lock. A thread waits for it at most GRAPH_LOCK_SECONDS, and never while it is already
inside the validator; what cannot be judged in time is let through, counted, and judged at its next occurrence. A signal
handler may raise an exception on any line, so each change is prepared first and made in one step. Findings are handed
to `sink` after the graph lock is free. An Exception of ours is an internal failure: it is said once, and the program
goes on. Other exceptions (KeyboardInterrupt) pass through.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable

from lockdep import fastpath, trace
from lockdep.config import Options
from lockdep.fastpath import Chain, Entry, ThreadState
from lockdep.trace import StackTrace
from lockdep.validator.acquisition import Acquisition, acquisition_of, where_of
from lockdep.validator.held import held_locks, thread_name
from lockdep.validator.rules import Rules
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.violation import Violation
from lockdep.violations.where import Where

GRAPH_LOCK_SECONDS = 0.002
FORK_SECONDS = 0.1  # how long a fork waits for the graph lock: a child forked without it learns from the start


def new_root() -> Chain:
    """Return a chain without locks, where the chains of ordinary code begin."""
    root = Chain(None, None)
    root.admit()
    return root


class GuardedWork:
    """The data of a validator, and the frame in which it works on them. `busy` of a thread counts its frames."""

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        self.options = Options() if options is None else options
        self.sink = sink
        self.warn: Callable[[str], None] | None = None
        self.root = new_root()
        self.rules = Rules(self.options, self.root)
        self.book = self.rules.book
        self.unvalidated = 0
        self.failures = 0
        self.in_force = False
        self._graph_lock = _thread.allocate_lock()
        self._forking = False

    def report(self, violation: Violation, grade: str, reason: str) -> None:
        """Make a finding of a violation and deliver it, if it is new or stronger than before.

        Waits for the graph lock for at most GRAPH_LOCK_SECONDS. Raises DeadlockError if the option raise_on_deadlock
        is set and the finding is an error.
        """
        thread = fastpath.thread_state()
        self._guarded(thread, lambda: self.book.register(violation, grade, reason))

    def _guarded(self, thread: ThreadState, work: Callable[[], list[Finding]]) -> None:
        """Do the work under the graph lock if it can be had in time, then deliver the findings it returns."""
        thread.busy += 1
        got = False
        found: list[Finding] = []
        try:
            # One step of an iterator, not a call: no signal handler can come between taking the lock and setting `got`.
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
            thread.busy -= 1
        if found:
            self._deliver(thread, found)

    def _deliver(self, thread: ThreadState, found: list[Finding]) -> None:
        thread.busy += 1
        try:
            for finding in found:
                self.book.suppress(finding)
                if self.sink is not None:
                    self.sink(finding)
        except Exception as error:
            self._failed(error)
        finally:
            thread.busy -= 1
        for finding in found:
            if self.options.raise_on_deadlock and finding.raises:
                raise DeadlockError(finding)

    def _acquisition(self, thread: ThreadState, parent: Chain, entry: Entry, serial: int) -> Acquisition | None:
        """Return what the rules judge, or None if collecting it failed."""
        thread.busy += 1
        try:
            return acquisition_of(thread, parent, entry, serial, self._capture())
        except Exception as error:
            self._failed(error)
            return None
        finally:
            thread.busy -= 1

    def _where(self, thread: ThreadState | None = None) -> Where:
        """Return where a thread is and what it holds; the calling thread unless told otherwise."""
        thread = fastpath.thread_state() if thread is None else thread
        thread.busy += 1
        try:
            stack = self._capture()
            return where_of(thread, held_locks(thread, stack), stack)
        finally:
            thread.busy -= 1

    def _holder(self, owner: int) -> str:
        """Return the name of the thread with this serial, '' if there is none any more."""
        return next((thread_name(thread) for thread in fastpath.threads() if thread.serial == owner), "")

    def _capture(self) -> StackTrace:
        return trace.capture(self.options.stack_depth)

    def _failed(self, error: Exception) -> None:
        """Count an internal failure, and say the first one."""
        self.failures += 1
        if self.failures == 1 and self.warn is not None:
            self.warn(f"failed internally, and goes on: {error!r}")
        self.book.note_failure(error)

    def before_fork(self) -> None:
        """Hold the graph lock while the process forks, if it can be had within FORK_SECONDS."""
        self._forking = bool(self._graph_lock.acquire(timeout=FORK_SECONDS))

    def after_fork(self) -> None:
        """Release the graph lock in the parent."""
        if self._forking:
            self._forking = False
            self._graph_lock.release()

    def forked(self) -> bool:
        """Go on in the child. Return whether the graph is intact.

        If another thread was changing the graph during the fork, the child starts with an empty one.
        """
        intact, self._forking = self._forking, False
        self._graph_lock = _thread.allocate_lock()
        if not intact:
            self.root = new_root()  # a chain that is in no graph must not pass as known
            self.rules.cycles.restart(self.root)
        return intact
