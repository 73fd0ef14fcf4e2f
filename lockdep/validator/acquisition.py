"""One acquisition as the rules see it: which lock, how taken, by whom, in which context, with what held, where."""

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
    """`entry` of the lock `serial` is taken while `held` is held. The rules read it; nothing here changes."""

    entry: Entry
    serial: int
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: Context
    thread: str
    thread_serial: int
    compared: Mapping[int, Compared]  # serial of a held lock of the same class -> what the ordering callback said of it

    @property
    def lock_class(self) -> LockClass:
        """The class of the lock that is taken."""
        return self.entry.lock_class

    @property
    def mode(self) -> int:
        """How it is taken."""
        return self.entry.mode

    def where(self) -> Where:
        """Return who did this and where, for a report."""
        return Where(self.thread, self.held, self.stack, self.context.summary())

    def witness(self, prev: HeldLock, serial: int, run: Run | None = None) -> Witness:
        """Return the observation that the lock `serial` was wanted while `prev` was held."""
        gates = tuple(lock.serial for lock in self.held if lock is not prev)
        awaited = "" if run is None else run.label()
        return Witness(
            self.thread, self.thread_serial, prev.serial, serial, prev.stack, self.stack, gates, awaited, self.mode
        )


def acquisition(state: ThreadState, parent: Chain, entry: Entry, serial: int, stack: StackTrace) -> Acquisition:
    """Return what it is to take this entry where the thread holds the locks of `parent`; UNTRACKED for no lock.

    Calls the ordering callback of the class, if there is one: not for use under the graph lock.
    """
    context = ORDINARY if state.context is None else state.context
    held = held_along(state, parent, stack)
    order = None if entry is UNTRACKED else entry.lock_class.order
    compared = {} if order is None else compare_all(order, [lock.serial for lock in held], serial)
    return Acquisition(entry, serial, held, stack, context, thread_name(state), state.serial, compared)


def where(state: ThreadState, held: Sequence[HeldLock], stack: StackTrace) -> Where:
    """Return who did something that is no acquisition, and where."""
    context = ORDINARY if state.context is None else state.context
    return Where(thread_name(state), tuple(held), stack, context.summary())
