"""A dependency: next was wanted while prev was held. It keeps a few witnesses of each kind in which it was seen.

The kind is a sum of bits from vocabulary/kinds.py: whether prev was held shared (SHARED), and whether next was taken as
a recursive reader (RECURSIVE), with a timeout (TIMED), or by a run that was waited for (WAIT). With EVENT, prev is an
event that others wait for, and next was held when it was signalled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lockdep.graph.classes import LockClass
from lockdep.trace import NO_STACK, StackTrace
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class Witness:
    """One observation of a dependency: the thread, the two lock instances, where each was taken, what else was held.

    Serials number threads and lock instances; a lock serial of 0 is an instance that was not remembered. `gates` are
    the serials of the other held locks. `run` names the thread or work item that took next, at `taken`, if this thread
    only waited for that run. `mode` is how next was taken.
    """

    thread: str
    thread_serial: int
    prev_serial: int
    next_serial: int
    prev_stack: StackTrace
    next_stack: StackTrace
    gates: tuple[int, ...] = ()
    run: str = ""
    mode: int = 0
    taken: StackTrace = NO_STACK

    def seen(self) -> tuple[int, int, int]:
        """Return what tells this witness from others of its kind: a second one with the same is not kept."""
        return (self.thread_serial, self.prev_serial, self.next_serial)


@dataclass(slots=True, eq=False)
class Dependency:
    """prev -> next. `witnesses` has the observations of each kind, in order; `saturated`: some were not kept."""

    prev: LockClass
    next: LockClass
    witnesses: dict[int, list[Witness]] = field(default_factory=dict)
    saturated: bool = False

    def kinds(self, *, timed: bool) -> list[int]:
        """Return the kinds it was seen in; without `timed`, only those without a timeout."""
        return [kind for kind in self.witnesses if timed or not kind & TIMED]

    def ends(self, *, after_recursive: bool, timed: bool) -> bool | None:
        """Return whether every usable kind ends in a recursive reader; None if no kind is usable.

        If the path here ended in a recursive reader, a kind is usable only if prev was held exclusively in it.
        """
        answer = None
        for kind in self.witnesses:
            if not (kind & TIMED and not timed) and not (kind & SHARED and after_recursive):
                if not kind & RECURSIVE:
                    return False
                answer = True
        return answer

    def starts(self, before_shared: bool) -> bool | None:
        """Return whether every usable kind starts with a shared holder; None if no kind is usable.

        If the path goes on with a shared holder, a kind is usable only if it does not end in a recursive reader.
        """
        usable = [kind for kind in self.witnesses if not (before_shared and kind & RECURSIVE)]
        if not usable:
            return None
        return all(kind & SHARED for kind in usable)

    def mark_seen(self, kind: int, witness: Witness, most: int) -> bool:
        """Keep a witness of this kind, unless one like it or `most` others are kept; return whether it was kept."""
        kept = self.witnesses.get(kind)
        if kept is None:
            self.witnesses[kind] = [witness]
            return True
        if any(witness.seen() == other.seen() for other in kept):
            return False
        if len(kept) >= most:
            self.saturated = True
            return False
        kept.append(witness)
        return True

    def all_witnesses(self, *, timed: bool) -> list[tuple[int, Witness]]:
        """Return (kind, witness) for all kinds, waits without a timeout first."""
        return [(kind, witness) for kind in sorted(self.kinds(timed=timed)) for witness in self.witnesses[kind]]
