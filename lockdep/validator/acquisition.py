"""An acquisition as the rules see it: which lock is taken how, where, by which thread, and what the thread holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lockdep.fastpath import UNTRACKED, Entry, Sighting
from lockdep.graph.classes import LockClass
from lockdep.graph.comparison import Compared, compare_all
from lockdep.graph.dependency import Witness
from lockdep.graph.runs import Run
from lockdep.trace import NO_STACK, StackTrace, seen_stack
from lockdep.validator.held import held_in
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.context import ORDINARY, Context


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class Acquisition:
    """One attempt to take the lock `serial` as `entry`, by a thread that holds `held`. Input for the rules, read-only.

    `compared` has what the ordering callback of the class said of each held lock of the class, by its serial.
    """

    entry: Entry
    lock_class: LockClass  # of the entry, as `mode`: they are read often, and a property costs a call
    mode: int
    serial: int
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: Context
    thread: str
    thread_serial: int
    compared: Mapping[int, Compared]

    def where(self) -> Where:
        """Return the thread, what it holds and where it is, for a report."""
        return Where(self.thread, self.held, self.stack, self.context.summary())

    def witness(self, prev: HeldLock, serial: int, run: Run | None = None, taken: StackTrace = NO_STACK) -> Witness:
        """Return the observation that the lock `serial` was wanted while `prev` was held.

        `run` is the thread or work item that took it at `taken`, if this thread only waits for that run.
        """
        gates = tuple(lock.serial for lock in self.held if lock is not prev)
        awaited = "" if run is None else run.label()
        return Witness(
            self.thread, self.thread_serial, prev.serial, serial, prev.stack, self.stack, gates, awaited, self.mode,
            taken,
        )  # fmt: skip


def acquisition_of(seen: Sighting, thread: str, depth: int) -> Acquisition:
    """Return what a thread of this name did: it tried to take a lock, or something else happened while it held locks.

    Stacks have at most `depth` steps. Calls the ordering callback of the class, if there is one, so it must not be used
    under the graph lock.
    """
    stack = seen_stack(seen.stack(), depth)
    context = ORDINARY if seen.context is None else seen.context
    held = held_in(seen, stack, depth)
    entry = UNTRACKED if seen.chain is seen.base else seen.chain.entry
    order = None if entry is UNTRACKED else entry.lock_class.order
    compared = {} if order is None else compare_all(order, [lock.serial for lock in held], seen.serial)
    return Acquisition(
        entry, entry.lock_class, entry.mode, seen.serial, held, stack, context, thread, seen.thread, compared
    )
