"""A dependency: next_ was wanted while prev was held. It keeps a few witnesses of each kind it was seen in.

The kind says how prev was held and how next_ was taken: exclusively or shared (SHARED), as a recursive reader
(RECURSIVE), with a timeout (TIMED), by a run that was waited for (WAIT), or on the way to an event (EVENT: prev is what
others wait for, next was held when it was signalled).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class Witness:
    """One observation of a dependency: who, which instances, where, and what else was held.

    `run` names the thread or work item that was waited for, which took next_ then. `mode` is how next_ was taken.
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

    def seen(self) -> tuple[int, int, int]:
        """What makes another witness worth keeping."""
        return (self.thread_serial, self.prev_serial, self.next_serial)


@dataclass(slots=True, eq=False)
class Dependency:
    """prev -> next. `witnesses` has the observations of each kind, the first one first."""

    prev: LockClass
    next: LockClass
    witnesses: dict[int, list[Witness]] = field(default_factory=dict)
    saturated: bool = False

    def kinds(self, *, timed: bool) -> list[int]:
        """Return the kinds it was seen in, the timed ones only if asked for."""
        return [kind for kind in self.witnesses if timed or not kind & TIMED]

    def ends(self, *, after_recursive: bool, timed: bool) -> bool | None:
        """Return whether every usable kind ends in a recursive reader; None if no kind is usable.

        After a recursive reader only the kinds count in which prev was held exclusively.
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

        Before a dependency whose holder is shared only the kinds count that do not end in a recursive reader.
        """
        usable = [kind for kind in self.witnesses if not (before_shared and kind & RECURSIVE)]
        if not usable:
            return None
        return all(kind & SHARED for kind in usable)

    def mark_seen(self, kind: int, witness: Witness, most: int) -> bool:
        """Keep a witness of this kind, `most` at the most; return whether it was kept."""
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
        """Return (kind, witness) for all kinds, plain waits before timed ones."""
        return [(kind, witness) for kind in sorted(self.kinds(timed=timed)) for witness in self.witnesses[kind]]
