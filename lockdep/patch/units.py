"""The units of a semaphore as the validator knows them, and the judgement of a thread that wants a further one."""

from __future__ import annotations

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, READ, TRY, ThreadState
from lockdep.graph.capacity import Capacity
from lockdep.graph.capacity import Units as SeenUnits
from lockdep.graph.classes import LockClass
from lockdep.holders import HoldersMap
from lockdep.kept import kept
from lockdep.vocabulary.grades import CERTAIN, FEASIBLE
from lockdep.wait_types import DROP_IN

MOST_MINE = 8  # units of one semaphore that a thread has: one that takes more does not hold them as locks
MOST_HELD = 32  # locks that a thread holds: it holds no units beside more than these


@kept
class Units(HoldersMap):
    """The units of a semaphore. `mode` says how one is held, `seen` who takes them and gives them.

    `under` has the serials of the locks that a thread held when it took its last unit, by its own.
    """

    __slots__ = ("mode", "seen", "under")
    traits = DROP_IN
    kind_name = "Semaphore"

    def __init__(self, lock_class: LockClass | None, count: int, inside: LockClass | None = None) -> None:
        super().__init__(lock_class)
        self.mode = BLOCKING if count == 1 else READ
        self.under: dict[int, list[int]] = {}
        self.share()
        made = None if self.entry is fastpath.UNTRACKED else self.entry.lock_class
        if made is None:
            self.seen: SeenUnits = SeenUnits(count)
            return
        if made.capacity is None:
            made.capacity = Capacity(inside)
        self.seen = made.capacity.add(self.serial, count)

    def begin(self, patience: int) -> bool:
        """Note that this thread takes a unit, before it may wait for one; return whether that was noted."""
        thread, seen = fastpath.thread_state(), self.seen
        if seen.given_away or thread.chain.depth >= MOST_HELD:
            return False
        mode, mine = self.mode | patience, self.holders.count(thread.serial)
        if mine >= MOST_MINE:
            self.give_away()
            return False
        if mode & READ and (mine or thread.serial not in seen.most):
            want(self, waits=patience == BLOCKING)
        if mine or patience == TRY:
            self.acquired(None, mode | TRY)
        else:
            self.acquired(self.acquire(mode), mode)
        if thread.chain.depth > 1:
            self.under[thread.serial] = thread.held_serials()[:-1]
        self.holders.append(thread.serial)
        return True

    def undo(self) -> None:
        """Note that this thread has not got the unit."""
        self.drop(fastpath.thread_state().serial)

    def drop(self, thread: int) -> bool:
        """Note that this thread, which runs, has a unit less; return False if it had none."""
        try:
            self.holders.remove(thread)
        except ValueError:
            return False
        if self.under and thread not in self.holders:
            self.under.pop(thread, None)
        self.release()
        return True

    def given(self, number: int) -> None:
        """Note that this thread has given so many units: its own, or others, as a signal."""
        thread = fastpath.thread_state()
        mine, out_of_order = thread.serial, thread.chain.depth > 1 and self._is_outer(thread)
        while number and self.drop(mine):
            number -= 1
        if (number and not self.seen.given_away and self.is_held() >= 0) or out_of_order:
            self.give_away()
        elif not self.seen.returned and mine not in self.holders:
            self.return_all()

    def _is_outer(self, thread: ThreadState) -> bool:
        """Return whether a thread gives its unit under a lock that it has taken after it, for the sake of that.

        It may be one that it held when it took the unit, and has released meanwhile; or one that is no semaphore: those
        who take several semaphores may give them back in any order.
        """
        serials = thread.held_serials()
        if serials[-1] == self.serial or self.serial not in serials:
            return False
        later = thread.held()[serials.index(self.serial) + 1 :]
        before = self.under.get(thread.serial, ())
        return any(serial in before or chain.entry.lock_class.base.capacity is None for chain, serial in later)

    def return_all(self) -> None:
        """Note that a thread has given back all that it has taken."""
        self.seen.returned = True
        runtime.validator().units_returned(fastpath.thread_state(), self.seen)

    def give_away(self) -> None:
        """Note that the semaphore is a signal: nobody holds its units."""
        self.seen.given_away = True
        if self.entry is not fastpath.UNTRACKED and self.entry.lock_class.capacity is not None:
            self.entry.lock_class.capacity.given_away = True
        while self.holders:
            self.disown(self.holders.pop())
        runtime.validator().units_given_away(fastpath.thread_state(), self.seen)


def want(units: Units, *, waits: bool = True) -> None:
    """Judge that this thread wants a unit, while it may hold others; only count it unless it waits for ever."""
    if units.mode == BLOCKING or units.is_held() < 0:
        return
    thread, seen = fastpath.thread_state(), units.seen
    held = thread.held()
    mine = [at for at, (_, serial) in enumerate(held) if serial == units.serial]
    if seen.want(thread.serial, len(mine) + 1):
        runtime.validator().reconsider(thread)
    if not mine or not waits:
        return
    gates = frozenset(serial for chain, serial in held[: mine[0]] if not chain.entry.mode & 3)
    threads = seen.want_further(thread.serial, len(mine) + 1, gates)
    if threads:
        reason = f"{threads} threads that hold units and want more can take all {seen.count} of them"
        entry = units.entry.lock_class.entry(units.mode)
        grade = (FEASIBLE, reason) if threads > 1 else (CERTAIN, f"there are only {seen.count} units")
        runtime.validator().unit_wanted(thread, entry, units, seen, *grade)
