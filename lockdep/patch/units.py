"""The units of a semaphore as the validator knows them, and the judgement of a thread that wants a further one."""

from __future__ import annotations

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, READ, DepMap
from lockdep.graph.capacity import Capacity
from lockdep.graph.capacity import Units as SeenUnits
from lockdep.graph.classes import LockClass
from lockdep.kept import Kept
from lockdep.vocabulary.grades import CERTAIN, FEASIBLE
from lockdep.wait_types import DROP_IN


class Units(Kept, DepMap):
    """The units of a semaphore. `mode` says how one is held, `seen` who takes them if there are several."""

    __slots__ = ("mode", "seen")
    traits = DROP_IN
    kind_name = "Semaphore"

    def __init__(self, lock_class: LockClass | None, count: int, inside: LockClass | None = None) -> None:
        super().__init__(lock_class)
        self.mode = BLOCKING if count == 1 else READ
        self.share()
        made = None if self.entry is fastpath.UNTRACKED else self.entry.lock_class
        if made is None:
            self.seen: SeenUnits = SeenUnits(count)
            return
        if made.capacity is None:
            made.capacity = Capacity(inside)
        self.seen = made.capacity.add(self.serial, count)


def want(units: Units) -> None:
    """Judge that this thread wants a unit, while it may hold others."""
    if units.mode == BLOCKING or units.is_held() < 0:
        return
    thread, seen = fastpath.thread_state(), units.seen
    held = thread.held()
    mine = [at for at, (_, serial) in enumerate(held) if serial == units.serial]
    if seen.want(thread.serial, len(mine) + 1):
        runtime.validator().reconsider(thread)
    if not mine:
        return
    gates = frozenset(serial for chain, serial in held[: mine[0]] if not chain.entry.mode & 3)
    threads = seen.want_further(thread.serial, len(mine) + 1, gates)
    if threads:
        reason = f"{threads} threads that hold units and want more can take all {seen.count} of them"
        entry = units.entry.lock_class.entry(units.mode)
        grade = (FEASIBLE, reason) if threads > 1 else (CERTAIN, f"there are only {seen.count} units")
        runtime.validator().unit_wanted(thread, entry, units, *grade)
