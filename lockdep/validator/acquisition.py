"""An acquisition as the rules see it: which lock is taken how, where, by which thread, and what the thread holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lockdep.fastpath import TIMED, UNTRACKED, Entry, Sighting, owner_of
from lockdep.graph.classes import LockClass
from lockdep.graph.clock import START, Clock
from lockdep.graph.comparison import Compared, compare_all
from lockdep.graph.dependency import Witness
from lockdep.graph.runs import Course, Origin, Run
from lockdep.trace import NO_STACK, Frames, StackTrace, is_ours, seen_stack
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.context import ORDINARY, Context
from lockdep.waits.held import held_in
from lockdep.waits.retries import Case, is_endless


@dataclass(slots=True, repr=False, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class Acquisition:
    """One attempt to take the lock `serial` as `entry`, by a thread that holds `held`. Input for the rules, read-only.

    `compared` has what the ordering callback of the class said of each held lock of the class, by its serial. `within`,
    `stamp` and `clock` are those of a Witness; so many of the held locks are older than the wanted one as `fresh` says,
    if the thread has made it itself. It is `retaken` if it was held already, in another way. The locks of `over_fork`
    were held when this process was forked: they keep nobody else out, since no other thread of it can have them.

    `mode` is that of the entry; but a timeout is none where the code waits again and again (see waits/retries.py).
    """

    entry: Entry
    lock_class: LockClass  # of the entry: it is read often, and a property costs a call
    mode: int
    serial: int
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: Context
    thread: str
    thread_serial: int
    compared: Mapping[int, Compared]
    within: Origin | None = None
    stamp: int = 0
    clock: Clock = START
    fresh: int = 0
    retaken: bool = False
    over_fork: frozenset[int] = frozenset()

    def where(self) -> Where:
        """Return the thread, what it holds and where it is, for a report."""
        return Where(self.thread, self.held, self.stack, self.context.summary())

    def witness(self, prev: HeldLock, serial: int, run: Run | None = None, taken: StackTrace = NO_STACK) -> Witness:
        """Return the observation that the lock `serial` was wanted while `prev` was held.

        `run` is the thread or work item that took it at `taken`, if this thread only waits for that run.
        """
        guards = self.held if len(self.held) > 1 else ()
        others = tuple([lock for lock in guards if lock is not prev and lock.serial not in self.over_fork])
        awaited = "" if run is None else run.label()
        return Witness(
            self.thread, self.thread_serial, prev.serial, serial, prev.stack, self.stack, others, awaited, self.mode,
            taken, self.within, self.stamp, self.clock, self.fresh > 0 and self._is_fresh(serial, prev),
            owner_of(prev.serial), owner_of(serial),
        )  # fmt: skip

    def _is_fresh(self, serial: int, prev: HeldLock) -> bool:
        """Return whether the thread has held `prev` since it made the lock that it wants.

        That is known of the outermost lock only: others may have been released and taken again. A lock that is made on
        demand is not new in this sense: others may ask for it first.
        """
        return serial == self.serial and prev is self.held[0] and not self.lock_class.base.on_demand


def acquisition_of(seen: Sighting, thread: str, depth: int, *, compare: bool = True) -> Acquisition:
    """Return what a thread of this name did: it tried to take a lock, or something else happened while it held locks.

    Stacks have at most `depth` steps. Calls the ordering callback of the class, if there is one, so it must not be used
    under the graph lock; unless `compare` is false, where that is not called.
    """
    steps = seen.stack()
    stack = seen_stack(steps, depth)
    context = ORDINARY if seen.context is None else seen.context
    held = held_in(seen, stack, depth)
    entry = UNTRACKED if seen.chain is seen.base else seen.chain.entry
    order = entry.lock_class.order if compare and entry is not UNTRACKED else None
    compared = {} if order is None else compare_all(order, [lock.serial for lock in held], seen.serial)
    within, clock = (seen.run.origin, seen.run.clock_at(seen.stamp)) if isinstance(seen.run, Course) else (None, START)
    mode = entry.mode & ~TIMED if entry.mode & TIMED and never_gives_up(steps) else entry.mode
    return Acquisition(
        entry, entry.lock_class, mode, seen.serial, held, stack, context, thread, seen.thread, compared, within,
        seen.stamp, clock, max(0, seen.fresh - (seen.base.depth - len(held))), seen.retaken,
    )  # fmt: skip


def never_gives_up(steps: Frames) -> bool:
    """Return whether the code that waits with a timeout waits again for ever. `steps` begins with the innermost one."""
    code, lasti = next((step for step in steps if not is_ours(step[0].co_filename)), (None, 0))
    return code is not None and is_endless(code, Case(lasti))
