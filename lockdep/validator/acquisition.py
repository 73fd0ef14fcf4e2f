"""An acquisition as the rules see it: which lock is taken how, where, by which thread, and what the thread holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockdep.fastpath import UNTRACKED, Chain, Entry, ThreadState
from lockdep.graph.classes import LockClass
from lockdep.graph.comparison import Compared, compare_all
from lockdep.graph.dependency import Witness
from lockdep.graph.runs import Run
from lockdep.trace import StackTrace
from lockdep.validator.held import held_along, thread_name
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

    def witness(self, prev: HeldLock, serial: int, run: Run | None = None) -> Witness:
        """Return the observation that the lock `serial` was wanted while `prev` was held.

        `run` is the thread or work item that wanted it, if this thread only waits for that run.
        """
        gates = tuple(lock.serial for lock in self.held if lock is not prev)
        awaited = "" if run is None else run.label()
        return Witness(
            self.thread, self.thread_serial, prev.serial, serial, prev.stack, self.stack, gates, awaited, self.mode
        )


def acquisition_of(thread: ThreadState, parent: Chain, entry: Entry, serial: int, stack: StackTrace) -> Acquisition:
    """Return the attempt to take the lock `serial` as `entry` by a thread that holds the locks of `parent`.

    `entry` is UNTRACKED, and `serial` 0, for something else that happens while locks are held. Calls the ordering
    callback of the class, if there is one, so it must not be used under the graph lock.
    """
    context = ORDINARY if thread.context is None else thread.context
    held = held_along(thread, parent, stack)
    order = None if entry is UNTRACKED else entry.lock_class.order
    compared = {} if order is None else compare_all(order, [lock.serial for lock in held], serial)
    name, number = thread_name(thread), thread.serial
    return Acquisition(entry, entry.lock_class, entry.mode, serial, held, stack, context, name, number, compared)


def where_of(thread: ThreadState, held: Sequence[HeldLock], stack: StackTrace) -> Where:
    """Return the place of something that is not an acquisition, for a report."""
    context = ORDINARY if thread.context is None else thread.context
    return Where(thread_name(thread), tuple(held), stack, context.summary())
